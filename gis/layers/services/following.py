"""What the floors above keep of a layer follows it: told inside the transaction that changes the layer."""

from __future__ import annotations

from collections.abc import Callable, Collection

Follower = Callable[[], object]
"""Reads the current layer and settles what hangs on it; its answer is not read, what it raises takes all back."""

_followers: list[tuple[frozenset[str], Follower]] = []


def register_follower(kinds: Collection[str], follower: Follower) -> None:
    """Let an app above follow layers of these kinds; called once, at its start."""
    _followers.append((frozenset(kinds), follower))


def tell_followers(kind: str) -> None:
    """Call who follows this kind of layer, in the order in which they were registered."""
    for kinds, follower in _followers:
        if kind in kinds:
            follower()
