from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.compute.lattice import from_lattice
from gis.compute.polygons import Homes, draw_grids, tiles_exactly
from gis.compute.tessellation import Tessellation, tessellate


@pytest.fixture(scope="module")
def cells(town: Any) -> Tessellation:
    return tessellate(
        town.ring, town.buildings, town.lattice, town.streets.to_numpy(), np.zeros(0, dtype=object)
    )


def bands(cells: Tessellation, count: int, seed: int) -> np.ndarray:
    """Labels by distance along a random direction: any labels will do for the drawing."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    xy = shapely.get_coordinates(shapely.centroid(cells.cells))
    along = xy @ [np.cos(angle), np.sin(angle)]
    return np.minimum((np.argsort(np.argsort(along)) * count) // len(along), count - 1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12), seed=st.integers(0, 10_000), simplify=st.sampled_from([0.0, 2.0, 6.0]))
def test_any_labelling_is_drawn_as_an_exact_tiling(
    town: Any, cells: Tessellation, count: int, seed: int, simplify: float
) -> None:
    label = bands(cells, count, seed)
    drawn = draw_grids(cells.cells, label, count, town.ring, simplify_m=simplify)
    assert drawn.added_vertices == ()
    assert tiles_exactly(drawn.polygons, town.ring)
    degrees = from_lattice(drawn.polygons)
    assert shapely.is_valid(degrees).all()
    assert shapely.coverage_is_valid(degrees)
    assert shapely.union_all(degrees).symmetric_difference(town.frame).area == 0
    assert shapely.equals_exact(shapely.set_precision(degrees, 0), degrees, 0).all()


def test_homes_stay_in_their_grid(town: Any) -> None:
    none = np.zeros(0, dtype=object)
    cells = tessellate(town.ring, town.buildings, town.lattice, none, none)
    label = bands(cells, 8, 3)
    grid = label[cells.unit_of_building]
    homes = Homes.of(town.lattice.from_metric(town.buildings.geometry.to_numpy()), grid)
    drawn = draw_grids(cells.cells, label, 8, town.ring, homes=homes)
    assert homes.astray(drawn.polygons) == 0


def test_tiling_notices_a_missing_grid_an_overlap_and_a_moved_vertex(town: Any, cells: Tessellation) -> None:
    polygons = draw_grids(cells.cells, bands(cells, 4, 1), 4, town.ring).polygons
    assert not tiles_exactly(polygons[:3], town.ring)
    assert not tiles_exactly(np.append(polygons, polygons[:1]), town.ring)
    moved = polygons.copy()
    xy = shapely.get_coordinates(moved[0].exterior)
    xy[3] += 1
    moved[0] = shapely.Polygon(xy)
    assert not tiles_exactly(moved, town.ring)
