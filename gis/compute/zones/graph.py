"""The units of a zone as a graph: who borders on whom, over how many metres, and what each unit holds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.tessellation import PASSABLE_M, Tessellation

# Fields of a zone graph that belong to the borders; all others belong to the units.
EDGE_FIELDS = ("indptr", "indices", "length_m", "barrier_m")


@dataclass(frozen=True)
class ZoneGraph:
    """Units of a zone as a graph in CSR form: row u's neighbours are `indices[indptr[u]:indptr[u + 1]]`.

    `length_m`, `barrier_m` belong to the neighbours; households, area, perimeter and compound (-1 none) to
    the units. `anchor` is the number of the named grid (locked or assigned by hand) a unit stands for, -1
    none: such a unit never leaves its grid, and no grid holds two of them. `centre_m`: middle of every unit,
    (n, 2), metres from the middle of the zone; None: roundness is not looked at.
    """

    indptr: IntArray
    indices: IntArray
    length_m: FloatArray
    barrier_m: FloatArray
    households: IntArray
    area_m2: FloatArray
    perimeter_m: FloatArray
    compound: IntArray
    anchor: IntArray
    centre_m: FloatArray | None = None


def induced(graph: ZoneGraph, units: IntArray) -> ZoneGraph:
    """Return the graph of some of the units (ascending) and the borders between them; perimeters stay the units'."""
    local = np.full(len(graph.households), -1, dtype=np.int64)
    local[units] = np.arange(len(units))
    row = np.repeat(np.arange(len(local)), np.diff(graph.indptr))
    kept = (local[row] >= 0) & (local[graph.indices] >= 0)
    fields = {
        field.name: getattr(graph, field.name)[units]
        for field in dataclasses.fields(graph)
        if field.name not in EDGE_FIELDS and getattr(graph, field.name) is not None
    }
    return dataclasses.replace(
        graph,
        **fields,
        indptr=np.searchsorted(local[row[kept]], np.arange(len(units) + 1)).astype(np.int64),
        indices=local[graph.indices[kept]],
        length_m=graph.length_m[kept],
        barrier_m=graph.barrier_m[kept],
    )


def parts_of(indptr: IntArray, indices: IntArray, member: np.ndarray) -> IntArray:
    """Return a number per unit, equal for members connected through members, -1 for the others."""
    rows = np.repeat(np.arange(len(member)), np.diff(indptr))
    inside = member[rows] & member[indices]
    links = csr_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (rows[inside], indices[inside])),
        shape=(len(member), len(member)),
    )
    part = connected_components(links, directed=False)[1].astype(np.int64)
    return np.where(member, part, -1)


def graph_of(tessellation: Tessellation, units: IntArray, compound: IntArray) -> ZoneGraph:
    """Return the connected graph of these units; borders mostly on a barrier link only where nothing else does."""
    pairs = tessellation.adjacency
    local = np.full(len(tessellation.cells), -1, dtype=np.int64)
    local[units] = np.arange(len(units))
    inside = (local[pairs.left] >= 0) & (local[pairs.right] >= 0)
    left, right = local[pairs.left[inside]], local[pairs.right[inside]]
    length, barrier = pairs.length_m[inside], pairs.barrier_m[inside]
    wide = length - barrier >= PASSABLE_M
    keep = wide | _needed_links(len(units), left, right, wide, length)
    left, right, length, barrier = left[keep], right[keep], length[keep], barrier[keep]
    left, right, length, barrier = _joined_islands(tessellation, units, left, right, length, barrier)
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((columns, rows))
    return ZoneGraph(
        indptr=np.searchsorted(rows[order], np.arange(len(units) + 1)).astype(np.int64),
        indices=columns[order].astype(np.int64),
        length_m=np.concatenate([length, length])[order],
        barrier_m=np.concatenate([barrier, barrier])[order],
        households=tessellation.households[units].astype(np.int64),
        area_m2=tessellation.area_m2[units],
        perimeter_m=tessellation.perimeter_m[units],
        compound=compound[units].astype(np.int64),
        anchor=np.full(len(units), -1, dtype=np.int64),
        centre_m=_centres(tessellation, units),
    )


def _centres(tessellation: Tessellation, units: IntArray) -> FloatArray:
    middles = shapely.get_coordinates(shapely.centroid(tessellation.cells[units]))
    metres = tessellation.lattice.to_metric_xy(middles)
    return np.asarray(metres - metres.mean(axis=0), dtype=np.float64)


def _needed_links(
    count: int, left: IntArray, right: IntArray, wide: np.ndarray, length: FloatArray
) -> np.ndarray:
    """Return the narrow or barrier links without which the zone would fall apart (longest first)."""
    parent = list(range(count))

    def root(u: int) -> int:
        while parent[u] != u:
            parent[u] = parent[parent[u]]
            u = parent[u]
        return u

    needed = np.zeros(len(left), dtype=bool)
    for i in np.flatnonzero(wide):
        parent[root(int(left[i]))] = root(int(right[i]))
    narrow = np.flatnonzero(~wide)
    for i in narrow[np.argsort(-length[narrow], kind="stable")]:
        a, b = root(int(left[i])), root(int(right[i]))
        if a != b:
            parent[a] = b
            needed[i] = True
    # Where two sides of a barrier are merged, every stretch of common border between them may be used.
    joined = needed.copy()
    if needed.any():
        joined |= ~wide & (length >= PASSABLE_M)
    return joined


def _joined_islands(
    tessellation: Tessellation,
    units: IntArray,
    left: IntArray,
    right: IntArray,
    length: FloatArray,
    barrier: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Add a link of no length between each island and the land nearest to it, so that the graph is connected."""
    parent = np.arange(len(units))
    for _ in range(len(units)):
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            low, high = sorted((int(parent[a]), int(parent[b])))
            if low != high:
                parent[parent == high] = low
        roots = np.unique(parent)
        if len(roots) == 1:
            break
        own = np.flatnonzero(parent == roots[1])
        other = np.flatnonzero(parent != roots[1])
        cells = tessellation.cells[units]
        near = shapely.STRtree(cells[other]).query_nearest(
            cells[own], all_matches=False, return_distance=True
        )
        at = int(np.argmin(near[1]))
        left = np.append(left, own[near[0][0][at]])
        right = np.append(right, other[near[0][1][at]])
        length, barrier = np.append(length, 0.0), np.append(barrier, 0.0)
    return left, right, length, barrier
