"""A handful of sites tells that it is displaced, though the city holds no sites; a true handful never does.

Measured with the demo's Jiaozuo (34 sites), six generated cities (7–9 sites) and open data of Chengdu and Shanghai
(42 and 39 sites, no communities), whole and three draws of 12 and 30 each, against communities, streets and buildings:

                            true          GCJ-02 as WGS-84    BD-09 as WGS-84    300/500/700 m in 8 directions
30–34 sites of Jiaozuo      0 of 4 bad    4 of 4 refused      4 of 4 refused     4 of 80 refused, the others warned
7–12 sites                  0 of 9 bad    0 refused, warned   2 refused          none refused, all warned
open data                   0 of 14 bad   0 refused, warned   0 refused, warned  none refused, all warned

"Warned": OFFSET_UNTESTED. So no true file was refused, and none that lay off was accepted without a word.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute import crs
from gis.compute.crs.offset import OffsetVerdict, offset_against

ROWS, SIDE_M, GAP_M = 12, 60.0, 120.0


def _frame(shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4547").to_crs(crs.STORAGE_EPSG)


def _town(seed: int) -> dict[str, gpd.GeoDataFrame]:
    """Houses that cover about a fifth of the ground, scattered so that no move maps them onto each other."""
    rng = np.random.default_rng(seed)
    places = [(400_000 + x * GAP_M, 3_897_000 + y * GAP_M) for x in range(ROWS) for y in range(ROWS)]
    shaken = [(x + rng.uniform(0, 40), y + rng.uniform(0, 40)) for x, y in places]
    wide = ROWS * GAP_M
    return {
        "buildings": _frame([shapely.box(x, y, x + SIDE_M, y + SIDE_M) for x, y in shaken]),
        "communities": _frame([shapely.box(400_000, 3_897_000, 400_000 + wide, 3_897_000 + wide)]),
    }


def _sites(town: dict[str, gpd.GeoDataFrame], count: int, seed: int, *, indoors: bool) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    west, south, east, north = town["communities"].total_bounds
    houses = shapely.union_all(town["buildings"].geometry.values)
    found: list[shapely.Point] = []
    while len(found) < count:
        place = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        if shapely.contains(houses, place) == indoors:
            found.append(place)
    return gpd.GeoDataFrame(geometry=found, crs=crs.STORAGE_EPSG)


def _as_gcj02(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lon, lat = crs.to_gcj02(sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    return sites.set_geometry(gpd.points_from_xy(lon, lat, crs=crs.STORAGE_EPSG))


def _verdict(sites: gpd.GeoDataFrame, seed: int) -> OffsetVerdict:
    return offset_against(_town(seed), sites, "fitness_sites")


@pytest.mark.parametrize("seed", range(4))
def test_j20_sites_in_gcj02_called_wgs84_are_named_though_no_site_is_held(seed: int) -> None:
    sites = _sites(_town(seed), 40, seed, indoors=False)
    verdict = _verdict(_as_gcj02(sites), seed)
    assert (verdict.is_displaced, verdict.cause, verdict.system) == (True, "is_gcj02", "GCJ-02")
    assert 300 < np.hypot(verdict.dx_m, verdict.dy_m) < 700


@pytest.mark.parametrize("seed", range(4))
def test_a_true_file_passes_as_tested(seed: int) -> None:
    verdict = _verdict(_sites(_town(seed), 40, seed, indoors=False), seed)
    assert (verdict.is_displaced, verdict.is_tested) == (False, True)


@pytest.mark.parametrize("seed", range(12))
def test_halls_that_truly_stand_in_houses_are_not_called_displaced(seed: int) -> None:
    """Every move takes them out of their houses, so none of the moves explains it."""
    verdict = _verdict(_sites(_town(seed), 40, seed, indoors=True), seed)
    assert not verdict.is_displaced, verdict.zh


@pytest.mark.parametrize("as_given", [True, False])
def test_too_few_sites_say_that_nothing_was_tested(as_given: bool) -> None:
    sites = _sites(_town(1), 5, 1, indoors=False)
    verdict = _verdict(sites if as_given else _as_gcj02(sites), 1)
    assert (verdict.is_displaced, verdict.is_tested) == (False, False)
    assert verdict.compared > 0
