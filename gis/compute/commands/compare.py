"""`compare`: two plans side by side, and which households changed grid."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.commands.plans import Plan, read_plan
from gis.compute.commands.reporting import about_run, check_report_files, write_report
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.versions import versions
from gis.compute.commands.writing import check_writable, write_layers
from gis.compute.crs import STORAGE_EPSG, to_metric
from gis.compute.identity import match_grids
from gis.compute.intake import file_digest
from gis.compute.lattice import to_lattice
from gis.compute.outcome import position_in
from gis.compute.quality import polsby_popper, reock
from gis.compute.refusal import InputRefused
from gis.compute.report.comparison import Compared, gather_comparison
from gis.compute.report.comparison_page import comparison_page
from gis.compute.report.values import ComparisonReport

_COLUMNS = ["building_id", "grid_code", "households", "geometry"]


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Compare two plans and write what changed; returns the summary."""
    check_writable(options.out, (".gpkg", ".geojson", ".fgb", ".csv"))
    check_report_files(options)
    before, after = read_plan(options.before), read_plan(options.after)
    with speaker.progress("对比", "comparing"):
        compared = _compared(before, after)
        sides = tuple(_grids(plan, compared, side) for plan, side in ((before, "before"), (after, "after")))
    changed = compared.buildings[compared.buildings["changed"]]
    write_layers(options.out, {"changed": _stored(changed), "grids": _succession(sides[1], compared)})
    parameters = {"target": options.target, "band": options.band}
    run_values = {"sources": _sources(options, len(before.grids), len(after.grids)), "versions": versions()}
    about = about_run(options.title, parameters, run_values, compared.notes)
    report = gather_comparison(
        Compared(sides[0], sides[1], compared.buildings, compared.successor),
        names=(options.before.name, options.after.name), wanted=(options.target, options.band), about=about,
    )  # fmt: skip
    return _summary(report, [options.out, *write_report(report, comparison_page, options)])


@dataclass(frozen=True)
class _Both:
    """`buildings` (metric): building_id, households, before, after, changed; `successor`: new code → old code."""

    buildings: gpd.GeoDataFrame
    successor: dict[str, str]
    notes: list[tuple[str, str]]


def _compared(before: Plan, after: Plan) -> _Both:
    """Every building of both plans with its grid in each; buildings of one plan only have "" in the other."""
    known = after.buildings if len(after.buildings) else before.buildings
    if len(known) == 0:
        raise InputRefused(
            "PLAN_WITHOUT_BUILDINGS",
            zh="两个方案都没有楼栋图层 buildings，无法统计户数变动",
            en="neither plan holds a layer “buildings”, so no household can be followed",
            remedy_zh="至少一个文件应由 partition 命令写出",
            remedy_en="at least one of the files must have been written by the command partition",
        )
    frame = known[_COLUMNS[:1] + _COLUMNS[2:]].reset_index(drop=True)
    old, new = _grid_of(frame, before), _grid_of(frame, after)
    notes = []
    gone = _only_in(before.buildings, after.buildings)
    if gone:
        notes.append(
            (
                f"旧方案中有 {gone} 栋楼不在新方案中",
                f"{gone} buildings of the plan before are not in the new one",
            )
        )
    fresh = _only_in(after.buildings, before.buildings) if len(before.buildings) else 0
    if fresh:
        notes.append((f"新方案多出 {fresh} 栋楼", f"{fresh} buildings are new"))
    households = pd.to_numeric(frame["households"]).fillna(0).astype("int64")
    successor = _successors(new, old, households, after.grids)
    expected = new.map(successor)
    both = (old != "") & (new != "")
    if not both.any():
        raise _apart()
    metric = to_metric(gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_EPSG))
    buildings = metric.assign(before=old, after=new, households=households, changed=both & (expected != old))
    return _Both(buildings, successor, notes)


def _apart() -> InputRefused:
    return InputRefused(
        "PLANS_APART",
        zh="两个方案没有一栋共同的楼，无法对比",
        en="the two plans have not one building in common",
        remedy_zh="请给出同一片区域的两个方案，楼栋编号须一致",
        remedy_en="give two plans of the same land, whose buildings have the same ids",
    )


def _only_in(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> int:
    return len(set(first["building_id"]) - set(second["building_id"]))


def _grid_of(frame: gpd.GeoDataFrame, plan: Plan) -> pd.Series:
    """The grid of each building in a plan: by the building's id where the plan knows it, else by its place."""
    codes = pd.Series("", index=frame.index, dtype=object)
    if len(plan.buildings):
        by_id = plan.buildings.drop_duplicates("building_id").set_index("building_id")["grid_code"]
        codes = frame["building_id"].map(by_id.astype(str)).fillna("").astype(object)
        codes = codes.where(codes.isin(plan.grids.index), "")
        return codes
    position = position_in(plan.grids, to_lattice(frame.geometry.representative_point().to_numpy()))
    labels = np.array([*plan.grids.index, ""], dtype=object)
    return pd.Series(labels[position], index=frame.index, dtype=object)


def _successors(
    new: pd.Series, old: pd.Series, households: pd.Series, grids: gpd.GeoDataFrame
) -> dict[str, str]:
    """New grid → the old one it shares most households with, each old one once, community by community."""
    label = pd.Series(range(len(grids)), index=grids.index)
    by_community = (
        grids["community_code"].astype(str)
        if "community_code" in grids.columns
        else pd.Series("", index=grids.index)
    )
    community = new.map(by_community)
    found: dict[str, str] = {}
    for _, rows in new[(new != "") & (old != "")].groupby(community).groups.items():
        matched = match_grids(new[rows].map(label).astype(int), old[rows], households[rows])
        found.update({str(grids.index[at]): str(code) for at, code in matched.items()})
    # An old grid over two communities may have been taken twice: the first keeps it.
    first = {was: code for code, was in reversed(found.items())}
    return {code: was for was, code in first.items()}


def _grids(plan: Plan, compared: _Both, side: str) -> gpd.GeoDataFrame:
    """A plan's grids in metres with households of today's buildings and measured shapes; index = code."""
    homes = compared.buildings.groupby(side)["households"].sum()
    shapes = plan.grids.geometry.to_crs(compared.buildings.crs)
    metric = np.asarray(shapes.to_numpy(), dtype=object)
    own = plan.buildings.groupby("grid_code")["households"].sum() if len(plan.buildings) else homes
    households = own.reindex(plan.grids.index).fillna(0).astype("int64")
    given = plan.grids.to_dict("series")
    return gpd.GeoDataFrame(
        {
            "community_code": given.get("community_code", ""),
            "is_village": given["kind"] == "village" if "kind" in given else False,
            "households": households,
            # A plan's own figures leave water out; measured here only where it has none.
            "compactness": given["compactness"] if "compactness" in given else polsby_popper(metric),
            "reock": given["reock"] if "reock" in given else reock(metric),
        },
        index=plan.grids.index,
        geometry=metric,
        crs=compared.buildings.crs,
    )


def _stored(changed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return changed[["building_id", "households", "before", "after", "geometry"]].to_crs(STORAGE_EPSG)


def _succession(grids: gpd.GeoDataFrame, compared: _Both) -> gpd.GeoDataFrame:
    stored = grids.to_crs(STORAGE_EPSG).rename_axis("code").reset_index()
    return stored.assign(takes_over=[compared.successor.get(code, "") for code in stored["code"]])


def _sources(options: argparse.Namespace, before: int, after: int) -> list[dict[str, object]]:
    rows = []
    for zh, en, path, count in (
        ("旧方案", "before", options.before, before),
        ("新方案", "after", options.after, after),
    ):
        plan: Path = path
        rows.append(
            {
                "kind": en, "kind_zh": zh, "file": plan.name, "layer": "grids", "format": plan.suffix.lstrip("."),
                "crs": "EPSG:4490", "rows": count, "used": count, "sha256": file_digest(plan),
            }
        )  # fmt: skip
    return rows


def _summary(report: ComparisonReport, written: list[Path]) -> dict[str, object]:
    part = report.changed / max(report.compared, 1)
    return {
        "command": "compare",
        "compared_households": report.compared,
        "changed_households": report.changed,
        "changed_share": round(part, 6),
        "changed_buildings": report.changed_buildings,
        "new_grids": report.new_grids,
        "gone_grids": list(report.gone),
        "figures": {words[1]: [before, after] for words, before, after in report.figures},
        "files": [str(path) for path in written],
        "lines": [
            (
                f"{report.compared} 户中有 {report.changed} 户换了网格（{part:.2%}），{report.changed_buildings} 栋楼；"
                f"新增网格 {report.new_grids}，取消 {len(report.gone)}",
                f"{report.changed} of {report.compared} households changed grid ({part:.2%}), "
                f"{report.changed_buildings} buildings; {report.new_grids} grids are new, {len(report.gone)} are gone",
            ),
            *[(f"{words[0]}：{a} → {b}", f"{words[1]}: {a} -> {b}") for words, a, b in report.figures],
            *[(f"已写出 {path}", f"written: {path}") for path in written],
        ],
    }
