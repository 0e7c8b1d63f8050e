"""A community is cut into cells, one per building or block, whose borders lie on streets and between buildings.

Point 2 of the partition specification. Steps: enclosures (ring + streets + barriers), sites along the
footprints, Voronoi ridges between different buildings, noding on the lattice, faces labelled by the nearest
site of their enclosure, stray faces given to a neighbour. Buildings and households are counted after every
step.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import QhullError, Voronoi, cKDTree

from gis.compute.lattice import (
    FloatArray,
    GeometryArray,
    IntArray,
    Lattice,
    bent_by_noding,
    divide_keeping_corners,
    segments_of,
    sum_per,
)
from gis.compute.refusal import EngineFault

# Footprints are shrunk so that touching houses keep apart; "Tessellate" of the specification.
SHRINK_M = 0.5
FREE_SITE_STEP_M = 5.0
TOUCHING_SITE_STEP_M = 1.0
TOUCHING_M = 2.0
# Ridges are clipped a little beyond their enclosure so that noding finds the crossing.
OVERSHOOT_M = 0.1
# A segment lies on a line when its middle is this close: noding on the lattice moves a line by 1 cm at most.
ON_LINE_M = 0.05
# Cells that meet along less are not passable neighbours: such a neck would not survive drawing.
PASSABLE_M = 1.0
# Two footprints are one unit when they overlap by this part of the smaller one.
OVERLAP_SHARE = 0.2


@dataclass(frozen=True)
class Adjacency:
    """Pairs of neighbouring units (`left` < `right`) with metres of common border, on a barrier, on a street."""

    left: IntArray
    right: IntArray
    length_m: FloatArray
    barrier_m: FloatArray
    street_m: FloatArray


@dataclass(frozen=True)
class Tessellation:
    """The cells of one community: unit u is `cells[u]` (lattice), its households, area, perimeter, border on the ring.

    `unit_of_building` follows the order of the buildings; `is_water` marks faces of a barrier polygon without
    homes; `piece` numbers the land on one side of all barriers (-1 for water); `footprints` are the
    buildings' shapes in metres; `ring_street_m` is the part of the ring border that runs along a street.
    """

    lattice: Lattice
    frame: shapely.Geometry
    cells: GeometryArray
    households: IntArray
    area_m2: FloatArray
    perimeter_m: FloatArray
    ring_m: FloatArray
    ring_street_m: FloatArray
    is_water: np.ndarray
    piece: IntArray
    unit_of_building: IntArray
    adjacency: Adjacency
    notes: tuple[str, ...]


class CountMismatch(EngineFault):
    """A building or a household was lost between two steps; a fault of this program, never of the input."""


@dataclass(frozen=True)
class _Sites:
    xy: FloatArray
    building: IntArray
    enclosure: IntArray


def tessellate(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    lattice: Lattice,
    streets: GeometryArray,
    barriers: GeometryArray,
    undivided_max: int = 500,
) -> Tessellation:
    """Return the cells of one community.

    `frame`: lattice (multi)polygon of `build_frames`; `buildings`: metric points, footprints or compounds
    with a whole-number column `households`; `streets`, `barriers`: metric geometries, barriers may be
    polygons (water). Overlapping footprints share a unit; above `undivided_max` households a podium under
    several of them goes with one and leaves the others apart. Raises CountMismatch when a building or
    household would be lost.
    """
    households = buildings["households"].to_numpy(dtype=np.int64)
    shapes = shapely.force_2d(buildings.geometry.to_numpy())
    lines = _Lines.of(frame, lattice, streets, barriers)
    enclosures = _enclosures(frame, lattice, lines)
    group, merged, podium = _overlapping_groups(shapes, households, undivided_max)
    sites = _sites(shapes, enclosures, podium)
    _expect(len(np.unique(sites.building)) == len(shapes) - int(podium.sum()), "sites", len(shapes))
    ridges = _ridges(sites, group, enclosures)
    faces, enclosure_of = _faces(frame, lattice, ridges, enclosures)
    label = _label_faces(lattice.to_metric(faces), enclosure_of, sites, group, len(shapes))
    label, lost = _settle(faces, label, enclosure_of, enclosures, sites, group, shapes, lattice)
    unit_of_face, unit_of_building = _units(label, group)
    _expect(
        bool((unit_of_building >= 0).all()) and len(unit_of_building) == len(shapes), "units", len(shapes)
    )
    count = int(unit_of_face.max()) + 1
    cells = np.empty(count, dtype=object)
    for unit, rows in enumerate(_rows_by(unit_of_face, count)):
        cells[unit] = faces[rows[0]] if len(rows) == 1 else shapely.coverage_union_all(faces[rows])
    unit_households = np.bincount(unit_of_building, weights=households, minlength=count).astype(np.int64)
    _expect(int(unit_households.sum()) == int(households.sum()), "households", int(households.sum()))
    water = np.zeros(count, dtype=bool)
    water[unit_of_face[enclosures.is_water[enclosure_of]]] = True
    water &= np.bincount(unit_of_building, minlength=count) == 0
    notes = []
    if merged:
        notes.append(f"{merged} 栋建筑与其他建筑轮廓重叠，合为同一单元")
    if lost:
        notes.append(f"{lost} 栋建筑没有自己的地块，并入相邻建筑的单元")
    return _measured(lattice, frame, cells, unit_households, water, unit_of_building, lines, tuple(notes))


def _expect(holds: bool, step: str, wanted: int) -> None:
    if not holds:
        raise CountMismatch(
            f"tessellation lost buildings or households at step {step!r}; {wanted} were expected"
        )


def _rows_by(key: IntArray, count: int) -> list[IntArray]:
    order = np.argsort(key, kind="stable")
    return np.split(order, np.searchsorted(key[order], np.arange(1, count)))


# ---- Enclosures --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lines:
    """Streets, barrier lines (rims of barrier polygons too) and water faces of one community, in metres."""

    streets: GeometryArray
    barriers: GeometryArray
    water: GeometryArray

    @staticmethod
    def of(
        frame: shapely.Geometry, lattice: Lattice, streets: GeometryArray, barriers: GeometryArray
    ) -> _Lines:
        ring = lattice.to_metric(np.array([frame], dtype=object))[0]
        near = shapely.buffer(ring, 20.0)
        shapely.prepare(near)
        barriers = _near(barriers, near)
        dimension = shapely.get_dimensions(barriers)
        water = shapely.make_valid(barriers[dimension == 2]) if (dimension == 2).any() else barriers[:0]
        rims = shapely.boundary(water)
        return _Lines(
            streets=_clipped_lines(_near(streets, near), near),
            barriers=_clipped_lines(np.concatenate([barriers[dimension == 1], rims]), near),
            water=water,
        )


def _near(geometries: GeometryArray, area: shapely.Geometry) -> GeometryArray:
    found = np.asarray(geometries, dtype=object)
    found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
    return shapely.force_2d(found[shapely.intersects(area, found)]) if len(found) else found


def _clipped_lines(lines: GeometryArray, area: shapely.Geometry) -> GeometryArray:
    if len(lines) == 0:
        return lines
    parts = shapely.get_parts(shapely.intersection(lines, area))
    parts = shapely.get_parts(parts[shapely.get_dimensions(parts) == 1])
    return np.asarray(parts[shapely.length(parts) > 0])


@dataclass(frozen=True)
class _Enclosures:
    """Blocks between streets and barriers; `bank` numbers the land between barriers, the same for all its
    blocks.
    """

    lattice_faces: GeometryArray
    metric_faces: GeometryArray
    is_water: np.ndarray
    bank: IntArray


def _enclosures(frame: shapely.Geometry, lattice: Lattice, lines: _Lines) -> _Enclosures:
    cuts = lattice.from_metric(np.concatenate([lines.streets, lines.barriers]))
    faces = divide_keeping_corners(np.array([shapely.boundary(frame)], dtype=object), cuts, frame)
    faces = faces[shapely.contains(bent_by_noding(frame, faces), shapely.point_on_surface(faces))]
    metric = lattice.to_metric(faces)
    water = np.zeros(len(faces), dtype=bool)
    if len(lines.water):
        spots = shapely.point_on_surface(metric)
        water[np.unique(shapely.STRtree(lines.water).query(spots, predicate="within")[0])] = True
    adjacency = _adjacency(faces, lattice, lines)[0]
    open_side = adjacency.length_m - adjacency.barrier_m > PASSABLE_M
    bank = _components(len(faces), adjacency.left[open_side], adjacency.right[open_side])
    return _Enclosures(faces, metric, water, bank)


def _components(count: int, left: IntArray, right: IntArray) -> IntArray:
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1]).astype(np.int64)


# ---- Sites and ridges --------------------------------------------------------------------------------------


def _overlapping_groups(
    shapes: GeometryArray, households: IntArray, undivided_max: int
) -> tuple[IntArray, int, np.ndarray]:
    """Return a group per building (overlapping footprints, equal points), how many buildings joined one, podiums.

    A podium overlaps two or more smaller footprints of a group of more than `undivided_max` households: it
    gets no sites of its own, so that the towers on it are units, and shares the unit in whose cell it stands.
    """
    count = len(shapes)
    if count == 0:
        return np.zeros(0, dtype=np.int64), 0, np.zeros(0, dtype=bool)
    left, right = _overlapping_pairs(shapes)
    group = _components(count, left, right)
    crowded = np.bincount(group, weights=households)[group] > undivided_max
    area = shapely.area(shapes)
    larger = np.where(area[left] >= area[right], left, right)
    podium = crowded & (np.bincount(larger, minlength=count) >= 2) & (area > 0)
    apart = ~podium[left] & ~podium[right]
    group = _components(count, left[apart], right[apart])
    return group, int((np.bincount(group)[group] > 1).sum()), podium


def _overlapping_pairs(shapes: GeometryArray) -> tuple[IntArray, IntArray]:
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = left < right
    left, right = left[keep], right[keep]
    area = shapely.area(shapes)
    smaller = np.minimum(area[left], area[right])
    common = np.zeros(len(left))
    solid = smaller > 0
    valid = shapely.make_valid(shapes)
    common[solid] = shapely.area(shapely.intersection(valid[left[solid]], valid[right[solid]]))
    points = np.maximum(area[left], area[right]) == 0
    same = (solid & (common > OVERLAP_SHARE * smaller)) | (
        points & shapely.equals(shapes[left], shapes[right])
    )
    return left[same], right[same]


def _sites(shapes: GeometryArray, enclosures: _Enclosures, podium: np.ndarray) -> _Sites:
    """Return Voronoi sites: points along every ring of every shrunk footprint, on the bank of the building.

    A building keeps to the bank (land between barriers) of its representative point; across a street it may
    reach, so that a street drawn through a house does not cut it. Water is nobody's bank while land is near.
    """
    xy, building = _outline_points(shapes)
    spots = shapely.point_on_surface(shapes)
    spots = np.where(shapely.is_empty(spots), shapely.centroid(shapes), spots)
    tree = shapely.STRtree(enclosures.metric_faces)
    home = _home_enclosure(spots, enclosures)
    row, face = tree.query(shapely.points(xy), predicate="within")
    enclosure = np.full(len(xy), -1, dtype=np.int64)
    enclosure[row] = face
    own_bank = (enclosure >= 0) & (enclosures.bank[enclosure] == enclosures.bank[home[building]])
    keep = own_bank & (enclosures.is_water[enclosure] == enclosures.is_water[home[building]])
    keep &= ~podium[building]
    missing = np.setdiff1d(np.flatnonzero(~podium), building[keep])
    inner = _inner_spots(spots[missing], enclosures.metric_faces[home[missing]])
    return _Sites(
        xy=np.vstack([xy[keep], inner]),
        building=np.concatenate([building[keep], missing]),
        enclosure=np.concatenate([enclosure[keep], home[missing]]),
    )


def _home_enclosure(spots: GeometryArray, enclosures: _Enclosures) -> IntArray:
    land = np.flatnonzero(~enclosures.is_water)
    if len(land) == 0:
        land = np.arange(len(enclosures.is_water))
    home = np.full(len(spots), -1, dtype=np.int64)
    row, face = shapely.STRtree(enclosures.metric_faces[land]).query(spots, predicate="intersects")
    for r, f in sorted(zip(row.tolist(), face.tolist(), strict=True), reverse=True):
        home[r] = land[f]
    astray = np.flatnonzero(home < 0)
    if len(astray):
        near = shapely.STRtree(enclosures.metric_faces[land]).nearest(spots[astray])
        home[astray] = land[near]
    return home


def _inner_spots(spots: GeometryArray, faces: GeometryArray) -> FloatArray:
    """Return the spot itself where it lies in its face, else a place just inside the face nearest to it."""
    if len(spots) == 0:
        return np.zeros((0, 2))
    placed = []
    for spot, face in zip(spots, faces, strict=True):
        if not shapely.contains(face, spot):
            inside = shapely.buffer(face, -0.5)
            target = inside if not inside.is_empty else face.representative_point()
            spot = shapely.ops.nearest_points(target, spot)[0]
        placed.append((spot.x, spot.y))
    return np.array(placed)


def _outline_points(shapes: GeometryArray) -> tuple[FloatArray, IntArray]:
    solid = np.flatnonzero(shapely.area(shapes) > 0)
    thin = np.flatnonzero(shapely.area(shapes) <= 0)
    valid = shapely.make_valid(shapes[solid])
    step = np.full(len(solid), FREE_SITE_STEP_M)
    left, right = shapely.STRtree(valid).query(valid, predicate="dwithin", distance=TOUCHING_M)
    step[left[left != right]] = TOUCHING_SITE_STEP_M
    shrunk = shapely.buffer(valid, -SHRINK_M, join_style="mitre", mitre_limit=2.0)
    # A footprint narrower than twice the shrink vanishes: it is tried again with a tenth, then stands as a
    # point.
    gone = shapely.is_empty(shrunk)
    shrunk[gone] = shapely.buffer(valid[gone], -SHRINK_M / 10)
    gone = shapely.is_empty(shrunk)
    shrunk[gone] = shapely.point_on_surface(valid[gone])
    shrunk = shapely.segmentize(shrunk, np.maximum(step, shapely.length(shrunk) / 400.0))
    xy, index = shapely.get_coordinates(shrunk, return_index=True)
    thin_xy = shapely.get_coordinates(shapely.point_on_surface(shapes[thin]))
    return np.vstack([xy, thin_xy]), np.concatenate([solid[index], thin]).astype(np.int64)


def _ridges(sites: _Sites, group: IntArray, enclosures: _Enclosures) -> GeometryArray:
    """Return the Voronoi ridges between different units as metric lines, clipped to their enclosure."""
    ridges = []
    owner = group[sites.building] if len(sites.building) else sites.building
    for enclosure, rows in _by_enclosure(sites).items():
        lines = _ridges_between(sites.xy[rows], owner[rows])
        if len(lines) == 0:
            continue
        block = shapely.buffer(enclosures.metric_faces[enclosure], OVERSHOOT_M)
        shapely.prepare(block)
        inside = shapely.contains_properly(block, lines)
        cut = shapely.intersection(lines[~inside], block)
        ridges.append(lines[inside])
        ridges.append(cut[~shapely.is_empty(cut)])
    return np.concatenate(ridges) if ridges else np.zeros(0, dtype=object)


def _by_enclosure(sites: _Sites) -> dict[int, IntArray]:
    order = np.argsort(sites.enclosure, kind="stable")
    numbers, first = np.unique(sites.enclosure[order], return_index=True)
    return {int(n): rows for n, rows in zip(numbers, np.split(order, first[1:]), strict=True)}


def _ridges_between(xy: FloatArray, owner: IntArray) -> GeometryArray:
    if len(np.unique(owner)) < 2:
        return np.zeros(0, dtype=object)
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    reach = max(float(np.ptp(xy, axis=0).max()), 1.0) * 20 + 2000.0
    far = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, -1.5], [0, 1.5], [-1.5, 0], [1.5, 0]]) * reach
    points = np.vstack([xy - middle, far])
    owners = np.concatenate([owner, np.full(len(far), -1)])
    try:
        voronoi = Voronoi(points)
    except QhullError:
        voronoi = Voronoi(points, qhull_options="Qbb Qc Qz QJ")
    vertices = np.asarray(voronoi.ridge_vertices, dtype=np.int64)
    sides = owners[voronoi.ridge_points]
    keep = (sides[:, 0] != sides[:, 1]) & (sides >= 0).all(axis=1) & (vertices >= 0).all(axis=1)
    ends = voronoi.vertices[vertices[keep]] + middle
    # Ridges far outside any community are cut short by the clip; a zero length would upset the noding.
    ends = ends[np.hypot(*(ends[:, 0] - ends[:, 1]).T) > 1e-9]
    return np.asarray(shapely.linestrings(ends)) if len(ends) else np.zeros(0, dtype=object)


# ---- Faces and units ---------------------------------------------------------------------------------------


def _faces(
    frame: shapely.Geometry, lattice: Lattice, ridges: GeometryArray, enclosures: _Enclosures
) -> tuple[GeometryArray, IntArray]:
    """Return the faces between all lines (lattice) and the enclosure of each."""
    rims = shapely.boundary(enclosures.lattice_faces)
    faces = divide_keeping_corners(rims, lattice.from_metric(ridges), frame)
    outline = bent_by_noding(shapely.coverage_union_all(enclosures.lattice_faces), faces)
    spots = shapely.point_on_surface(faces)
    faces, spots = (kept[shapely.contains(outline, spots)] for kept in (faces, spots))
    of = np.full(len(faces), -1, dtype=np.int64)
    row, enclosure = shapely.STRtree(enclosures.lattice_faces).query(spots, predicate="within")
    of[row] = enclosure
    # A face of a few square centimetres, made by the noding on an enclosure's rim, belongs to the nearest one.
    orphans = np.flatnonzero(of < 0)
    if len(orphans):
        of[orphans] = shapely.STRtree(enclosures.lattice_faces).nearest(spots[orphans])
    return faces, of


def _label_faces(
    metric_faces: GeometryArray, enclosure_of: IntArray, sites: _Sites, group: IntArray, buildings: int
) -> IntArray:
    """Return per face the group of the site that generated it, or `buildings` + enclosure for a block of no
    site.
    """
    spots = shapely.get_coordinates(shapely.point_on_surface(metric_faces))
    label = buildings + enclosure_of
    rows_of = _by_enclosure(sites)
    order = np.argsort(enclosure_of, kind="stable")
    numbers, first = np.unique(enclosure_of[order], return_index=True)
    for enclosure, faces in zip(numbers, np.split(order, first[1:]), strict=True):
        rows = rows_of.get(int(enclosure))
        if rows is None:
            continue
        nearest = cKDTree(sites.xy[rows]).query(spots[faces])[1]
        label[faces] = group[sites.building[rows[nearest]]]
    return label


def _settle(
    faces: GeometryArray,
    label: IntArray,
    enclosure_of: IntArray,
    enclosures: _Enclosures,
    sites: _Sites,
    group: IntArray,
    shapes: GeometryArray,
    lattice: Lattice,
) -> tuple[IntArray, int]:
    """Give stray faces of a unit to the neighbour with the longest common border, first in the same enclosure.

    Returns labels and the number of buildings left without a face of their own (they share a unit: see
    `_units`).
    """
    left, right, length = _face_borders(faces)
    label = label.copy()
    site_faces = _faces_of_sites(faces, label, sites, group, lattice)
    for _ in range(6):
        strays = _stray_faces(faces, label, left, right, site_faces)
        if len(strays) == 0:
            break
        if not _give_away(strays, label, enclosure_of, enclosures, left, right, length):
            break
    lost = np.setdiff1d(np.unique(group), label)
    if len(lost):
        _share_unit(lost, label, faces, group, shapes, lattice)
    return label, len(lost)


def _face_borders(faces: GeometryArray) -> tuple[IntArray, IntArray, FloatArray]:
    left, right, start, end, nodes = _paired(faces)
    delta = nodes[start] - nodes[end]
    return left, right, np.hypot(delta[:, 0], delta[:, 1])


def _paired(polygons: GeometryArray) -> tuple[IntArray, IntArray, IntArray, IntArray, FloatArray]:
    segments = segments_of(polygons)
    count = len(segments.nodes)
    key = np.minimum(segments.start, segments.end) * count + np.maximum(segments.start, segments.end)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    return (
        segments.owner[first],
        segments.owner[second],
        segments.start[first],
        segments.end[first],
        segments.nodes,
    )


def _stray_faces(
    faces: GeometryArray, label: IntArray, left: IntArray, right: IntArray, site_faces: IntArray
) -> IntArray:
    """Return the faces outside the main connected part of their unit: the part with most sites, then most area.

    A Voronoi region clipped to a block that is not convex falls apart; only one part of it holds the house.
    """
    same = label[left] == label[right]
    part = _components(len(faces), left[same], right[same])
    count = int(part.max()) + 1
    area = np.bincount(part, weights=shapely.area(faces), minlength=count)
    sites = np.bincount(part[site_faces], minlength=count)
    label_of_part = np.zeros(count, dtype=np.int64)
    label_of_part[part] = label
    order = np.lexsort((np.arange(count), -area, -sites, label_of_part))
    main = np.zeros(count, dtype=bool)
    main[order[np.r_[True, label_of_part[order][1:] != label_of_part[order][:-1]]]] = True
    return np.flatnonzero(~main[part])


def _faces_of_sites(
    faces: GeometryArray, label: IntArray, sites: _Sites, group: IntArray, lattice: Lattice
) -> IntArray:
    """Return the face of every site that lies in a face of its own unit, looking only at units of several
    faces.
    """
    several = np.bincount(label, minlength=int(group.max(initial=0)) + 1) > 1
    rows = np.flatnonzero(several[group[sites.building]])
    if len(rows) == 0:
        return np.zeros(0, dtype=np.int64)
    candidates = np.flatnonzero(several[label])
    spots = shapely.points(lattice.from_metric_xy(sites.xy[rows]))
    row, face = shapely.STRtree(faces[candidates]).query(spots, predicate="within")
    own = label[candidates[face]] == group[sites.building[rows[row]]]
    return np.asarray(candidates[face[own]])


def _give_away(
    strays: IntArray,
    label: IntArray,
    enclosure_of: IntArray,
    enclosures: _Enclosures,
    left: IntArray,
    right: IntArray,
    length: FloatArray,
) -> bool:
    stray = np.zeros(len(label), dtype=bool)
    stray[strays] = True
    offers: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for a, b, metres in zip(
        np.concatenate([left, right]),
        np.concatenate([right, left]),
        np.concatenate([length, length]),
        strict=True,
    ):
        if not stray[a] or stray[b]:
            continue
        # 1e12 and 1e6 rank: same enclosure, then same bank, then whoever is longest.
        rank = 1e12 if enclosure_of[a] == enclosure_of[b] else 0.0
        if not rank and enclosures.bank[enclosure_of[a]] == enclosures.bank[enclosure_of[b]]:
            rank = 1e6
        offers[int(a)][int(label[b])] += float(metres) + rank
    changed = False
    for face in sorted(offers):
        best = max(sorted(offers[face]), key=lambda unit: offers[face][unit])
        changed = changed or best != label[face]
        label[face] = best
    return changed


def _share_unit(
    lost: IntArray,
    label: IntArray,
    faces: GeometryArray,
    group: IntArray,
    shapes: GeometryArray,
    lattice: Lattice,
) -> None:
    """Let buildings without a face share the unit in whose cell they stand (or the nearest); `group` is
    updated.
    """
    tree = shapely.STRtree(faces)
    for number in lost:
        members = np.flatnonzero(group == number)
        spot = lattice.from_metric(np.array([shapes[members[0]].representative_point()], dtype=object))[0]
        group[members] = label[int(tree.nearest(spot))]


def _units(label: IntArray, group: IntArray) -> tuple[IntArray, IntArray]:
    numbers, unit_of_face = np.unique(label, return_inverse=True)
    at = np.searchsorted(numbers, group)
    found = (at < len(numbers)) & (numbers[np.minimum(at, len(numbers) - 1)] == group)
    return unit_of_face.astype(np.int64), np.where(found, at, -1).astype(np.int64)


# ---- Measuring ---------------------------------------------------------------------------------------------


def _measured(
    lattice: Lattice,
    frame: shapely.Geometry,
    cells: GeometryArray,
    households: IntArray,
    water: np.ndarray,
    unit_of_building: IntArray,
    lines: _Lines,
    notes: tuple[str, ...],
) -> Tessellation:
    adjacency, ring_m, ring_street_m = _adjacency(cells, lattice, lines)
    metric = lattice.to_metric(cells)
    land = ~water
    passable = (
        (adjacency.length_m - adjacency.barrier_m >= PASSABLE_M)
        & land[adjacency.left]
        & land[adjacency.right]
    )
    piece = _components(len(cells), adjacency.left[passable], adjacency.right[passable])
    piece = np.where(land, piece, -1)
    piece[land] = np.unique(piece[land], return_inverse=True)[1]
    return Tessellation(
        lattice=lattice,
        frame=frame,
        cells=cells,
        households=households,
        area_m2=shapely.area(metric),
        perimeter_m=shapely.length(metric),
        ring_m=ring_m,
        ring_street_m=ring_street_m,
        is_water=water,
        piece=piece.astype(np.int64),
        unit_of_building=unit_of_building,
        adjacency=adjacency,
        notes=notes,
    )


def _adjacency(
    cells: GeometryArray, lattice: Lattice, lines: _Lines
) -> tuple[Adjacency, FloatArray, FloatArray]:
    """Return the pairs of neighbours, and per cell the metres of border on the outer ring and on ring and
    street.
    """
    segments = segments_of(cells)
    metric = lattice.to_metric_xy(segments.nodes)
    delta = metric[segments.start] - metric[segments.end]
    length = np.hypot(delta[:, 0], delta[:, 1])
    middle = shapely.points((metric[segments.start] + metric[segments.end]) / 2)
    on_barrier = np.where(_on_lines(middle, lines.barriers), length, 0.0)
    on_street = np.where(_on_lines(middle, lines.streets), length, 0.0)
    count = len(segments.nodes)
    key = np.minimum(segments.start, segments.end) * count + np.maximum(segments.start, segments.end)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    lone = np.ones(len(key), dtype=bool)
    lone[first] = lone[second] = False
    ring = sum_per(segments.owner[lone], length[lone], len(cells))
    ring_street = sum_per(segments.owner[lone], on_street[lone], len(cells))
    a, b = segments.owner[first], segments.owner[second]
    differ = a != b
    a, b, first = a[differ], b[differ], first[differ]
    pair = np.minimum(a, b) * len(cells) + np.maximum(a, b)
    pairs, of = np.unique(pair, return_inverse=True)
    adjacency = Adjacency(
        left=(pairs // len(cells)).astype(np.int64),
        right=(pairs % len(cells)).astype(np.int64),
        length_m=sum_per(of, length[first], len(pairs)),
        barrier_m=sum_per(of, on_barrier[first], len(pairs)),
        street_m=sum_per(of, on_street[first], len(pairs)),
    )
    return adjacency, ring, ring_street


def _on_lines(points: GeometryArray, lines: GeometryArray) -> np.ndarray:
    found = np.zeros(len(points), dtype=bool)
    if len(lines) and len(points):
        found[np.unique(shapely.STRtree(lines).query(points, predicate="dwithin", distance=ON_LINE_M)[0])] = (
            True
        )
    return found
