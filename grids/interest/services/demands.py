"""Demands: entered once however many ask, handed up to the street or town in one call, answered there.

Rule: J22
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from grids.interest.models import Demand, DemandAsk, HouseholdVisit, InterestGrid
from grids.interest.queries.base_grid_standing import base_grid_in_reach
from grids.interest.queries.demands import (
    demand_for_update,
    demand_locked,
)
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.demand_states import (
    DemandSource,
    DemandState,
    check_demand_open,
    check_interest_grid_asks,
)
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.one_grid import check_one_grid
from grids.interest.rules.order_line_wish import ContactRole, CourseType, Crowd, TimeOfDay
from grids.interest.rules.personal_numbers import check_no_personal_numbers
from grids.interest.rules.standing import Act
from grids.interest.services.work_logs import WorkDone, record_work
from grids.units.models import Grid
from grids.units.queries.plans import organisation_of
from instructors.assignment.queries.sites import sites_visible_to
from instructors.people.queries.standing import item_by_code
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found
from wangge.kernel.etag import check_if_match

EDIT = "demand.edit"
# A rival may hand the demand up between our look and our insertion, and another may enter it anew.
_MOST_TRIES = 5
CHANGEABLE = frozenset(
    {
        "people", "course_type", "has_basis", "crowd", "weekdays", "time_of_day", "site_id", "place_name",
        "contact_role",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemandOrder:
    """What is asked for, by an interest grid or (without one) by people of a base grid."""

    item: str
    interest_grid_id: int | None = None
    grid_id: int | None = None
    askers: int = 1
    people: int | None = None
    course_type: CourseType = CourseType.SKILL_CLASS
    has_basis: bool | None = None
    crowd: Crowd = Crowd.EVERYBODY
    weekdays: tuple[int, ...] = field(default=())
    time_of_day: TimeOfDay | None = None
    site_id: int | None = None
    place_name: str = ""
    contact_role: ContactRole = ContactRole.APPLICANT
    source: DemandSource = DemandSource.INTEREST_GRID


@dataclass(frozen=True, slots=True)
class Asked:
    """The demand after somebody asked, and whether it is a new one."""

    demand: Demand
    is_new: bool


@transaction.atomic
def ask_demand(*, order: DemandOrder, acting_user: User, visit: HouseholdVisit | None = None) -> Asked:
    """Enter a demand, or join the open one of the same interest grid (or base grid) and item.

    Who joins raises the number of askers and says what nobody had said; what was said stays.
    What was asked at a `visit` is judged by the posts of the visit's day.
    Raises 404, 403 POST_REQUIRED, 409 INTEREST_GRID_CLOSED, 422 PERSONAL_NUMBER.
    """
    home, grid = _place_of(order, acting_user, today() if visit is None else local_date(visit.noted_at))
    check_no_personal_numbers(order.place_name, "place_name")
    item = item_by_code(order.item)
    if order.site_id is not None and not sites_visible_to(acting_user).filter(pk=order.site_id).exists():
        raise not_found("站点", "site")
    place = home or grid
    assert place is not None
    same = {"interest_grid": home, "grid": None if home is not None else grid, "item": item}
    said = _said(order)
    new = {
        **same,
        **said,
        "community_id": place.community_id,
        "entered_by": acting_user,
        "askers": order.askers,
    }
    asked = _join_or_create(same, new, order)
    ask = DemandAsk.objects.create(
        demand=asked.demand, source=order.source.value, visit=visit, askers=order.askers,
        asked_by=acting_user, asked_on=today(),
    )  # fmt: skip
    if visit is None:
        record_work(
            work=WorkDone(WorkKind.DEMAND_ENTERED, f"demand_ask:{ask.pk}"),
            acting_user=acting_user,
            interest_grid=home,
            grid=grid,
        )
    audit_demand(asked.demand, "demand.ask", acting_user, after={"is_new": asked.is_new, "ask": ask.pk})
    return asked


def _place_of(order: DemandOrder, user: User, on: date) -> tuple[InterestGrid | None, Grid | None]:
    check_one_grid(order.interest_grid_id, order.grid_id)
    if order.interest_grid_id is not None:
        home = interest_grid_in_reach(user, order.interest_grid_id, Act.ASK, on)
        check_interest_grid_asks(home.state, home.code)
        return home, None
    assert order.grid_id is not None
    return None, base_grid_in_reach(user, order.grid_id, Act.ASK, on)


def _said(order: DemandOrder) -> dict[str, object]:
    return {
        "people": order.people,
        "course_type": order.course_type.value,
        "has_basis": order.has_basis,
        "crowd": order.crowd.value,
        "weekdays": sorted(set(order.weekdays)),
        "time_of_day": "" if order.time_of_day is None else order.time_of_day.value,
        "site_id": order.site_id,
        "place_name": order.place_name.strip(),
        "contact_role": order.contact_role.value,
    }


def _join_or_create(same: Mapping[str, object], new: Mapping[str, object], order: DemandOrder) -> Asked:
    for _ in range(_MOST_TRIES):
        open_one = Demand.objects.select_for_update().filter(**same, state=DemandState.OPEN.value).first()
        if open_one is not None:
            return Asked(_joined(open_one, order), is_new=False)
        try:
            with transaction.atomic():
                return Asked(demand_locked(Demand.objects.create(**new).pk), is_new=True)
        except IntegrityError:
            continue  # a rival entered it first: join that one
    raise RuleBroken(
        "DEMAND_BUSY", zh="该需求正被多人同时修改，请重试", status=409, rule="J22",
        en="several people are changing this demand: try again",
        how_to_fix_zh="请稍后重试", how_to_fix_en="try again in a moment",
    )  # fmt: skip


def _joined(demand: Demand, order: DemandOrder) -> Demand:
    """One more asking: the largest number of people anybody named holds, and blanks are filled."""
    demand.askers = F("askers") + order.askers
    demand.people = max(demand.people or 0, order.people or 0) or None
    for name in ("has_basis", "weekdays", "time_of_day", "site_id", "place_name"):
        if getattr(demand, name) in (None, "", []):
            setattr(demand, name, _said(order)[name])
    demand.version += 1
    demand.save()
    return demand_locked(demand.pk)


@transaction.atomic
def change_demand(
    *, demand_id: int, changes: Mapping[str, Any], if_match: str | None, acting_user: User
) -> Demand:
    """Say otherwise what an open demand asks for; what is not named stays. `changes` by the columns of `CHANGEABLE`.

    404, 403 POST_REQUIRED, 412, 428, 409 DEMAND_STATE, 422 PERSONAL_NUMBER.
    """
    demand = demand_for_update(acting_user, demand_id, Act.ASK)
    current = {name: getattr(demand, name) for name in sorted(CHANGEABLE)}
    check_if_match(if_match, version=demand.version, current=current, sent=changes)
    check_demand_open(DemandState(demand.state), facts_of(demand))
    check_no_personal_numbers(str(changes.get("place_name", "")), "place_name")
    site_id = changes.get("site_id")
    if site_id is not None and not sites_visible_to(acting_user).filter(pk=site_id).exists():
        raise not_found("站点", "site")
    before = {name: getattr(demand, name) for name in changes}
    for name in CHANGEABLE & set(changes):
        setattr(demand, name, changes[name])
    save_demand(demand)
    record_audit(
        acting_user=acting_user, action="demand.change", subject=demand, before=before, after=dict(changes)
    )
    return demand_locked(demand.pk)


def save_demand(demand: Demand) -> None:
    """Write a changed demand under its next version."""
    demand.version += 1
    demand.save()


def facts_of(demand: Demand) -> dict[str, object]:
    """When and where the demand went, for a refusal."""
    days = {
        "handed_up_on": demand.handed_up_on,
        "answered_on": demand.answered_on,
        "closed_on": demand.closed_on,
    }
    told: dict[str, object] = {name: day.isoformat() for name, day in days.items() if day is not None}
    if demand.town is not None:
        told["town"] = demand.town.name
    return told


def audit_demand(
    demand: Demand,
    action: str,
    acting_user: User,
    *,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    """One audit row: the state, the item and how many ask, and what else `after` says."""
    told = {"state": demand.state, "item": demand.item.code, "askers": demand.askers, **(after or {})}
    organisation = organisation_of(acting_user, EDIT, demand.unit_path)
    record_audit(
        acting_user=acting_user,
        action=action,
        subject=demand,
        after=told,
        reason=reason,
        organisation=organisation,
    )
