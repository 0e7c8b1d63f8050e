"""A community border that follows a street a few centimetres off it: the slivers between them belong to one side."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.frames import build_frames
from gis.compute.lattice import to_lattice
from gis.compute.partition import partition_community
from gis.compute.polygons import tiles_exactly

METRIC = "EPSG:4547"
EAST, NORTH = 428_000.0, 3_900_000.0


def _wavy(seed: int, along: np.ndarray, base: float, reach: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return base + reach * np.sin(along / 37.0) + rng.uniform(-0.2, 0.2, len(along))


def _community(seed: int) -> tuple[gpd.GeoDataFrame, shapely.LineString]:
    """A block of 400 × 300 m whose south border bends every 5 m, and the street that the border was drawn after."""
    along = np.arange(0.0, 401.0, 5.0)
    south = np.column_stack([EAST + along, NORTH + _wavy(seed, along, 0.0, 6.0)])
    ring = np.vstack([south, [[EAST + 400, NORTH + 300], [EAST, NORTH + 300]]])
    off = np.random.default_rng(seed + 1).uniform(-0.05, 0.05, south.shape)
    community = gpd.GeoDataFrame({"name": ["沿街社区"]}, geometry=[shapely.Polygon(ring)], crs=METRIC)
    return community, shapely.LineString(south + off)


def _houses() -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(EAST + x, NORTH + y, EAST + x + 30, NORTH + y + 12)
        for x in range(20, 370, 50)
        for y in range(20, 280, 40)
    ]
    return gpd.GeoDataFrame({"households": [36] * len(shapes)}, geometry=shapes, crs=METRIC)


@pytest.mark.parametrize("seed", range(8))
def test_grids_tile_a_frame_whose_border_runs_along_a_street(seed):
    community, street = _community(seed)
    frame = build_frames(community, METRIC).lonlat.geometry.iloc[0]
    crossing = shapely.LineString([(EAST + 200, NORTH - 20), (EAST + 200, NORTH + 320)])
    streets = gpd.GeoSeries([street, crossing], crs=METRIC)
    houses = _houses()
    drawn = partition_community(
        frame, houses, metric_crs=METRIC, streets=streets, barriers=None, key="410802001001"
    )
    assert drawn.grids["households"].sum() == houses["households"].sum()
    assert len(drawn.assignment) == len(houses) and drawn.assignment.notna().all()
    polygons = to_lattice(drawn.grids.geometry.to_numpy())
    assert tiles_exactly(polygons, to_lattice(np.array([frame], dtype=object))[0])
