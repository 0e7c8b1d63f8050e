"""A community is cut into cells, one per building or block, whose borders lie on streets and between buildings.

Point 2 of the partition specification. Steps: enclosures (ring, streets, barriers), groups of overlapping
footprints, sites along the outlines, ridges between different groups, made again with closer sites wherever
one cuts a footprint, faces noded on the lattice and labelled by the building that stands in them, stray faces
given to a neighbour, figures measured on the borders. Buildings and households are counted after every step.
"""

from __future__ import annotations

from gis.compute.tessellation.cells import (
    PASSABLE_M,
    Adjacency,
    CountMismatch,
    LandVanishes,
    Tessellation,
)
from gis.compute.tessellation.community_cells import tessellate, warm_up
from gis.compute.tessellation.overlaps import OVERLAP_SHARE
from gis.compute.tessellation.sites import CUT_DEPTH_M

__all__ = [
    "CUT_DEPTH_M",
    "OVERLAP_SHARE",
    "PASSABLE_M",
    "Adjacency",
    "CountMismatch",
    "LandVanishes",
    "Tessellation",
    "tessellate",
    "warm_up",
]
