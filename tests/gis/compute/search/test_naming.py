"""New grids are named after the plan before: no other naming moves fewer households, and named units keep theirs."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.lattice import IntArray
from gis.compute.search.naming import named_as_before
from gis.compute.zones import ZoneGraph
from tests.gis.compute.tiny_zones import path

drawn = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def moved(graph: ZoneGraph, label: IntArray, before: IntArray) -> int:
    """Households of units with an old name that have another now, unit by unit."""
    units = zip(graph.households.tolist(), label.tolist(), before.tolist(), strict=True)
    return sum(homes for homes, now, then in units if then not in (-1, now))


@st.composite
def divisions(draw: st.DrawFn) -> tuple[ZoneGraph, IntArray, IntArray, int]:
    """A zone, a division into 1 to 5 parts, and a plan before with as many names (some units are new)."""
    k = draw(st.integers(1, 5))
    rest = draw(st.integers(0, 8))
    homes = draw(st.lists(st.integers(0, 200), min_size=k + rest, max_size=k + rest))
    label = [*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=rest, max_size=rest))]
    before = draw(st.lists(st.integers(-1, k - 1), min_size=k + rest, max_size=k + rest))
    return path(*homes), np.array(label), np.array(before), k


@drawn
@given(divisions())
def test_no_other_naming_moves_fewer_households(case: tuple[ZoneGraph, IntArray, IntArray, int]) -> None:
    graph, label, before, k = case
    fewest = min(moved(graph, np.array(names)[label], before) for names in permutations(range(k)))
    named = named_as_before(graph, label, before, k)
    assert moved(graph, named, before) == fewest
    assert len(set(zip(label.tolist(), named.tolist(), strict=True))) == len(set(named.tolist())) == k


@drawn
@given(divisions())
def test_a_naming_that_is_good_enough_stays(case: tuple[ZoneGraph, IntArray, IntArray, int]) -> None:
    graph, label, before, k = case
    named = named_as_before(graph, label, before, k)
    assert named_as_before(graph, named, before, k).tolist() == named.tolist()
    if moved(graph, label, before) == moved(graph, named, before):
        assert named.tolist() == label.tolist()


@drawn
@given(divisions(), st.randoms(use_true_random=False))
def test_the_names_the_parts_come_with_do_not_matter(
    case: tuple[ZoneGraph, IntArray, IntArray, int], random: Random
) -> None:
    graph, label, before, k = case
    names = list(range(k))
    random.shuffle(names)
    one, other = (named_as_before(graph, of, before, k) for of in (label, np.array(names)[label]))
    assert moved(graph, one, before) == moved(graph, other, before)


@pytest.mark.parametrize(("anchored", "named"), [(False, [1, 1, 0]), (True, [0, 0, 1])])
def test_an_anchored_unit_keeps_its_name_whoever_else_moves(anchored: bool, named: list[int]) -> None:
    """The unit named by hand was in grid 0, its 300 new neighbours in grid 1."""
    graph = path(10, 300, 50)
    anchor = np.array([7 if anchored else -1, -1, -1])
    found = named_as_before(replace(graph, anchor=anchor), np.array([0, 0, 1]), np.array([0, 1, 0]), 2)
    assert found.tolist() == named
