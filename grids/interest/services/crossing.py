"""Interest grids that serve base grids of other communities, which the county approves. Rule: J07"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from grids.interest.models import InterestGrid
from grids.interest.queries.interest_grids import base_grids_to_serve, served_by
from grids.interest.queries.standing import interest_grid_for_update
from grids.interest.rules.interest_grid_founding import CLAUSE, Served, check_crossing, check_home_served
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    check_interest_grid_action,
)
from grids.interest.rules.standing import RIGHT_OF, Act
from grids.units.models import Grid
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken
from wangge.kernel.permissions import holds, require


@transaction.atomic
def approve_crossing(
    *, interest_grid_id: int, acting_user: User, base_grid_ids: Sequence[int] | None = None
) -> InterestGrid:
    """Approve that it serves base grids of other communities: those it names, or those given here.

    The right is asked for in every community served. Raises 404, 403, 409 INVALID_TRANSITION, 422 HOME_NOT_SERVED and
    NO_CROSSING.
    """
    on = today()
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.CROSS)
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.EDIT)
    before = list(found.base_grids.select_related("community__unit").order_by("code"))
    grids = before if base_grid_ids is None else base_grids_to_serve(base_grid_ids, on)
    served = served_by(found.community, grids)
    check_home_served(served)
    if not served.elsewhere():
        raise RuleBroken(
            "NO_CROSSING", zh="该兴趣网格只服务本社区，无需跨社区批准", rule="J07", clause=CLAUSE,
            en="it serves its home community only: nothing is to be approved", field="base_grid_ids",
            how_to_fix_zh="请加入其他社区的基础网格", how_to_fix_en="add base grids of other communities",
        )  # fmt: skip
    for path in sorted({grid.unit_path for grid in grids}):
        require(acting_user, RIGHT_OF[Act.CROSS], path)
    found.crossing_approved_by, found.crossing_approved_on = acting_user, on
    found.version += 1
    found.save(update_fields=["crossing_approved_by", "crossing_approved_on", "version"])
    found.base_grids.set(grids)
    record_audit(
        acting_user=acting_user, action="interest_grid.approve_crossing", subject=found,
        before=told(found, before), after=told(found, grids),
    )  # fmt: skip
    return found


def approved_communities(found: InterestGrid, served: Served) -> set[int]:
    """The other communities it serves with the county's approval: those it served when that was given."""
    return set() if found.crossing_approved_on is None else set(served.elsewhere())


def settle_crossing(
    found: InterestGrid, grids: Sequence[Grid], approved: set[int], acting_user: User
) -> None:
    """Set the approval of base grids that are about to be served; the caller saves.

    Who may approve a crossing and orders one has approved it. For others new communities want a new approval: a
    proposal loses the old one, an interest grid at work is refused with 422 CROSSING_NOT_APPROVED.
    """
    served = served_by(found.community, grids)
    elsewhere = set(served.elsewhere())
    if elsewhere and elsewhere <= approved:
        return
    if elsewhere and all(holds(acting_user, RIGHT_OF[Act.CROSS], grid.unit_path) for grid in grids):
        found.crossing_approved_by, found.crossing_approved_on = acting_user, today()
        return
    if found.state != InterestGridState.PROPOSED:
        check_crossing(served, approved)
    found.crossing_approved_by, found.crossing_approved_on = None, None


def told(found: InterestGrid, grids: Sequence[Grid]) -> dict[str, Any]:
    """The interest grid as the audit log and a stale edit tell it."""
    return {
        "name": found.name,
        "item": found.item.code,
        "base_grids": [grid.code for grid in grids],
        "site": found.site_id,
        "place": None if found.place is None else [found.place.x, found.place.y],
        "place_name": found.place_name,
        "recurrence": found.recurrence,
        "from_minute": found.from_minute,
        "minutes": found.minutes,
        "is_outdoors": found.is_outdoors,
        "introduction": found.introduction,
        "state": found.state,
        "crossing_approved_on": found.crossing_approved_on and found.crossing_approved_on.isoformat(),
    }
