import pytest

from gis.compute.search.effort import PRESETS, Effort


def runs(k: int) -> int:
    return Effort(steps_per_grid=1, harder=6, exact=0, smoothing_per_grid=1).harder_runs(k)


def test_a_small_zone_gets_as_many_harder_runs_as_cost_what_ten_grids_do() -> None:
    assert [runs(k) for k in (2, 4, 9, 10, 11, 40)] == [30, 15, 6, 6, 6, 6]


@pytest.mark.parametrize("k", [2, 5, 10, 37])
def test_harder_runs_of_all_sizes_cost_no_more_than_those_of_ten_grids(k: int) -> None:
    assert k * runs(k) <= 6 * max(10, k)


def test_only_the_best_preset_pays_shape_for_a_margin() -> None:
    assert {name: effort.margin for name, effort in PRESETS.items()} == {"fast": 0, "standard": 0, "best": 1}
