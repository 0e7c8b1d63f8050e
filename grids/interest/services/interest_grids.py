"""Interest grids: proposed, changed, confirmed, approved to cross borders. Rule: J07"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction

from gis.layers.models import Community
from grids.interest.models import InterestGrid
from grids.interest.queries.interest_grids import (
    SRID,
    base_grids_to_serve,
    distance_to_served,
    home_to_propose_in,
    next_sequence,
    served_by,
)
from grids.interest.queries.last_change import last_change
from grids.interest.queries.standing import interest_grid_for_update, posts_held_by
from grids.interest.rules.closed_place import check_place_stands
from grids.interest.rules.interest_grid_code import interest_grid_code
from grids.interest.rules.interest_grid_founding import (
    CLAUSE,
    Served,
    check_home_served,
    check_place,
)
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    check_interest_grid_action,
)
from grids.interest.rules.recurrence import normal_recurrence
from grids.interest.rules.standing import RIGHT_OF, Act, Standing, check_standing
from grids.interest.services.crossing import approved_communities, settle_crossing, told
from grids.interest.services.refusals import caught
from grids.interest.services.spans import begin_state
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from grids.units.queries.pilots import check_feature_open
from grids.units.queries.plans import community_locked
from grids.units.queries.policy import coverage_policy
from grids.units.rules.pilots import PilotFeature
from instructors.assignment.models import Site
from instructors.people.queries.standing import item_by_code
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken, not_found, refuse_all
from wangge.kernel.etag import check_if_match
from wangge.kernel.permissions import holds

_PLACE = ("site_id", "place", "place_name")
_FACTS = ("name", "recurrence", "from_minute", "minutes", "is_outdoors", "introduction", "place_name")


@dataclass(frozen=True, slots=True)
class InterestGridOrder:
    """An interest grid to be proposed; `place`: longitude and latitude in EPSG:4490."""

    name: str
    item_code: str
    community_id: int
    base_grid_ids: Sequence[int]
    site_id: int | None = None
    place: tuple[float, float] | None = None
    place_name: str = ""
    recurrence: str = ""
    from_minute: int | None = None
    minutes: int | None = None
    is_outdoors: bool = True
    introduction: str = ""


@transaction.atomic
def propose_interest_grid(*, order: InterestGridOrder, acting_user: User) -> InterestGrid:
    """Propose an interest grid: by the office, by the leader of a base grid it serves, or by a member nearby.

    Raises 404 for community, base grid, item or site, 403 POST_REQUIRED and PILOT_ONLY, 409 INTEREST_GRID_TWICE and
    SITE_RETIRED, 422 HOME_NOT_SERVED, RECURRENCE and PLACE_OUT_OF_REACH.
    """
    on = today()
    home = home_to_propose_in(acting_user, order.community_id, on)
    grids = base_grids_to_serve(order.base_grid_ids, on)
    check_standing(Act.EDIT, _standings_at(acting_user, home, grids))
    check_feature_open(PilotFeature.INTEREST_GRIDS, home.unit_path, on)
    item = item_by_code(order.item_code)
    served = served_by(home, grids)
    community_locked(home.pk)
    found = InterestGrid(
        name=_normal(order.name), item=item, community=home, proposed_by=acting_user, site=_site(order.site_id),
        place=_point(order.place), place_name=order.place_name, recurrence=normal_recurrence(order.recurrence),
        from_minute=order.from_minute, minutes=order.minutes, is_outdoors=order.is_outdoors,
        introduction=order.introduction,
    )  # fmt: skip
    refuse_all(_refusals(found, served))
    _check_once(found)
    found.sequence = next_sequence(home.pk)
    found.code = interest_grid_code(home.code, item.pk, found.sequence)
    settle_crossing(found, grids, set(), acting_user)
    with _twice_told(found):
        found.save(force_insert=True)
    found.base_grids.set(grids)
    begin_state([found.pk], InterestGridState.PROPOSED, on)
    record_audit(
        acting_user=acting_user, action="interest_grid.propose", subject=found, after=told(found, grids)
    )
    return found


@transaction.atomic
def change_interest_grid(
    *, interest_grid_id: int, changes: Mapping[str, Any], if_match: str | None, acting_user: User
) -> InterestGrid:
    """Change its name, activity, base grids, place, time or words.

    Who leaves a retired site named as the place keeps it. Raises 404, 403 POST_REQUIRED, 412, 428, 409
    INVALID_TRANSITION, INTEREST_GRID_TWICE and SITE_RETIRED, 422 HOME_NOT_SERVED,
    CROSSING_NOT_APPROVED, RECURRENCE and PLACE_OUT_OF_REACH.
    """
    on = today()
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.EDIT)
    grids = list(found.base_grids.select_related("community__unit").order_by("code"))
    before = told(found, grids)
    now = {**before, **last_change(found)}
    check_if_match(if_match, version=found.version, current=now, sent=changes)
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.EDIT)
    approved = approved_communities(found, served_by(found.community, grids))
    if "base_grid_ids" in changes:
        grids = base_grids_to_serve(changes["base_grid_ids"], on)
    if "item" in changes:
        found.item = item_by_code(changes["item"])
    _set_place(found, changes)
    for name in _FACTS:
        if name in changes:
            setattr(found, name, changes[name])
    found.name, found.recurrence = _normal(found.name), normal_recurrence(found.recurrence)
    served = served_by(found.community, grids)
    refuse_all(_refusals(found, served))
    settle_crossing(found, grids, approved, acting_user)
    _check_once(found)
    found.version += 1
    with _twice_told(found):
        found.save()
    found.base_grids.set(grids)
    after = told(found, grids)
    record_audit(
        acting_user=acting_user, action="interest_grid.change", subject=found, before=before, after=after
    )
    return found


def _standings_at(user: User, home: Community, grids: Sequence[Grid]) -> set[Standing]:
    """As what the user proposes; a member with a post nearby stands as the proposer."""
    on, standings = today(), set()
    if holds(user, RIGHT_OF[Act.EDIT], home.unit_path):
        standings.add(Standing.OFFICE)
    own = {grid.pk for grid in grids} & set(grids_led_by(user, on))
    if own:
        standings.add(Standing.LEADER)
    if posts_held_by(user, on).filter(interest_grid__community=home).exists():
        standings.add(Standing.PROPOSER)
    return standings


def _refusals(found: InterestGrid, served: Served) -> list[RuleBroken]:
    reach_m = int(coverage_policy(today()).values["radius_m"])
    point = found.place if found.site is None else found.site.geometry
    name = found.place_name if found.site is None else found.site.name
    distance = None if point is None else distance_to_served(point, [served.home_id, *served.communities])
    return caught(lambda: check_home_served(served), lambda: check_place(distance, reach_m, name))


def _set_place(found: InterestGrid, changes: Mapping[str, Any]) -> None:
    """A site and a point of one's own exclude each other: the one named last stands."""
    if "site_id" in changes and changes["site_id"] != found.site_id:
        found.site = _site(changes["site_id"])
        found.place = None if found.site is not None else found.place
    if "place" in changes:
        found.place = _point(changes["place"])
        found.site = None if found.place is not None else found.site


def _site(site_id: int | None) -> Site | None:
    """The site, locked, so that nobody retires it meanwhile; 404, 409 SITE_RETIRED."""
    if site_id is None:
        return None
    locked = Site.objects.select_for_update(of=("self",), no_key=True).select_related("unit")
    found = locked.filter(pk=site_id).first()
    if found is None:
        raise not_found("健身站点", "site")
    check_place_stands(found.valid_to, date.max)
    return found


def _point(place: tuple[float, float] | None) -> Point | None:
    return None if place is None else Point(round(place[0], 7), round(place[1], 7), srid=SRID)


def _normal(name: str) -> str:
    return " ".join(name.split())


def _check_once(found: InterestGrid) -> None:
    others = InterestGrid.objects.exclude(state=InterestGridState.CLOSED.value).exclude(pk=found.pk)
    other = others.filter(community=found.community, item=found.item, name=found.name).first()
    if other is not None:
        raise _twice(found, other)


@contextmanager
def _twice_told(found: InterestGrid) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        raise _twice(found, None) from clash


def _twice(found: InterestGrid, other: InterestGrid | None) -> RuleBroken:
    code = "" if other is None else f"（{other.code}）"
    return RuleBroken(
        "INTEREST_GRID_TWICE",
        zh=f"{found.community.name}已有同名的{found.item.name}兴趣网格“{found.name}”{code}",
        en=f"{found.community.name} has a {found.item.code} interest grid “{found.name}” already {code}".rstrip(),
        status=409,
        rule="J07",
        clause=CLAUSE,
        field="name",
        facts={"community": found.community.name, "item": found.item.code, "name": found.name}
        | ({} if other is None else {"code": other.code}),
        how_to_fix_zh="请使用已有的兴趣网格，或换一个名称",
        how_to_fix_en="use the one that exists, or choose another name",
    )
