"""Demands a person sees, and what one of them asks of the street or town. Rule: J22"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.interest.models import Demand
from grids.interest.queries.base_grid_standing import base_grid_standings, led_or_served
from grids.interest.queries.standing import (
    interest_grids_visible_to,
    links_in_fact,
    posts_held_by,
    standings_of,
)
from grids.interest.rules.base_grid_standing import check_base_grid_standing
from grids.interest.rules.order_line_wish import (
    ContactRole,
    CourseType,
    Crowd,
    OrderLineWish,
    TimeOfDay,
    time_of_day_at,
    usual_weekdays,
)
from grids.interest.rules.standing import Act, check_standing
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import RuleBroken, not_found

_WITH = ("community__unit", "interest_grid__site", "grid", "item", "site", "town", "entered_by")


def demands_visible_to(user: User) -> QuerySet[Demand]:
    """Demands of interest grids one sees by post, of base grids one leads or serves, and by `demand.view`; by id."""
    by_office = under_paths(granted_paths(user, "demand.view"), "community__unit__path")
    seen = interest_grids_visible_to(user).order_by().values("pk")
    at_home = Q(interest_grid=None) & led_or_served(user, today(), "grid_id")
    rows = Demand.objects.select_related(*_WITH).defer(*outlines_of("community"))
    return rows.filter(by_office | Q(interest_grid_id__in=seen) | at_home).order_by("id")


def demands_at_post(user: User) -> QuerySet[Demand]:
    """Of these, those of the interest grids and base grids in which one holds a post or leads; by id."""
    on = today()
    led = links_in_fact().filter(
        interestgrid_id=OuterRef("interest_grid_id"), grid_id__in=grids_led_by(user, on)
    )
    posts = posts_held_by(user, on).values("interest_grid_id")
    at_home = Q(interest_grid=None) & led_or_served(user, on, "grid_id")
    return demands_visible_to(user).filter(Q(Exists(led)) | Q(interest_grid_id__in=posts) | at_home)


def demand_for_update(user: User, demand_id: int, act: Act) -> Demand:
    """The demand, locked; 404 out of sight, 403 POST_REQUIRED unless the person may do the act in its grid."""
    found = demands_visible_to(user).filter(pk=demand_id).first()
    if found is None:
        raise not_found("需求", "demand")
    if found.interest_grid is not None:
        check_standing(act, standings_of(user, found.interest_grid, act, today()))
    elif found.grid is not None:
        check_base_grid_standing(act, base_grid_standings(user, found.grid, act, today()))
    return demand_locked(found.pk)


def demand_locked(demand_id: int) -> Demand:
    """The demand with what it speaks of, its row locked until the transaction ends."""
    return Demand.objects.select_for_update(of=("self",)).select_related(*_WITH).get(pk=demand_id)


def town_of(demand: Demand) -> OrgUnit:
    """The street or town the demand's community belongs to; 422 DEMAND_WITHOUT_TOWN where the tree knows none."""
    above = [int(part) for part in demand.unit_path.strip("/").split("/") if part]
    found = OrgUnit.objects.filter(pk__in=above, level=OrgLevel.TOWN).first()
    if found is not None:
        return found
    raise RuleBroken(
        "DEMAND_WITHOUT_TOWN",
        zh=f"“{demand.community.name}”在组织机构中没有上级街镇，无法上报",
        en=f"the organisation tree knows no street or town above {demand.community.name}",
        rule="J22",
        facts={"community": demand.community.name},
        how_to_fix_zh="请管理员在组织机构中补充街镇",
        how_to_fix_en="ask the administrator to enter the street or town",
    )


def order_line_wish(demand: Demand, town: OrgUnit) -> OrderLineWish:
    """The plain value that an order line is made of; what nobody said is taken from the interest grid's usual time
    and place.
    """
    home = demand.interest_grid
    site = demand.site or (home.site if home is not None else None)
    place = demand.place_name or (home.place_name if home is not None else "")
    time_of_day = TimeOfDay(demand.time_of_day) if demand.time_of_day else None
    if time_of_day is None and home is not None:
        time_of_day = time_of_day_at(home.from_minute)
    return OrderLineWish(
        demand_id=demand.pk,
        town_id=town.pk,
        town_path=town.path,
        town_name=town.name,
        community_id=demand.community_id,
        community_name=demand.community.name,
        interest_grid_id=demand.interest_grid_id,
        interest_grid_code="" if home is None else home.code,
        base_grid_code="" if demand.grid is None else demand.grid.code,
        item_code=demand.item.code,
        item_name=demand.item.name,
        course_type=CourseType(demand.course_type),
        people=max(demand.people or 0, demand.askers),
        has_basis=demand.has_basis,
        crowd=Crowd(demand.crowd),
        weekdays=tuple(demand.weekdays) or usual_weekdays("" if home is None else home.recurrence),
        time_of_day=time_of_day,
        place=place or ("" if site is None else site.name),
        site_id=None if site is None else site.pk,
        contact_role=ContactRole(demand.contact_role),
    )
