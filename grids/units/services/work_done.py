"""What one app's people did that another app above counts as work: told here in words both know, heard there.

`wellness` and `interest` stand beside one another and know nothing of each other. Whoever acts tells the act in the
words of this floor, in its transaction and after it was decided; an app above listens. Nothing of a person who was
invited goes through here: neither a name nor a row's contents.

Rules: J14, J17
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenants.accounts.models import User


@dataclass(frozen=True, slots=True)
class InvitedToTest:
    """Somebody of a community was invited to a fitness test; `reference` names the invitation, and nobody."""

    community_id: int
    reference: str
    invited_by: User


InvitationListener = Callable[[InvitedToTest], None]
"""Hears of an invitation within its transaction; what it raises takes the invitation back."""

_listeners: list[InvitationListener] = []


def register_invitation_listener(listener: InvitationListener) -> None:
    """Let an app above hear of invitations; called once, at its start."""
    _listeners.append(listener)


def tell_test_invited(told: InvitedToTest) -> None:
    """Tell every listener; called inside the transaction of the invitation."""
    for listener in _listeners:
        listener(told)
