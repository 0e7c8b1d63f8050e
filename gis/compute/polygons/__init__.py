"""Grid polygons are the dissolved cells of each grid, drawn so that they tile the frame to the last bit.

Point 8 of the partition specification. All work is on the lattice. Grid borders end on frame vertices only,
so the community next door needs no new vertex: a border that meets the frame between two vertices is led to
one of them.
"""

from __future__ import annotations

from gis.compute.polygons.drawing import DrawnGrids, TilingBroken, draw_grids
from gis.compute.polygons.homes import Homes
from gis.compute.polygons.tiling import tiles_exactly
from gis.compute.tessellation import CUT_DEPTH_M

__all__ = ["CUT_DEPTH_M", "DrawnGrids", "Homes", "TilingBroken", "draw_grids", "tiles_exactly"]
