import numpy as np
import pytest

from gis.compute.starts import growth_start, is_sound, metis_starts, repaired
from tests.gis.compute.search.squares import squares

GRAPH = squares(12, 12, np.full(144, 25))


def test_metis_starts_are_sound_and_the_same_for_the_same_seed() -> None:
    first, again = (metis_starts(GRAPH, 9, 8, 5, 400) for _ in range(2))
    assert len(first) == 8
    assert all(is_sound(GRAPH, s, 9) for s in first)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_growth_is_sound_even_where_homes_are_few() -> None:
    households = np.zeros(144, dtype=np.int64)
    households[[0, 5, 77, 143]] = 100
    graph = squares(12, 12, households)
    label = growth_start(graph, 4)
    assert is_sound(graph, label, 4)


def test_a_stray_part_joins_a_neighbour() -> None:
    label = np.zeros(144, dtype=np.int64)
    label[:72] = 1
    label[143] = 1
    fixed = repaired(GRAPH, label, 2)
    assert fixed is not None
    assert fixed[143] == 0
    assert is_sound(GRAPH, fixed, 2)


@pytest.mark.parametrize("k", [2, 3])
def test_an_empty_part_cannot_be_repaired(k: int) -> None:
    assert repaired(GRAPH, np.zeros(144, dtype=np.int64), k) is None


def test_a_part_without_homes_is_not_sound() -> None:
    households = np.full(144, 10, dtype=np.int64)
    households[:12] = 0
    graph = squares(12, 12, households)
    label = np.zeros(144, dtype=np.int64)
    label[:12] = 1
    assert not is_sound(graph, label, 2)
    label[12] = 1
    assert is_sound(graph, label, 2)


def test_a_disconnected_part_is_not_sound() -> None:
    label = np.zeros(144, dtype=np.int64)
    label[[0, 143]] = 1
    assert not is_sound(GRAPH, label, 2)
