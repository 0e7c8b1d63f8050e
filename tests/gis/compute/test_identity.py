import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.compute.identity import grid_code, match_grids, sequence_numbers
from gis.compute.refusal import InputRefused


def test_a_grid_takes_over_the_old_one_it_shares_most_households_with() -> None:
    new = pd.Series([0, 0, 1, 1, 2], index=list("abcde"))
    old = pd.Series(["x", "y", "y", "y", None], index=list("abcde"))
    households = pd.Series([10, 30, 40, 5, 99], index=list("abcde"))
    assert match_grids(new, old, households) == {0: "x", 1: "y"}


def test_matching_is_best_as_a_whole_not_one_by_one() -> None:
    new = pd.Series([0, 0, 1])
    old = pd.Series(["x", "y", "x"])
    # Grid 0 shares most with x, but giving x to grid 1 and y to grid 0 keeps more people in all.
    assert match_grids(new, old, pd.Series([50, 45, 40])) == {0: "y", 1: "x"}


def test_first_numbers_run_from_west_to_east_then_north_to_south() -> None:
    boxes = [shapely.box(2, 0, 3, 1), shapely.box(0, 0, 1, 1), shapely.box(0, 2, 1, 3)]
    assert sequence_numbers(gpd.GeoSeries(boxes)).tolist() == [3, 2, 1]


def test_later_numbers_are_never_used_again() -> None:
    boxes = gpd.GeoSeries([shapely.box(i, 0, i + 1, 1) for i in range(3)])
    assert sequence_numbers(boxes, kept={1: 2}, used=[1, 2, 7]).tolist() == [8, 2, 9]


def test_number_999_is_the_last() -> None:
    one = gpd.GeoSeries([shapely.box(0, 0, 1, 1)])
    assert sequence_numbers(one, used=[998]).tolist() == [999]
    with pytest.raises(InputRefused, match="GRID_NUMBERS_EXHAUSTED"):
        sequence_numbers(one, used=[999])


def test_codes_have_fifteen_digits() -> None:
    assert grid_code("410802001001", 7) == "410802001001007"
    for code, number in (
        ("41080200100", 1),
        ("41080200100a", 1),
        ("410802001001", 0),
        ("410802001001", 1000),
    ):
        with pytest.raises(ValueError, match=r"digits|number"):
            grid_code(code, number)
