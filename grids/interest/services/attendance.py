"""Ticking people present, counting them, and undoing a wrong tick. Rule: J09"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from grids.interest.models import Attendance, Occurrence, Participant, Participation
from grids.interest.queries.activities import occurrence_for_update, occurrence_locked
from grids.interest.queries.attendance import attendance_in_reach
from grids.interest.queries.door import window_of
from grids.interest.rules.activity_states import (
    CheckInWay,
    OccurrenceAction,
    OccurrenceState,
    check_occurrence_action,
    finish_refusals,
    visitor_refusals,
)
from grids.interest.rules.check_in import check_record_open
from grids.interest.services.occurrences import counted, told
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found, refuse_all


@dataclass(frozen=True, slots=True)
class Ticked:
    """What ticking did: how many are newly present, how many were already, and the occurrence as it is counted now."""

    added: int
    were_present: int
    occurrence: Occurrence


@transaction.atomic
def tick_people(
    *,
    occurrence_id: int,
    participant_ids: Collection[int],
    acting_user: User,
    headcount: int | None = None,
    visitors: int | None = None,
) -> Ticked:
    """Tick joined participants as present, all or none, and keep how many came without a name and from outside.

    Whoever is present already stays so; a number that is left out stays. Raises 404 (also for a participant who has
    not joined this interest grid), 403, 409 INVALID_TRANSITION, 422 CHECK_IN_EARLY, RECORD_CLOSED and VISITORS.
    """
    row = occurrence_for_update(acting_user, occurrence_id)
    now = timezone.now()
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.RECORD)
    check_record_open(now, window_of(row, now))
    people = _joined(row, participant_ids)
    before = told(row)
    present = set(
        Attendance.objects.filter(occurrence=row, participant__in=people).values_list(
            "participant_id", flat=True
        )
    )
    new = sorted(set(people) - present)
    Attendance.objects.bulk_create(_row(row, each, now, acting_user) for each in new)
    settle_first_times(new)
    row.headcount = row.headcount if headcount is None else headcount
    row.visitors = row.visitors if visitors is None else visitors
    refuse_all(visitor_refusals(counted(row)))
    row.version += 1
    row.save(update_fields=["headcount", "visitors", "version"])
    after = {**told(row), "ticked": len(new)}
    record_audit(acting_user=acting_user, action="attendance.tick", subject=row, before=before, after=after)
    return Ticked(len(new), len(present), row)


def _joined(row: Occurrence, participant_ids: Collection[int]) -> list[int]:
    """The participants, locked in the order of ids; 404 unless all have joined the interest grid and stand there still."""
    wanted = sorted(set(participant_ids))
    lock_participants(wanted)  # first: a joining may be taken back, or the person erased, at this moment
    joined = Participation.objects.filter(interest_grid_id=row.interest_grid_id, left_on=None)
    found = set(joined.filter(participant__in=wanted).values_list("participant_id", flat=True))
    if found != set(wanted):
        raise not_found("参与者", "participant")
    return wanted


def lock_participants(ids: Collection[int]) -> None:
    """Let nobody else settle these people's first times until the transaction ends; taken in the order of ids."""
    rows = Participant.objects.select_for_update(no_key=True).filter(pk__in=ids)
    list(rows.order_by("id").values_list("pk"))


def _row(row: Occurrence, participant_id: int, now: datetime, acting_user: User | None) -> Attendance:
    way = CheckInWay.QR if acting_user is None else CheckInWay.TICKED
    return Attendance(
        occurrence=row, interest_grid_id=row.interest_grid_id, attended_on=local_date(row.starts_at),
        participant_id=participant_id, way=way.value, checked_in_at=now, ticked_by=acting_user,
    )  # fmt: skip


def attend_by_code(row: Occurrence, participant_id: int, now: datetime) -> tuple[Attendance, bool]:
    """The participant's presence, written once, and whether it is new; the caller holds the locks of both rows."""
    present = Attendance.objects.filter(occurrence=row, participant_id=participant_id).first()
    if present is not None:
        return present, False
    made = _row(row, participant_id, now, None)
    made.save()
    settle_first_times([participant_id])
    return made, True


def settle_first_times(participant_ids: Collection[int]) -> None:
    """Let the earliest presence of each of these people, by day and then by id, be the one first time; all are locked."""
    rows = Attendance.objects.filter(participant__in=participant_ids)
    ordered = rows.order_by("participant", "attended_on", "id").distinct("participant")
    first = {each.participant_id: each for each in ordered}
    ids = [each.pk for each in first.values()]
    rows.filter(is_first_time=True).exclude(pk__in=ids).update(is_first_time=False)
    Attendance.objects.filter(pk__in=ids, is_first_time=False).update(is_first_time=True)
    people = list(Participant.objects.filter(pk__in=participant_ids))
    for each in people:
        each.first_attended_on = first[each.pk].attended_on if each.pk in first else None
    Participant.objects.bulk_update(people, ["first_attended_on"], batch_size=500)


def _unjoin(undone: Attendance, acting_user: User) -> None:
    """Take back a joining by oneself, which only a check-in makes, where the person has no presence left in the interest grid.

    Who takes part nowhere then, nor ever came, is kept no more: nobody could find the name and phone to erase them.
    """
    joined = Participation.objects.filter(
        participant=undone.participant_id, interest_grid=undone.interest_grid_id, enrolled_by=None,
        left_on=None,
    ).first()  # fmt: skip
    others = Attendance.objects.filter(
        participant=undone.participant_id, interest_grid=undone.interest_grid_id
    )
    if joined is None or undone.way != CheckInWay.QR or others.exists():
        return
    record_audit(
        acting_user=acting_user, action="participation.undo", subject=joined,
        before={"interest_grid": undone.interest_grid_id, "consent_version": joined.consent_version},
    )  # fmt: skip
    joined.delete()
    person = Participant.objects.filter(pk=joined.participant_id, participations=None, attendances=None)
    person.delete()


@transaction.atomic
def undo_attendance(*, attendance_id: int, acting_user: User, reason: str = "") -> None:
    """Take back one person's presence, by code or ticked, and what the person told of it.

    Who joined the interest grid by check-ins that were all taken back has not joined it: a code that went round leaves
    no strangers.

    Raises 404 (also where somebody has taken it back at this moment), 403, 422 RECORD_CLOSED, and OCCURRENCE_EMPTY
    where it was the only one of an occurrence that was held.
    """
    found = attendance_in_reach(acting_user, attendance_id)
    row = occurrence_locked(found.occurrence_id)
    now = timezone.now()
    check_record_open(now, window_of(row, now))
    if found.participant_id is not None:
        lock_participants([found.participant_id])
    # Whoever rates it at this moment is waited for, and what was told goes with it.
    present = Attendance.objects.select_for_update().filter(pk=found.pk).first()
    if present is None:
        raise not_found("签到记录", "attendance")
    record_audit(
        acting_user=acting_user, action="attendance.undo", subject=found, reason=reason.strip(),
        before={"occurrence": row.pk, "way": found.way},
    )  # fmt: skip
    present.delete()
    if found.participant_id is not None:
        settle_first_times([found.participant_id])
        _unjoin(found, acting_user)
    if row.state == OccurrenceState.HELD:
        refuse_all(finish_refusals(now, row.starts_at, counted(row)))
