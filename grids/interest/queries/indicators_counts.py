"""Counting rows of interest grids for places: each interest grid's place is found once, not once a row.

A city has some ten thousand interest grids and a million attendances. Joined row by row, every attendance would ask for
its interest grid, community and unit and take the unit's path apart; different people would be found by sorting them all.
Here a path is taken apart once a community. What adds up is put together by interest grid or community first, and all of
it is asked in one statement, so that the places are found once. People are hashed by place and person, or sorted as one
number of both. For the whole city nothing is joined at all, and people come in their order from an index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Count, ExpressionWrapper, Q, QuerySet, Value

from gis.layers.models import Community
from grids.interest.models import InterestGrid
from grids.interest.queries.indicators_places import Places
from grids.interest.rules.indicators import COMMUNITY, GRID, Indicators

Row = tuple[Any, ...]
Statement = tuple[str, Row]

# `place_of`: which interest grid counts for which place; `home`: the same of communities.
_HOMES = "home (id, place) AS MATERIALIZED ({})"
_PLACE_OF = "place_of (id, place) AS MATERIALIZED ({})"
_BY_HOME = (
    f"SELECT one.id, home.place FROM {InterestGrid._meta.db_table} AS one "
    "JOIN home ON home.id = one.community_id"
)


@dataclass(frozen=True, slots=True)
class PeopleCounted:
    """Of one place: rows, different people among them, and by mark the rows, and the people, that bear it."""

    place: int
    rows: int
    people: int
    marked: dict[str, int]
    people_marked: dict[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """Numbers that add up, by interest grid or by community, and how a place's sums are written down.

    `rows`: a statement whose first column is the id, the others the numbers.
    """

    rows: Statement
    numbers: int
    write: Callable[[Indicators, Row], None]
    by_community: bool = False


def statement(rows: QuerySet[Any, Any]) -> Statement:
    """The SQL of rows, and its parameters; EmptyResultSet where none can match."""
    text, parameters = rows.query.sql_with_params()
    return text, tuple(parameters)


def of_places(
    places: Places, rows: QuerySet[Any, Any], interest_grid: str = "interest_grid"
) -> QuerySet[Any, Any]:
    """Only the rows of interest grids of a page of communities or base grids: for so few an index finds them.

    `interest_grid`: the way to a row's. Rows of higher or of all places stay as they are, there all are read anyway.
    """
    ones = interest_grids_of(places)
    return rows if ones is None else rows.filter(**{f"{interest_grid}__in": ones})


def interest_grids_of(places: Places) -> QuerySet[Any, Any] | None:
    """The ids of the interest grids of a page of communities or base grids; None of higher or of all places."""
    if places.ids is None or places.level not in (GRID, COMMUNITY):
        return None
    way = "base_grids__in" if places.is_grid else "community__unit__in"
    found: QuerySet[Any, Any] = InterestGrid.objects.filter(**{way: places.ids}).order_by().values("pk")
    return found


def by(places: Places, rows: QuerySet[Any, Any], way: str) -> QuerySet[Any, Any]:
    """The rows, to be put together by the id of an interest grid or community (`way`); for the whole city all in one."""
    city = places.whole_city
    if city is not None:
        rows, way = rows.annotate(one=Value(city, BigIntegerField())), "one"
    found: QuerySet[Any, Any] = rows.order_by().values_list(way)
    return found


def add_sums(found: Mapping[int, Indicators], places: Places, questions: Sequence[Question]) -> None:
    """Ask all of it in one statement and write it down, place by place."""
    try:
        ways, parameters = _ways(places)
    except EmptyResultSet:  # no place
        return
    width, city = max(question.numbers for question in questions), places.whole_city
    parts = []
    for at, question in enumerate(questions):
        columns = [f"n{number}" for number in range(question.numbers)]
        # As `int`: PostgreSQL adds `bigint` up as `numeric`, which takes many times as long and as much room.
        sums = [f"coalesce(sum({column}::int), 0)" for column in columns]
        sums += ["NULL::bigint"] * (width - len(columns))
        text, own = question.rows
        told = f"({text}) AS told (one, {', '.join(columns)})"
        way = "home" if question.by_community else "place_of"
        if city is None:
            part = f"SELECT {at}, place, {', '.join(sums)} FROM {told} JOIN {way} ON {way}.id = told.one GROUP BY place"
        else:
            part = f"SELECT {at}, {city}::bigint, {', '.join(sums)} FROM {told}"
        parts.append(part)
        parameters += own
    for at, place, *numbers in _fetched(ways + " UNION ALL ".join(parts), parameters):
        question = questions[at]
        question.write(found[place], tuple(numbers[: question.numbers]))


_PEOPLE = "SELECT place, sum(times)::bigint, count(person), {} FROM ({}) AS by_person GROUP BY place"
_BY_PERSON = "SELECT {place}, person, count(*)::int AS times, {marks} FROM {told} GROUP BY {keys}"
# An index has people in their order; without being asked for it the planner would read the table and hash.
_IN_ORDER = "(SELECT * FROM told ORDER BY person) AS in_order"


def people_counted(
    places: Places, rows: QuerySet[Any, Any], person: str, **marks: Q
) -> Iterator[PeopleCounted]:
    """Rows that have an `interest_grid`, and different people, in one statement; a row without a person counts as a row."""
    city = places.whole_city
    # Under a name of its own: a mark may be called as a field is.
    bears = {f"bears_{name}": ExpressionWrapper(mark, BooleanField()) for name, mark in marks.items()}
    columns = {"person": f"{person}_id", **{name: f"bears_{name}" for name in marks}}
    place, told, keys = "place", "told JOIN place_of ON place_of.id = told.one", "place, person"
    if city is not None:
        place, told, keys = f"{city}::bigint AS place", _IN_ORDER, "person"
    else:
        columns["one"] = "interest_grid_id"
    by_person = _BY_PERSON.format(
        place=place, told=told, keys=keys,
        marks=", ".join(f"(count(*) FILTER (WHERE {name}))::int AS {name}" for name in marks),
    )  # fmt: skip
    sums = [f"sum({name})::bigint, count(*) FILTER (WHERE {name} > 0)" for name in marks]
    given = of_places(places, rows).order_by().annotate(**bears).values_list(*columns.values())
    try:
        ways, parameters = _ways(places, told=(list(columns), given))
    except EmptyResultSet:  # no place, or no row can match
        return
    for one, times, people, *counts in _fetched(
        ways + _PEOPLE.format(", ".join(sums), by_person), parameters
    ):
        yield PeopleCounted(
            one, times, people,
            dict(zip(marks, counts[::2], strict=True)), dict(zip(marks, counts[1::2], strict=True)),
        )  # fmt: skip


# Place and person as one number: to sort a quarter of a million of them takes half of what hashing the pairs does. Persons
# have ids below 2^36 and places below 2^27; a city whose sequence passes the first would count wrong.
_PERSON_BITS = 36
# Unlike a CTE, a subquery lets the planner see that an interest grid comes once and hash it, the small side.
_DIFFERENT = f"""
SELECT pair >> {_PERSON_BITS} AS place, count(*) FROM (
    SELECT pair FROM (
        SELECT (place::bigint << {_PERSON_BITS}) + person AS pair FROM told
        JOIN ({{}} OFFSET 0) AS place_of (id, place) ON place_of.id = told.one ORDER BY pair
    ) AS in_order GROUP BY pair
) AS once GROUP BY 1"""


def different_people(places: Places, rows: QuerySet[Any, Any], person: str) -> Iterator[tuple[int, int]]:
    """Place and how many different people the rows, which have an `interest_grid`, name."""
    city = places.whole_city
    people = of_places(places, rows).order_by().values_list(f"{person}_id")
    if city is not None:
        yield city, rows.aggregate(people=Count(person, distinct=True))["people"]
        return
    try:
        text, parameters = _interest_grids(places)
        homes = _homes(places)
        given, own = statement(people.values_list("interest_grid_id", f"{person}_id"))
    except EmptyResultSet:
        return
    ctes = [] if homes is None else [_HOMES.format(homes[0])]
    ctes.append(f"told (one, person) AS ({given})")
    before = () if homes is None else homes[1]
    yield from _fetched(f"WITH {', '.join(ctes)} {_DIFFERENT.format(text)}", (*before, *own, *parameters))


def _homes(places: Places) -> Statement | None:
    """Which community counts for which place; None at the level of base grids."""
    if places.is_grid:
        return None
    homes = places.of_units(Community.objects.order_by(), "unit__path")
    return statement(homes.values_list("pk", "counts_for"))


def _interest_grids(places: Places) -> Statement:
    """Which interest grid counts for which place; at the level of base grids for several."""
    if not places.is_grid:
        return _BY_HOME, ()
    ones = places.keyed(InterestGrid.objects.all(), community="community", grids=("base_grids",))
    return statement(ones.values_list("pk", "counts_for"))


def _ways(places: Places, told: tuple[list[str], QuerySet[Any, Any]] | None = None) -> tuple[str, Row]:
    """The common table expressions that lead to places, and one of rows; for the whole city none leads there."""
    ctes: list[str] = []
    parameters: Row = ()
    if places.whole_city is None:
        homes, (text, own) = _homes(places), _interest_grids(places)
        if homes is not None:
            ctes.append(_HOMES.format(homes[0]))
            parameters += homes[1]
        ctes.append(_PLACE_OF.format(text))
        parameters += own
    if told is not None:
        columns, rows = told
        text, own = statement(rows)
        ctes.append(f"told ({', '.join(columns)}) AS ({text})")
        parameters += own
    return (f"WITH {', '.join(ctes)} " if ctes else ""), parameters


def _fetched(text: str, parameters: Row) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return list(cursor.fetchall())
