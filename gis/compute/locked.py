"""Locked grids of the plan before stay as they are, to the last bit; the land between them is divided anew.

Point 9 of the partition specification. All work is on the lattice and on whole border segments: what is left
of a frame when locked grids are taken out has exactly their vertices along them, so that old and new tile the
frame together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import (
    STORED_CRS,
    UNITS_PER_DEGREE,
    GeometryArray,
    IntArray,
    Lattice,
    segments_of,
    to_lattice,
)
from gis.compute.polygons import CUT_DEPTH_M, tiles_exactly
from gis.compute.polygons.tiling import Node
from gis.compute.refusal import InputRefused
from gis.compute.ties import listed

# Borders that miss each other by rounding share less than this with what lies beyond.
_SEAM_M2 = 1.0
_UNIT = 0.0111
# A tip whose sides are nearer to one another than this (4 cm) where the shorter ends is a needle.
_NEEDLE = 4.0


@dataclass(frozen=True)
class Land:
    """A part of a community's frame (lattice) that is divided by itself, or one locked grid (`label`, `is_locked`).

    `beside`: labels of the locked grids it touches. `needles`: vertices (before, tip, after) that were left out of
    `ring` because the land or the gap beside them is thinner than noding can tell; `sharpened` puts them back.
    """

    ring: shapely.Geometry
    is_locked: bool = False
    label: Hashable = None
    beside: tuple[Hashable, ...] = ()
    needles: tuple[tuple[Node, Node, Node], ...] = ()


def lands_of(
    frame: shapely.Geometry,
    previous: gpd.GeoDataFrame | None,
    locked: Collection[Hashable],
    lattice: Lattice,
) -> list[Land]:
    """Return the locked grids in the order of the plan before, then the parts of the frame left between them.

    `frame`: lattice; `previous`: EPSG:4490, index = label. Islands of the frame that no locked grid touches go with
    the nearest part. Raises InputRefused: LOCKED_UNKNOWN, LOCKED_INVALID, LOCKED_OVERLAP, LOCKED_OUTSIDE,
    LOCKED_BORDER.
    """
    if not locked:
        return [Land(frame)]
    known = _known(previous, locked)
    assert previous is not None
    chosen = previous.geometry[previous.index.isin(known)]
    shapes = to_lattice(chosen.to_crs(STORED_CRS).to_numpy())
    labels: list[Hashable] = list(chosen.index)
    _check_shapes(shapes, labels, frame, lattice)
    parts = _parts_left(frame, shapes)
    if not tiles_exactly(np.concatenate([shapes, parts]), frame):
        raise _border_moved(shapes, labels, frame)
    kept = [Land(shape, True, label) for label, shape in zip(labels, shapes, strict=True)]
    return kept + _grouped(frame, shapes, labels, parts)


def _known(previous: gpd.GeoDataFrame | None, locked: Collection[Hashable]) -> set[Hashable]:
    known: set[Hashable] = set() if previous is None else set(previous.index)
    strange = [label for label in locked if label not in known]
    if strange:
        raise InputRefused(
            "LOCKED_UNKNOWN",
            zh=f"要锁定的网格不在原方案中：{listed(strange)}",
            en=f"grids to be locked are not in the plan before: {listed(strange)}",
            remedy_zh="请核对网格编号，或先给出原方案",
            remedy_en="check the grids' codes, or give the plan before",
            facts={"grids": [str(label) for label in strange]},
        )
    return set(locked)


def place_of(shape: shapely.Geometry) -> tuple[float, float]:
    """Return a lon-lat point of a lattice geometry."""
    spot = shape.representative_point()
    return round(spot.x / UNITS_PER_DEGREE, 7), round(spot.y / UNITS_PER_DEGREE, 7)


def _check_shapes(
    shapes: GeometryArray, labels: list[Hashable], frame: shapely.Geometry, lattice: Lattice
) -> None:
    for label, shape in zip(labels, shapes, strict=True):
        if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty or not shape.is_valid:
            raise _refused(
                "LOCKED_INVALID",
                [label],
                zh=f"锁定的网格 {label} 的面不可用",
                en=f"the locked grid {label} is not a usable polygon",
                place=None if shape.is_empty else place_of(shape.convex_hull),
            )
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        common = shapely.intersection(shapes[a], shapes[b]) if a < b else shapely.Point()
        if _area_m2(common, lattice) > _SEAM_M2:
            raise _refused(
                "LOCKED_OVERLAP",
                [labels[a], labels[b]],
                zh=f"锁定的网格 {labels[a]} 与 {labels[b]} 重叠 {_area_m2(common, lattice):.0f} 平方米",
                en=f"the locked grids {labels[a]} and {labels[b]} overlap by {_area_m2(common, lattice):.0f} m²",
                place=place_of(common),
            )
    for label, shape in zip(labels, shapes, strict=True):
        beyond = shapely.difference(shape, frame)
        if _area_m2(beyond, lattice) > _SEAM_M2:
            raise _refused(
                "LOCKED_OUTSIDE",
                [label],
                zh=f"锁定的网格 {label} 有 {_area_m2(beyond, lattice):.0f} 平方米在社区范围之外",
                en=f"{_area_m2(beyond, lattice):.0f} m² of the locked grid {label} lie outside the community",
                place=place_of(beyond),
            )


def _area_m2(shape: shapely.Geometry, lattice: Lattice) -> float:
    if shape.is_empty or shape.area == 0:
        return 0.0
    return float(shapely.area(lattice.to_metric(np.array([shape], dtype=object)))[0])


def _refused(
    code: str, labels: list[Hashable], *, zh: str, en: str, place: tuple[float, float] | None
) -> InputRefused:
    return InputRefused(
        code,
        zh=zh,
        en=en,
        remedy_zh="请解除锁定，或先修正该网格的边界",
        remedy_en="unlock it, or correct its border first",
        place=place,
        facts={"grids": [str(label) for label in labels]},
    )


def _border_moved(shapes: GeometryArray, labels: list[Hashable], frame: shapely.Geometry) -> InputRefused:
    """Say which locked grids no longer meet the frame, or one another, vertex for vertex."""
    rim = shapely.get_coordinates(frame)
    edge = shapely.boundary(frame)
    moved = []
    for label, shape in zip(labels, shapes, strict=True):
        own = shapely.get_coordinates(shape)
        near = own[shapely.dwithin(edge, shapely.points(own), 1.5)]
        beyond = rim[shapely.dwithin(shapely.boundary(shape), shapely.points(rim), 1.5)]
        alike = {tuple(xy) for xy in near.tolist()} == {tuple(xy) for xy in beyond.tolist()}
        if not alike:
            moved.append(label)
    moved = moved or labels
    return _refused(
        "LOCKED_BORDER",
        moved,
        zh=f"锁定的网格 {listed(moved)} 与现在的社区边界（或彼此）不再逐点重合",
        en=f"the locked grids {listed(moved)} no longer meet the community's present border (or one another) "
        "vertex for vertex",
        place=place_of(shapes[labels.index(moved[0])]),
    )


def _parts_left(frame: shapely.Geometry, shapes: GeometryArray) -> GeometryArray:
    """Return the polygons of the frame that no locked shape covers, made of whole segments of both."""
    rim = segments_of(np.array([frame], dtype=object))
    inner = segments_of(shapes)
    edges = {(*rim.nodes[a], *rim.nodes[b]) for a, b in zip(rim.start, rim.end, strict=True)}
    for a, b in zip(inner.start, inner.end, strict=True):
        forward, back = (*inner.nodes[a], *inner.nodes[b]), (*inner.nodes[b], *inner.nodes[a])
        if forward in edges:
            edges.remove(forward)
        else:
            edges.symmetric_difference_update([back])
    if not edges:
        return np.zeros(0, dtype=object)
    lines = shapely.linestrings([[(ax, ay), (bx, by)] for ax, ay, bx, by in sorted(edges)])
    faces = shapely.get_parts(shapely.polygonize(lines))
    spots = shapely.point_on_surface(faces)
    free = shapely.contains(frame, spots)
    taken = shapely.STRtree(shapes).query(spots, predicate="intersects")[0]
    free[taken] = False
    faces = shapely.orient_polygons(faces[free])
    return np.asarray(faces[np.lexsort(shapely.bounds(faces).T[::-1])] if len(faces) else faces)


def _grouped(
    frame: shapely.Geometry, shapes: GeometryArray, labels: list[Hashable], parts: GeometryArray
) -> list[Land]:
    """Return the parts as lands: those cut off by locked grids apart, whole islands with the nearest of them."""
    if len(parts) == 0:
        return []
    islands = shapely.get_parts(frame)
    whole = np.array([any(part.equals(island) for island in islands) for part in parts])
    cut = np.flatnonzero(~whole)
    home: IntArray = np.zeros(len(parts), dtype=np.int64)
    home[cut] = np.arange(len(cut))
    if len(cut):
        home[whole] = shapely.STRtree(parts[cut]).nearest(parts[whole])
    lands = []
    for number in np.unique(home):
        own = parts[home == number]
        ring = own[0] if len(own) == 1 else shapely.multipolygons(own)
        near = shapely.STRtree(shapes).query(ring, predicate="intersects")
        blunt, needles = _blunted(ring)
        lands.append(Land(blunt, beside=tuple(labels[i] for i in sorted(near.tolist())), needles=needles))
    return lands


def _blunted(ring: shapely.Geometry) -> tuple[shapely.Geometry, tuple[tuple[Node, Node, Node], ...]]:
    """Return the land without the tips of needles, of land or of gaps, and these tips in the order of their removal."""
    needles: list[tuple[Node, Node, Node]] = []
    parts = []
    for part in shapely.get_parts(ring):
        rings = [_without_tips(_nodes(line), needles) for line in shapely.get_rings(part)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    blunt = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return (blunt, tuple(needles)) if needles and blunt.is_valid else (ring, ())


def _nodes(ring: shapely.Geometry) -> list[Node]:
    return [(int(x), int(y)) for x, y in np.rint(shapely.get_coordinates(ring)[:-1])]


def _without_tips(nodes: list[Node], needles: list[tuple[Node, Node, Node]]) -> list[Node]:
    at = 0
    while at < len(nodes) and len(nodes) > 4:
        before, tip, after = nodes[at - 1], nodes[at], nodes[(at + 1) % len(nodes)]
        if _is_needle(before, tip, after):
            needles.append((before, tip, after))
            del nodes[at]
            at = max(0, at - 1)
        else:
            at += 1
    return nodes


def _is_needle(before: Node, tip: Node, after: Node) -> bool:
    a, b = (before[0] - tip[0], before[1] - tip[1]), (after[0] - tip[0], after[1] - tip[1])
    if a[0] * b[0] + a[1] * b[1] <= 0:
        return False
    longer = max(float(np.hypot(*a)), float(np.hypot(*b)))
    return bool(abs(a[0] * b[1] - a[1] * b[0]) / longer < _NEEDLE)


def sharpened(polygons: GeometryArray, needles: tuple[tuple[Node, Node, Node], ...]) -> GeometryArray:
    """Return the grids drawn in blunted land with the tips put back."""
    result = polygons.copy()
    for before, tip, after in reversed(needles):
        for number, polygon in enumerate(result):
            pointed = _with_tip(polygon, before, tip, after)
            if pointed is not None:
                result[number] = pointed
                break
    return result


def _with_tip(polygon: shapely.Geometry, before: Node, tip: Node, after: Node) -> shapely.Geometry | None:
    parts = list(shapely.get_parts(polygon))
    for at, part in enumerate(parts):
        rings = [_nodes(line) for line in shapely.get_rings(part)]
        for ring in rings:
            for i, node in enumerate(ring):
                if {node, ring[i - 1]} == {before, after}:
                    ring.insert(i, tip)
                    parts[at] = shapely.Polygon(rings[0], rings[1:])
                    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return None


def land_of_buildings(lands: list[Land], spots: GeometryArray) -> IntArray:
    """Return the number of the land on which each spot (lattice point) stands, the nearest where none does."""
    rings = np.array([land.ring for land in lands], dtype=object)
    return np.asarray(shapely.STRtree(rings).nearest(spots)).astype(np.int64)


def check_land_has_homes(land: Land, households: int) -> None:
    """Refuse land without homes that is cut off by locked grids with InputRefused("LOCKED_LEAVES_LAND")."""
    if land.is_locked or not land.beside or households > 0:
        return
    raise InputRefused(
        "LOCKED_LEAVES_LAND",
        zh=f"锁定的网格 {listed(land.beside)} 之间剩下的土地没有住户，不能成为网格",
        en=f"the land left between the locked grids {listed(land.beside)} has no homes and cannot be a grid",
        remedy_zh=f"请解除其中一个网格的锁定：{listed(land.beside)}",
        remedy_en=f"unlock one of them: {listed(land.beside)}",
        place=place_of(land.ring),
        facts={"grids": [str(label) for label in land.beside]},
    )


def too_thin(land: Land) -> InputRefused:
    """Return how land is refused of which nothing is left on the lattice.

    LOCKED_INVALID for a locked grid, LOCKED_LEAVES_LAND for what lies between them, FRAME_UNUSABLE for a whole frame.
    """
    if not land.is_locked and not land.beside:
        return InputRefused(
            "FRAME_UNUSABLE",
            zh="社区边框太窄，几乎没有面积",
            en="the community's frame is so thin that it has hardly any area",
            remedy_zh="请修正社区边界",
            remedy_en="correct the community's border",
            field="frame",
            place=place_of(land.ring),
        )
    if land.is_locked:
        return _refused(
            "LOCKED_INVALID",
            [land.label],
            zh=f"锁定的网格 {land.label} 的面太窄，几乎没有面积",
            en=f"the locked grid {land.label} is so thin that it has hardly any area",
            place=place_of(land.ring),
        )
    return _refused(
        "LOCKED_LEAVES_LAND",
        list(land.beside),
        zh=f"锁定的网格 {listed(land.beside)} 之间剩下的土地太窄，不能成为网格",
        en=f"the land left between the locked grids {listed(land.beside)} is too thin to be a grid",
        place=place_of(land.ring),
    )


def straddling_notes(lands: list[Land], home: IntArray, shapes: GeometryArray, names: pd.Index) -> list[str]:
    """Say which footprints (lattice) reach across the border of a locked grid; they count where their middle is."""
    if len(lands) < 2 or not any(land.is_locked for land in lands):
        return []
    rings = np.array([land.ring for land in lands], dtype=object)
    solid = np.flatnonzero(shapely.area(shapes) > 0)
    cores = shapely.buffer(shapes[solid], -CUT_DEPTH_M / _UNIT)
    row, land = shapely.STRtree(rings).query(cores, predicate="intersects")
    across = solid[np.unique(row[land != home[solid][row]])]
    if len(across) == 0:
        return []
    named = listed(names[across])
    return [f"{len(across)} 栋建筑的轮廓跨越锁定网格的边线，按其中心归属：{named}"]
