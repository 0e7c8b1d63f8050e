"""Instructors of a place, and what its sites ask of them every week and do not get: gap per grid. Rules: J12, J20

Units count the people of the register by the unit they belong to, as the page of staffing does. A base grid counts
those who live in it, and the sites that stand in it: where the middle of a home lies is used and never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from grids.interest.queries.indicators_organised import base_grids_on
from grids.interest.queries.indicators_places import ORG_LEVEL, Places, counted, until_end_of
from grids.interest.rules.indicators import Indicators
from instructors.assignment.models import AssignmentRun, RunState, SiteAssignment, SiteNeed
from instructors.assignment.queries.sites import in_force
from instructors.assignment.queries.staffing import ACTIVE_MONTHS, staffing_of
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import valid_on
from tenants.bureau.queries.policy import policy_number
from tenants.bureau.queries.rights import under_paths

_LIVING = """
SELECT place.grid_id, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM people_servicerecord s WHERE s.instructor_id = person.id AND s.verified_on IS NOT NULL
    AND s.served_on > %(on)s::date - make_interval(months => %(months)s) AND s.served_on <= %(on)s))
FROM units_plangrid place JOIN people_instructor person ON ST_Contains(place.geometry, person.home)
WHERE place.id = ANY(%(drawn)s) AND (person.left_on IS NULL OR person.left_on >= %(on)s)
  AND EXISTS (SELECT FROM people_gradeaward g WHERE g.instructor_id = person.id AND g.valid_from <= %(on)s
              AND (g.valid_to IS NULL OR g.valid_to >= %(on)s))
GROUP BY 1"""

_STANDING = """
SELECT place.grid_id, count(*), sum(asked.places), sum(filled.places)
FROM units_plangrid place JOIN assignment_site site ON ST_Contains(place.geometry, site.geometry)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(need.wanted), 0) AS places FROM assignment_siteneed need
    WHERE need.site_id = site.id AND (need.valid_to IS NULL OR need.valid_to >= %(on)s)) asked
CROSS JOIN LATERAL (
    SELECT count(*) AS places
    FROM assignment_siteassignment pair JOIN assignment_siteneed need ON need.id = pair.need_id
    WHERE pair.run_id = %(run)s AND need.site_id = site.id
      AND (need.valid_to IS NULL OR need.valid_to >= %(on)s)) filled
WHERE place.id = ANY(%(drawn)s) AND (site.valid_to IS NULL OR site.valid_to >= %(on)s)
GROUP BY 1"""


def add_instruction(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Certified and active instructors, sites, weekly places that are asked for and those that are filled."""
    run = run_on(on)
    if places.is_grid:
        _add_to_grids(found, places, on, run)
    else:
        _add_to_units(found, places, on, run)


def run_on(on: date) -> AssignmentRun | None:
    """The assignment that had been put into force last by the end of the day."""
    adopted = AssignmentRun.objects.filter(state__in=(RunState.ADOPTED, RunState.REPLACED))
    return adopted.only("id").filter(adopted_at__lt=until_end_of(on)).order_by("-adopted_at").first()


def _add_to_units(
    found: Mapping[int, Indicators], places: Places, on: date, run: AssignmentRun | None
) -> None:
    for counts in staffing_of(units_of(places, on), ORG_LEVEL[places.level].value, on).rows:
        one = found[places.key_of(counts.unit_id)].instruction
        one.certified += counts.certified
        one.active += counts.active
        one.sites += counts.sites
    needs = SiteNeed.objects.filter(in_force(on), Q(site__valid_to=None) | Q(site__valid_to__gte=on))
    for row in counted(places.of_units(needs.order_by(), "site__unit__path"), places_asked=Sum("wanted")):
        found[row["counts_for"]].instruction.asked_places = row["places_asked"]
    filled = SiteAssignment.objects.filter(run=run, need__in=needs.values("pk")).order_by()
    for row in counted(places.of_units(filled, "need__site__unit__path"), places_filled=Count("id")):
        found[row["counts_for"]].instruction.filled_places = row["places_filled"]


def units_of(places: Places, on: date) -> QuerySet[OrgUnit]:
    """The units of the places that stand on the day, by id."""
    units = OrgUnit.objects.filter(valid_on(on), level=ORG_LEVEL[places.level]).order_by("id")
    if places.ids is not None:
        return units.filter(pk__in=places.ids)
    return units.filter(under_paths(list(places.paths), "path"))


def _add_to_grids(
    found: Mapping[int, Indicators], places: Places, on: date, run: AssignmentRun | None
) -> None:
    drawn = base_grids_on(on)
    drawn = (
        drawn.filter(grid__in=places.ids)
        if places.ids is not None
        else drawn.filter(under_paths(list(places.paths), "plan__community__unit__path"))
    )
    asked: dict[str, date | int | list[int] | None] = {
        "on": on, "months": policy_number(ACTIVE_MONTHS, on), "run": None if run is None else run.pk,
        "drawn": list(drawn.values_list("pk", flat=True)),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LIVING, asked)
        for grid, certified, active in cursor.fetchall():
            found[grid].instruction.certified, found[grid].instruction.active = certified, active
        cursor.execute(_STANDING, asked)
        for grid, sites, wanted, filled in cursor.fetchall():
            one = found[grid].instruction
            one.sites, one.asked_places, one.filled_places = sites, int(wanted), int(filled)
