"""A small made-up community for the partition tests: rows of houses, four streets, a river that may be switched on."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.frames import build_frames
from gis.compute.lattice import Lattice, to_lattice

CRS = "EPSG:4547"
X, Y = 428_000.0, 3_900_000.0


@dataclass(frozen=True)
class SmallTown:
    crs: str
    frame: shapely.Geometry
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoSeries
    river: gpd.GeoSeries

    @property
    def lattice(self) -> Lattice:
        return Lattice(self.crs)

    @property
    def ring(self) -> shapely.Geometry:
        return to_lattice(np.array([self.frame], dtype=object))[0]


def place(*shapes: shapely.Geometry) -> gpd.GeoSeries:
    """Put shapes drawn around the origin where the tests' CRS is at home."""
    return gpd.GeoSeries([shapely.transform(s, lambda xy: xy + np.array([X, Y])) for s in shapes], crs=CRS)


def small_town(columns: int = 20, rows: int = 12, seed: int = 1) -> SmallTown:
    width, height = columns * 40.0, rows * 50.0
    rng = np.random.default_rng(seed)
    houses = [
        shapely.box(
            20 + i * 38, 20 + j * 48, 32 + i * 38 + rng.integers(0, 20), 30 + j * 48 + rng.integers(0, 10)
        )
        for i in range(columns)
        for j in range(rows)
    ]
    streets = [
        shapely.LineString([(width * f, -10), (width * f + 30, height + 100)]) for f in (0.25, 0.5, 0.75)
    ] + [shapely.LineString([(-10, height / 2), (width + 100, height / 2 + 20)])]
    river = shapely.LineString(
        [(width / 2, -10), (width / 2 + 30, height / 2), (width / 2, height + 100)]
    ).buffer(10)
    frames = build_frames(
        gpd.GeoDataFrame(
            {"name": ["甲"]}, geometry=place(shapely.box(0, 0, width, height)).to_numpy(), crs=CRS
        ),
        CRS,
    )
    return SmallTown(
        crs=CRS,
        frame=frames.lonlat.geometry.iloc[0],
        buildings=gpd.GeoDataFrame(
            {"households": rng.integers(0, 70, len(houses))}, geometry=place(*houses).to_numpy(), crs=CRS
        ),
        streets=place(*streets),
        river=place(river),
    )


@pytest.fixture(scope="session")
def town() -> SmallTown:
    return small_town()
