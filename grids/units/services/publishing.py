"""Putting an approved plan in force: identities and codes, the plan before it, the release."""

from __future__ import annotations

from datetime import date, timedelta

import shapely
from django.db.models import Q
from django.utils import timezone

from grids.units.models import Grid, GridPlan, GridRelease, PlanGrid
from grids.units.queries.changes import changes_against, identities_from
from grids.units.queries.grids import used_sequences
from grids.units.queries.plans import community_codes, plan_grids, published_plan
from grids.units.rules.grid_code import GridCode, first_sequences, next_codes
from grids.units.rules.plan_readiness import PlanReadiness
from grids.units.rules.plan_states import PERMISSION_FOR, PlanAction, PlanState, next_state
from grids.units.services.checking import check_to_publish
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User

ONE_DAY = timedelta(days=1)
STORED_DECIMALS = 7


def release_for(*, effective_on: date, acting_user: User, given: GridRelease | None) -> GridRelease:
    """The release the plan joins: the one given, or a new one of that day."""
    if given is not None:
        return given
    return GridRelease.objects.create(
        title=f"{effective_on.isoformat()}生效", effective_on=effective_on, released_by=acting_user
    )


def publish_plan(
    *, plan: GridPlan, effective_on: date, today: date, release: GridRelease, acting_user: User
) -> PlanReadiness:
    """Give the plan's grids their identities, end the plan before, and say whether anything stops it.

    The plan and its community are locked by the caller, who refuses (and so rolls back) on what is returned.
    """
    rows = plan_grids(plan)
    before = published_plan(plan.community_id)
    if before is not None and plan.parent_id != before.pk:
        _match_again(plan, rows, before)
    _give_identities(plan, rows, effective_on)
    ready = check_to_publish(plan, effective_on=effective_on, today=today)
    if not ready.is_ready:
        return ready
    if before is not None:
        _supersede(before, by=plan, effective_on=effective_on, acting_user=acting_user)
    _settle_days(plan, rows, effective_on)
    plan.effective_on, plan.effective_to, plan.release = effective_on, None, release
    plan.parent = before or plan.parent
    plan.quality["changes"] = changes_against(plan, before)
    return ready


def _give_identities(plan: GridPlan, rows: list[PlanGrid], effective_on: date) -> None:
    """Take over the identities of the plan before, and give every new grid a code that was never used."""
    for row in rows:
        if row.grid is not None:
            row.code = row.grid.code
    newcomers = [row for row in rows if row.grid is None]
    for row, code in zip(newcomers, _new_codes(plan, newcomers, effective_on), strict=True):
        row.grid = Grid(
            code=code.text, community=plan.community, sequence=code.sequence, valid_from=effective_on
        )
        row.code = code.text
    Grid.objects.bulk_create([row.grid for row in newcomers if row.grid is not None])
    for row in newcomers:
        row.grid = row.grid  # the identity now has its id
    PlanGrid.objects.bulk_update(rows, ["grid", "code"])


def _new_codes(plan: GridPlan, newcomers: list[PlanGrid], effective_on: date) -> list[GridCode]:
    """Codes for the new grids in their order: west to east, north to south, then the next free numbers."""
    if not newcomers:
        return []
    place = first_sequences({str(row.sequence): _inner_point(row) for row in newcomers})
    code12 = min(community_codes(plan.community, effective_on))
    free = next_codes(code12, used_sequences(plan.community_id), len(newcomers))
    return [free[place[str(row.sequence)] - 1] for row in newcomers]


def _inner_point(row: PlanGrid) -> tuple[float, float]:
    point = shapely.point_on_surface(shapely.from_wkb(bytes(row.geometry.wkb)))
    return round(point.x, STORED_DECIMALS), round(point.y, STORED_DECIMALS)


def _last_day(first_day: date, successor_from: date) -> date:
    """The day before the successor begins; a thing that never came into force ends the day before its first."""
    return max(successor_from - ONE_DAY, first_day - ONE_DAY)


def _supersede(before: GridPlan, *, by: GridPlan, effective_on: date, acting_user: User) -> None:
    state = before.state
    before.state = next_state(PlanState(state), PlanAction.SUPERSEDE).value
    before.effective_to = _last_day(before.effective_on or effective_on, effective_on)
    before.version += 1
    before.changed_at = timezone.now()
    before.save(update_fields=["state", "effective_to", "version", "changed_at"])
    record_plan_event(
        plan=before,
        action=PlanAction.SUPERSEDE.value,
        from_state=state,
        acting_user=acting_user,
        permission=PERMISSION_FOR[PlanAction.SUPERSEDE],
        after={"superseded_by": by.pk, "effective_to": before.effective_to.isoformat()},
    )


def _settle_days(plan: GridPlan, rows: list[PlanGrid], effective_on: date) -> None:
    """End the plans and grids that go on past the new plan's first day; codes of ended grids stay theirs.

    A plan or grid that waited for a later day than this one's never came into force, or comes into force earlier.
    """
    for other in GridPlan.objects.filter(
        community=plan.community, state=PlanState.SUPERSEDED.value, effective_to__gte=effective_on
    ):
        other.effective_to = _last_day(other.effective_on or effective_on, effective_on)
        other.save(update_fields=["effective_to"])
    kept = {row.grid_id for row in rows}
    alive = Grid.objects.filter(Q(valid_to=None) | Q(valid_to__gte=effective_on), community=plan.community)
    changed = []
    for grid in alive.order_by("id").select_for_update(no_key=True):
        if grid.pk not in kept:
            grid.valid_to = _last_day(grid.valid_from, effective_on)
        elif grid.valid_from > effective_on:
            grid.valid_from = effective_on
        else:
            continue
        grid.version += 1
        changed.append(grid)
    Grid.objects.bulk_update(changed, ["valid_from", "valid_to", "version"])


def _match_again(plan: GridPlan, rows: list[PlanGrid], before: GridPlan) -> None:
    """Match the grids with the plan published meanwhile: the one they were drawn against is no longer in force."""
    kept = identities_from(plan, before)
    identities = Grid.objects.in_bulk(list(kept.values()))
    for row in rows:
        row.grid = identities.get(kept.get(row.pk, 0))
        row.code = ""
    PlanGrid.objects.filter(plan=plan).update(grid=None, code="")
