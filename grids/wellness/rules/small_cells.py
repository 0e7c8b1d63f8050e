"""Totals are published so that no figure of fewer people than `k` can be read or computed from them.

Units stand in a tree (city, county, town, community); a unit's row has one cell for each class of result and their
total. A row is shown whole, as a total only, or not at all:

1. *Whole* when each of its cells is 0 or at least `k`, and its parent is shown whole.
2. What is not shown whole of a parent's children can be summed up as the parent less the whole children. While any cell of
   that remainder is between 1 and `k - 1`, the smallest whole child that has people in this cell is taken out as well.
3. A row that is not whole shows its total when it is 0 or at least `k`; while the hidden children's total is between 1
   and `k - 1`, the smallest shown total is hidden too.
4. Below a total only totals are shown, below a hidden row nothing.

Why it holds: everything that can be computed from the rows shown is a sum of disjoint blocks (whole rows, remainders,
totals), each 0 or at least `k`. Inside a remainder the hidden cells form a table of which only the margins are known; a
cell of such a table is determined only where it is 0 or equals a margin, so again 0 or at least `k`.

Rule: J17
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wangge.errors import RuleBroken

Unit = str
Counts = Mapping[str, int]


class Detail(StrEnum):
    """How much of a row is shown."""

    WHOLE = "whole"
    TOTAL = "total"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """A unit's row as published: cells and total, None where hidden."""

    unit: Unit
    detail: Detail
    cells: Mapping[str, int | None]
    total: int | None


def published(
    parents: Mapping[Unit, Unit | None], counts: Mapping[Unit, Counts], classes: Sequence[str], k: int
) -> list[Row]:
    """The rows of all units, as they may be shown, in the order of `parents`.

    `counts` are of the units without children; those above are summed. Every unit stands in `parents`, roots with None.

    Rule: J17
    """
    sums = _summed(parents, counts, classes)
    children: dict[Unit | None, list[Unit]] = {}
    for unit, parent in parents.items():
        children.setdefault(parent, []).append(unit)
    details: dict[Unit, Detail] = {}
    for root in children.get(None, []):
        details[root] = _detail_of(sums[root], k)
        waiting = [root]
        while waiting:
            parent = waiting.pop()
            below = children.get(parent, [])
            details |= _details_below(details[parent], below, sums, classes, k)
            waiting.extend(below)
    return [_row(unit, details[unit], sums[unit], classes) for unit in parents]


def _summed(
    parents: Mapping[Unit, Unit | None], counts: Mapping[Unit, Counts], classes: Sequence[str]
) -> dict[Unit, dict[str, int]]:
    sums = {unit: dict.fromkeys(classes, 0) for unit in parents}
    for unit, own in counts.items():
        above: Unit | None = unit
        while above is not None:
            for name in classes:
                sums[above][name] += own.get(name, 0)
            above = parents[above]
    return sums


def _is_safe(number: int, k: int) -> bool:
    return number == 0 or number >= k


def _detail_of(cells: Counts, k: int) -> Detail:
    if all(_is_safe(number, k) for number in cells.values()):
        return Detail.WHOLE
    return Detail.TOTAL if _is_safe(sum(cells.values()), k) else Detail.NOTHING


def _details_below(
    detail: Detail,
    below: Iterable[Unit],
    sums: Mapping[Unit, Mapping[str, int]],
    classes: Sequence[str],
    k: int,
) -> dict[Unit, Detail]:
    if detail is Detail.NOTHING:
        return dict.fromkeys(below, Detail.NOTHING)
    found = {unit: _detail_of(sums[unit], k) for unit in below}
    if detail is Detail.TOTAL:
        found = {
            unit: Detail.NOTHING if own is Detail.NOTHING else Detail.TOTAL for unit, own in found.items()
        }
    else:
        _hide_cells(found, sums, classes, k)
    _hide_totals(found, {unit: sum(sums[unit].values()) for unit in found}, k)
    return found


def _hide_cells(
    found: dict[Unit, Detail], sums: Mapping[Unit, Mapping[str, int]], classes: Sequence[str], k: int
) -> None:
    """Take whole rows out until the remainder of the parent is safe in every cell."""
    while True:
        rest = {
            name: sum(sums[unit][name] for unit, own in found.items() if own is not Detail.WHOLE)
            for name in classes
        }
        unsafe = next((name for name in classes if not _is_safe(rest[name], k)), None)
        if unsafe is None:
            return
        able = [unit for unit, own in found.items() if own is Detail.WHOLE and sums[unit][unsafe] > 0]
        smallest = min(able, key=lambda unit: sum(sums[unit].values()))
        found[smallest] = Detail.TOTAL


def _hide_totals(found: dict[Unit, Detail], totals: Mapping[Unit, int], k: int) -> None:
    """Hide totals until those hidden are together safe."""
    while not _is_safe(sum(totals[unit] for unit, own in found.items() if own is Detail.NOTHING), k):
        able = [unit for unit, own in found.items() if own is Detail.TOTAL and totals[unit] > 0]
        found[min(able, key=lambda unit: totals[unit])] = Detail.NOTHING


def _row(unit: Unit, detail: Detail, cells: Counts, classes: Sequence[str]) -> Row:
    whole = detail is Detail.WHOLE
    return Row(
        unit,
        detail,
        {name: cells[name] if whole else None for name in classes},
        None if detail is Detail.NOTHING else sum(cells.values()),
    )


def check_period_over(name: str, last_day: str, *, is_over: bool) -> None:
    """Refuse to publish totals of a period that still runs with 422 PERIOD_NOT_OVER.

    Totals that change from day to day could be taken from one another, and the difference is one person.

    Rule: J17
    """
    if is_over:
        return
    raise RuleBroken(
        "PERIOD_NOT_OVER",
        zh=f"{name}尚未结束，统计于{last_day}之后一次性生成",
        en=f"{name} is not over: its totals are made once, after {last_day}",
        rule="J17",
        facts={"period": name, "last_day": last_day},
        how_to_fix_zh="请待该季度结束",
        how_to_fix_en="wait for the quarter's end",
        field="period",
    )
