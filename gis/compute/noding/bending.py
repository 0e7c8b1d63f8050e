"""Rings as noding bent them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.compute.noding.cells import Cells
from gis.compute.noding.pixels import pixels_met

if TYPE_CHECKING:
    from gis.compute.lattice import FloatArray, IntArray


def bent_rings(xy: FloatArray, ring: IntArray, nodes: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return rings (vertices with the ring of each) as noding bent them: the nodes whose pixels they meet, in order.

    `nodes`: the places that noding left, each once; vertices that are none of them are left out.
    """
    goes_on = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    origin = np.minimum(xy.min(axis=0), nodes.min(axis=0))
    corners, places = (xy - origin).astype(np.int64), (nodes - origin).astype(np.int64)
    ends = np.hstack([corners[goes_on], corners[goes_on + 1]])
    cells = Cells(ends, np.maximum(corners.max(axis=0), places.max(axis=0)))
    all_count = np.full((len(ends), 2), -1, dtype=np.int64)
    in_one_piece = np.zeros((0, 2)), np.zeros(len(ends) + 1, dtype=np.int64)
    segment, node = pixels_met(
        ends, all_count, cells.starts, cells.held, places, *cells.sorted(places), *in_one_piece
    )
    way = ends[segment, 2:] - ends[segment, :2]
    along = ((places[node] - ends[segment, :2]) * way).sum(axis=1) / (way * way).sum(axis=1)
    order = np.lexsort((along.clip(0.0, 1.0), segment))
    return nodes[node[order]], ring[goes_on[segment[order]]]
