from typing import Any

import numpy as np
import shapely

from gis.compute.lattice import to_lattice
from gis.compute.outcome import GRID_COLUMNS, one_grid, position_in
from gis.compute.parameters import PartitionParameters


def test_one_grid_is_the_frame_itself_with_all_columns(town: Any) -> None:
    result = one_grid(town.ring, town.buildings, town.lattice, PartitionParameters(), None, 250)
    assert list(result.grids.columns) == [*GRID_COLUMNS, "geometry"]
    assert result.grids.geometry.iloc[0].equals(town.frame)
    assert (result.assignment == 0).all()
    assert result.zones["k"].tolist() == [1]


def test_places_outside_the_plan_before_have_no_position(town: Any) -> None:
    before = one_grid(town.ring, town.buildings, town.lattice, PartitionParameters(), None, 250).grids
    middle = town.frame.representative_point()
    spots = to_lattice(np.array([middle, shapely.Point(middle.x + 1, middle.y)], dtype=object))
    assert position_in(before, spots).tolist() == [0, -1]
