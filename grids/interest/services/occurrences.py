"""Finishing and cancelling occurrences. Rules: J09, J16"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from grids.interest.models import Activity, Attendance, InterestGrid, Occurrence
from grids.interest.queries.activities import (
    left_open,
    never_recorded,
    occurrence_for_update,
    occurrence_locked,
    somebody_came,
)
from grids.interest.queries.activity_policy import CLOSES_ITSELF, RECORD, UNRECORDED, number_of
from grids.interest.queries.door import window_of
from grids.interest.rules.activity_states import (
    ActivityState,
    AssistTheme,
    CancelCategory,
    OccurrenceAction,
    OccurrenceState,
    PeopleCounted,
    check_cancellable,
    check_occurrence_action,
    finish_refusals,
    unrecorded_before,
)
from grids.interest.rules.check_in import check_record_open
from grids.interest.rules.duty_role import WorkKind
from grids.interest.services.activity_bookings import give_back_time
from grids.interest.services.activity_notices import notice_of_cancelled, notify_people
from grids.interest.services.interest_grid_states import note_activity_held
from grids.interest.services.work_logs import WorkDone, record_work
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.policy import policy_label, policy_values
from tenants.bureau.rules.local_time import SHANGHAI, local_date, local_moment
from wangge.errors import refuse_all
from wangge.kernel.etag import check_if_match


@transaction.atomic
def finish_occurrence(
    *, occurrence_id: int, acting_user: User, headcount: int | None = None, visitors: int | None = None
) -> Occurrence:
    """Record that an occurrence was held, with the people counted without a name and those from outside.

    None: as counted before. Raises 404, 403, 409 INVALID_TRANSITION, 422 RECORD_CLOSED, and together
    OCCURRENCE_NOT_BEGUN, OCCURRENCE_EMPTY and VISITORS.
    """
    row = occurrence_for_update(acting_user, occurrence_id)
    now = timezone.now()
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.FINISH)
    before = told(row)
    row.headcount = row.headcount if headcount is None else headcount
    row.visitors = row.visitors if visitors is None else visitors
    refuse_all(finish_refusals(now, row.starts_at, counted(row)))
    check_record_open(now, window_of(row, now))
    _hold(row, now, acting_user, before)
    return row


def _hold(row: Occurrence, now: datetime, acting_user: User | None, before: dict[str, object]) -> None:
    """Write that it was held; the interest grid and the work log of who ran it hear of it. `acting_user` None: by itself."""
    row.state, row.held_at, row.version = OccurrenceState.HELD.value, now, row.version + 1
    row.save(update_fields=["state", "held_at", "version", "headcount", "visitors"])
    record_audit(
        acting_user=acting_user, action="occurrence.finish", subject=row, before=before, after=told(row)
    )
    note_activity_held(found=row.interest_grid, on=local_date(row.starts_at), acting_user=acting_user)
    themes = [AssistTheme(each) for each in row.activity.assist_themes]
    work = WorkDone(WorkKind.ACTIVITY_HELD, f"occurrence:{row.pk}", at=row.starts_at, themes=themes)
    record_work(
        work=work, acting_user=acting_user or row.activity.planned_by, interest_grid=row.interest_grid
    )


@transaction.atomic
def cancel_occurrence(
    *,
    occurrence_id: int,
    category: CancelCategory,
    reason: str,
    acting_user: User,
    if_match: str | None = None,
) -> Occurrence:
    """Cancel one occurrence, give back what it takes, and tell its people where it has not begun.

    Raises 404, 403, 412 where `if_match` is given, 409 INVALID_TRANSITION and OCCURRENCE_ATTENDED.
    """
    row = occurrence_for_update(acting_user, occurrence_id)
    if if_match is not None:
        check_if_match(if_match, version=row.version, current=told(row), sent={"reason": reason})
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.CANCEL)
    check_cancellable(Attendance.objects.filter(occurrence=row).count())
    before = told(row)
    cancel_rows([row.pk], category, reason, acting_user)
    row.refresh_from_db(fields=["state", "cancel_category", "cancel_reason", "version"])
    record_audit(
        acting_user=acting_user, action="occurrence.cancel", subject=row, before=before, after=told(row),
        reason=reason,
    )  # fmt: skip
    if row.starts_at > timezone.now():
        notify_people(row.interest_grid, notice_of_cancelled(row))
    return row


def cancel_rows(ids: Collection[int], category: CancelCategory, reason: str, acting_user: User) -> None:
    """Mark occurrences as cancelled and give back what they take; whoever calls it has decided, and tells people."""
    Occurrence.objects.filter(pk__in=ids).update(
        state=OccurrenceState.CANCELLED.value, cancel_category=category.value, cancel_reason=reason.strip(),
        version=F("version") + 1,
    )  # fmt: skip
    give_back_time(ids, reason, acting_user)


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Ids of the meetings that were cancelled, and of those that stay because somebody is there already."""

    cancelled: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def told(self) -> dict[str, object]:
        """As audit rows tell it."""
        return {"occurrences": len(self.cancelled), "kept": list(self.kept)}


def cancel_coming(
    rows: QuerySet[Occurrence], category: CancelCategory, reason: str, acting_user: User
) -> CalledOff:
    """Cancel the planned meetings among these that have not begun; one to which somebody came early stays planned.

    People stand there: it keeps its place and instructor and ends as what is recorded of it. The caller holds the
    interest grid, which whoever checks in takes first, and has decided; it tells people. Rule: J09
    """
    coming = rows.filter(state=OccurrenceState.PLANNED.value, starts_at__gt=timezone.now()).order_by("id")
    ids = tuple(coming.exclude(somebody_came()).values_list("pk", flat=True))
    kept = tuple(coming.filter(somebody_came()).values_list("pk", flat=True))
    cancel_rows(ids, category, reason, acting_user)
    return CalledOff(ids, kept)


@transaction.atomic
def cancel_coming_occurrences(*, interest_grid: InterestGrid, reason: str, acting_user: User) -> CalledOff:
    """Call off all that is planned in an interest grid that ends, with its activities, but not what somebody came to.

    Whoever calls it has decided on the interest grid, holds it, and its people hear of the end of it.
    """
    activities = Activity.objects.filter(interest_grid=interest_grid, state=ActivityState.ACTIVE.value)
    activities.update(state=ActivityState.CANCELLED.value, version=F("version") + 1)
    rows = Occurrence.objects.filter(interest_grid=interest_grid)
    outcome = cancel_coming(rows, CancelCategory.OTHER, reason, acting_user)
    record_audit(
        acting_user=acting_user, action="occurrence.cancel_coming", subject=interest_grid, after=outcome.told,
        reason=reason,
    )  # fmt: skip
    return outcome


def counted(row: Occurrence) -> PeopleCounted:
    """Who was there, as it stands in the database and in the row."""
    named = Attendance.objects.filter(occurrence=row).count()
    return PeopleCounted(named, row.headcount, row.visitors)


def close_left_open() -> int:
    """Take as held what ended long enough ago, was attended, and nobody finished; how many. Regular work of a city."""
    now = timezone.now()
    before = now - timedelta(minutes=number_of(CLOSES_ITSELF, local_date(now)))
    closed = 0
    for occurrence_id in list(left_open(before).values_list("pk", flat=True)):
        with transaction.atomic():
            row = occurrence_locked(occurrence_id)
            if row.state == OccurrenceState.PLANNED and counted(row).total:
                _hold(row, now, None, told(row))
                closed += 1
    return closed


@transaction.atomic
def end_unrecorded() -> int:
    """End what passed long enough ago and was never recorded, in one statement; how many. Regular work of a city.

    Nothing is said of whether it took place: such a meeting counts neither as held nor as cancelled.
    """
    on = local_date(timezone.now())
    keys = [RECORD, UNRECORDED]
    days = policy_values(keys, on)
    before = unrecorded_before(on, int(str(days[RECORD])), int(str(days[UNRECORDED])))
    rows = never_recorded(local_moment(before, time()))
    ended = rows.update(state=OccurrenceState.UNRECORDED.value, version=F("version") + 1)
    if ended:
        record_audit(
            acting_user=None, action="occurrence.end_unrecorded",
            subject=("interest.occurrence", f"before {before.isoformat()}"),
            after={"ended": ended, "before": before.isoformat()}, policy_version=policy_label(keys, on),
        )  # fmt: skip
    return ended


def told(row: Occurrence) -> dict[str, object]:
    """An occurrence as audit rows and stale edits tell it."""
    return {
        "activity": row.activity_id,
        "starts_at": row.starts_at.astimezone(SHANGHAI).isoformat(),
        "state": row.state,
        "headcount": row.headcount,
        "visitors": row.visitors,
        "cancel_category": row.cancel_category,
        "cancel_reason": row.cancel_reason,
    }
