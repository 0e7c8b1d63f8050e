"""Lines on the lattice are noded by snap rounding: every line passes through the lattice points whose pixel it meets.

What `shapely.union_all(lines, grid_size=1)` does with lines (Hobby 1999, as JTS and GEOS carry it out), in time linear
in the segments: the same lines in the same order. Only where lines cross several times within one pixel may one of
thousands run otherwise; nodes are complete all the same.
"""

from __future__ import annotations

from gis.compute.noding.bending import bent_rings
from gis.compute.noding.lines import noded_lines

__all__ = ["bent_rings", "noded_lines"]
