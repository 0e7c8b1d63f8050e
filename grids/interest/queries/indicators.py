"""The indicators of places on a day, in a number of statements that does not grow with places. Rules: J01, J12, J21"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from grids.interest.queries.coverage_rate import community_standings, community_units
from grids.interest.queries.gaps import add_instruction
from grids.interest.queries.indicators_active import (
    add_issues,
    add_work_of_base_grids,
    meetings_asked,
    ratings_asked,
    work_asked,
)
from grids.interest.queries.indicators_counts import add_sums
from grids.interest.queries.indicators_organised import (
    add_base_grids,
    add_members,
    add_sports_bodies,
    base_grids_on,
    interest_grids_asked,
)
from grids.interest.queries.indicators_places import DEPTH, ORG_LEVEL, Places
from grids.interest.queries.indicators_served import (
    add_attendances,
    add_demands,
    add_joined,
    add_reached_households,
    add_visits,
    coverage_run_on,
)
from grids.interest.rules.coverage_rate import CommunityStanding, coverage_rate, lacks_of
from grids.interest.rules.indicators import COMMUNITY, Indicators, Period
from grids.interest.rules.regularity import Regularity
from grids.units.models import CoverageRun, Grid
from grids.units.queries.policy import policy_in_force
from grids.units.queries.sports_bodies import BodyCoverage, body_coverage_of
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import as_of, valid_on
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

VIEW = "indicator.view"
_REGULAR = ("regular_per_week", "regular_weeks", "regular_of_weeks", "smallest_rating_count")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the numbers of one answer rest on: the day, the period, the policy of the day, the coverage run."""

    on: date
    period: Period
    regularity: Regularity
    interest_grids_wanted: int
    smallest_rating_count: int
    policy_version: str
    run: CoverageRun | None


def terms_on(on: date, since: date | None) -> Terms:
    """The terms of a day; without a first day of the period, the weeks over which regularity is judged."""
    activity = policy_in_force("activity", _REGULAR, on)
    coverage = policy_in_force("coverage", ("interest_grids",), on)
    per_week, weeks, of_weeks, smallest = (int(activity.values[name]) for name in _REGULAR)
    regularity = Regularity(per_week, weeks, of_weeks)
    return Terms(
        on=on,
        period=Period(since or regularity.first_day(on), on),
        regularity=regularity,
        interest_grids_wanted=int(coverage.values["interest_grids"]),
        smallest_rating_count=smallest,
        policy_version=f"{activity.version}; {coverage.version}",
        run=coverage_run_on(on),
    )


def indicators_of(places: Places, terms: Terms) -> Mapping[int, Indicators]:
    """Key of a place → its indicators; a place of which nothing is known has zeros."""
    found: Mapping[int, Indicators] = defaultdict(Indicators)
    add_base_grids(found, places, terms.on)
    add_sports_bodies(found, places, terms.on)
    add_members(found, places, terms.on)
    add_reached_households(found, places, terms.run)
    add_joined(found, places, terms.on)
    add_attendances(found, places, terms.period)
    add_visits(found, places, terms.period)
    add_demands(found, places, terms.on)
    _add_sums(found, places, terms)
    add_issues(found, places, terms.period)
    add_instruction(found, places, terms.on)
    if not places.is_grid:
        _add_coverage(found, places, terms)
    return found


def _add_sums(found: Mapping[int, Indicators], places: Places, terms: Terms) -> None:
    questions = [
        interest_grids_asked(places, terms.on),
        meetings_asked(places, terms.on, terms.regularity, terms.period),
        ratings_asked(places, terms.period),
    ]
    if places.is_grid:
        add_work_of_base_grids(found, places, terms.period)
    else:
        questions.append(work_asked(places, terms.period))
    add_sums(found, places, questions)


def _add_coverage(found: Mapping[int, Indicators], places: Places, terms: Terms) -> None:
    by_place: dict[int, list[CommunityStanding]] = defaultdict(list)
    units = places.of_units(community_units(terms.on), "path")
    for path, community in community_standings(units, terms.on).items():
        by_place[places.key_of(int(path.split("/")[DEPTH[places.level] - 1]))].append(community)
    for key, communities in by_place.items():
        found[key].coverage = coverage_rate(communities, terms.interest_grids_wanted)
        if places.level == COMMUNITY and places.parted is None:
            found[key].lacks = lacks_of(communities[0], terms.interest_grids_wanted)


def unit_in_sight(user: User, unit_id: int | None, on: date) -> OrgUnit | None:
    """The unit that was asked for, as it stood that day; None: all that one may see. 404 out of sight."""
    if unit_id is None:
        return None
    allowed = under_paths(granted_paths(user, VIEW), "path")
    unit = as_of(OrgUnit.objects.filter(allowed, pk=unit_id), on).first()
    if unit is None:
        raise not_found("单位", "unit")
    return unit


def paths_in_sight(user: User, unit: OrgUnit | None) -> tuple[str, ...]:
    """Below which paths an answer lies: the unit's own, or all whose indicators one may see."""
    return tuple(granted_paths(user, VIEW)) if unit is None else (unit.path,)


def bodies_covered(paths: Sequence[str], on: date) -> list[BodyCoverage]:
    """How much of each level has a sports federation, and a fitness organisation, below the paths. Rule: J19"""
    return body_coverage_of(OrgUnit.objects.filter(under_paths(list(paths), "path"), valid_on(on)), on)


def units_on(level: str, paths: Sequence[str], on: date) -> QuerySet[OrgUnit]:
    """The units of a level below the paths that stand on the day, with name and code of that day, by id."""
    units = OrgUnit.objects.filter(under_paths(list(paths), "path"), valid_on(on), level=ORG_LEVEL[level])
    return as_of(units, on).order_by("id")


def grids_on(paths: Sequence[str], on: date) -> QuerySet[Grid]:
    """The base grids below the paths that plans in force drew on the day, by id."""
    below = under_paths(list(paths), "community__unit__path")
    drawn = base_grids_on(on).filter(grid=OuterRef("pk"))
    return Grid.objects.filter(below, Exists(drawn)).select_related("community__unit").order_by("id")
