import pytest

from gis.compute.search.effort import Effort

EFFORT = Effort(steps_per_grid=1, harder=6, exact=0, smoothing_per_grid=1, mending_per_grid=1)


@pytest.mark.parametrize(("k", "runs"), [(2, 30), (4, 15), (5, 12), (9, 6), (10, 6), (11, 6), (37, 6)])
def test_a_small_zone_gets_as_many_harder_runs_as_cost_what_those_of_ten_grids_do(k: int, runs: int) -> None:
    assert EFFORT.harder_runs(k) == runs
