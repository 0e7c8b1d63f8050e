"""Instructors and sites of every unit of a level, in a number of statements that does not grow with units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from instructors.assignment.rules.staffing import StaffingCounts
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import valid_on
from tenants.bureau.queries.policy import policy_values
from tenants.bureau.queries.population import Census, census_on
from tenants.bureau.queries.rights import granted_paths, under_paths

VIEW = "instructor.view"
ACTIVE_MONTHS, TARGET = "instructor.active_months", "instructor.target_per_1000"
# Where a unit of the level stands in a path: the empty text before the first slash counts.
DEPTH = {"city": 2, "county": 3, "town": 4, "village": 5}

# A person belongs to the unit of the asked level that the path of the own unit runs through.
_PEOPLE = """
SELECT split_part(unit.path, '/', %s) AS unit_id,
       count(*),
       count(*) FILTER (WHERE registered),
       count(*) FILTER (WHERE active)
FROM (
    SELECT person.unit_id,
           EXISTS (SELECT FROM people_workregistration r WHERE r.instructor_id = person.id AND r.year = %s) AS registered,
           EXISTS (SELECT FROM people_servicerecord s WHERE s.instructor_id = person.id AND s.verified_on IS NOT NULL
                   AND s.served_on > %s::date - make_interval(months => %s) AND s.served_on <= %s) AS active
    FROM people_instructor person
    WHERE (person.left_on IS NULL OR person.left_on >= %s)
      AND EXISTS (SELECT FROM people_gradeaward g WHERE g.instructor_id = person.id AND g.valid_from <= %s
                  AND (g.valid_to IS NULL OR g.valid_to >= %s))
) standing JOIN bureau_orgunit unit ON unit.id = standing.unit_id
GROUP BY 1"""

_SITES = """
SELECT split_part(unit.path, '/', %s), count(*)
FROM assignment_site site JOIN bureau_orgunit unit ON unit.id = site.unit_id
WHERE site.valid_to IS NULL OR site.valid_to >= %s
GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Staffing:
    """Counts of the units, by id; the count of residents they are shared by; the target per 1,000 on the day."""

    rows: list[StaffingCounts]
    census: Census
    target_per_1000: Decimal


def staffing_visible_to(user: User, level: str, on: date) -> Staffing:
    """The units of a level whose instructors one may see, with their people and sites on a day. Rules: J12, J20"""
    allowed = under_paths(granted_paths(user, VIEW), "path")
    return staffing_of(OrgUnit.objects.filter(allowed, valid_on(on), level=level).order_by("id"), level, on)


def staffing_of(units: QuerySet[OrgUnit], level: str, on: date) -> Staffing:
    """These units of a level, with their people and sites on a day; who may see them is the caller's to say.

    Active are those of the certified whose verified service lies within policy's months, registered this year or not.
    Rules: J12, J20
    """
    depth = DEPTH[level]
    policy = policy_values((ACTIVE_MONTHS, TARGET), on)
    census = census_on(on)
    with connection.cursor() as cursor:
        months = int(str(policy[ACTIVE_MONTHS]))
        cursor.execute(_PEOPLE, [depth, on.year, on, months, on, on, on, on])
        people = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_SITES, [depth, on])
        sites = dict(cursor.fetchall())
    rows = [_counts(unit, people, sites, census) for unit in units]
    return Staffing(rows, census, Decimal(str(policy[TARGET])))


def _counts(
    unit: OrgUnit, people: dict[str, tuple[int, int, int]], sites: dict[str, int], census: Census
) -> StaffingCounts:
    certified, registered, active = people.get(str(unit.pk), (0, 0, 0))
    residents = census.residents.get(unit.pk)
    return StaffingCounts(
        unit.pk, unit.name, certified, registered, active, sites.get(str(unit.pk), 0), residents
    )
