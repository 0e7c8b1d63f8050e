"""Street lines as map layers have them: through crossings without a node, ends short of a crossing or past it,
dead ends, gaps, lanes into the blocks.
"""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.generator.plan import Floats, Geometries, Ints, Names

MINOR = ("tertiary", "residential", "lane")
REMOVED = 0.05
DEAD_END = 0.07
OFF_END = 0.06
THROUGH = 0.7
STRAIGHT_ON_COS = -0.85
LANES_PER_EDGE = 0.25


def dirty_streets(
    lines: Geometries, classes: Names, houses: Geometries, rng: np.random.Generator
) -> tuple[Geometries, Names]:
    """The streets with the faults of a real layer; none of them crosses a house."""
    minor = np.isin(classes, MINOR)
    chance = rng.random(len(lines))
    gone = minor & (chance < REMOVED)
    ends = minor & ~gone & (chance < REMOVED + DEAD_END)
    lines = lines.copy()
    lines[ends] = [_part(line, 0.0, float(rng.uniform(0.4, 0.75))) for line in lines[ends]]
    joined, kinds = _run_through(lines[~gone], classes[~gone], rng)
    off = np.flatnonzero(rng.random(len(joined)) < OFF_END)
    joined[off] = [_short_or_past(line, float(rng.uniform(-4.0, 5.0))) for line in joined[off]]
    lanes = _lanes(joined, houses, rng)
    all_lines = np.concatenate([joined, lanes])
    all_kinds = np.concatenate([kinds, np.full(len(lanes), "lane", dtype=kinds.dtype)])
    return all_lines, all_kinds


def _part(line: shapely.LineString, start: float, stop: float) -> shapely.LineString:
    """The stretch of a line between two shares of its length."""
    xy = shapely.get_coordinates(line)
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    low, high = start * along[-1], stop * along[-1]
    at = np.concatenate([[low], along[(along > low) & (along < high)], [high]])
    return shapely.LineString(
        np.column_stack([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])])
    )


def _short_or_past(line: shapely.LineString, metres: float) -> shapely.LineString:
    """The line with its last point moved along by so many metres (below 0: drawn back)."""
    xy = shapely.get_coordinates(line)
    step = xy[-1] - xy[-2]
    length = float(np.hypot(*step))
    if length + metres < 1.0:
        return line
    return shapely.LineString(np.vstack([xy[:-1], xy[-1] + step / length * metres]))


def _run_through(lines: Geometries, classes: Names, rng: np.random.Generator) -> tuple[Geometries, Names]:
    """Join most edges of a class that go straight on over a crossing, and leave no vertex there."""
    chain = _chains(lines, classes, rng)
    order = np.argsort(chain, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(chain[order]) != 0))
    groups = np.split(order, starts[1:])
    merged = np.array([shapely.line_merge(shapely.multilinestrings(lines[group])) for group in groups])
    parts, index = shapely.get_parts(merged, return_index=True)
    kinds = classes[[group[0] for group in groups]][index]
    return np.asarray(shapely.simplify(parts, 0.08)), kinds


def _chains(lines: Geometries, classes: Names, rng: np.random.Generator) -> Ints:
    """A number per edge, equal for the edges that are to become one line."""
    first, last, heading = _ends(lines)
    parent = np.arange(len(lines))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    points = np.round(np.vstack([first, last]), 2)
    _, node = np.unique(points, axis=0, return_inverse=True)
    node = node.reshape(-1)
    order = np.argsort(node, kind="stable")
    for ends in np.split(order, np.flatnonzero(np.diff(node[order])) + 1):
        for a, b in _straight_on(ends, heading):
            one, other = a % len(lines), b % len(lines)
            if classes[one] == classes[other] and rng.random() < THROUGH and root(one) != root(other):
                parent[root(other)] = root(one)
    return np.array([root(i) for i in range(len(lines))])


def _ends(lines: Geometries) -> tuple[Floats, Floats, Floats]:
    """First and last points, and the headings away from both ends (first ends, then last ends)."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.searchsorted(owner, np.arange(len(lines)))
    stop = np.append(start[1:], len(xy)) - 1
    away = np.vstack([xy[start + 1] - xy[start], xy[stop - 1] - xy[stop]])
    return xy[start], xy[stop], away / np.maximum(np.hypot(*away.T), 1e-9)[:, None]


def _straight_on(ends: Ints, heading: Floats) -> list[tuple[int, int]]:
    """Pairs of line ends at one crossing that face each other, each end once."""
    pairs = []
    free = [int(e) for e in ends]
    while len(free) > 1:
        one = free.pop(0)
        facing = [(float(heading[one] @ heading[other]), other) for other in free]
        cosine, other = min(facing)
        if cosine < STRAIGHT_ON_COS:
            free.remove(other)
            pairs.append((one, other))
    return pairs


def _lanes(streets: Geometries, houses: Geometries, rng: np.random.Generator) -> Geometries:
    """Lanes of 20 to 90 m from a street into a block, with one bend, that meet no house."""
    from_street = rng.choice(len(streets), int(LANES_PER_EDGE * len(streets)), replace=False)
    at = shapely.line_interpolate_point(
        streets[from_street], rng.uniform(0.2, 0.8, len(from_street)), normalized=True
    )
    ahead = shapely.line_interpolate_point(streets[from_street], 0.81, normalized=True)
    start, along = shapely.get_coordinates(at), shapely.get_coordinates(ahead) - shapely.get_coordinates(at)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    side = rng.choice([-1.0, 1.0], len(start))[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]]) * side
    length = rng.uniform(20.0, 60.0, len(start))[:, None]
    bend = start + across * length
    stop = bend + (across * 0.4 + along) * rng.uniform(5.0, 30.0, len(start))[:, None]
    lanes = shapely.linestrings(np.stack([start, bend, stop], axis=1))
    met = np.unique(shapely.STRtree(houses).query(lanes, predicate="dwithin", distance=1.0)[0])
    free = np.ones(len(lanes), dtype=bool)
    free[met] = False
    return np.asarray(lanes[free])
