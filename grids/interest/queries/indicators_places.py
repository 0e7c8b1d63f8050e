"""Which places an answer is about, and how a row of any table finds the place it counts for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, F, Func, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf

from grids.interest.rules.indicators import CITY, COMMUNITY, GRID, Period
from tenants.bureau.models import OrgLevel
from tenants.bureau.queries.rights import under_paths
from tenants.bureau.rules.local_time import SHANGHAI

# Where a unit of the level stands in a path such as `/1/7/31/204/`: the empty text before the first slash counts.
DEPTH = {"city": 2, "county": 3, "town": 4, COMMUNITY: 5}
ORG_LEVEL = {
    "city": OrgLevel.CITY,
    "county": OrgLevel.COUNTY,
    "town": OrgLevel.TOWN,
    COMMUNITY: OrgLevel.VILLAGE,
}


@dataclass(frozen=True, slots=True)
class Places:
    """Units of one level, or base grids, by id; or every one of a level below some paths (`ids` None).

    `parted`: units of the level that are counted together, as key 1, and all others together, as key 0.
    """

    level: str
    ids: tuple[int, ...] | None = None
    paths: tuple[str, ...] = ()
    parted: frozenset[int] | None = None

    @property
    def is_grid(self) -> bool:
        """Whether the places are base grids."""
        return self.level == GRID

    @property
    def whole_city(self) -> int | None:
        """The city's unit where the places are the city with everything below it; else None."""
        if self.level != CITY or self.ids is not None or self.parted is not None:
            return None
        # The tree has one root: what lies below its path is all there is.
        roots = [path.strip("/") for path in self.paths]
        return next((int(root) for root in roots if root.isdigit()), None)

    def of_units(self, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
        """The rows below the places, each with the place it `counts_for`; `path`: the field that bears the org unit's path."""
        steps = Func(F(path), Value("/"), Value(DEPTH[self.level]), function="split_part")
        rows = rows.annotate(lies_in=Cast(NullIf(steps, Value("")), BigIntegerField()))
        return self._narrowed(rows.annotate(counts_for=self._key()), path)

    def _key(self) -> Any:
        if self.parted is None:
            return F("lies_in")
        one, none = Value(1, BigIntegerField()), Value(0, BigIntegerField())
        # An id that no unit has: a constant key would not be grouped by.
        return Case(When(lies_in__in=sorted(self.parted) or [-1], then=one), default=none)

    def keyed(self, rows: QuerySet[Any], *, community: str, grids: tuple[str, ...]) -> QuerySet[Any]:
        """The rows that count for the places, unordered, each with the place it `counts_for`.

        `community`: the way to the row's community. `grids`: the ways to its base grids, the first that leads to one
        holds; a row that serves several comes once for each.
        """
        rows = rows.order_by()
        if not self.is_grid:
            return self.of_units(rows, f"{community}__unit__path")
        fields = [F(grid) for grid in grids]
        rows = rows.annotate(
            lies_in=Coalesce(*fields) if len(fields) > 1 else fields[0], counts_for=F("lies_in")
        )
        return self._narrowed(rows, f"{community}__unit__path")

    def _narrowed(self, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
        if self.ids is not None:
            return rows.filter(lies_in__in=self.ids)
        return rows.filter(under_paths(list(self.paths), path), lies_in__isnull=False)

    def key_of(self, place: int) -> int:
        """Under which key a unit's rows are counted."""
        return place if self.parted is None else int(place in self.parted)


def held_on(on: date, first: str, last: str) -> Q:
    """Rows that hold on a day by their first and last day, both included; an empty last day: still."""
    return Q(**{f"{first}__lte": on}) & (Q(**{last: None}) | Q(**{f"{last}__gte": on}))


def until_end_of(on: date) -> datetime:
    """The first instant after a day in Shanghai."""
    return datetime.combine(on + timedelta(days=1), time.min, SHANGHAI)


def within(period: Period, field: str) -> Q:
    """Instants on the period's days in Shanghai."""
    first = datetime.combine(period.first, time.min, SHANGHAI)
    return Q(**{f"{field}__gte": first, f"{field}__lt": until_end_of(period.last)})


def counted(rows: QuerySet[Any], **numbers: Any) -> Iterator[dict[str, Any]]:
    """One row a place: the key it `counts_for` and the numbers."""
    yield from rows.values("counts_for").annotate(**numbers).values("counts_for", *numbers)
