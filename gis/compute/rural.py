"""A village is divided by villager groups: each group is one grid and is never split.

Rule: J04
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.admission import Admitted, admitted
from gis.compute.frames import shared_lengths
from gis.compute.lattice import (
    UNITS_PER_DEGREE,
    GeometryArray,
    IntArray,
    Lattice,
    node_and_polygonize,
)
from gis.compute.metric import require_metric
from gis.compute.ordering import west_to_east
from gis.compute.outcome import CommunityPartition, finished, one_grid
from gis.compute.parameters import SIMPLIFY_M, PartitionParameters
from gis.compute.polygons import Homes, draw_grids
from gis.compute.quality import Reason, measure_grids
from gis.compute.refusal import InputRefused
from gis.compute.tessellation import Tessellation, tessellate
from gis.compute.zones import attach_loose

# Group polygons drawn by hand overlap along their common lines; more than this is a real overlap.
_OVERLAP_WIDTH_M = 2.0


def partition_rural(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    groups: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoSeries | None = None,
    barriers: gpd.GeoSeries | None = None,
    parameters: PartitionParameters | None = None,
    merge_below: int = 0,
    previous: gpd.GeoDataFrame | None = None,
) -> CommunityPartition:
    """Return the grids of a village, one per villager group; `grids` has the column `villager_groups` (names) too.

    `frame`, `buildings`, `streets`, `barriers`, `previous` as for `partition_community`. `groups`: metric
    polygons, index = name; land of no group goes to the neighbouring group. Without them the column
    `villager_group` of the buildings and their cells form the groups' land. Groups below `merge_below`
    households (and those without homes) join the neighbour with the longest common border, with a reason.
    Neither given: the village is one grid. Raises InputRefused: DEGREES_NOT_METRES, GROUP_OVERLAP (names,
    place, area).
    """
    wanted = parameters or PartitionParameters()
    given = admitted(
        frame, buildings, metric_crs=metric_crs, streets=streets, barriers=barriers, previous=previous
    )
    if groups is not None and len(groups):
        require_metric(groups)
        land = _land_of_polygons(given.ring, given.buildings, groups, given.lattice)
    elif "villager_group" in buildings.columns and buildings["villager_group"].notna().any():
        cells = tessellate(given.ring, given.buildings, given.lattice, given.streets, given.barriers)
        land = _land_of_cells(given.ring, given.buildings, cells)
    else:
        land = None
    result = _one_grid(given, wanted) if land is None else _drawn(given, land, wanted, max(1, merge_below))
    result.notes[:0] = given.notes
    return replace(result, assignment=result.assignment.reindex(buildings.index))


def _one_grid(given: Admitted, wanted: PartitionParameters) -> CommunityPartition:
    total = int(given.buildings["households"].sum())
    result = one_grid(given.ring, given.buildings, given.lattice, wanted, given.previous, total)
    result.grids["villager_groups"] = [()]
    result.notes.append("没有村民小组的面或楼栋归属，全村为一个网格")
    return result


@dataclass(frozen=True)
class _Land:
    """Faces (lattice) with the group of each, group of each building, names of the groups, notes.

    `simplify_m`: 0 where the borders are the groups' own, which are not to be straightened.
    """

    faces: GeometryArray
    group: IntArray
    building_group: IntArray
    names: list[str]
    notes: list[str]
    simplify_m: float


# ---- Land of group polygons --------------------------------------------------------------------------------


def _land_of_polygons(
    ring: shapely.Geometry, buildings: gpd.GeoDataFrame, groups: gpd.GeoDataFrame, lattice: Lattice
) -> _Land:
    names = [str(n) for n in groups.index]
    metric = shapely.make_valid(shapely.force_2d(groups.geometry.to_numpy()))
    _check_groups(metric, names, lattice)
    official = lattice.from_metric(metric)
    faces = node_and_polygonize(np.concatenate([[shapely.boundary(ring)], shapely.boundary(official)]))
    faces = faces[shapely.contains(ring, shapely.point_on_surface(faces))]
    owner = np.full(len(faces), -1, dtype=np.int64)
    row, group = shapely.STRtree(official).query(shapely.point_on_surface(faces), predicate="within")
    for r, g in sorted(zip(row.tolist(), group.tolist(), strict=True), reverse=True):
        owner[r] = g
    unowned = float(shapely.area(lattice.to_metric(faces[owner < 0])).sum())
    notes = [f"{unowned:.0f} 平方米不属于任何村民小组的土地并入相邻小组"] if unowned > 1 else []
    _settle(faces, owner)
    missing = [n for i, n in enumerate(names) if i not in set(owner.tolist())]
    if missing:
        notes.append(f"村民小组不在本村范围内：{'、'.join(missing)}")
    building_group = _group_at(faces, owner, buildings, lattice)
    if "villager_group" in buildings.columns:
        told = buildings["villager_group"].astype("string")
        differ = told.notna().to_numpy() & (told.to_numpy() != np.array(names, dtype=object)[building_group])
        if differ.any():
            notes.append(f"{int(differ.sum())} 栋房屋登记的村民小组与所在位置不一致，以位置为准")
    return _Land(faces, owner, building_group, names, notes, 0.0)


def _check_groups(metric: GeometryArray, names: list[str], lattice: Lattice) -> None:
    left, right = shapely.STRtree(metric).query(metric, predicate="intersects")
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        if a >= b:
            continue
        overlap = shapely.buffer(shapely.intersection(metric[a], metric[b]), -_OVERLAP_WIDTH_M / 2)
        if overlap.is_empty:
            continue
        area = float(shapely.area(shapely.intersection(metric[a], metric[b])))
        spot = lattice.from_metric(np.array([overlap.representative_point()], dtype=object))[0]
        raise InputRefused(
            "GROUP_OVERLAP",
            zh=f"村民小组“{names[a]}”与“{names[b]}”重叠 {area:.0f} 平方米",
            en=f"villager groups “{names[a]}” and “{names[b]}” overlap by {area:.0f} m²",
            remedy_zh="请修正两个小组的边界",
            remedy_en="correct the two borders",
            row=b + 1,
            field="geometry",
            place=(spot.x / UNITS_PER_DEGREE, spot.y / UNITS_PER_DEGREE),
            facts={"names": [names[a], names[b]], "area_m2": round(area, 2)},
        )


def _settle(faces: GeometryArray, owner: IntArray) -> None:
    """Give land of no group to the group with the longest common border, then whatever is left to the
    nearest.
    """
    for _ in range(len(faces)):
        waiting = np.flatnonzero(owner < 0)
        if len(waiting) == 0:
            return
        shared = shared_lengths(faces, set(waiting.tolist()))
        chosen: dict[int, int] = {}
        for face in waiting.tolist():
            length: dict[int, float] = {}
            for other, metres in shared[face].items():
                if owner[other] >= 0:
                    length[int(owner[other])] = length.get(int(owner[other]), 0.0) + metres
            if length:
                chosen[face] = max(sorted(length), key=lambda g: length[g])
        if not chosen:
            break
        for face, group in chosen.items():
            owner[face] = group
    owned = np.flatnonzero(owner >= 0)
    for face in np.flatnonzero(owner < 0).tolist():
        near = shapely.STRtree(faces[owned]).nearest(faces[face]) if len(owned) else None
        owner[face] = 0 if near is None else owner[owned[int(near)]]


def _group_at(
    faces: GeometryArray, owner: IntArray, buildings: gpd.GeoDataFrame, lattice: Lattice
) -> IntArray:
    spots = lattice.from_metric(buildings.geometry.representative_point().to_numpy())
    if len(spots) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(owner[shapely.STRtree(faces).nearest(spots)])


# ---- Land of cells -----------------------------------------------------------------------------------------


def _land_of_cells(ring: shapely.Geometry, buildings: gpd.GeoDataFrame, tessellation: Tessellation) -> _Land:
    codes, found = pd.factorize(buildings["villager_group"], sort=True)
    names = [str(n) for n in found]
    units = len(tessellation.cells)
    # A unit goes to the group with most of its households; a house counts a little even where nobody lives.
    table = np.zeros((units, len(names)))
    known = codes >= 0
    np.add.at(
        table,
        (tessellation.unit_of_building[known], codes[known]),
        buildings["households"].to_numpy(dtype=np.float64)[known] + 1e-3,
    )
    label = np.where(table.max(axis=1) > 0, table.argmax(axis=1), -1).astype(np.int64)
    _join_groups(tessellation, label, len(names))
    strangers = int(buildings["households"].to_numpy()[~known].sum())
    notes = list(tessellation.notes)
    if strangers:
        notes.append(f"{strangers} 户没有村民小组，归入相邻小组")
    label = attach_loose(tessellation, label, np.flatnonzero(label < 0))
    building_group = label[tessellation.unit_of_building]
    shared = int((known & (building_group != codes)).sum())
    if shared:
        notes.append(f"{shared} 栋房屋与其他小组的房屋连成一体，随多数归组")
    return _Land(tessellation.cells, label, building_group, names, notes, SIMPLIFY_M)


def _join_groups(tessellation: Tessellation, label: IntArray, count: int) -> None:
    """Connect the parts of each group through land without a group, by the fewest units; `label` is updated."""
    near: list[list[int]] = [[] for _ in range(len(label))]
    for a, b in zip(tessellation.adjacency.left.tolist(), tessellation.adjacency.right.tolist(), strict=True):
        near[a].append(b)
        near[b].append(a)
    for group in range(count):
        for _ in range(len(label)):
            path = _path_to_another_part(near, label, group)
            if not path:
                break
            label[path] = group


def _path_to_another_part(near: list[list[int]], label: IntArray, group: int) -> list[int]:
    """Return units without a group that would connect two parts of this one, none if there is no such way."""
    waiting = set(np.flatnonzero(label == group).tolist())
    parts = []
    while waiting:
        parts.append(_reach(near, min(waiting), waiting))
        waiting -= parts[-1]
    for own in parts if len(parts) > 1 else []:
        path = _path_from(near, label, group, own)
        if path:
            return path
    return []


def _path_from(near: list[list[int]], label: IntArray, group: int, own: set[int]) -> list[int]:
    came: dict[int, int] = {u: -1 for u in own}
    ring = sorted(own)
    while ring:
        following: list[int] = []
        for u in ring:
            for v in near[u]:
                if v in came or label[v] not in (-1, group):
                    continue
                came[v] = u
                if label[v] == group:
                    return _walked(came, u, own)
                following.append(v)
        ring = following
    return []


def _walked(came: dict[int, int], at: int, own: set[int]) -> list[int]:
    path = []
    while at not in own:
        path.append(at)
        at = came[at]
    return path


def _reach(near: list[list[int]], start: int, members: set[int]) -> set[int]:
    reached = {start}
    waiting = [start]
    while waiting:
        for v in near[waiting.pop()]:
            if v in members and v not in reached:
                reached.add(v)
                waiting.append(v)
    return reached


# ---- Grids -------------------------------------------------------------------------------------------------


def _drawn(given: Admitted, land: _Land, wanted: PartitionParameters, merge_below: int) -> CommunityPartition:
    ring, buildings, lattice = given.ring, given.buildings, given.lattice
    households = buildings["households"].to_numpy(dtype=np.int64)
    into, merged = _merge_tiny(land, households, merge_below)
    kept = sorted(set(into[land.group].tolist()))
    label = np.searchsorted(kept, into[land.group])
    building_grid = np.searchsorted(kept, into[land.building_group]).astype(np.int64)
    order, rank, _ = west_to_east(land.faces, shapely.area(land.faces), label, len(kept))
    label, building_grid = rank[label], rank[building_grid]
    shapes = lattice.from_metric(buildings.geometry.to_numpy())
    polygons = draw_grids(
        land.faces, label, len(kept), ring, homes=Homes.of(shapes, building_grid), simplify_m=land.simplify_m
    ).polygons
    metric = lattice.to_metric(polygons)
    rows = measure_grids(metric, label, buildings, building_grid, wanted.limits)
    rows["zone"] = 0
    reasons = []
    members = []
    for grid in range(len(kept)):
        group = kept[int(order[grid])]
        members.append(tuple(n for i, n in enumerate(land.names) if into[i] == group))
        why = [Reason.GROUP, *([Reason.GROUPS_MERGED] if group in merged else [])]
        if polygons[grid].geom_type == "MultiPolygon":
            why.append(Reason.NOT_CONTIGUOUS)
        reasons.append(tuple(why))
    zones = pd.DataFrame(
        {
            "zone": [0], "k": [len(kept)], "towers": [0], "households": [int(households.sum())],
            "attainable_deviation": [0.0], "grids_in_band": [int((rows["size_class"] == "band").sum())],
            "reasons": [(Reason.GROUP,)],
        }
    )  # fmt: skip
    result = finished(polygons, rows, reasons, buildings, building_grid, zones, given.previous, land.notes)
    result.grids["villager_groups"] = pd.Series(members, index=result.grids.index, dtype=object)
    return result


def _merge_tiny(land: _Land, households: IntArray, merge_below: int) -> tuple[IntArray, set[int]]:
    """Return per group the group it ends in, and the groups that took others in."""
    count = len(land.names)
    into = np.arange(count)
    homes = np.bincount(land.building_group, weights=households, minlength=count)
    present = np.bincount(land.group, minlength=count) > 0
    merged: set[int] = set()
    for _ in range(count):
        alive = [g for g in range(count) if present[g] and into[g] == g]
        tiny = [g for g in alive if homes[g] < merge_below]
        if not tiny or len(alive) == 1:
            break
        group = min(tiny, key=lambda g: (homes[g], g))
        target = _longest_neighbour(land, into, group, alive)
        into[into == group] = target
        homes[target] += homes[group]
        merged.discard(group)
        merged.add(target)
    return into, merged


def _longest_neighbour(land: _Land, into: IntArray, group: int, alive: list[int]) -> int:
    owner = into[land.group]
    own = set(np.flatnonzero(owner == group).tolist())
    length = {g: 0.0 for g in alive if g != group}
    for borders in shared_lengths(land.faces, own).values():
        for face, metres in borders.items():
            if owner[face] != group:
                length[int(owner[face])] += metres
    return min(length, key=lambda g: (-length[g], g))
