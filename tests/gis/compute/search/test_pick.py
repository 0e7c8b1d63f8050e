import numpy as np

from gis.compute.search import Yardstick, pick, score
from tests.gis.compute.search.squares import LIMITS, squares

YARDSTICK = Yardstick(LIMITS, 0.4, 0.0)
GRAPH = squares(4, 8, np.full(32, 25))
HALVES = np.repeat([0, 1], 16)
STRIPES = np.tile([0, 0, 1, 1], 8)
LOPSIDED = np.repeat([0, 1], [8, 24])


def test_the_score_prefers_the_band_and_the_compact() -> None:
    values = [score(GRAPH, label, 2, YARDSTICK) for label in (HALVES, STRIPES, LOPSIDED)]
    assert values[0] > values[1] > values[2]


def test_the_first_among_equals_is_picked() -> None:
    assert pick(GRAPH, [STRIPES, HALVES, HALVES.copy()], 2, YARDSTICK) is HALVES


def test_a_grid_far_off_outweighs_shape() -> None:
    graph = squares(4, 8, np.where(np.arange(32) < 4, 100, 15))
    round_but_uneven = np.repeat([0, 1], 16)
    even = np.repeat([0, 1], [4, 28])
    assert pick(graph, [round_but_uneven, even], 2, YARDSTICK) is even
