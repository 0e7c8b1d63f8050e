"""People check in by themselves with the code that is shown: a name, a phone and a consent, and nothing is told. Rule: J09

The answer to a phone that is known is the same as to one that is not, whatever name comes with it and however often:
whoever holds a code learns nothing of others. How many check-ins a code and an address take is limited by policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from grids.interest.models import (
    Attendance,
    CheckInMade,
    FailedCheckIn,
    Occurrence,
    Participant,
    Participation,
)
from grids.interest.queries.activities import occurrence_locked
from grids.interest.queries.activity_policy import CODE_MINUTES, FAILED_TRIES, crowd_policy, number_of
from grids.interest.queries.check_in_codes import read_code
from grids.interest.queries.door import window_of
from grids.interest.rules.activity_states import OccurrenceAction, OccurrenceState, check_occurrence_action
from grids.interest.rules.check_in import (
    CROWD_WINDOW,
    check_crowd,
    check_in_open,
    code_expired,
    interest_grid_gone,
    name_needed,
    too_many_tries,
)
from grids.interest.rules.participation import check_consent
from grids.interest.rules.people_states import InterestGridState
from grids.interest.services.attendance import attend_by_code, lock_participants
from grids.interest.services.participants import found_or_made_participant
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken, not_found
from wangge.kernel.database.locks import hold_lock

TRIES_WINDOW = timedelta(minutes=15)
_ADDRESS, _CODE = "interest.check-in-address", "interest.check-in-code"
# Who comes at the wrong time with a genuine code guesses at nothing: a crowd behind one address is not shut out.
_HONEST = frozenset(
    {
        "CHECK_IN_EARLY", "CHECK_IN_CLOSED", "CHECK_IN_CODE_EXPIRED", "CHECK_IN_CODE_FULL", "CHECK_IN_CROWD",
        "INVALID_TRANSITION",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The person is present: at which occurrence, and the moment of this very check-in, not that of an earlier one.

    `is_new` is for the pass alone, which nobody can read.
    """

    present: Attendance
    occurrence: Occurrence
    checked_in_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class ComingPerson:
    """What a person says at the door."""

    name: str
    phone: str
    has_consented: bool
    consent_version: str


def knock(*, token: str, remote_address: str) -> None:
    """Refuse a forged code before anything that was typed is read: 404, counted; 429 CHECK_IN_TRIES after too many."""
    with _counted(remote_address, timezone.now()):
        read_code(token)


def check_in(*, token: str, person: ComingPerson, remote_address: str) -> CheckedIn:
    """The person is present; the same phone again is answered as if it were the first time.

    Raises 404 for a forged code, 409 INVALID_TRANSITION and CHECK_IN_CODE_FULL, 422 CHECK_IN_CODE_EXPIRED,
    CHECK_IN_EARLY, CHECK_IN_CLOSED, CHECK_IN_NAME, CONSENT_REQUIRED and PHONE_FORMAT, 429 CHECK_IN_TRIES and
    CHECK_IN_CROWD.
    """
    now = timezone.now()
    with _counted(remote_address, now):
        return _checked_in(token, person, now, remote_address)


@contextmanager
def _counted(remote_address: str, now: datetime) -> Iterator[None]:
    """Refusals of what may be guessing are counted against the address, outside the transaction they roll back."""
    address = sealer().digest(remote_address, purpose=_ADDRESS)
    _check_tries(address, now)
    try:
        yield
    except RuleBroken as refused:
        if refused.code not in _HONEST:
            FailedCheckIn.objects.create(address_digest=address, failed_at=now)
        raise


def _check_tries(address: str, now: datetime) -> None:
    most = number_of(FAILED_TRIES, local_date(now))
    failed = FailedCheckIn.objects.filter(address_digest=address, failed_at__gt=now - TRIES_WINDOW)
    if failed.count() >= most:
        raise too_many_tries(most, int(TRIES_WINDOW / timedelta(minutes=1)))


@transaction.atomic
def _checked_in(token: str, person: ComingPerson, now: datetime, remote_address: str) -> CheckedIn:
    code = read_code(token)
    row = _occurrence(code.occurrence_id)
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.RECORD)
    check_in_open(now, window_of(row, now))
    if code.is_expired:
        raise code_expired(code.minutes)
    _count_in_crowd(token, remote_address, now)
    name = " ".join(person.name.split())
    if not name:
        raise name_needed()
    check_consent(person.has_consented, person.consent_version)
    participant = found_or_made_participant(name=name, phone=normal_phone(person.phone))
    lock_participants([participant.pk])
    _join(participant, row, name, person.consent_version, now)
    present, is_new = attend_by_code(row, participant.pk, now)
    record_audit(
        acting_user=None, action="attendance.check_in", subject=present, after={"occurrence": row.pk}
    )
    return CheckedIn(present, row, now, is_new)


def _count_in_crowd(token: str, remote_address: str, now: datetime) -> None:
    """Count one more against the code and the address, or refuse it.

    A code's rivals wait for the occurrence, which is locked with its interest grid; an address's rivals wait here.
    """
    keys = sealer()
    code, address = keys.digest(token, purpose=_CODE), keys.digest(remote_address, purpose=_ADDRESS)
    hold_lock(f"check-in {address}")
    rows = CheckInMade.objects.all()
    from_address = rows.filter(address_digest=address, made_at__gt=now - CROWD_WINDOW).count()
    check_crowd(rows.filter(code_digest=code).count(), from_address, crowd_policy(local_date(now)))
    rows.create(code_digest=code, address_digest=address, made_at=now)


def _occurrence(occurrence_id: int) -> Occurrence:
    try:
        return occurrence_locked(occurrence_id)
    except Occurrence.DoesNotExist as gone:
        raise not_found("签到码", "check-in code") from gone


def _join(participant: Participant, row: Occurrence, name: str, consent_version: str, now: datetime) -> None:
    """Whoever checks in has joined the interest grid: the consent stands there, and the person may leave.

    Raises 409 INVALID_TRANSITION for one that was closed during the meeting: its people have left.
    """
    joined, is_new = Participation.objects.get_or_create(
        participant=participant, interest_grid_id=row.interest_grid_id, left_on=None,
        defaults={
            "name": name, "joined_on": local_date(now), "consent_version": consent_version.strip(),
            "consented_at": now,
        },
    )  # fmt: skip
    if is_new:
        if row.interest_grid.state == InterestGridState.CLOSED:
            raise interest_grid_gone()
        after = {"interest_grid": row.interest_grid_id, "consent_version": joined.consent_version}
        record_audit(acting_user=None, action="participation.join", subject=joined, after=after)


def forget_check_ins() -> int:
    """Forget refusals and counted check-ins that no longer count; how many. Regular work of a city."""
    now = timezone.now()
    minutes = number_of(CODE_MINUTES, local_date(now))
    failed = FailedCheckIn.objects.filter(failed_at__lt=now - TRIES_WINDOW)
    # A code lives for its minutes, and was shown before its first use.
    made = CheckInMade.objects.filter(made_at__lt=now - max(CROWD_WINDOW, timedelta(minutes=minutes)))
    return failed.delete()[0] + made.delete()[0]
