"""The cells of one community: units that grids are made of, with their figures and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import FloatArray, GeometryArray, IntArray, Lattice
from gis.compute.refusal import EngineFault

# Cells that meet along less are not passable neighbours: such a neck would not survive drawing.
PASSABLE_M = 1.0


@dataclass(frozen=True)
class Adjacency:
    """Pairs of neighbouring units (`left` < `right`) with metres of common border, on a barrier, on a street."""

    left: IntArray
    right: IntArray
    length_m: FloatArray
    barrier_m: FloatArray
    street_m: FloatArray


@dataclass(frozen=True)
class Tessellation:
    """The cells of one community: unit u is `cells[u]` (lattice), its households, area, perimeter, border on the ring.

    `unit_of_building` follows the order of the buildings; `is_water` marks faces of a barrier polygon without
    homes; `piece` numbers the land on one side of all barriers (-1 for water); `ring_street_m` is the part of
    the ring border that runs along a street; `notes` say which buildings share a unit and why.
    """

    lattice: Lattice
    frame: shapely.Geometry
    cells: GeometryArray
    households: IntArray
    area_m2: FloatArray
    perimeter_m: FloatArray
    ring_m: FloatArray
    ring_street_m: FloatArray
    is_water: np.ndarray
    piece: IntArray
    unit_of_building: IntArray
    adjacency: Adjacency
    notes: tuple[str, ...]


class LandVanishes(ValueError):
    """The frame is so thin that nothing of it is left on the lattice once it is noded."""


class CountMismatch(EngineFault):
    """A building or a household was lost between two steps; a fault of this program, never of the input."""
