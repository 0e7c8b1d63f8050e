"""J17: from what is published no figure of fewer than k people can be read or computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.optimize import linprog

from grids.wellness.rules.small_cells import Detail, Row, check_period_over, published
from wangge.errors import RuleBroken

CLASSES = ("excellent", "good", "fail")
K = 5


@some.composite
def cities(draw: Any) -> tuple[dict[str, str | None], dict[str, dict[str, int]]]:
    """A city of counties, towns and communities, with few people in most cells."""
    parents: dict[str, str | None] = {"city": None}
    leaves = []
    for county in range(draw(some.integers(1, 2))):
        parents[f"c{county}"] = "city"
        for town in range(draw(some.integers(1, 2))):
            name = f"c{county}t{town}"
            parents[name] = f"c{county}"
            for village in range(draw(some.integers(1, 3))):
                parents[f"{name}v{village}"] = name
                leaves.append(f"{name}v{village}")
    number = some.one_of(some.just(0), some.integers(0, 2 * K), some.integers(K, 4 * K))
    counts = {leaf: {name: draw(number) for name in CLASSES} for leaf in leaves}
    return parents, counts


def truth(parents: Any, counts: Any) -> dict[str, dict[str, int]]:
    found = {unit: dict.fromkeys(CLASSES, 0) for unit in parents}
    for leaf, own in counts.items():
        above: Any = leaf
        while above is not None:
            for name in CLASSES:
                found[above][name] += own[name]
            above = parents[above]
    return found


class Attacker:
    """Knows the tree and what is published, and that nobody is counted less than not at all."""

    def __init__(self, parents: Any, rows: list[Row]) -> None:
        leaves = [unit for unit in parents if unit not in set(parents.values())]
        self.column = {
            pair: at for at, pair in enumerate((leaf, name) for leaf in leaves for name in CLASSES)
        }
        self.below: dict[Any, list[Any]] = {unit: [] for unit in parents}
        for leaf in leaves:
            above: Any = leaf
            while above is not None:
                self.below[above].append(leaf)
                above = parents[above]
        lines, right = [], []
        for row in rows:
            for name, shown in row.cells.items():
                if shown is not None:
                    lines.append(self.line(row.unit, [name]))
                    right.append(shown)
            if row.total is not None:
                lines.append(self.line(row.unit, CLASSES))
                right.append(row.total)
        self.known = (np.array(lines), np.array(right)) if lines else (None, None)

    def line(self, unit: Any, names: Any) -> Any:
        line = np.zeros(len(self.column))
        for leaf in self.below[unit]:
            for name in names:
                line[self.column[leaf, name]] = 1
        return line

    def bounds(self, unit: Any, names: Any) -> tuple[int, int | None]:
        """The least and the most the figure can be."""
        line = self.line(unit, names)
        found = []
        for sign in (1, -1):
            solved = linprog(sign * line, A_eq=self.known[0], b_eq=self.known[1], bounds=(0, None))
            found.append(None if solved.status == 3 else round(sign * solved.fun))
        return found[0] or 0, found[1]


@settings(max_examples=120, deadline=None)
@given(cities())
def test_j17_no_small_figure_can_be_computed(city: Any) -> None:
    parents, counts = city
    rows = published(parents, counts, CLASSES, K)
    attacker = Attacker(parents, rows)
    for row in rows:
        figures = [(name,) for name, shown in row.cells.items() if shown is None]
        figures += [CLASSES] if row.total is None else []
        for names in figures:
            least, most = attacker.bounds(row.unit, names)
            assert least != most or least == 0 or least >= K, (row.unit, names, least)


@settings(max_examples=300, deadline=None)
@given(cities())
def test_what_is_published_is_true_and_large(city: Any) -> None:
    parents, counts = city
    real = truth(parents, counts)
    rows = published(parents, counts, CLASSES, K)
    assert [row.unit for row in rows] == list(parents)
    for row in rows:
        for name, shown in row.cells.items():
            assert shown is None or (shown == real[row.unit][name] and (shown == 0 or shown >= K))
        assert row.total is None or row.total == sum(real[row.unit].values())
        assert row.total is None or row.total == 0 or row.total >= K
        assert (row.detail is Detail.WHOLE) == all(shown is not None for shown in row.cells.values())


@settings(max_examples=300, deadline=None)
@given(cities())
def test_every_remainder_is_zero_or_large(city: Any) -> None:
    """The whole less its shown parts is what anybody computes first."""
    parents, counts = city
    rows = {row.unit: row for row in published(parents, counts, CLASSES, K)}
    for unit, row in rows.items():
        below = [rows[child] for child, parent in parents.items() if parent == unit]
        if not below or row.total is None:
            continue
        rest = row.total - sum(child.total or 0 for child in below)
        assert rest == 0 or rest >= K
        for name, shown in row.cells.items():
            if shown is not None:
                rest = shown - sum(child.cells[name] or 0 for child in below)
                assert rest == 0 or rest >= K


def _rows(**counts: tuple[int, int, int]) -> dict[Any, Row]:
    parents: dict[str, str | None] = {"town": None, **dict.fromkeys(counts, "town")}
    numbers = {unit: dict(zip(CLASSES, own, strict=True)) for unit, own in counts.items()}
    return {row.unit: row for row in published(parents, numbers, CLASSES, K)}


def test_large_rows_are_shown_whole() -> None:
    found = _rows(a=(5, 9, 0), b=(7, 5, 5))
    assert {row.detail for row in found.values()} == {Detail.WHOLE}
    assert found["town"].cells == {"excellent": 12, "good": 14, "fail": 5}


def test_a_small_cell_takes_another_row_with_it() -> None:
    found = _rows(a=(6, 9, 2), b=(7, 9, 6), c=(30, 30, 30))
    assert found["a"].cells == {"excellent": None, "good": None, "fail": None}
    assert (found["a"].detail, found["a"].total) == (Detail.TOTAL, 17)
    assert found["b"].detail is Detail.TOTAL  # else 38 - 6 - 30 = 2 would tell
    assert found["c"].detail is Detail.WHOLE


def test_four_people_are_hidden_and_five_are_not() -> None:
    found = _rows(a=(4, 0, 0), b=(5, 0, 0), c=(20, 0, 0))
    assert (found["a"].detail, found["a"].total) == (Detail.NOTHING, None)
    assert found["b"].detail is Detail.NOTHING  # the smallest that hides a
    assert found["c"].cells["excellent"] == 20


def test_under_a_hidden_row_nothing_is_shown() -> None:
    parents = {"city": None, "town": "city", "a": "town", "b": "town"}
    counts = {"a": dict.fromkeys(CLASSES, 1), "b": dict.fromkeys(CLASSES, 0)}
    assert {row.detail for row in published(parents, counts, CLASSES, K)} == {Detail.NOTHING}


def test_j17_period_not_over() -> None:
    check_period_over("2026Q3", "2026-09-30", is_over=True)
    with pytest.raises(RuleBroken, match="PERIOD_NOT_OVER") as refused:
        check_period_over("2026Q4", "2026-12-31", is_over=False)
    assert refused.value.zh == "2026Q4尚未结束，统计于2026-12-31之后一次性生成"
