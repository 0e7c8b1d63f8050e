"""The way of a demand: handed up to the street or town in one call, answered there, or closed where it arose.

Rule: J22
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from grids.interest.models import Demand
from grids.interest.queries.demands import (
    demand_for_update,
    demand_locked,
    demands_visible_to,
    order_line_wish,
    town_of,
)
from grids.interest.rules.demand_states import (
    STATE_NAMES_ZH,
    DemandState,
    check_demand_step,
    check_reason,
)
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.order_line_wish import OrderLineWish
from grids.interest.rules.standing import Act
from grids.interest.services.demands import EDIT, audit_demand, facts_of, save_demand
from grids.interest.services.work_logs import WorkDone, record_work
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.services.outbox import queue_message
from wangge.errors import not_found
from wangge.kernel.permissions import require


@dataclass(frozen=True, slots=True)
class HandedUp:
    """A demand that is with the street or town now, and the plain value it gave."""

    demand: Demand
    wish: OrderLineWish


@transaction.atomic
def hand_up_demand(*, demand_id: int, acting_user: User) -> HandedUp:
    """Hand an open demand up to its street or town. 404, 403 POST_REQUIRED, 409 DEMAND_STATE, 422 DEMAND_WITHOUT_TOWN.

    Rule: J22
    """
    demand = demand_for_update(acting_user, demand_id, Act.HAND_UP)
    check_demand_step(DemandState(demand.state), DemandState.HANDED_UP, facts_of(demand))
    demand.town = town_of(demand)
    wish = order_line_wish(demand, demand.town)
    demand.state, demand.handed_up_by, demand.handed_up_on = DemandState.HANDED_UP.value, acting_user, today()
    save_demand(demand)
    record_work(
        work=WorkDone(WorkKind.DEMAND_HANDED_UP, f"demand:{demand.pk}"),
        acting_user=acting_user,
        interest_grid=demand.interest_grid,
        grid=demand.grid,
    )
    audit_demand(demand, "demand.hand_up", acting_user, after={"town": wish.town_id, "people": wish.people})
    return HandedUp(demand, wish)


@transaction.atomic
def answer_demand(*, demand_id: int, is_taken: bool, reason: str, acting_user: User) -> Demand:
    """The street or town takes a demand, or declines it with a reason.

    404, 403 without `demand.edit` for the street or town itself, 409 DEMAND_STATE, 422 REASON_REQUIRED.
    """
    found = demands_visible_to(acting_user).filter(pk=demand_id).first()
    if found is None:
        raise not_found("需求", "demand")
    require(acting_user, EDIT, found.unit_path if found.town is None else found.town.path)
    demand = demand_locked(found.pk)
    wanted = DemandState.TAKEN if is_taken else DemandState.DECLINED
    check_demand_step(DemandState(demand.state), wanted, facts_of(demand))
    if not is_taken:
        check_reason(reason)
    demand.state, demand.answered_by, demand.answered_on = wanted.value, acting_user, today()
    demand.answer_reason = reason.strip()
    save_demand(demand)
    audit_demand(demand, f"demand.{'take' if is_taken else 'decline'}", acting_user, reason=reason)
    _tell_answer(demand)
    return demand


def _tell_answer(demand: Demand) -> None:
    """A message in the product to whoever handed the demand up, and to whoever entered it first."""
    title = f"{demand.item.name}需求：街镇{STATE_NAMES_ZH[DemandState(demand.state)]}"
    facts = {
        "title": title,
        "text": demand.answer_reason or title,
        "demand_id": demand.pk,
        "state": demand.state,
    }
    for reader in dict.fromkeys([demand.handed_up_by_id, demand.entered_by_id]):
        queue_message(
            channel="in_app",
            recipient=f"accounts.user:{reader}",
            template="demand.answered",
            facts=facts,
            dedup_key=f"demand.answered:{demand.pk}:{reader}",
        )


@transaction.atomic
def close_demand(*, demand_id: int, reason: str, acting_user: User) -> Demand:
    """Close an open demand that was met or withdrawn. 404, 403 POST_REQUIRED, 409 DEMAND_STATE, 422 REASON_REQUIRED."""
    demand = demand_for_update(acting_user, demand_id, Act.HAND_UP)
    check_demand_step(DemandState(demand.state), DemandState.CLOSED, facts_of(demand))
    check_reason(reason)
    demand.state, demand.closed_on, demand.close_reason = DemandState.CLOSED.value, today(), reason.strip()
    save_demand(demand)
    audit_demand(demand, "demand.close", acting_user, reason=reason)
    return demand
