import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute.households import HouseholdParameters, households_of_buildings, spread_by_largest_remainder
from gis.compute.refusal import InputRefused

CRS = "EPSG:4547"


def buildings(**columns: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(i * 100, 0, i * 100 + 20, 10) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@given(
    st.integers(0, 1_000_000),
    st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=60).filter(lambda w: sum(w) > 0),
)
def test_largest_remainder_keeps_the_total_and_stays_within_one_of_the_share(
    total: int, weights: list[float]
) -> None:
    parts = spread_by_largest_remainder(total, weights)
    share = np.array(weights) / max(weights)
    exact = total * share / share.sum()
    assert parts.sum() == total
    assert (parts >= 0).all()
    assert (np.abs(parts - exact) < 1 + 1e-6).all()
    assert (parts[np.array(weights) == 0] == 0).all()


def test_largest_remainder_gives_ties_to_the_first() -> None:
    assert spread_by_largest_remainder(2, [1, 1, 1]).tolist() == [1, 1, 0]


@pytest.mark.parametrize("weights", [[0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0]])
def test_largest_remainder_refuses_weights_that_cannot_carry(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        spread_by_largest_remainder(5, weights)


def test_given_households_stand_and_the_others_are_estimated_from_floors_or_height() -> None:
    frame = buildings(
        households=[7, None, None, None], floors=[6, 6, None, None], height_m=[None, None, 18.0, None]
    )
    found = households_of_buildings(frame, None, HouseholdParameters(0.85, 100.0, 3.0, 1.0))
    # 200 m² × 6 floors × 0.85 / 100 = 10.2; 18 m are 6 floors; the last has one assumed floor.
    assert found["households"].tolist() == [7, 10, 10, 2]
    assert found["source"].tolist() == ["given", "estimated", "estimated", "estimated"]
    assert found["floors_assumed"].tolist() == [False, False, False, True]


def test_a_community_total_is_spread_over_what_is_not_given() -> None:
    frame = buildings(
        households=[10, None, None, None],
        floors=[1, 1, 3, 9],
        residential=[True, True, True, False],
        community=["a", "a", "a", "a"],
    )
    found = households_of_buildings(frame, pd.Series({"a": 31}))
    assert found["households"].tolist() == [10, 5, 16, 0]
    assert found["source"].tolist() == ["given", "spread", "spread", "none"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "HOUSEHOLDS_NEGATIVE"),
        (2.5, "HOUSEHOLDS_NOT_WHOLE"),
        ("many", "HOUSEHOLDS_NOT_WHOLE"),
        (float("inf"), "HOUSEHOLDS_NOT_WHOLE"),
    ],
)
def test_bad_households_are_refused_with_their_row(value: object, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        households_of_buildings(buildings(households=[3, value]))
    assert (refused.value.code, refused.value.row, refused.value.field) == (code, 2, "households")


def test_totals_that_cannot_hold_are_refused() -> None:
    frame = buildings(households=[10, None], residential=[True, False], community=["a", "a"])
    with pytest.raises(InputRefused, match="HOUSEHOLDS_EXCEED_TOTAL"):
        households_of_buildings(frame, pd.Series({"a": 9}))
    with pytest.raises(InputRefused, match="TOTAL_WITHOUT_HOMES"):
        households_of_buildings(frame, pd.Series({"a": 11}))
    with pytest.raises(InputRefused, match="HOUSEHOLDS_NOT_WHOLE"):
        households_of_buildings(frame, pd.Series({"a": 11.5}))


def test_degrees_are_refused() -> None:
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        households_of_buildings(buildings(households=[1]).set_crs("EPSG:4490", allow_override=True))
