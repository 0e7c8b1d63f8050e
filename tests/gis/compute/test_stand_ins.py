"""Compounds without dwellings stand in once, on ground that nobody else carries."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute.households import HouseholdParameters, households_of_buildings
from gis.compute.refusal import InputRefused
from gis.compute.stand_ins import compounds_standing_in

METRIC = "EPSG:4547"
EAST_M, NORTH_M = 500_000.0, 3_900_000.0


def ground(west: float, south: float, width: float, depth: float) -> shapely.Polygon:
    return shapely.box(EAST_M + west, NORTH_M + south, EAST_M + west + width, NORTH_M + south + depth)


def series(*shapes: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=[f"c{i}" for i in range(len(shapes))], crs=METRIC)


NOBODY = gpd.GeoSeries([], crs=METRIC)


def test_a_compound_with_any_dwelling_is_left_alone() -> None:
    compounds = series(ground(0, 0, 100, 100), ground(200, 0, 100, 100), ground(400, 0, 100, 100))
    houses = series(ground(10, 10, 20, 10), shapely.Point(EAST_M + 250, NORTH_M + 50))
    assert list(compounds_standing_in(compounds, houses).standing) == ["c2"]


def test_the_inner_point_of_a_dwelling_decides_where_it_lies() -> None:
    compounds = series(ground(0, 0, 100, 100))
    mostly_out = series(ground(95, 10, 20, 10))
    assert list(compounds_standing_in(compounds, mostly_out).standing) == ["c0"]
    on_the_rim = series(shapely.Point(EAST_M + 100, NORTH_M + 50))
    assert list(compounds_standing_in(compounds, on_the_rim).standing) == []


@pytest.mark.parametrize(("common_m", "both"), [(0, True), (20, True), (20.1, False), (100, False)])
def test_ground_that_is_shared_by_more_than_a_fifth_counts_once_for_the_first(
    common_m: float, both: bool
) -> None:
    found = compounds_standing_in(series(ground(0, 0, 100, 100), ground(100 - common_m, 0, 100, 100)), NOBODY)
    assert list(found.standing) == (["c0", "c1"] if both else ["c0"])
    assert found.overlapped.to_dict() == ({} if both else {"c1": "c0"})


def test_a_plot_inside_a_compound_with_dwellings_does_not_stand_in() -> None:
    compounds = series(ground(0, 0, 30, 30), ground(0, 0, 200, 100))
    found = compounds_standing_in(compounds, series(ground(150, 50, 20, 10)))
    assert list(found.standing) == []
    assert found.overlapped.to_dict() == {"c0": "c1"}


def test_one_left_out_does_not_push_out_the_next() -> None:
    chain = series(ground(0, 0, 100, 100), ground(70, 0, 100, 100), ground(140, 0, 100, 100))
    found = compounds_standing_in(chain, NOBODY)
    assert list(found.standing) == ["c0", "c2"]
    assert found.overlapped.to_dict() == {"c1": "c0"}


boxes = st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(10, 150)] * 2)


@given(
    st.lists(boxes, max_size=12), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=6)
)
def test_every_compound_has_dwellings_stands_in_or_is_overlapped(
    places: list[tuple[int, int, int, int]], homes: list[tuple[int, int]]
) -> None:
    compounds = series(*(ground(*place) for place in places))
    points = series(*(shapely.Point(EAST_M + x, NORTH_M + y) for x, y in homes))
    found = compounds_standing_in(compounds, points)
    built = {name for name, shape in compounds.items() if points.intersects(shape).any()}
    assert not set(found.standing) & set(found.overlapped.index)
    assert set(found.standing) | set(found.overlapped.index) == set(compounds.index) - built
    carried = set(found.standing) | built
    for name, other in found.overlapped.items():
        common = compounds[name].intersection(compounds[other]).area
        assert other in carried and common > 0.2 * min(compounds[name].area, compounds[other].area)


def test_degrees_are_refused() -> None:
    lonlat = gpd.GeoSeries([shapely.box(104, 30, 104.001, 30.001)], crs=4490)
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        compounds_standing_in(lonlat, NOBODY)


def test_a_stand_in_is_given_spread_or_estimated_by_its_ground() -> None:
    frame = gpd.GeoDataFrame(
        {
            "households": [70, None, None, None],
            "floors": [None, None, 6, None],
            "stands_in": [True, True, False, True],
            "community": ["a", "a", "a", "b"],
        },
        geometry=[
            ground(0, 0, 50, 50),
            ground(100, 0, 60, 100),
            ground(200, 0, 20, 50),
            ground(300, 0, 50, 100),
        ],
        crs=METRIC,
    )
    counted = households_of_buildings(
        frame, gpd.pd.Series({"a": 370}), HouseholdParameters(compound_floor_ratio=1.5)
    )
    assert counted["source"].tolist() == ["given", "spread", "spread", "estimated"]
    # 9,000 m² of assumed floors against 6 storeys of 1,000 m²; then 5,000 m² × 1.5 × 0.85 ÷ 100 m² a home.
    assert counted["households"].tolist() == [70, 180, 120, 64]
    assert counted["floors_assumed"].tolist() == [False, True, False, True]
