"""The part of a run around one pair: as much as the small change solved anew looks at, in a fixed number of statements.

Around a pair stand the need, all sessions of the person, the nearest who could serve any of those, their sessions, and
the nearest who could serve these (`site_assignment.replan`). Rule: S07
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from instructors.assignment.models import AssignmentRun, SiteAssignment, SiteNeed
from instructors.assignment.queries.gathering import (
    GatherOptions,
    available_instructors,
    metric_sites,
    weekly_need,
)
from instructors.assignment.rules.home_cells import CELL_M
from instructors.assignment.rules.qualifications import item_and_role
from instructors.assignment.rules.site_assignment import (
    AssignedPair,
    AvailableInstructor,
    Pair,
    WeeklyNeed,
)
from tenants.bureau.queries.city import city_profile

# Of those who may teach and said to be free then some are booked elsewhere: a few more than the eight that are looked at.
NEAREST = 12
# So much further than the reach a home may lie whose square's middle is within it.
_MARGIN_M = CELL_M

# People are compared by the middle of their home's square, as everywhere: nobody's place in the order tells more.
_NEAREST = """
WITH asked AS (
    SELECT * FROM unnest(%(need)s::bigint[], %(x)s::float8[], %(y)s::float8[], %(item)s::bigint[], %(role)s::text[],
                         %(weekday)s::int[], %(begin)s::int[]) AS t(need, x, y, item, role, weekday, begin)
), around AS (
    SELECT ST_Transform(ST_SetSRID(ST_MakeBox2D(ST_Point(min(x) - %(reach)s, min(y) - %(reach)s),
                                                ST_Point(max(x) + %(reach)s, max(y) + %(reach)s))::geometry,
                                   %(epsg)s), 4490) AS box
    FROM asked
), homes AS MATERIALIZED (
    SELECT person.id, teaching.item_id AS item, teaching.teaching_role AS role,
           ST_Transform(person.home, %(epsg)s) AS home
    FROM around JOIN people_instructor person ON person.home && around.box
    JOIN people_teachingitem teaching ON teaching.instructor_id = person.id
    WHERE (person.left_on IS NULL OR person.left_on >= %(on)s) AND person.weekly_limit > 0
      AND teaching.valid_from <= %(on)s AND (teaching.valid_to IS NULL OR teaching.valid_to >= %(on)s)
      AND (teaching.item_id, teaching.teaching_role) IN (SELECT item, role FROM asked)
      AND EXISTS (SELECT FROM people_gradeaward grade WHERE grade.instructor_id = person.id
                  AND grade.valid_from <= %(on)s AND (grade.valid_to IS NULL OR grade.valid_to >= %(on)s))
), cells AS MATERIALIZED (
    SELECT id, item, role, (floor(ST_X(home) / %(cell)s) + 0.5) * %(cell)s AS x,
           (floor(ST_Y(home) / %(cell)s) + 0.5) * %(cell)s AS y
    FROM homes
)
SELECT DISTINCT near.id FROM asked CROSS JOIN LATERAL (
    SELECT cells.id FROM cells
    WHERE cells.item = asked.item AND cells.role = asked.role
      AND (cells.x - asked.x) ^ 2 + (cells.y - asked.y) ^ 2 <= %(reach_m)s ^ 2
      AND (EXISTS (SELECT FROM people_freetime free WHERE free.instructor_id = cells.id AND free.weekday = asked.weekday
                   AND free.from_minute <= asked.begin AND free.to_minute > asked.begin
                   AND (free.valid_from IS NULL OR free.valid_from <= %(on)s)
                   AND (free.valid_to IS NULL OR free.valid_to >= %(on)s))
           OR %(assume_free)s AND NOT EXISTS (SELECT FROM people_freetime free WHERE free.instructor_id = cells.id))
    ORDER BY (cells.x - asked.x) ^ 2 + (cells.y - asked.y) ^ 2, cells.id
    LIMIT %(most)s
) near"""


@dataclass(frozen=True)
class Neighbourhood:
    """People as they stand now, needs as rows and as the computation sees them, the run's pairs, and those kept."""

    people: dict[int, AvailableInstructor]
    rows: dict[int, SiteNeed]
    needs: list[WeeklyNeed]
    pairs: list[AssignedPair]
    before: list[Pair]


def options_of(run: AssignmentRun) -> GatherOptions:
    """How the run gathers what it is computed from."""
    return GatherOptions(run.as_of, run.parameters["travel_buffer_min"], run.parameters["assume_free"])


def neighbourhood(run: AssignmentRun, need: SiteNeed, instructor_id: int) -> Neighbourhood:
    """All that is asked of the run to explain the pair."""
    seen = _Seen(run, need)
    seen.read(Q(instructor_id=instructor_id))
    first = {need.pk, *seen.needs_of({instructor_id})}
    seen.read(Q(need_id__in=first))
    people = {instructor_id, *seen.people_of(first), *seen.nearest(first)}
    seen.read(Q(instructor_id__in=people))
    second = first | seen.needs_of(people)
    seen.read(Q(need_id__in=second))
    people |= {*seen.people_of(second), *seen.nearest(second)}
    seen.read(Q(instructor_id__in=people))
    return seen.kept(people)


class _Seen:
    """What has been read of a run so far."""

    def __init__(self, run: AssignmentRun, need: SiteNeed) -> None:
        self._run = run
        self._pairs: dict[int, SiteAssignment] = {}
        self._needs = {need.pk: need}

    def read(self, which: Q) -> None:
        """The pairs asked for, with their needs."""
        rows = SiteAssignment.objects.filter(which, run=self._run).select_related("need__site", "need__item")
        for row in rows.defer("need__site__as_imported", "need__site__opening_hours"):
            self._pairs[row.pk] = row
            self._needs.setdefault(row.need_id, row.need)

    def needs_of(self, people: Collection[int]) -> set[int]:
        """What these people serve, as far as it has been read."""
        return {row.need_id for row in self._pairs.values() if row.instructor_id in people}

    def people_of(self, needs: Collection[int]) -> set[int]:
        """Who serves these needs, as far as it has been read."""
        return {row.instructor_id for row in self._pairs.values() if row.need_id in needs}

    def nearest(self, needs: Collection[int]) -> list[int]:
        """The nearest who may teach what these needs ask for and said to be free when they begin, by id."""
        return _nearest(self._weekly(sorted(needs)), self._run)

    def kept(self, people: Collection[int]) -> Neighbourhood:
        """Everything about these people; who cannot be considered any more is left out with what they served."""
        there = {one.key: one for one in available_instructors(options_of(self._run), people)}
        rows = sorted(self._pairs.values(), key=lambda row: row.pk)
        pairs = [
            AssignedPair(row.instructor_id, row.need_id, row.travel_m, row.is_pinned, row.is_kept)
            for row in rows
            if row.instructor_id in there
        ]
        before = SiteAssignment.objects.filter(
            run_id=self._run.figures["before_run"], instructor_id__in=there, need_id__in=self._needs
        ).order_by("instructor_id", "need_id")
        kept = [Pair(*pair) for pair in before.values_list("instructor_id", "need_id")]
        return Neighbourhood(there, self._needs, self._weekly(sorted(self._needs)), pairs, kept)

    def _weekly(self, keys: Iterable[int]) -> list[WeeklyNeed]:
        rows = [self._needs[key] for key in keys]
        sites = metric_sites({row.site_id for row in rows})
        households = self._run.inputs["households"]
        weights = [households.get(str(row.site_id), 0) if row.weight is None else row.weight for row in rows]
        return [weekly_need(row, sites, int(weight)) for row, weight in zip(rows, weights, strict=True)]


def _nearest(needs: Collection[WeeklyNeed], run: AssignmentRun) -> list[int]:
    taught = [item_and_role(need.item) for need in needs]
    reach_m = run.parameters["reach_m"]
    asked = {
        "need": [need.key for need in needs],
        "x": [need.x_m for need in needs],
        "y": [need.y_m for need in needs],
        "item": [item for item, _ in taught],
        "role": [role.value for _, role in taught],
        "weekday": [need.when.weekday for need in needs],
        "begin": [need.when.from_minute for need in needs],
        "on": run.as_of,
        "assume_free": run.parameters["assume_free"],
        "epsg": city_profile().gauss_kruger_epsg,
        "reach_m": reach_m,
        "reach": reach_m + _MARGIN_M,
        "cell": float(CELL_M),
        "most": NEAREST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, asked)
        return sorted(row[0] for row in cursor.fetchall())
