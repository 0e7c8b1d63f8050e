"""What the floors above keep of a layer follows it: told inside the transaction that changes the layer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gis.compute.intake import Finding
from gis.layers.models import LayerImport
from tenants.accounts.models import User


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer changes: by which import, whether that is taken back, and who does it.

    `lets_go`: the person has confirmed that what stands on features that are gone is let go.
    """

    layer_import: LayerImport
    acting_user: User
    is_undone: bool = False
    lets_go: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """What following a layer came to: `refusals` take the whole change back, what is `told` goes with it."""

    refusals: Sequence[Finding] = ()
    told: Sequence[Finding] = ()


Follower = Callable[[LayerChange], Followed]
"""Reads the current layer and settles what hangs on it; what it raises takes all back."""

_followers: list[tuple[frozenset[str], Follower]] = []


def register_follower(kinds: Collection[str], follower: Follower) -> None:
    """Let an app above follow layers of these kinds; called once, at its start."""
    _followers.append((frozenset(kinds), follower))


def tell_followers(change: LayerChange) -> Followed:
    """Call who follows this kind of layer, in the order of registering; all that they refuse and tell."""
    kind = change.layer_import.kind
    heard = [follower(change) for kinds, follower in _followers if kind in kinds]
    return Followed(
        [finding for each in heard for finding in each.refusals],
        [finding for each in heard for finding in each.told],
    )
