import pytest

from tests.gis.compute.golden import CITIES, figures_of, read, worse

HINT = "see tests/gis/compute/golden.py for how the golden file is raised"


@pytest.mark.parametrize("name", list(CITIES))
def test_no_figure_of_a_small_city_is_worse_than_it_was(name: str) -> None:
    golden = read()["figures"][name]
    now = figures_of(*CITIES[name])
    assert now["city"] == golden["city"], f"the generator draws another city; {HINT}"
    assert worse(now, golden) == [], HINT


def test_worse_is_told_apart_from_better() -> None:
    golden = read()["figures"]["slab_town fast"]
    assert worse(golden, golden) == []
    better = {**golden, "in_band": golden["in_band"] + 1, "worst_deviation": golden["worst_deviation"] - 0.01}
    assert worse(better, golden) == []
    assert len(worse(golden, better)) == 2
    assert len(worse({**golden, "grids": golden["grids"] + 1}, golden)) == 1
