"""Taking back that an occurrence was finished, while its record is open. Rules: J09, J14"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from grids.interest.models import InterestGrid, Occurrence, WorkLog
from grids.interest.queries.activities import occurrence_for_update
from grids.interest.queries.door import window_of
from grids.interest.rules.activity_states import (
    OccurrenceAction,
    OccurrenceState,
    check_occurrence_action,
    check_reopened_in,
)
from grids.interest.rules.check_in import check_record_open
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.people_states import InterestGridState
from grids.interest.services.occurrences import told
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date

_WORK_OF_HOLDING = (WorkKind.ACTIVITY_HELD.value, WorkKind.LECTURE_HELD.value)


@transaction.atomic
def reopen_occurrence(*, occurrence_id: int, acting_user: User) -> Occurrence:
    """Open again what was finished too early: who was there stays, its work log and its day are taken back.

    An interest grid that it woke stays awake: people were about to meet. Raises 404, 403, 409 INVALID_TRANSITION and
    INTEREST_GRID_CLOSED, 422 RECORD_CLOSED.
    """
    row = occurrence_for_update(acting_user, occurrence_id)
    now = timezone.now()
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.REOPEN)
    check_record_open(now, window_of(row, now))
    check_reopened_in(row.interest_grid.state == InterestGridState.CLOSED)
    before = told(row)
    row.state, row.held_at, row.version = OccurrenceState.PLANNED.value, None, row.version + 1
    row.save(update_fields=["state", "held_at", "version"])
    WorkLog.objects.filter(reference=f"occurrence:{row.pk}", kind__in=_WORK_OF_HOLDING).delete()
    _take_back_day(row.interest_grid, row)
    record_audit(
        acting_user=acting_user, action="occurrence.reopen", subject=row, before=before, after=told(row)
    )
    return row


def _take_back_day(found: InterestGrid, row: Occurrence) -> None:
    """Let the interest grid's last day of activity be that of what is still held."""
    if found.last_activity_on != local_date(row.starts_at):
        return
    held = Occurrence.objects.filter(interest_grid=found, state=OccurrenceState.HELD.value)
    latest = held.aggregate(latest=Max("starts_at"))["latest"]
    found.last_activity_on = None if latest is None else local_date(latest)
    found.save(update_fields=["last_activity_on"])
