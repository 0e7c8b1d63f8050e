"""Work logs arise with the act they tell of, in its transaction; one tap adds what the product could not see.

A log is a row of its own rather than a reading of the acts' tables, so that a month's work is one statement whatever
acts there are, and so that work outlives what is erased (a visit after its year). Nobody fills in anything for it.

Rule: J14
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from grids.interest.models import InterestGrid, WorkLog
from grids.interest.queries.base_grid_standing import base_grid_in_reach
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.duty_role import (
    WorkKind,
    assist_themes_of,
    check_by_hand,
    duty_role_of,
    kind_of_meeting,
)
from grids.interest.rules.household_visit import VisitPurpose
from grids.interest.rules.one_grid import check_one_grid
from grids.interest.rules.personal_numbers import check_no_personal_numbers
from grids.interest.rules.standing import Act
from grids.units.models import Grid
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date


@dataclass(frozen=True, slots=True)
class WorkDone:
    """An act that was work: its kind, what it is (`occurrence:7`), when, and what it bears besides."""

    kind: WorkKind
    reference: str
    at: datetime | None = None
    purpose: VisitPurpose | None = None
    themes: Collection[AssistTheme] = ()


@transaction.atomic
def record_work(
    *, work: WorkDone, acting_user: User, interest_grid: InterestGrid | None = None, grid: Grid | None = None
) -> WorkLog:
    """Record that the person did this, once: the same kind and reference again is the same log.

    A meeting of an interest grid whose item is the lecture is a lecture hall. Call it in the transaction of the act,
    which writes the audit row of both. Rights are the act's.
    """
    if work.kind is WorkKind.ACTIVITY_HELD and interest_grid is not None:
        work = replace(work, kind=kind_of_meeting(interest_grid.item.code))
    kept = {"note": "", "is_typed": False, **_derived(work, interest_grid, grid)}
    log, _ = WorkLog.objects.get_or_create(
        user=acting_user, kind=work.kind.value, reference=work.reference, defaults=kept
    )
    return log


@dataclass(frozen=True, slots=True)
class TypedWork:
    """One tap: what was done, in which interest grid or base grid, and words if one likes."""

    kind: WorkKind
    interest_grid_id: int | None = None
    grid_id: int | None = None
    note: str = ""


@transaction.atomic
def log_work(*, typed: TypedWork, acting_user: User) -> WorkLog:
    """Add what the product could not see. 404, 403 POST_REQUIRED, 422 WORK_KIND_DERIVED and PERSONAL_NUMBER."""
    check_by_hand(typed.kind)
    check_one_grid(typed.interest_grid_id, typed.grid_id)
    check_no_personal_numbers(typed.note, "note")
    interest_grid = grid = None
    if typed.interest_grid_id is not None:
        interest_grid = interest_grid_in_reach(acting_user, typed.interest_grid_id, Act.LOG)
    if typed.grid_id is not None:
        grid = base_grid_in_reach(acting_user, typed.grid_id, Act.LOG)
    derived = _derived(WorkDone(typed.kind, ""), interest_grid, grid)
    log = WorkLog.objects.create(
        user=acting_user, kind=typed.kind.value, note=typed.note.strip(), is_typed=True, **derived
    )
    after = {"kind": log.kind, "duty_role": log.duty_role, "done_on": log.done_on.isoformat()}
    record_audit(acting_user=acting_user, action="work_log.add", subject=log, after=after)
    return log


def _derived(work: WorkDone, interest_grid: InterestGrid | None, grid: Grid | None) -> dict[str, object]:
    place = interest_grid or grid
    if place is None:
        raise ValueError("work is done in an interest grid or in a base grid")
    at = work.at or timezone.now()
    return {
        "duty_role": duty_role_of(work.kind, work.purpose).value,
        "themes": [
            theme.value for theme in assist_themes_of(work.kind, purpose=work.purpose, told=work.themes)
        ],
        "community_id": place.community_id,
        "interest_grid": interest_grid,
        "grid": grid,
        "done_at": at,
        "done_on": local_date(at),
    }
