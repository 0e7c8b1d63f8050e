"""Coordinate systems: the shifted datums, the zone families, names, detection, the write gate, control
points.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute import crs
from gis.compute.refusal import InputRefused

JIAOZUO = (113.24, 35.21)
EXTENT = (112.6, 34.8, 113.7, 35.5)
in_china = st.tuples(st.floats(74, 134), st.floats(18, 53))


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(pyproj.Geod(ellps="GRS80").inv(a[0], a[1], b[0], b[1])[2])


def _xy(code: str, places: list[tuple[float, float]]) -> np.ndarray:
    move = pyproj.Transformer.from_crs(4490, code, always_xy=True)
    return np.array([move.transform(lon, lat) for lon, lat in places])


def test_gcj02_agrees_with_a_published_pair() -> None:
    """The pair every open implementation is checked with (Shanghai)."""
    lon, lat = crs.to_gcj02(121.5272106, 31.1774276)
    assert lon == pytest.approx(121.531541859215, abs=1e-12)
    assert lat == pytest.approx(31.17530398364597, abs=1e-12)


@given(in_china)
def test_gcj02_and_bd09_come_back_exactly(place: tuple[float, float]) -> None:
    lon, lat = place
    for forward, back in ((crs.to_gcj02, crs.from_gcj02), (crs.to_bd09, crs.from_bd09)):
        x, y = back(*forward(lon, lat))
        assert _metres((float(x), float(y)), place) < 1e-6


@given(in_china)
def test_gcj02_shift_lies_between_10_and_750_metres(place: tuple[float, float]) -> None:
    x, y = crs.to_gcj02(*place)
    assert 10 < _metres((float(x), float(y)), place) < 750


def test_nothing_is_shifted_outside_the_formulas_rectangle() -> None:
    assert [float(v) for v in crs.to_gcj02(2.35, 48.85)] == [2.35, 48.85]


def test_arrays_with_gaps_are_inverted_where_they_are_present() -> None:
    x, y = crs.from_gcj02([np.nan, 113.24], [np.nan, 35.21])
    assert np.isnan(x[0]) and np.isnan(y[0])
    assert [float(v[1]) for v in crs.to_gcj02(x, y)] == pytest.approx(JIAOZUO, abs=1e-10)


@pytest.mark.parametrize(
    ("lon", "code"),
    [
        (113.24, "EPSG:4547"),
        (121.5, "EPSG:4550"),
        (112.5, "EPSG:4547"),
        (112.4999, "EPSG:4546"),
        (75.0, "EPSG:4534"),
        (135.0, "EPSG:4554"),
    ],
)
def test_zone_for_takes_the_nearest_central_meridian(lon: float, code: str) -> None:
    assert crs.zone_for(lon) == code


def test_zone_for_refuses_a_longitude_outside_china() -> None:
    with pytest.raises(InputRefused, match="OUTSIDE_CHINA"):
        crs.zone_for(2.35)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CGCS2000", "EPSG:4490"),
        ("国家2000", "EPSG:4490"),
        ("wgs-84", "EPSG:4326"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("http://www.opengis.net/def/crs/EPSG/0/4547", "EPSG:4547"),
        ("gcj02", "GCJ-02"),
        ("火星坐标", "GCJ-02"),
        ("BD-09", "BD-09"),
        ("4526", "EPSG:4526"),
    ],
)
def test_names_people_use_are_understood(name: str, code: str) -> None:
    assert crs.parse_system(name).code == code


@pytest.mark.parametrize(
    "name", ["4214", "EPSG:2436", "EPSG:2343", "4610", "北京54", "西安80坐标系", "Xian 1980"]
)
def test_old_datums_are_refused_with_the_remedy(name: str) -> None:
    with pytest.raises(InputRefused) as refused:
        crs.parse_system(name)
    assert refused.value.code == "CRS_OLD_DATUM"
    assert "七参数" in refused.value.remedy_zh


@pytest.mark.parametrize("name", ["foo", "EPSG:999999", "EPSG:4269", "EPSG:5773", ""])
def test_other_systems_are_refused_as_unknown(name: str) -> None:
    with pytest.raises(InputRefused, match="CRS_UNKNOWN"):
        crs.parse_system(name)


@pytest.mark.parametrize("epsg", [4490, 4326, 4513, 4526, 4533, 4534, 4547, 4554, 4491, 4501])
def test_esri_labels_lead_to_the_same_code(epsg: int) -> None:
    label = pyproj.CRS(pyproj.CRS(epsg).to_wkt("WKT1_ESRI"))
    assert crs.system_of(label).code == f"EPSG:{epsg}"


UNNUMBERED = (
    'PROJCS["local",GEOGCS["GCS_CGCS_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],'
    'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("east", "meridian", "code"),
    [
        (500000, 114, "EPSG:4547"),
        (38500000, 114, "EPSG:4526"),
        (19500000, 111, "EPSG:4497"),
        (500000, 113.5, "CUSTOM"),
    ],
)
def test_labels_without_a_number_are_read_by_their_parameters(east: int, meridian: float, code: str) -> None:
    assert crs.system_of(pyproj.CRS(UNNUMBERED.format(east=east, meridian=meridian))).code == code


def test_a_local_meridian_still_reaches_storage() -> None:
    label = pyproj.CRS(UNNUMBERED.format(east=500000, meridian=113.5))
    xy = _xy(label.to_wkt(), [JIAOZUO])
    assert crs.lon_lat(xy, crs.system_of(label))[0] == pytest.approx(JIAOZUO, abs=1e-9)


@pytest.mark.parametrize("code", ["EPSG:4513", "EPSG:4526", "EPSG:4533", "EPSG:4497"])
@pytest.mark.parametrize("northing_first", [False, True])
def test_zone_prefixed_eastings_name_their_zone(code: str, northing_first: bool) -> None:
    zone_lon = {"EPSG:4513": 75.2, "EPSG:4526": 113.24, "EPSG:4533": 134.8, "EPSG:4497": 112.0}[code]
    places = [(zone_lon, 40.0), (zone_lon + 0.1, 40.1)]
    xy = _xy(code, places)
    found = crs.detect_system(xy[:, ::-1] if northing_first else xy)
    assert (found.system.code, found.system.swapped, found.datum_proven) == (code, northing_first, True)


def test_plain_eastings_need_the_citys_extent() -> None:
    xy = _xy("EPSG:4547", [JIAOZUO, (113.3, 35.3)])
    with pytest.raises(InputRefused) as refused:
        crs.detect_system(xy)
    assert refused.value.code == "CRS_AMBIGUOUS"
    assert "EPSG:4547" in refused.value.facts["candidates"]  # type: ignore[operator]
    assert crs.detect_system(xy, EXTENT).system.code == "EPSG:4547"
    assert crs.detect_system(xy[:, ::-1], EXTENT).system.swapped


def test_degrees_are_seen_but_their_datum_stays_open() -> None:
    found = crs.detect_system(np.array([JIAOZUO, (113.3, 35.3)]))
    assert (found.system.code, found.datum_proven) == ("EPSG:4490", False)
    assert crs.detect_system(np.array([JIAOZUO[::-1]])).system.swapped


def test_web_mercator_and_zone_13_are_told_apart_by_the_extent_only() -> None:
    xy = _xy("EPSG:3857", [(121.5, 31.2), (121.51, 31.21)])
    with pytest.raises(InputRefused, match="CRS_AMBIGUOUS"):
        crs.detect_system(xy)
    assert crs.detect_system(xy, (120.8, 30.6, 122.2, 31.9)).system.code == "EPSG:3857"


@pytest.mark.parametrize("pair", [(0.0, 0.0), (1e9, 1e9), (-71.0, 42.0), (float("nan"), float("nan"))])
def test_numbers_of_no_chinese_system_are_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(InputRefused, match="CRS_UNDETECTABLE"):
        crs.detect_system(np.array([pair]))


@pytest.mark.parametrize("code", ["EPSG:4547", "EPSG:4526", "EPSG:4326", "GCJ-02", "BD-09"])
def test_to_storage_returns_to_the_place(code: str) -> None:
    lon, lat = JIAOZUO
    if code == "GCJ-02":
        xy = np.column_stack(crs.to_gcj02([lon], [lat]))
    elif code == "BD-09":
        xy = np.column_stack(crs.to_bd09([lon], [lat]))
    else:
        xy = _xy(code, [JIAOZUO])
    frame = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[shapely.Point(xy[0]), None], index=[7, 9])
    stored = crs.to_storage(frame, crs.parse_system(code))
    assert stored.crs.to_epsg() == crs.STORAGE_EPSG
    assert (stored.geometry.loc[7].x, stored.geometry.loc[7].y) == JIAOZUO
    assert stored.geometry.loc[9] is None
    assert list(stored.index) == [7, 9]


def test_the_write_gate_gives_the_doubles_of_the_decimals() -> None:
    """PostGIS's and GEOS's grids give 113.29564169999999 for this one."""
    noisy = shapely.Polygon([(113.2956417000001, 35.1), (113.3, 35.1, 8.0)[:2], (113.3, 35.20000000004)])
    ring = np.asarray(crs.canonical(noisy).exterior.coords)
    assert ring[0][0] == 113.2956417
    assert ring[2][1] == 35.2
    assert not crs.canonical(shapely.Point(113.1, 35.1, 80.0)).has_z


@given(st.lists(in_china, min_size=1, max_size=20))
def test_the_write_gate_changes_nothing_the_second_time(places: list[tuple[float, float]]) -> None:
    once = crs.canonical(shapely.MultiPoint(places))
    assert shapely.equals_identical(once, crs.canonical(once))


def test_a_control_point_proves_or_explains() -> None:
    x, y = (float(v) for v in crs.to_gcj02(*JIAOZUO))
    point = crs.ControlPoint("东方红广场", *JIAOZUO, x, y)
    assert crs.check_control_point(point, crs.CoordinateSystem(crs.GCJ02)).agrees
    verdict = crs.check_control_point(point, crs.CoordinateSystem("EPSG:4326"))
    assert (verdict.agrees, verdict.system) == (False, "GCJ-02")
    assert 300 < verdict.distance_m < 700
    true_point = crs.ControlPoint("东方红广场", *JIAOZUO, *JIAOZUO)
    assert crs.check_control_point(true_point, crs.CoordinateSystem(crs.GCJ02)).system == "EPSG:4490"
    astray = crs.ControlPoint("东方红广场", *JIAOZUO, 113.9, 35.9)
    assert crs.check_control_point(astray, crs.CoordinateSystem("EPSG:4490")).system == ""
