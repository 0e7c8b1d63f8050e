"""Communities generated from street blocks: whole blocks merged until each has enough households."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.generator.plan import Floats, Geometries, Ints

# Merging across a wide road or canal counts this share of the common side: communities end at main roads.
MAIN_ROAD_SIDE = 0.25
NODE_GRID_M = 0.1
# A waterfront longer than this between two streets is cut across, if narrower than the second on average.
LONG_BLOCK_M = 700.0
NARROW_BLOCK_M = 180.0


@dataclass
class _Cluster:
    blocks: list[int]
    households: float
    area_m2: float
    rim_m: float
    sides: dict[int, float]


def street_blocks(land: shapely.Geometry, streets: Geometries) -> Geometries:
    """Faces between streets inside the land (metres); they share vertices, so that they tile it."""
    borders = shapely.get_parts(shapely.boundary(shapely.get_parts(land)))
    inside = shapely.intersection(streets, land)
    noded = shapely.union_all(np.concatenate([inside, borders]), grid_size=NODE_GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    kept = faces[shapely.intersects(shapely.point_on_surface(faces), land)]
    order = np.lexsort((shapely.get_y(shapely.centroid(kept)), shapely.get_x(shapely.centroid(kept))))
    return np.asarray(kept[order])


def long_cuts(blocks: Geometries) -> Geometries:
    """Lines across blocks that are long and narrow, such as waterfronts without a street to the water."""
    cuts = []
    for block in blocks:
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
        if len(corners) < 5:
            continue
        one, two = corners[1] - corners[0], corners[2] - corners[1]
        along, across = (one, two) if np.hypot(*one) >= np.hypot(*two) else (two, one)
        length = float(np.hypot(*along))
        if length < LONG_BLOCK_M or block.area > length * NARROW_BLOCK_M:
            continue
        start = corners[0] if along is one else corners[1]
        pieces = int(length // (LONG_BLOCK_M / 2))
        for number in range(1, pieces):
            middle = start + along * number / pieces
            line = shapely.linestrings([middle - across, middle + 2 * across])
            cuts.append(shapely.intersection(line, block))
    return np.array([cut for cut in cuts if not shapely.is_empty(cut)], dtype=object)


def common_sides(blocks: Geometries, main_roads: shapely.Geometry) -> list[tuple[int, int, float]]:
    """Pairs of neighbouring blocks with the metres they share, less where a main road runs between them."""
    left, right = shapely.STRtree(blocks).query(blocks, predicate="touches")
    once = left < right
    left, right = left[once], right[once]
    sides = shapely.intersection(blocks[left], blocks[right])
    metres = shapely.length(sides)
    on_main = shapely.length(shapely.intersection(sides, main_roads)) if len(sides) else metres
    weighted = metres - (1 - MAIN_ROAD_SIDE) * on_main
    return [(int(a), int(b), float(w)) for a, b, w in zip(left, right, weighted, strict=True) if w > 0.5]


def merge_blocks(
    blocks: Geometries,
    households: Floats,
    zone: Ints,
    sides: list[tuple[int, int, float]],
    least: float,
    most: float,
) -> Ints:
    """Community number 0… per block: the poorest cluster joins a neighbour of its zone until all have `least`.

    It takes the neighbour with the largest share of its rim in common, less a penalty beyond `most` households.
    Clusters are contiguous by construction and never cross zones; one without a neighbour in its zone stays.
    """
    clusters = {
        i: _Cluster([i], float(households[i]), float(block.area), float(block.length), {})
        for i, block in enumerate(blocks)
    }
    for a, b, metres in sides:
        if zone[a] == zone[b]:
            clusters[a].sides[b] = metres
            clusters[b].sides[a] = metres
    open_ones = set(clusters)
    while open_ones:
        poorest = min(open_ones, key=lambda i: (clusters[i].households, clusters[i].area_m2, i))
        if clusters[poorest].households >= least:
            break
        if not clusters[poorest].sides:
            open_ones.discard(poorest)
            continue
        _absorb(clusters, _best_neighbour(clusters, poorest, most), poorest)
        open_ones.discard(poorest)
    numbers = np.zeros(len(blocks), dtype=np.int64)
    ordered = sorted(clusters.values(), key=lambda cluster: min(cluster.blocks))
    for number, cluster in enumerate(ordered):
        numbers[cluster.blocks] = number
    return numbers


def _best_neighbour(clusters: dict[int, _Cluster], poorest: int, most: float) -> int:
    own = clusters[poorest]

    def worth(other: int) -> tuple[float, int]:
        neighbour = clusters[other]
        together = own.households + neighbour.households
        crowding = max(0.0, together / most - 1) * 4 + 0.5 * together / most
        spread = 0.25 * (own.area_m2 + neighbour.area_m2) / 200_000
        return own.sides[other] / own.rim_m - crowding * 0.5 - spread * 0.2, -other

    return max(own.sides, key=worth)


def _absorb(clusters: dict[int, _Cluster], keeper: int, gone: int) -> None:
    taken, into = clusters.pop(gone), clusters[keeper]
    common = into.sides.pop(gone)
    into.blocks += taken.blocks
    into.households += taken.households
    into.area_m2 += taken.area_m2
    into.rim_m += taken.rim_m - 2 * common
    for other, metres in taken.sides.items():
        if other == keeper:
            continue
        into.sides[other] = into.sides.get(other, 0.0) + metres
        del clusters[other].sides[gone]
        clusters[other].sides[keeper] = into.sides[other]
