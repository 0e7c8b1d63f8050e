"""Tries to prove a password or a code: counted before they are looked at, so that none slips through beside another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tenants.accounts.models import SignInFailure, User
from tenants.accounts.queries import address_failures, name_failures
from tenants.accounts.rules.sign_in_throttle import (
    ThrottlePolicy,
    address_key,
    check_address_may_try,
    check_may_try,
)
from tenants.accounts.services.audit import record_audit
from wangge.kernel.database.locks import hold_lock


@dataclass(frozen=True)
class Try:
    """One try that is counted as wrong until it proves right; `closes_the_door` when a wrong one locks the name."""

    row: SignInFailure
    closes_the_door: bool

    def is_right(self) -> None:
        """Forget this try and the name's wrong ones before it."""
        SignInFailure.objects.filter(username=self.row.username, pk__lte=self.row.pk).delete()

    def is_void(self) -> None:
        """Forget this try only: nothing was proved wrong, and nothing right."""
        self.row.delete()

    def is_wrong(self, user: User | None) -> None:
        """Leave it counted; a lock it brings about on a person's name is audited."""
        if self.closes_the_door and user is not None:
            record_audit(acting_user=None, action="sign_in.lock", subject=user)


def begin_try(*, username: str, remote_address: str, now: datetime, policy: ThrottlePolicy) -> Try:
    """Count a try against the name and the address; 429 SIGN_IN_LOCKED or ADDRESS_LOCKED while a door is closed.

    Tries of one name, and of one address, are counted one after the other, and each is committed before its password
    is looked at: however many come at once, no more than the policy's number are looked at.
    """
    name, address = username.lower()[:64], address_key(remote_address)
    with transaction.atomic():
        hold_lock(f"sign-in:name:{name}")  # always before the address, so that no two wait for each other
        failed = name_failures(name, now, 2 * policy.window)
        check_may_try(failed, now, policy)
        if address:
            hold_lock(f"sign-in:address:{address}")
            check_address_may_try(address_failures(address, now, 2 * policy.window), now, policy)
        row = SignInFailure.objects.create(username=name, remote_address=address, failed_at=now)
    recent = [moment for moment in failed if now - moment < policy.window]
    return Try(row, closes_the_door=len(recent) + 1 >= policy.failures)


def forget_wrong_tries(*, username: str) -> int:
    """Open a name's door again; returns how many wrong tries were forgotten."""
    return SignInFailure.objects.filter(username=username.lower()).delete()[0]
