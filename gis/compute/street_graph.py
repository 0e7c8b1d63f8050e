"""Streets as a graph of crossings and stretches, with points attached where they stand.

Edges keep their line, so that a point meets an edge at its own spot: `attach` splits the edge there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gis.compute.metric import require_metric
from gis.compute.refusal import InputRefused

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

# Lines are noded on a centimetre grid: what is stored is no finer.
NODE_GRID_M = 0.01
# csgraph takes an explicit 0 for a missing edge in some paths; a micrometre does no harm.
LEAST_LENGTH_M = 1e-6


@dataclass(frozen=True)
class StreetGraph:
    """Undirected graph: node coordinates (n, 2) in metres; per edge its two nodes, length and line."""

    nodes: Floats
    start: Ints
    stop: Ints
    length_m: Floats
    lines: Geometries


@dataclass(frozen=True)
class Spots:
    """Where points meet the graph: edge, metres along it from its start, metres off it."""

    edge: Ints
    along_m: Floats
    offset_m: Floats


@dataclass(frozen=True)
class Attached:
    """A graph with points joined to it as nodes of their own, and the node of every point.

    `streets` is the same graph without the links to the points: other points must not meet those.
    """

    graph: StreetGraph
    node: Ints

    @property
    def streets(self) -> StreetGraph:
        """Only the edges that are streets, on the same nodes."""
        count = len(self.graph.lines) - len(self.node)
        graph = self.graph
        return StreetGraph(
            graph.nodes, graph.start[:count], graph.stop[:count], graph.length_m[:count], graph.lines[:count]
        )


def street_graph(
    streets: gpd.GeoDataFrame, *, snap_m: float = 2.0, least_network_m: float = 0.0
) -> StreetGraph:
    """Graph of a line layer: noded where lines cross or touch, dead ends within `snap_m` of another line joined to it.

    Connected parts shorter than `least_network_m` in all are dropped. Raises InputRefused for degrees and for a layer
    with other shapes than lines.
    """
    require_metric(streets)
    shapes = streets.geometry.to_numpy()
    wrong = ~np.isin(shapely.get_type_id(shapes), (1, 2, 5))
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        raise InputRefused(
            "STREETS_NOT_LINES",
            zh=f"道路图层第 {row} 行不是线",
            en=f"row {row} of the streets is not a line",
            row=row,
        )
    noded = shapely.union_all(shapes, grid_size=NODE_GRID_M)
    graph = graph_of(shapely.get_parts(noded))
    graph = _join_dead_ends(graph, snap_m)
    return _without_fragments(graph, least_network_m)


def graph_of(lines: Geometries) -> StreetGraph:
    """Graph of lines that meet at their ends only."""
    lines = lines[shapely.get_num_points(lines) > 1]
    if len(lines) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return StreetGraph(np.zeros((0, 2)), nothing, nothing, np.zeros(0), lines)
    ends = np.vstack(
        [
            shapely.get_coordinates(shapely.get_point(lines, 0)),
            shapely.get_coordinates(shapely.get_point(lines, -1)),
        ]
    )
    nodes, index = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    index = index.ravel().astype(np.int64)
    return StreetGraph(nodes, index[: len(lines)], index[len(lines) :], shapely.length(lines), lines)


def on_street(graph: StreetGraph, points: Geometries) -> Spots:
    """The nearest spot of the graph for every point."""
    edge = shapely.STRtree(graph.lines).nearest(points)
    along = shapely.line_locate_point(graph.lines[edge], points)
    return Spots(np.asarray(edge, dtype=np.int64), along, shapely.distance(graph.lines[edge], points))


def attach(graph: StreetGraph, points: Geometries) -> Attached:
    """The graph with every point as a node, joined to its spot on the nearest edge, which is split there."""
    spots = on_street(graph, points)
    return _attached(graph, spots, shapely.get_coordinates(points))


def _attached(graph: StreetGraph, spots: Spots, xy: Floats) -> Attached:
    feet = shapely.get_coordinates(shapely.line_interpolate_point(graph.lines[spots.edge], spots.along_m))
    foot = len(graph.nodes) + np.arange(len(xy))
    point = foot + len(xy)
    split = np.unique(spots.edge)
    whole = np.setdiff1d(np.arange(len(graph.lines)), split)
    order = np.lexsort((spots.along_m, spots.edge))
    starts, stops, lines = [], [], []
    cuts = np.split(order, np.flatnonzero(np.diff(spots.edge[order])) + 1) if len(order) else []
    for edge, here in zip(split, cuts, strict=True):
        chain = [graph.start[edge], *foot[here], graph.stop[edge]]
        marks = [0.0, *spots.along_m[here], float(graph.length_m[edge])]
        starts += chain[:-1]
        stops += chain[1:]
        lines += [_stretch(graph.lines[edge], low, high) for low, high in pairwise(marks)]
    links = shapely.linestrings(np.stack([feet, xy], axis=1))
    pieces = np.array(lines, dtype=object)
    joined = StreetGraph(
        nodes=np.vstack([graph.nodes, feet, xy]),
        start=np.concatenate([graph.start[whole], np.array(starts, dtype=np.int64), foot]),
        stop=np.concatenate([graph.stop[whole], np.array(stops, dtype=np.int64), point]),
        length_m=np.concatenate([graph.length_m[whole], shapely.length(pieces), spots.offset_m]),
        lines=np.concatenate([graph.lines[whole], pieces, links]),
    )
    return Attached(joined, point)


def _stretch(line: shapely.LineString, low: float, high: float) -> shapely.LineString:
    """The part of a line between two distances along it."""
    xy = shapely.get_coordinates(line)
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    inner = xy[(at > low) & (at < high)]
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high]))
    return shapely.LineString(np.vstack([ends[:1], inner, ends[1:]]))


def matrix(graph: StreetGraph) -> csr_array:
    """Sparse lengths, each edge once, the shortest where two run between the same nodes."""
    low, high = np.minimum(graph.start, graph.stop), np.maximum(graph.start, graph.stop)
    order = np.lexsort((graph.length_m, high, low))
    low, high = low[order], high[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first &= low != high
    lengths = np.maximum(graph.length_m[order][first], LEAST_LENGTH_M)
    count = len(graph.nodes)
    return coo_array((lengths, (low[first], high[first])), shape=(count, count)).tocsr()


def _join_dead_ends(graph: StreetGraph, snap_m: float) -> StreetGraph:
    """Dead ends joined to the nearest other edge within `snap_m`."""
    if snap_m <= 0 or len(graph.lines) == 0:
        return graph
    degree = np.bincount(np.concatenate([graph.start, graph.stop]), minlength=len(graph.nodes))
    dead = np.flatnonzero(degree == 1)
    points = shapely.points(graph.nodes[dead])
    end, edge = shapely.STRtree(graph.lines).query(points, predicate="dwithin", distance=snap_m)
    own = (graph.start[edge] == dead[end]) | (graph.stop[edge] == dead[end])
    end, edge = end[~own], edge[~own]
    metres = shapely.distance(graph.lines[edge], points[end])
    order = np.lexsort((edge, metres, end))
    chosen = order[np.unique(end[order], return_index=True)[1]]
    if len(chosen) == 0:
        return graph
    spots = Spots(
        edge[chosen].astype(np.int64),
        shapely.line_locate_point(graph.lines[edge[chosen]], points[end[chosen]]),
        metres[chosen],
    )
    joined = _attached(graph, spots, graph.nodes[dead[end[chosen]]])
    return _merged(joined, dead[end[chosen]])


def _merged(joined: Attached, same_as: Ints) -> StreetGraph:
    """The attached points are the graph's own nodes `same_as`: make them one."""
    graph = joined.graph
    name = np.arange(len(graph.nodes))
    name[joined.node] = same_as
    return StreetGraph(graph.nodes, name[graph.start], name[graph.stop], graph.length_m, graph.lines)


def _without_fragments(graph: StreetGraph, least_m: float) -> StreetGraph:
    if least_m <= 0 or len(graph.lines) == 0:
        return graph
    _, part = connected_components(matrix(graph), directed=False)
    total = np.bincount(part[graph.start], graph.length_m)
    keep = total[part[graph.start]] >= least_m
    return StreetGraph(
        graph.nodes, graph.start[keep], graph.stop[keep], graph.length_m[keep], graph.lines[keep]
    )
