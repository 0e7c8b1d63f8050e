"""A community's frame is its ring noded with its neighbours' vertices and rounded once, the edge that grids tile.

Frames are computed for all communities together. On a shared border both frames have the same vertices, so
grids drawn in one community never need a vertex that its neighbour lacks: borders of grids end on frame
vertices only, which is why long edges get extra ones. See `gis/partition`, "Input", and DESIGN decision 10.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import (
    STORED_CRS,
    UNITS_PER_DEGREE,
    FloatArray,
    GeometryArray,
    IntArray,
    Lattice,
    from_lattice,
    joined,
    node_and_polygonize,
    segments_of,
)
from gis.compute.official_rings import names_of, official_rings
from gis.compute.offsets import farthest_from
from gis.compute.refusal import InputRefused

# Grid borders can meet the frame at its vertices only; 6 m moves such an end by 3 m at most.
FRAME_STEP_M = 6.0
# Rings of two neighbours drawn by hand disagree by less than this; more is a real overlap or a real gap.
SLIVER_WIDTH_M = 0.5


@dataclass(frozen=True)
class Frames:
    """The frames of a city in degrees (`lonlat`, EPSG:4490, 7 decimals) and in metres (`metric`), same index.

    Both carry the columns of the input plus `frame_shift_m` (largest distance between frame and official
    ring) and `sliver_m2` (overlap and gap slivers settled at its border). `notes` says in words what was
    healed.
    """

    lonlat: gpd.GeoDataFrame
    metric: gpd.GeoDataFrame
    metric_crs: str
    notes: tuple[str, ...]


def build_frames(
    communities: gpd.GeoDataFrame,
    metric_crs: str,
    *,
    step_m: float = FRAME_STEP_M,
    sliver_width_m: float = SLIVER_WIDTH_M,
) -> Frames:
    """Return the frames of all communities, any CRS in, index kept.

    Raises InputRefused: what `official_rings` raises, COMMUNITY_OVERLAP (with names, place, area).
    """
    labels_of_names = names_of(communities)
    lattice = Lattice(metric_crs)
    official = official_rings(communities, labels_of_names)
    _check_overlaps(labels_of_names, official, lattice, sliver_width_m)
    faces, owner, notes = _owned_faces(official, lattice, sliver_width_m, labels_of_names)
    rings = _union_per_owner(faces, owner, len(communities), labels_of_names)
    rings = densify(rings, lattice, step_m)
    metric_rings, metric_official = lattice.to_metric(rings), lattice.to_metric(official)
    lonlat = communities.drop(columns=communities.geometry.name)
    lonlat = gpd.GeoDataFrame(lonlat, geometry=from_lattice(rings), crs=STORED_CRS)
    lonlat["frame_shift_m"] = _largest_shift_m(metric_rings, metric_official)
    lonlat["sliver_m2"] = shapely.area(shapely.symmetric_difference(metric_rings, metric_official))
    metric = lonlat.set_geometry(gpd.GeoSeries(metric_rings, index=lonlat.index, crs=metric_crs))
    return Frames(lonlat=lonlat, metric=metric, metric_crs=metric_crs, notes=tuple(notes))


def _mean_width_m(polygons: GeometryArray) -> FloatArray:
    length = shapely.length(polygons)
    return np.asarray(
        np.divide(2 * shapely.area(polygons), length, out=np.zeros(len(length)), where=length > 0)
    )


def _check_overlaps(
    names: list[str], official: GeometryArray, lattice: Lattice, sliver_width_m: float
) -> None:
    left, right = shapely.STRtree(official).query(official, predicate="intersects")
    keep = left < right
    left, right = left[keep], right[keep]
    overlaps = lattice.to_metric(shapely.intersection(official[left], official[right]))
    worst = None
    for a, b, overlap in zip(left, right, overlaps, strict=True):
        parts = np.array([p for p in shapely.get_parts(overlap) if p.area > 0], dtype=object)
        if len(parts) == 0:
            continue
        wide = parts[_mean_width_m(parts) > sliver_width_m]
        area = float(shapely.area(wide).sum())
        if len(wide) and area > 1.0 and (worst is None or area > worst[2]):
            worst = (int(a), int(b), area, wide[int(np.argmax(shapely.area(wide)))])
    if worst is None:
        return
    a, b, area, part = worst
    spot = lattice.from_metric(np.array([part.representative_point()], dtype=object))[0]
    place = (spot.x / UNITS_PER_DEGREE, spot.y / UNITS_PER_DEGREE)
    raise InputRefused(
        "COMMUNITY_OVERLAP",
        zh=f"社区“{names[a]}”与“{names[b]}”重叠 {area:.0f} 平方米",
        en=f"communities “{names[a]}” and “{names[b]}” overlap by {area:.0f} m²",
        remedy_zh="请修正两个社区的边界，使其只共用边线",
        remedy_en="correct the two borders so that they only share a line",
        row=b + 1,
        field="geometry",
        place=place,
        facts={"names": [names[a], names[b]], "area_m2": round(area, 2)},
    )


def _owned_faces(
    official: GeometryArray, lattice: Lattice, sliver_width_m: float, names: list[str]
) -> tuple[GeometryArray, IntArray, list[str]]:
    """Return all faces of the noded rings and the community that owns each (-1: nobody's land)."""
    faces = node_and_polygonize(shapely.boundary(official))
    metric_faces = lattice.to_metric(faces)
    inside, of = shapely.STRtree(official).query(shapely.point_on_surface(faces), predicate="within")
    owners: dict[int, list[int]] = defaultdict(list)
    for face, community in zip(inside, of, strict=True):
        owners[int(face)].append(int(community))
    owner = np.full(len(faces), -1, dtype=np.int64)
    for face, candidates in owners.items():
        if len(candidates) == 1:
            owner[face] = candidates[0]
    narrow = _mean_width_m(metric_faces) <= sliver_width_m
    doubtful = [f for f in range(len(faces)) if owner[f] < 0 and (narrow[f] or len(owners.get(f, [])) > 1)]
    settled = _settle_slivers(faces, owner, doubtful, owners)
    notes = []
    if settled:
        area = float(shapely.area(metric_faces[settled]).sum())
        near = sorted({names[owner[f]] for f in settled})
        notes.append(
            f"相邻社区边界的细缝或细重叠 {len(settled)} 处（{area:.2f} 平方米）已并入：{'、'.join(near[:8])}"
        )
    return faces, owner, notes


def _settle_slivers(
    faces: GeometryArray, owner: IntArray, doubtful: list[int], owners: dict[int, list[int]]
) -> list[int]:
    """Give each sliver to the community with the longest common border, an overlap only to one of its
    claimants.
    """
    settled = []
    waiting = set(doubtful)
    while waiting:
        shared = shared_lengths(faces, waiting)
        chosen: dict[int, int] = {}
        for face in sorted(waiting):
            claims = owners.get(face, [])
            length: dict[int, float] = defaultdict(float)
            for other, metres in shared[face].items():
                if owner[other] >= 0 and (not claims or owner[other] in claims):
                    length[int(owner[other])] += metres
            if length:
                chosen[face] = max(sorted(length), key=lambda c: length[c])
            elif claims:
                chosen[face] = claims[0]
        if not chosen:
            break
        for face, community in chosen.items():
            owner[face] = community
            settled.append(face)
        waiting -= set(chosen)
    return settled


def shared_lengths(faces: GeometryArray, wanted: set[int]) -> dict[int, dict[int, float]]:
    """Return for each wanted face its neighbours and the length of common border, in lattice units."""
    segments = segments_of(faces)
    count = len(segments.nodes)
    key = np.minimum(segments.start, segments.end) * count + np.maximum(segments.start, segments.end)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    delta = segments.nodes[segments.start[first]] - segments.nodes[segments.end[first]]
    length = np.hypot(delta[:, 0], delta[:, 1])
    shared: dict[int, dict[int, float]] = {face: defaultdict(float) for face in wanted}
    for a, b, metres in zip(segments.owner[first], segments.owner[second], length, strict=True):
        if int(a) in wanted:
            shared[int(a)][int(b)] += float(metres)
        if int(b) in wanted:
            shared[int(b)][int(a)] += float(metres)
    return shared


def _union_per_owner(faces: GeometryArray, owner: IntArray, count: int, names: list[str]) -> GeometryArray:
    rings = np.empty(count, dtype=object)
    for community in range(count):
        own = faces[owner == community]
        if len(own) == 0:
            raise InputRefused(
                "INVALID_GEOMETRY",
                zh=f"社区“{names[community]}”与其他社区完全重合，没有自己的土地",
                en=f"community “{names[community]}” lies wholly under others and keeps no land",
                remedy_zh="请删除重复的社区面",
                remedy_en="remove the duplicate polygon",
                row=community + 1,
                field="geometry",
            )
        rings[community] = shapely.coverage_union_all(own)
    return rings


def densify(rings: GeometryArray, lattice: Lattice, step_m: float) -> GeometryArray:
    """Return lattice polygons whose edges are at most `step_m` long, an edge split alike from both sides.

    Where a split would make two edges cross (very acute corners), the polygons concerned keep their edges.
    """
    metres_per_unit = _metres_per_unit(rings, lattice)
    dense = _with_steps(rings, step_m, metres_per_unit)
    if shapely.is_valid(dense).all() and shapely.coverage_is_valid(dense):
        return dense
    # A rare clash of rounded points: split nothing shorter than four steps, which keeps both sides alike.
    coarse = _with_steps(rings, 4 * step_m, metres_per_unit)
    return coarse if shapely.coverage_is_valid(coarse) and shapely.is_valid(coarse).all() else rings


def _metres_per_unit(rings: GeometryArray, lattice: Lattice) -> FloatArray:
    west, south, east, north = shapely.total_bounds(rings)
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    probe = lattice.to_metric_xy(middle + np.array([[0, 0], [1e4, 0], [0, 1e4]]))
    return np.hypot(*(probe[1:] - probe[0]).T) / 1e4


def _with_steps(polygons: GeometryArray, step_m: float, metres_per_unit: FloatArray) -> GeometryArray:
    """Return the polygons with steps on their edges, counted from the edge's lower end from both sides."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    goes_on = np.append(ring[1:] == ring[:-1], False)
    a, b = xy, np.where(goes_on[:, None], np.roll(xy, -1, axis=0), xy)
    turned = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low, high = np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)
    pieces = np.maximum(1, np.ceil(np.hypot(*((high - low) * metres_per_unit).T) / step_m)).astype(np.int64)
    edge = np.repeat(np.arange(len(xy)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = np.where(turned[edge], pieces[edge] - step, step) / pieces[edge]
    steps = np.rint(low[edge] + (high - low)[edge] * share[:, None])
    steps[step == 0] = xy
    dense = shapely.linearrings(steps, indices=ring[edge])
    filled = shapely.polygons(dense, indices=part)
    return joined(filled, polygon, len(polygons))


def _largest_shift_m(frames: GeometryArray, official: GeometryArray) -> FloatArray:
    shifts = []
    for frame, ring in zip(shapely.boundary(frames), shapely.boundary(official), strict=True):
        ahead, back = farthest_from(frame, ring), farthest_from(ring, frame)
        shifts.append(max(ahead, back))
    return np.array(shifts)


def first_containing(areas: GeometryArray, spots: GeometryArray) -> IntArray:
    """Return per spot the position of the first area it lies in or on, -1 for none."""
    found = np.full(len(spots), len(areas), dtype=np.int64)
    # Areas are what is asked with, since the asking side is the prepared one.
    area, spot = shapely.STRtree(spots).query(areas, predicate="intersects")
    np.minimum.at(found, spot, area)
    return np.where(found < len(areas), found, -1)


@dataclass(frozen=True)
class CommunityAssignment:
    """Which community each building belongs to, by its representative point.

    `community` is indexed like the buildings and holds a label of the frames' index, or NaN; `outside` lists
    the buildings in no community, `straddling` those whose footprint reaches over a community line by more
    than 1 m².
    """

    community: pd.Series
    outside: pd.Index
    straddling: pd.Index


def assign_communities(buildings: gpd.GeoDataFrame, frames: Frames) -> CommunityAssignment:
    """Return the community of every building; buildings of any CRS, footprints or points.

    A building exactly on a common line goes to the community that stands first in the frames.
    """
    places = buildings.geometry.to_crs(frames.metric_crs)
    rings = frames.metric.geometry.to_numpy()
    chosen = first_containing(rings, places.representative_point().to_numpy())
    labels = np.append(frames.metric.index.to_numpy().astype(object), np.nan)
    community = pd.Series(labels[chosen], index=buildings.index, name="community", dtype=object)
    own = chosen >= 0
    shapes = places.to_numpy()
    beyond = np.zeros(len(buildings))
    hit = np.unique(shapely.STRtree(shapes).query(shapely.boundary(rings), predicate="intersects")[1])
    hit = hit[own[hit]]
    if len(hit):
        beyond[hit] = shapely.area(shapely.difference(shapes[hit], rings[chosen[hit]]))
    return CommunityAssignment(
        community=community,
        outside=buildings.index[~own],
        straddling=buildings.index[beyond > 1.0],
    )
