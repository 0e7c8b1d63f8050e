"""How near footprints stand to one another, and what faces what across a narrow gap; compiled, on arrays of walls."""

from __future__ import annotations

import numpy as np
import shapely
from numba import njit

from gis.compute.lattice import FloatArray, GeometryArray, IntArray
from gis.compute.tessellation.enclosures import components
from gis.compute.tessellation.straight import distance_to_straight

# The ends of a wall are sites already.
_AT_END_M = 0.01


def gaps_within(shapes: GeometryArray, most_m: float) -> FloatArray:
    """Return the distance (m) from each shape to the nearest other one that is not its equal, at most `most_m`."""
    gap = np.full(len(shapes), most_m)
    if len(shapes) < 2:
        return gap
    inner, outer = _box_in_box(shapes)
    # Rings may be far apart where one shape lies within the other.
    same = shapely.equals(shapes[inner], shapes[outer])
    within = ~same & shapely.intersects(shapes[inner], shapes[outer])
    gap[inner[within]] = gap[outer[within]] = 0.0
    ends, owner = walls_of(shapes)
    twin = components(len(shapes), inner[same], outer[same])
    return np.asarray(nearest_walls(ends, owner, twin, gap, *_cells(ends, most_m)))


def _box_in_box(shapes: GeometryArray) -> tuple[IntArray, IntArray]:
    box = shapely.bounds(shapes)
    inner, outer = shapely.STRtree(shapes).query(shapes)
    held = (box[inner, :2] >= box[outer, :2]).all(axis=1) & (box[inner, 2:] <= box[outer, 2:]).all(axis=1)
    held &= inner != outer
    return inner[held], outer[held]


def walls_of(shapes: GeometryArray) -> tuple[FloatArray, IntArray]:
    """Return both ends of every straight wall (n, 4) and whose it is; a point is a wall without length."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    dimension = shapely.get_dimensions(shapes)[owner]
    parts, of = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    goes_on = np.flatnonzero(ring[1:] == ring[:-1])
    points = xy[dimension == 0]
    ends = np.vstack([np.hstack([corners[goes_on], corners[goes_on + 1]]), np.hstack([points, points])])
    return ends, np.concatenate([of[part[ring[goes_on]]], owner[dimension == 0]]).astype(np.int64)


def facing(
    xy: FloatArray, group: IntArray, walls: FloatArray, wall_group: IntArray, reach_m: float
) -> tuple[FloatArray, IntArray]:
    """Return the places on walls that places of other groups face within the reach, and the walls they are on.

    `walls`: both ends (n, 4) of walls with the open air on their right; their ends do not count.
    """
    if len(walls) == 0 or len(xy) == 0:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    found: tuple[FloatArray, IntArray] = faced_places(
        xy, group, walls, wall_group, reach_m, *_cells(walls, reach_m)
    )
    return found


def _cells(walls: FloatArray, size_m: float) -> tuple[float, float, float, int, IntArray, IntArray]:
    """Return origin, size and rows of square cells, and the walls whose boxes meet each cell."""
    low = walls.reshape(-1, 2).min(axis=0)
    columns, rows = ((walls.reshape(-1, 2).max(axis=0) - low) // size_m).astype(np.int64) + 1
    starts, held = cells_of_walls(walls, low[0], low[1], size_m, int(columns), int(rows))
    return low[0], low[1], size_m, int(rows), starts, held


@njit(cache=True)
def cells_of_walls(
    walls: FloatArray, west: float, south: float, size: float, columns: int, rows: int
) -> tuple[IntArray, IntArray]:  # pragma: no cover
    """Return which walls' boxes meet each cell: `held[starts[c]:starts[c + 1]]`."""
    count = np.zeros(columns * rows + 1, dtype=np.int64)
    held = np.zeros(0, dtype=np.int64)
    for filling in range(2):
        if filling == 1:
            total = 0
            for c in range(len(count)):
                more = count[c]
                count[c] = total
                total += more
            held = np.empty(total, dtype=np.int64)
        for w in range(len(walls)):
            for column in range(
                int((min(walls[w, 0], walls[w, 2]) - west) // size),
                int((max(walls[w, 0], walls[w, 2]) - west) // size) + 1,
            ):
                for row in range(
                    int((min(walls[w, 1], walls[w, 3]) - south) // size),
                    int((max(walls[w, 1], walls[w, 3]) - south) // size) + 1,
                ):
                    c = column * rows + row
                    if filling == 1:
                        held[count[c]] = w
                    count[c] += 1
    starts = np.zeros(len(count), dtype=np.int64)
    starts[1:] = count[: len(count) - 1]
    return starts, held


@njit(cache=True)
def _between_walls(
    ax: float, ay: float, bx: float, by: float, cx: float, cy: float, dx: float, dy: float
) -> float:  # pragma: no cover
    """Return the distance between two walls, 0 where they cross."""
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if across != 0:
        r = ((ay - cy) * (dx - cx) - (ax - cx) * (dy - cy)) / across
        s = ((ay - cy) * (bx - ax) - (ax - cx) * (by - ay)) / across
        if 0 <= r <= 1 and 0 <= s <= 1:
            return 0.0
    return min(
        min(distance_to_straight(ax, ay, cx, cy, dx, dy), distance_to_straight(bx, by, cx, cy, dx, dy)),
        min(distance_to_straight(cx, cy, ax, ay, bx, by), distance_to_straight(dx, dy, ax, ay, bx, by)),
    )


@njit(cache=True)
def nearest_walls(
    walls: FloatArray,
    owner: IntArray,
    twin: IntArray,
    gap: FloatArray,
    west: float,
    south: float,
    size: float,
    rows: int,
    starts: IntArray,
    held: IntArray,
) -> FloatArray:  # pragma: no cover
    """Return the gaps, no more than given, lowered to the nearest wall of an owner that is no twin; cells as wide as
    the largest gap.
    """
    gap = gap.copy()
    columns = (len(starts) - 1) // rows
    for w in range(len(walls)):
        ax, ay, bx, by = walls[w, 0], walls[w, 1], walls[w, 2], walls[w, 3]
        low_x, high_x, low_y, high_y = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        one = owner[w]
        first_column = max(int((low_x - west) // size) - 1, 0)
        last_column = min(int((high_x - west) // size) + 1, columns - 1)
        first_row = max(int((low_y - south) // size) - 1, 0)
        last_row = min(int((high_y - south) // size) + 1, rows - 1)
        for column in range(first_column, last_column + 1):
            for c in range(column * rows + first_row, column * rows + last_row + 1):
                for i in range(starts[c], starts[c + 1]):
                    v = held[i]
                    two = owner[v]
                    if v <= w or one == two or twin[one] == twin[two]:
                        continue
                    most = max(gap[one], gap[two])
                    cx, cy, dx, dy = walls[v, 0], walls[v, 1], walls[v, 2], walls[v, 3]
                    apart_x = max(max(min(cx, dx) - high_x, low_x - max(cx, dx)), 0.0)
                    apart_y = max(max(min(cy, dy) - high_y, low_y - max(cy, dy)), 0.0)
                    if apart_x * apart_x + apart_y * apart_y > most * most:
                        continue
                    distance = _between_walls(ax, ay, bx, by, cx, cy, dx, dy)
                    gap[one] = min(gap[one], distance)
                    gap[two] = min(gap[two], distance)
    return gap


@njit(cache=True)
def faced_places(
    xy: FloatArray,
    group: IntArray,
    walls: FloatArray,
    wall_group: IntArray,
    reach: float,
    west: float,
    south: float,
    size: float,
    rows: int,
    starts: IntArray,
    held: IntArray,
) -> tuple[FloatArray, IntArray]:  # pragma: no cover
    """Return the feet on walls of other groups from places in front of them, and the walls; cells as wide as the reach."""
    columns = (len(starts) - 1) // rows
    seen = np.full(len(walls), -1, dtype=np.int64)
    foot = np.empty((len(xy) + 16, 2))
    on = np.empty(len(xy) + 16, dtype=np.int64)
    count = 0
    for p in range(len(xy)):
        x, y = xy[p, 0], xy[p, 1]
        first_row = max(int((y - south) // size) - 1, 0)
        last_row = min(int((y - south) // size) + 1, rows - 1)
        for column in range(
            max(int((x - west) // size) - 1, 0), min(int((x - west) // size) + 1, columns - 1) + 1
        ):
            for c in range(column * rows + first_row, column * rows + last_row + 1):
                for i in range(starts[c], starts[c + 1]):
                    w = held[i]
                    if seen[w] == p or wall_group[w] == group[p]:
                        continue
                    seen[w] = p
                    ax, ay, bx, by = walls[w, 0], walls[w, 1], walls[w, 2], walls[w, 3]
                    wx, wy = bx - ax, by - ay
                    if not wx * (y - ay) < (x - ax) * wy:
                        continue
                    long = np.hypot(wx, wy)
                    along = ((x - ax) * wx + (y - ay) * wy) / long
                    if not (_AT_END_M < along < long - _AT_END_M):
                        continue
                    if distance_to_straight(x, y, ax, ay, bx, by) > reach:
                        continue
                    if count == len(on):
                        foot = np.concatenate((foot, np.empty((count, 2))))
                        on = np.concatenate((on, np.empty(count, dtype=np.int64)))
                    foot[count, 0] = ax + wx * (along / long)
                    foot[count, 1] = ay + wy * (along / long)
                    on[count] = w
                    count += 1
    return foot[:count], on[:count]
