from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.admission import MOST_HOUSEHOLDS, admitted
from gis.compute.refusal import InputRefused
from tests.gis.compute.drawn_towns import CRS, Block, Community, Town, X, Y, shuffled

NAN, INF = float("nan"), float("inf")


def some() -> Community:
    return Town(
        blocks=(Block("houses", 4, 4, 6, 60),), streets=((0, 30, 60, 30),), river=(40, 0, 40, 60)
    ).inputs()[0]


def admit(one: Community, **other: Any) -> Any:
    given = {
        "streets": one.streets,
        "barriers": one.barriers,
        "buildings": one.buildings,
        "frame": one.frame,
        **other,
    }
    return admitted(given.pop("frame"), given.pop("buildings"), metric_crs=CRS, **given)


def with_shape(shape: shapely.Geometry | None, row: int = 2) -> gpd.GeoDataFrame:
    buildings = some().buildings
    shapes = buildings.geometry.to_numpy().copy()
    shapes[row] = shape
    return buildings.set_geometry(gpd.GeoSeries(shapes, index=buildings.index, crs=CRS))


def with_households(value: object) -> gpd.GeoDataFrame:
    buildings = some().buildings
    values = buildings["households"].astype(object).to_numpy(copy=True)
    values[2] = value
    return buildings.assign(households=pd.Series(values, index=buildings.index, dtype=object))


def at(*xy: tuple[float, float]) -> list[tuple[float, float]]:
    return [(X + x, Y + y) for x, y in xy]


BAD_BUILDINGS: dict[str, tuple[Callable[[], gpd.GeoDataFrame], str, int | None]] = {
    "nothing drawn": (lambda: with_shape(None), "GEOMETRY_MISSING", 3),
    "an empty polygon": (lambda: with_shape(shapely.Polygon()), "GEOMETRY_MISSING", 3),
    "a line": (lambda: with_shape(shapely.LineString(at((5, 5), (9, 9)))), "GEOMETRY_TYPE", 3),
    "a collection": (
        lambda: with_shape(shapely.GeometryCollection([shapely.Point(*at((5, 5))[0])])),
        "GEOMETRY_TYPE",
        3,
    ),
    "NaN": (lambda: with_shape(shapely.Polygon(at((5, 5), (NAN, 9), (9, 5)))), "GEOMETRY_NOT_FINITE", 3),
    "infinite": (lambda: with_shape(shapely.Polygon(at((5, 5), (INF, 9), (9, 5)))), "GEOMETRY_NOT_FINITE", 3),
    "beyond the Earth": (lambda: with_shape(shapely.Point(1e30, 1e30)), "GEOMETRY_NOT_FINITE", 3),
    "in another city": (lambda: with_shape(shapely.Point(X + 9000, Y)), "BUILDING_OUTSIDE", 3),
    "degrees drawn as metres": (lambda: with_shape(shapely.Point(113.2, 35.2)), "BUILDING_OUTSIDE", 3),
    "no households": (lambda: with_households(None), "HOUSEHOLDS_MISSING", 3),
    "not a number": (lambda: with_households("many"), "HOUSEHOLDS_NOT_WHOLE", 3),
    "half a household": (lambda: with_households(1.5), "HOUSEHOLDS_NOT_WHOLE", 3),
    "infinite households": (lambda: with_households(INF), "HOUSEHOLDS_NOT_WHOLE", 3),
    "a list": (lambda: with_households([1]), "HOUSEHOLDS_NOT_WHOLE", 3),
    "a date": (lambda: with_households(pd.Timestamp("2026-01-01")), "HOUSEHOLDS_NOT_WHOLE", 3),
    "negative": (lambda: with_households(-1), "HOUSEHOLDS_NEGATIVE", 3),
    "more than a city": (lambda: with_households(1e18), "HOUSEHOLDS_TOO_MANY", 3),
    "no column": (lambda: some().buildings.drop(columns="households"), "COLUMN_MISSING", None),
    "no geometry": (lambda: gpd.GeoDataFrame({"households": [1]}), "COLUMN_MISSING", None),
    "a column twice": (
        lambda: pd.concat([some().buildings, some().buildings[["households"]]], axis=1),
        "COLUMN_TWICE",
        None,
    ),
    "an index twice": (lambda: pd.concat([some().buildings, some().buildings]), "INDEX_TWICE", 7),
    "degrees": (lambda: some().buildings.to_crs(4490), "DEGREES_NOT_METRES", None),
    "no system": (lambda: some().buildings.set_crs(None, allow_override=True), "DEGREES_NOT_METRES", None),
    "the next zone": (lambda: some().buildings.to_crs(4548), "CRS_DIFFERS", None),
}


@pytest.mark.parametrize("name", list(BAD_BUILDINGS))
def test_buildings_that_cannot_be_used_are_refused_with_their_row(name: str) -> None:
    made, code, row = BAD_BUILDINGS[name]
    with pytest.raises(InputRefused) as refused:
        admit(some(), buildings=made())
    assert (refused.value.code, refused.value.row) == (code, row)
    assert refused.value.zh
    assert refused.value.en


@pytest.mark.parametrize(
    ("layer", "shape", "code"),
    [
        ("streets", shapely.box(X, Y, X + 9, Y + 9), "GEOMETRY_TYPE"),
        ("streets", shapely.Point(X, Y), "GEOMETRY_TYPE"),
        ("streets", shapely.LineString(at((0, 0), (NAN, 9))), "GEOMETRY_NOT_FINITE"),
        ("barriers", shapely.MultiPoint(at((0, 0), (1, 1))), "GEOMETRY_TYPE"),
        ("barriers", shapely.Polygon(at((0, 0), (INF, 9), (9, 9))), "GEOMETRY_NOT_FINITE"),
    ],
)
def test_lines_that_cannot_be_used_are_refused(layer: str, shape: shapely.Geometry, code: str) -> None:
    with pytest.raises(InputRefused, match=code):
        admit(some(), **{layer: gpd.GeoSeries([shape], crs=CRS)})


@pytest.mark.parametrize(
    "frame",
    [
        None,
        shapely.Polygon(),
        shapely.Point(113, 35),
        shapely.LineString([(113, 35), (113.1, 35)]),
        shapely.box(X, Y, X + 300, Y + 300),
        shapely.Polygon([(113, 35), (113.1, 35.1), (113.1, 35), (113, 35.1)]),
        shapely.Polygon([(113, 35), (NAN, 35.1), (113.1, 35)]),
        shapely.box(113, 35, 113 + 1e-9, 36),
    ],
)
def test_a_frame_that_is_no_land_in_degrees_is_refused(frame: shapely.Geometry | None) -> None:
    with pytest.raises(InputRefused, match="FRAME_UNUSABLE"):
        admit(some(), frame=frame)


def test_a_plan_before_needs_polygons_and_a_system() -> None:
    grids = gpd.GeoDataFrame(geometry=[some().frame], crs=4490)
    assert len(admit(some(), previous=grids).previous) == 1
    with pytest.raises(InputRefused, match="CRS_MISSING"):
        admit(some(), previous=grids.set_crs(None, allow_override=True))
    with pytest.raises(InputRefused, match="GEOMETRY_MISSING"):
        admit(some(), previous=gpd.GeoDataFrame(geometry=[None], crs=4490))


def test_untidy_shapes_are_tidied_and_said() -> None:
    bow_tie = shapely.Polygon(at((20, 20), (30, 30), (30, 20), (20, 30)))
    flat = shapely.Polygon(at((20, 20), (30, 30), (20, 20)))
    for shape, kind in ((bow_tie, "MultiPolygon"), (flat, "Point")):
        given = admit(some(), buildings=with_shape(shape))
        mended = given.buildings.geometry[some().buildings.index[2]]
        assert mended.geom_type == kind
        assert mended.is_valid
        assert len(given.notes) == 1
    high = with_shape(shapely.Point(X + 20, Y + 20, 7))
    given = admit(some(), buildings=high)
    assert not given.buildings.has_z.any()
    assert given.notes == ()


def test_numbers_written_in_any_way_are_whole_numbers() -> None:
    for value in ("60", 60.0, np.int8(60), Decimal(60), " 60 "):
        given = admit(some(), buildings=with_households(value))
        assert given.buildings["households"].dtype == np.int64
        assert given.buildings["households"][some().buildings.index[2]] == 60
    assert (
        admit(some(), buildings=with_households(MOST_HOUSEHOLDS)).buildings["households"].max()
        == MOST_HOUSEHOLDS
    )


def test_lines_come_as_single_parts_and_rows_without_any_are_left_out() -> None:
    one = some()
    both = shapely.MultiLineString([one.streets.iloc[0], shapely.LineString(at((0, 0), (50, 0)))])
    water = shapely.GeometryCollection([shapely.Point(X, Y), one.barriers.iloc[0]])
    given = admit(
        one,
        streets=gpd.GeoSeries([None, shapely.LineString(), both], crs=CRS),
        barriers=gpd.GeoDataFrame(geometry=[water], crs=CRS),
    )
    assert [s.geom_type for s in given.streets] == ["LineString", "LineString"]
    assert [s.geom_type for s in given.barriers] == ["Polygon"]


def test_rows_in_any_order_are_admitted_in_one() -> None:
    one = some()
    plain = admit(one)
    mixed = admit(one, buildings=shuffled(one.buildings, 4))
    assert mixed.buildings.equals(plain.buildings)
    assert set(plain.buildings.index) == set(one.buildings.index)
