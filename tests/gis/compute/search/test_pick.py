import numpy as np

from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.search import Yardstick, pick, score
from gis.compute.search.energy import UNATTAINABLE_ALPHA, far_deviation, plan_prices, shaping_prices
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


def test_within_the_soft_limits_nobody_is_far_off_only_where_not_all_can_be_in_band() -> None:
    assert far_deviation(LIMITS, LIMITS.band) == 0.15
    assert far_deviation(LIMITS, LIMITS.band + 0.001) == LIMITS.soft_deviation
    assert far_deviation(LIMITS, 0.4) == 0.4


def test_the_nearer_soft_limit_says_how_far_is_far() -> None:
    assert SizeLimits(target=400, soft_min=300, soft_max=500).soft_deviation == 0.25
    assert SizeLimits(target=400, soft_min=360, soft_max=700).soft_deviation == 0.1
    assert SizeLimits(target=400, soft_min=100, soft_max=440).soft_deviation == 0.1


def test_a_grid_in_band_is_worth_less_where_not_all_can_be() -> None:
    assert Yardstick(LIMITS, 1.0, LIMITS.band).band_worth == 1.0
    assert Yardstick(LIMITS, 1.0, LIMITS.band + 0.001).band_worth == UNATTAINABLE_ALPHA
    assert Yardstick(LIMITS, 0.1, 0.3).band_worth == 0.1


def test_shape_is_sought_with_the_worst_grid_as_far_as_it_is() -> None:
    prices = plan_prices(PartitionParameters(), 1.0, 0.0)
    shaping = shaping_prices(prices, 0.31)
    assert (shaping.far, shaping_prices(prices, 0.05).far) == (0.31, prices.far)
    assert shaping.far_price < prices.far_price
    assert (shaping.outside, shaping.compact, shaping.hard) == (prices.outside, prices.compact, prices.hard)
