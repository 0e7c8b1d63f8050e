"""What came of each land of a community, in figures, and all lands together from west to east.

Point 10 of the partition specification.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.locked import Land
from gis.compute.parameters import SizeLimits
from gis.compute.quality import Reason, compounds_split, measure_grids
from gis.compute.tessellation import Tessellation
from gis.compute.ties import Tied, Wishes, listed
from gis.compute.verdict import EFFORTS, Verdict, ZoneVerdict, zone_verdict
from gis.compute.zones import Zone

# What is told of each zone: grids, units above the band, households, deviation if split evenly and whether that is
# in band; grids in band and worst deviation; what is proven of these (`gis.compute.bound`, `verdict`); sides of
# barriers joined; the verdict as a sentence. `in_band_if_soft` is NaN where it was not asked.
ZONE_COLUMNS = (
    "zone", "k", "towers", "households", "attainable_deviation", "is_attainable", "grids_in_band",
    "worst_deviation", "in_band_at_most", "in_band_if_soft", "worst_at_least", "proof", "verdict", "gap",
    "pieces", "reasons", "told_zh", "told_en",
)  # fmt: skip

# Why a grid misses the band in a zone that is divided as well as can be.
_REASON_OF_VERDICT = {
    Verdict.OPTIMAL: Reason.NOT_POSSIBLE,
    Verdict.OPTIMAL_IF_SOFT: Reason.SPARES_OTHERS,
    Verdict.OPTIMAL_IF_AS_NEAR: Reason.SPARES_FARTHEST,
}


@dataclass(frozen=True)
class GridFigures:
    """The grids of one land: polygons (lattice), who lives in them, zone of each, named grids, reasons, figures.

    `rows_of_buildings`: places of the land's buildings among the community's; `building_grid`: their grids;
    `label`: grid per unit; `named`: number of the name → grid; `middle`: lattice place that orders the grids;
    `rows`: one row of figures per grid, `verdicts` one per zone, `reasons` and the zones' `table` likewise
    (empty until measured).
    """

    land: Land
    rows_of_buildings: IntArray
    tessellation: Tessellation
    zones: list[Zone]
    tied: list[Tied]
    polygons: GeometryArray
    added: list[tuple[int, int]]
    label: IntArray
    building_grid: IntArray
    zone_of: IntArray
    named: dict[int, int]
    middle: IntArray
    notes: list[str]
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    verdicts: list[ZoneVerdict] = field(default_factory=list)
    reasons: list[tuple[Reason, ...]] = field(default_factory=list)
    table: list[dict[str, Any]] = field(default_factory=list)


def land_figures(
    land: GridFigures, buildings: gpd.GeoDataFrame, limits: SizeLimits, preset: str = "standard"
) -> GridFigures:
    """Return the land with the figures of its grids, their reasons and the table of its zones.

    The `preset` says how hard it is tried to prove that a zone could not have been divided better.
    """
    metric = land.tessellation.lattice.to_metric(land.polygons)
    rows = measure_grids(metric, land.label, buildings, land.building_grid, limits, land.tessellation)
    rows["zone"] = land.zone_of
    measured = replace(land, rows=rows, verdicts=_verdicts(land, limits, preset))
    notes = list(land.notes)
    if land.added:
        notes.append(f"社区边框上新增了 {len(land.added)} 个顶点")
    reasons = _locked_reasons(rows) if land.land.is_locked else _reasons(measured, limits)
    table = zone_table(measured, limits)
    notes.extend(_land_notes(measured, limits))
    return replace(measured, reasons=reasons, table=table, notes=notes)


def _land_notes(land: GridFigures, limits: SizeLimits) -> list[str]:
    if land.land.is_locked:
        homes = int(land.rows["households"].iloc[0])
        beyond = "" if limits.hard_min <= homes <= limits.hard_max else "，超出户数限制"
        return [f"网格 {land.land.label} 已锁定，边界不变（{homes} 户{beyond}）"]
    notes = [f"分区{number + 1}：{text}" for number, zone in enumerate(land.zones) for text in zone.reasons]
    homes = int(land.rows["households"].sum())
    if land.land.beside and homes < limits.hard_min:
        notes.append(f"锁定的网格 {listed(land.land.beside)} 之间只剩 {homes} 户，自成一个网格")
    return notes


def _verdicts(land: GridFigures, limits: SizeLimits, preset: str) -> list[ZoneVerdict]:
    found = []
    for zone, tied in zip(land.zones, land.tied, strict=True):
        local = np.unique(land.label[zone.units], return_inverse=True)[1]
        label = np.zeros(len(tied.graph.households), dtype=np.int64)
        label[tied.group] = local
        # The search may have had to make do with fewer grids than were counted.
        count = replace(tied.count, k=int(local.max()) + 1)
        found.append(zone_verdict(tied.graph, count, label, limits, EFFORTS[preset]))
    return found


def zone_table(land: GridFigures, limits: SizeLimits) -> list[dict[str, Any]]:
    """Return one row per zone of a land, columns `ZONE_COLUMNS`; `reasons` are texts."""
    table: list[dict[str, Any]] = []
    for number, (zone, tied, found) in enumerate(zip(land.zones, land.tied, land.verdicts, strict=True)):
        own, soft = land.rows[land.rows["zone"] == number], found.bound.in_band_if_soft
        values = (
            number, len(own), tied.count.towers, zone.households, tied.count.attainable,
            bool(tied.count.attainable <= limits.band + 1e-9), int((own["size_class"] == "band").sum()),
            float(own["deviation"].abs().max()), found.bound.in_band_at_most, np.nan if soft is None else float(soft),
            found.bound.worst_at_least, found.bound.proof.value, found.verdict.value, found.gap,
            len(zone.pieces), zone.reasons, *found.words,
        )  # fmt: skip
        table.append(dict(zip(ZONE_COLUMNS, values, strict=True)))
    return table


def _locked_reasons(rows: pd.DataFrame) -> list[tuple[Reason, ...]]:
    return [(Reason.LOCKED,)] * len(rows)


def _reasons(land: GridFigures, limits: SizeLimits) -> list[tuple[Reason, ...]]:
    found: list[tuple[Reason, ...]] = []
    largest = np.zeros(len(land.rows), dtype=np.int64)
    np.maximum.at(largest, land.label, land.tessellation.households)
    homes = land.tessellation.households > 0
    for grid in range(len(land.rows)):
        reasons = _size_reasons(land, grid, int(largest[grid]), limits)
        sides = np.unique(land.tessellation.piece[homes & (land.label == grid)])
        if len(sides) > 1:
            reasons.append(Reason.CROSSES_BARRIER)
        if land.polygons[grid].geom_type == "MultiPolygon":
            reasons.append(Reason.NOT_CONTIGUOUS)
        found.append(tuple(reasons))
    return found


def _size_reasons(land: GridFigures, grid: int, largest: int, limits: SizeLimits) -> list[Reason]:
    if land.rows["size_class"].iloc[grid] == "band":
        return []
    count = land.tied[int(land.zone_of[grid])].count
    if largest > limits.target * (1 + limits.band):
        return [Reason.TOWER]
    if grid in land.named.values():
        return [Reason.ASSIGNED]
    if count.attainable > limits.band:
        return [Reason.BESIDE_LOCKED if land.land.beside else Reason.ZONE_UNATTAINABLE]
    verdict = land.verdicts[int(land.zone_of[grid])].verdict
    return [_REASON_OF_VERDICT.get(verdict, Reason.NOT_FOUND)]


# ---- All lands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JoinedFigures:
    """The grids of a whole community from west to east; `fixed`: grid → label it is bound to take over."""

    polygons: GeometryArray
    added: list[tuple[int, int]]
    rows: pd.DataFrame
    reasons: list[tuple[Reason, ...]]
    building_grid: IntArray
    zones: pd.DataFrame
    fixed: dict[int, Hashable]
    notes: list[str]


def joined_figures(
    lands: list[GridFigures], buildings: gpd.GeoDataFrame, wishes: Wishes, previous: gpd.GeoDataFrame | None
) -> JoinedFigures:
    """Return the grids of all lands in one table; zones are numbered through, locked grids have zone -1."""
    counts = [len(land.polygons) for land in lands]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    place = np.concatenate([land.middle for land in lands])
    order = np.lexsort((-place[:, 1], place[:, 0]))
    rank = np.argsort(order)
    building_grid = np.full(len(buildings), -1, dtype=np.int64)
    for start, land in zip(first, lands, strict=True):
        building_grid[land.rows_of_buildings] = rank[start + land.building_grid]
    rows = _rows_of(lands, order)
    rows["compounds_split"] = compounds_split(buildings, building_grid, len(rows))
    names: dict[int, Hashable] = {
        int(rank[start]): land.land.label
        for start, land in zip(first, lands, strict=True)
        if land.land.is_locked
    }
    fixed = dict(names)
    for start, land in zip(first, lands, strict=True):
        for number, grid in land.named.items():
            names[int(rank[start + grid])] = wishes.names[number]
            if previous is not None and wishes.names[number] in previous.index:
                fixed[int(rank[start + grid])] = wishes.names[number]
    rows["name"] = pd.Series([names.get(g) for g in range(len(rows))], index=rows.index, dtype=object)
    rows["assigned"] = np.bincount(building_grid[wishes.wish >= 0], minlength=len(rows)).astype(np.int64)
    reasons = [reason for land in lands for reason in land.reasons]
    notes = [note for land in lands for note in land.notes]
    if len(wishes.names):
        notes.append(f"手工指定 {int((wishes.wish >= 0).sum())} 栋建筑到 {len(wishes.names)} 个网格")
    return JoinedFigures(
        polygons=np.concatenate([land.polygons for land in lands])[order],
        added=[node for land in lands for node in land.added],
        rows=rows,
        reasons=[reasons[int(i)] for i in order],
        building_grid=building_grid,
        zones=_zones_of(lands),
        fixed=fixed,
        notes=notes,
    )


def _rows_of(lands: list[GridFigures], order: IntArray) -> pd.DataFrame:
    parts = []
    zones = 0
    for land in lands:
        part = land.rows.assign(locked=land.land.is_locked)
        part["zone"] = np.where(part["zone"] >= 0, part["zone"] + zones, -1)
        parts.append(part)
        zones += len(land.zones)
    rows = pd.concat(parts).iloc[order]
    rows.index = pd.RangeIndex(len(rows), name="grid")
    return rows


def _zones_of(lands: list[GridFigures]) -> pd.DataFrame:
    table: list[dict[str, Any]] = []
    for land in lands:
        first = len(table)
        table.extend({**row, "zone": row["zone"] + first} for row in land.table)
    return pd.DataFrame(table, columns=list(ZONE_COLUMNS))
