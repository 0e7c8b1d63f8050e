"""Streets as a graph of crossings and stretches.

Lines meet where they cross, touch or end within a centimetre of each other, and dead ends a little farther off are
joined too. The same streets give the same graph, in whatever order their rows come.
"""

from __future__ import annotations

from dataclasses import dataclass

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

# What is stored is no finer than a centimetre: nodes of one centimetre cell are one.
NODE_GRID_M = 0.01
# csgraph takes an explicit 0 for a missing edge in some paths; a micrometre does no harm.
LEAST_LENGTH_M = 1e-6


@dataclass(frozen=True)
class StreetGraph:
    """Undirected graph: node coordinates (n, 2) in metres; per edge its two nodes, length and line.

    Every line runs from its `start` to its `stop`; edges are in an order that depends on the streets alone.
    """

    nodes: Floats
    start: Ints
    stop: Ints
    length_m: Floats
    lines: Geometries


@dataclass(frozen=True)
class Joint:
    """Nodes to be joined to other edges: node, edge, metres along the edge, metres between them."""

    node: Ints
    edge: Ints
    along_m: Floats
    gap_m: Floats


def street_graph(
    streets: gpd.GeoDataFrame, *, snap_m: float = 2.0, least_network_m: float = 0.0
) -> StreetGraph:
    """Graph of a line layer: noded where lines cross or touch, dead ends within `snap_m` of another line joined to it.

    Connected parts shorter than `least_network_m` in all are dropped. Raises InputRefused for degrees, for a layer
    with other shapes than lines and for coordinates that are not numbers.
    """
    require_metric(streets)
    shapes = streets.geometry.to_numpy()
    _check_lines(shapes)
    noded = shapely.union_all(_drawn_alike(shapes))
    graph = graph_of(shapely.get_parts(noded))
    graph = _joined(graph, snap_m)
    return _without_fragments(graph, least_network_m)


def _check_lines(shapes: Geometries) -> None:
    wrong = ~np.isin(shapely.get_type_id(shapes), (1, 2, 5))
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        raise InputRefused(
            "STREETS_NOT_LINES",
            zh=f"道路图层第 {row} 行不是线",
            en=f"row {row} of the streets is not a line",
            remedy_zh="请只提供线要素（道路中心线）",
            remedy_en="give lines only: street centrelines",
            row=row,
            facts={"rows": int(wrong.sum())},
        )
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        row = int(of[np.argmax(bad)]) + 1
        raise InputRefused(
            "COORDINATES_NOT_FINITE",
            zh=f"道路图层第 {row} 行的坐标不是有效数字",
            en=f"row {row} of the streets has coordinates that are not finite numbers",
            remedy_zh="请修复或删除该要素",
            remedy_en="repair or remove that feature",
            row=row,
        )


def _drawn_alike(shapes: Geometries) -> Geometries:
    """The single lines on the centimetre grid, without repeats, in an order that the rows do not decide."""
    parts = shapely.force_2d(shapely.get_parts(shapely.get_parts(shapes)))
    parts = shapely.set_coordinates(parts, np.round(shapely.get_coordinates(parts), 2) + 0.0)
    parts = shapely.normalize(parts[shapely.length(parts) > 0])
    return np.asarray(shapely.from_wkb(np.unique(shapely.to_wkb(parts))))


def graph_of(lines: Geometries) -> StreetGraph:
    """Graph of lines that meet at their ends only; ends in one centimetre cell are one node."""
    lines = lines[shapely.get_num_points(lines) > 1]
    lines = lines[shapely.length(lines) > 0]
    if len(lines) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return StreetGraph(np.zeros((0, 2)), nothing, nothing, np.zeros(0), lines)
    ends = np.vstack([_coordinates(lines, 0), _coordinates(lines, -1)])
    # Adding 0.0 makes one zero of the two that floating point knows.
    cells, index = np.unique(np.round(ends / NODE_GRID_M) + 0.0, axis=0, return_inverse=True)
    index = index.ravel().astype(np.int64)
    start, stop = index[: len(lines)], index[len(lines) :]
    return _in_order(StreetGraph(cells * NODE_GRID_M, start, stop, shapely.length(lines), lines))


def _coordinates(lines: Geometries, at: int) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, at)))


def _in_order(graph: StreetGraph) -> StreetGraph:
    """Edges directed from the lower node to the higher and sorted, so that the rows of the layer decide nothing."""
    second, last_but_one = _coordinates(graph.lines, 1), _coordinates(graph.lines, -2)
    later = (second[:, 0] > last_but_one[:, 0]) | (
        (second[:, 0] == last_but_one[:, 0]) & (second[:, 1] > last_but_one[:, 1])
    )
    turned = (graph.start > graph.stop) | ((graph.start == graph.stop) & later)
    lines = np.where(turned, shapely.reverse(graph.lines), graph.lines)
    start, stop = np.where(turned, graph.stop, graph.start), np.where(turned, graph.start, graph.stop)
    by = np.where(turned[:, None], last_but_one, second)
    order = np.lexsort((by[:, 1], by[:, 0], graph.length_m, stop, start))
    return StreetGraph(graph.nodes, start[order], stop[order], graph.length_m[order], lines[order])


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


def _joined(graph: StreetGraph, snap_m: float) -> StreetGraph:
    """Dead ends joined to the nearest other edge within `snap_m`, other nodes within a centimetre.

    A crossing that lies on a street drawn without a vertex there is off it by the rounding of its coordinates.
    """
    if len(graph.lines) == 0:
        return graph
    joint = _joints(graph, snap_m)
    return graph if len(joint.node) == 0 else _with_links(*_cut(graph, joint), joint)


def _joints(graph: StreetGraph, snap_m: float) -> Joint:
    degree = np.bincount(np.concatenate([graph.start, graph.stop]), minlength=len(graph.nodes))
    within = np.where(degree == 1, max(snap_m, NODE_GRID_M), NODE_GRID_M)
    points = shapely.points(graph.nodes)
    tree = shapely.STRtree(graph.lines)
    node, edge = tree.query(points, predicate="dwithin", distance=within)
    own = (graph.start[edge] == node) | (graph.stop[edge] == node)
    node, edge = node[~own], edge[~own]
    metres = shapely.distance(graph.lines[edge], points[node])
    order = np.lexsort((edge, metres, node))
    chosen = order[np.unique(node[order], return_index=True)[1]]
    node, edge = node[chosen].astype(np.int64), edge[chosen].astype(np.int64)
    along = shapely.line_locate_point(graph.lines[edge], points[node])
    return Joint(node, edge, along, metres[chosen])


def _cut(graph: StreetGraph, joint: Joint) -> tuple[StreetGraph, Ints]:
    """The graph with edges cut at the joints, and the node at which each joint meets its edge."""
    at_start = joint.along_m <= LEAST_LENGTH_M
    at_stop = ~at_start & (joint.along_m >= graph.length_m[joint.edge] - LEAST_LENGTH_M)
    meet = np.where(at_start, graph.start[joint.edge], graph.stop[joint.edge])
    inside = np.flatnonzero(~at_start & ~at_stop)
    if len(inside) == 0:
        return graph, meet
    marks = np.column_stack([joint.edge[inside], joint.along_m[inside]])
    cuts, index = np.unique(marks, axis=0, return_inverse=True)
    edge, along = cuts[:, 0].astype(np.int64), cuts[:, 1]
    feet = shapely.get_coordinates(shapely.line_interpolate_point(graph.lines[edge], along))
    foot = len(graph.nodes) + np.arange(len(cuts))
    meet[inside] = foot[index.ravel()]
    split, first = np.unique(edge, return_index=True)
    whole = np.ones(len(graph.lines), dtype=bool)
    whole[split] = False
    # Every cut begins a piece that ends at the next cut or at the stop; the first piece begins at the start.
    last = np.append(first[1:], len(cuts)) - 1
    stops = np.append(foot[1:], 0)
    stops[last] = graph.stop[split]
    lines = _pieces(graph.lines[split], np.searchsorted(split, edge), along, feet)
    start = np.concatenate([graph.start[whole], np.insert(foot, first, graph.start[split])])
    stop = np.concatenate([graph.stop[whole], np.insert(stops, first, foot[first])])
    every = np.concatenate([graph.lines[whole], lines])
    return StreetGraph(np.vstack([graph.nodes, feet]), start, stop, shapely.length(every), every), meet


def _pieces(lines: Geometries, line: Ints, along: Floats, feet: Floats) -> Geometries:
    """Lines cut at marks (sorted by line, then along), as single pieces in order."""
    xy, of = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[np.unique(of, return_index=True)[1]] = 0.0
    run = np.cumsum(step)
    run -= run[np.unique(of, return_index=True)[1]][of]
    # Order on each line: vertices and cuts by distance; a cut closes one piece and opens the next.
    owner = np.concatenate([of, line, line])
    at = np.concatenate([run, along, along])
    kind = np.repeat([0, 1, 2], [len(of), len(line), len(line)])
    order = np.lexsort((kind, at, owner))
    opens = kind[order] == 2
    new_line = np.diff(owner[order], prepend=-1) > 0
    piece = np.cumsum(opens | new_line) - 1
    return np.asarray(shapely.linestrings(np.vstack([xy, feet, feet])[order], indices=piece))


def _with_links(graph: StreetGraph, meet: Ints, joint: Joint) -> StreetGraph:
    """The cut graph with a straight link from every joined node to the street it was joined to."""
    # Two dead ends that face each other are joined once.
    pairs = np.sort(np.column_stack([joint.node, meet]), axis=1)
    once = np.unique(pairs, axis=0, return_index=True)[1]
    node, meet = joint.node[once], meet[once]
    links = shapely.linestrings(np.stack([graph.nodes[node], graph.nodes[meet]], axis=1))
    return _in_order(
        StreetGraph(
            graph.nodes,
            np.concatenate([graph.start, node]),
            np.concatenate([graph.stop, meet]),
            np.concatenate([graph.length_m, joint.gap_m[once]]),
            np.concatenate([graph.lines, links]),
        )
    )


def _without_fragments(graph: StreetGraph, least_m: float) -> StreetGraph:
    if least_m <= 0 or len(graph.lines) == 0:
        return graph
    _, part = connected_components(matrix(graph), directed=False)
    total = np.bincount(part[graph.start], graph.length_m)
    keep = total[part[graph.start]] >= least_m
    return StreetGraph(
        graph.nodes, graph.start[keep], graph.stop[keep], graph.length_m[keep], graph.lines[keep]
    )
