"""Rows that stand twice, by their key or by their outline: they would count homes twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import LayerKind


def check_repeats(frame: pd.DataFrame, kind: LayerKind) -> list[Finding]:
    """Rows whose key (code or reference) already occurred, naming the first row that has it."""
    if not kind.key:
        return []
    keys = frame[kind.key].astype(str)
    seen: dict[str, int] = {}
    findings = []
    label = next(spec.zh for spec in kind.fields if spec.name == kind.key)
    for key, row in zip(keys, frame["row"], strict=True):
        if not key:
            continue
        first = seen.setdefault(key, int(row))
        if first != int(row):
            findings.append(
                Finding(
                    "KEY_REPEATED",
                    zh=f"第{row}行：{label}“{key}”与第{first}行重复",
                    en=f"row {row}: {kind.key} “{key}” repeats row {first}",
                    remedy_zh="请删除或更正重复的行",
                    remedy_en="delete or correct the repeated row",
                    row=int(row),
                    field=kind.key,
                    facts={"key": key, "first_row": first},
                )
            )
    return findings


def left_out_repeats(repeats: list[Finding]) -> list[Finding]:
    """One warning that counts the rows left out because an earlier row has their key."""
    if not repeats:
        return []
    rows = [finding.row for finding in repeats]
    keys = list(dict.fromkeys(str(finding.facts["key"]) for finding in repeats))
    shown = ", ".join(keys[:5])
    return [
        Finding(
            "REPEATS_LEFT_OUT",
            zh=f"编号重复的{len(rows)}行已跳过，各保留第一行（{shown}等）",
            en=f"{len(rows)} rows with repeated ids were left out, the first of each was kept ({shown} …)",
            field=repeats[0].field,
            facts={"count": len(rows), "rows": rows[:1000], "keys": keys[:1000]},
        )
    ]


def check_held(frame: gpd.GeoDataFrame, held: gpd.GeoDataFrame) -> list[Finding]:
    """Rows of a file that is to be added whose `ref` the city holds already: they would count twice."""
    refs = {str(ref) for ref in held["ref"]} - {""}
    return [
        Finding(
            "REF_HELD",
            zh=f"第{row}行：编号“{ref}”已在图层中，追加会重复计算",
            en=f"row {row}: the layer holds “{ref}” already; added, it would count twice",
            remedy_zh="请删除该行，或改为“替换整层”导入完整文件",
            remedy_en="delete the row, or replace the layer by a complete file",
            row=int(row),
            field="ref",
            facts={"ref": str(ref)},
        )
        for ref, row in zip(frame["ref"].astype(str), frame["row"], strict=True)
        if ref in refs
    ]


def same_shapes_warning(frame: gpd.GeoDataFrame, held: gpd.GeoDataFrame | None = None) -> list[Finding]:
    """One warning for all rows drawn exactly like an earlier row or like something the city holds.

    Points are let off: the doors of one address share a place.
    """
    drawn = frame[frame.geometry.geom_type != "Point"]
    shapes = _canonical(drawn.geometry)
    known = set() if held is None else set(_canonical(held.geometry))
    repeated = []
    for shape, row in zip(shapes, drawn["row"], strict=True):
        if shape in known:
            repeated.append(int(row))
        known.add(shape)
    if not repeated:
        return []
    shown = ", ".join(map(str, repeated[:10]))
    return [
        Finding(
            "SHAPES_REPEATED",
            zh=f"{len(repeated)}行的轮廓与其他行或已有要素完全相同（第{shown}行等），户数可能重复计算",
            en=f"{len(repeated)} rows have the very outline of another (rows {shown} …) and may count twice",
            remedy_zh="请核对是否重复；重复的请删除",
            remedy_en="check whether they are repeated and delete those that are",
            field="geometry",
            facts={"count": len(repeated), "rows": repeated[:1000]},
        )
    ]


def _canonical(shapes: gpd.GeoSeries) -> list[bytes]:
    """Each outline in one form, wherever its ring begins and whichever way it runs."""
    return list(shapely.to_wkb(shapely.normalize(np.asarray(shapes.values, dtype=object))))
