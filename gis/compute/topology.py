"""A plan's grids are checked as a whole: valid, tiling the frame, connected, of a lawful size, nobody lost.

Used for plans edited by hand; what the partition draws passes by construction. Rules: J03, J05
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import (
    STORED_CRS,
    UNITS_PER_DEGREE,
    GeometryArray,
    Lattice,
    to_lattice,
)
from gis.compute.parameters import PartitionParameters
from gis.compute.polygons import tiles_exactly

# A seam of one rounding step along 1 km is 5 m² of nothing; faults are told apart from seams by their width.
SEAM_WIDTH_M = 0.03


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a plan: `hard` ones forbid submitting it; `place` is lon-lat."""

    code: str
    grids: tuple[Hashable, ...]
    zh: str
    en: str
    hard: bool
    place: tuple[float, float] | None = None
    area_m2: float | None = None


def check_plan(
    grids: gpd.GeoDataFrame,
    frame: shapely.Geometry,
    *,
    metric_crs: str,
    households: pd.Series | None = None,
    assignment: pd.Series | None = None,
    parameters: PartitionParameters | None = None,
    rural: bool = False,
) -> list[Finding]:
    """Return everything wrong with the grids of one community; none means the plan is sound.

    `grids`: EPSG:4490, index = label; `frame`: the community's stored frame, lon-lat; `households`: per grid
    label; `assignment`: grid label per building (NaN = none). Village grids (`rural`) have no size rule.
    Codes: GRID_INVALID, GRID_OVERLAP, GRID_OUTSIDE, GRID_GAP, GRID_SEAM (hard: borders that miss by
    rounding), NOT_CONTIGUOUS (soft), GRID_EMPTY, GRID_SIZE (hard), GRID_SIZE_SOFT, BUILDING_LOST (hard).
    """
    labels = list(grids.index)
    lattice = Lattice(metric_crs)
    shapes = to_lattice(grids.geometry.to_crs(STORED_CRS).to_numpy())
    ring = to_lattice(np.array([frame], dtype=object))[0]
    findings = _invalid(shapes, labels)
    if not findings:
        findings += _overlaps(shapes, labels, lattice)
        findings += _outside(shapes, labels, ring, lattice)
        findings += _gaps(shapes, ring, lattice)
        if not findings:
            findings += _seams(shapes, labels, ring)
        findings += _scattered(shapes, labels)
    if households is not None:
        findings += _sizes(labels, households, parameters or PartitionParameters(), rural)
    if assignment is not None:
        findings += _lost(labels, assignment)
    return findings


def _place(shape: shapely.Geometry) -> tuple[float, float]:
    spot = shape.representative_point()
    return round(spot.x / UNITS_PER_DEGREE, 7), round(spot.y / UNITS_PER_DEGREE, 7)


def _wide_parts(shape: shapely.Geometry, lattice: Lattice) -> list[tuple[shapely.Geometry, float]]:
    """Return the polygon parts wider than a seam with their area in m²."""
    parts = np.array([p for p in shapely.get_parts(shape) if p.area > 0], dtype=object)
    if len(parts) == 0:
        return []
    metric = lattice.to_metric(parts)
    area, length = shapely.area(metric), shapely.length(metric)
    return [
        (part, float(m2))
        for part, m2, m in zip(parts, area, length, strict=True)
        if 2 * m2 / m > SEAM_WIDTH_M
    ]


def _invalid(shapes: GeometryArray, labels: list[Hashable]) -> list[Finding]:
    findings = []
    for label, shape in zip(labels, shapes, strict=True):
        polygonal = (
            shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty
        )
        if polygonal and shape.is_valid:
            continue
        reason = shapely.is_valid_reason(shape) if polygonal else "empty or no polygon"
        findings.append(
            Finding(
                "GRID_INVALID",
                (label,),
                f"网格 {label} 的面不可用：{reason}",
                f"grid {label} is not a usable polygon: {reason}",
                True,
            )
        )
    return findings


def _overlaps(shapes: GeometryArray, labels: list[Hashable], lattice: Lattice) -> list[Finding]:
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    findings = []
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if a >= b:
            continue
        for part, area in _wide_parts(shapely.intersection(shapes[a], shapes[b]), lattice):
            findings.append(
                Finding(
                    "GRID_OVERLAP",
                    (labels[a], labels[b]),
                    f"网格 {labels[a]} 与 {labels[b]} 重叠 {area:.1f} 平方米",
                    f"grids {labels[a]} and {labels[b]} overlap by {area:.1f} m²",
                    True,
                    _place(part),
                    round(area, 2),
                )
            )
    return findings


def _outside(
    shapes: GeometryArray, labels: list[Hashable], ring: shapely.Geometry, lattice: Lattice
) -> list[Finding]:
    findings = []
    for label, shape in zip(labels, shapes, strict=True):
        for part, area in _wide_parts(shapely.difference(shape, ring), lattice):
            findings.append(
                Finding(
                    "GRID_OUTSIDE",
                    (label,),
                    f"网格 {label} 超出社区范围 {area:.1f} 平方米",
                    f"grid {label} reaches {area:.1f} m² beyond the community",
                    True,
                    _place(part),
                    round(area, 2),
                )
            )
    return findings


def _gaps(shapes: GeometryArray, ring: shapely.Geometry, lattice: Lattice) -> list[Finding]:
    rest = shapely.difference(ring, shapely.union_all(shapes))
    return [
        Finding(
            "GRID_GAP",
            (),
            f"有 {area:.1f} 平方米土地不属于任何网格",
            f"{area:.1f} m² of land belong to no grid",
            True,
            _place(part),
            round(area, 2),
        )
        for part, area in _wide_parts(rest, lattice)
    ]


def _seams(shapes: GeometryArray, labels: list[Hashable], ring: shapely.Geometry) -> list[Finding]:
    if shapely.coverage_is_valid(shapes) and tiles_exactly(shapes, ring):
        return []
    edges = shapely.coverage_invalid_edges(shapes)
    bad = [label for label, e in zip(labels, edges, strict=True) if not shapely.is_empty(e)]
    lines = [e for e in edges if not shapely.is_empty(e)]
    spot = shapely.get_coordinates(lines[0])[0] / UNITS_PER_DEGREE if lines else None
    return [
        Finding(
            "GRID_SEAM",
            tuple(bad),
            "网格边线在共用处的顶点不一致（缝隙小于 3 厘米），请对齐顶点",
            "borders that should coincide have different vertices (gaps below 3 cm): align them",
            True,
            None if spot is None else (float(spot[0]), float(spot[1])),
        )
    ]


def _scattered(shapes: GeometryArray, labels: list[Hashable]) -> list[Finding]:
    return [
        Finding(
            "NOT_CONTIGUOUS",
            (label,),
            f"网格 {label} 不连片，由 {count} 块组成",
            f"grid {label} is not contiguous: {count} parts",
            False,
            _place(shape),
        )
        for label, shape in zip(labels, shapes, strict=True)
        if (count := len(shapely.get_parts(shapely.union_all(np.array([shape], dtype=object))))) > 1
    ]


def _sizes(
    labels: list[Hashable], households: pd.Series, parameters: PartitionParameters, rural: bool
) -> list[Finding]:
    findings = []
    limits = parameters.limits
    for label in labels:
        count = int(households.get(label, 0))
        if len(labels) == 1 or (rural and count > 0):
            continue
        if count == 0:
            code, hard = "GRID_EMPTY", True
        elif not limits.hard_min <= count <= limits.hard_max:
            code, hard = "GRID_SIZE", True
        elif not limits.soft_min <= count <= limits.soft_max:
            code, hard = "GRID_SIZE_SOFT", False
        else:
            continue
        findings.append(
            Finding(
                code,
                (label,),
                f"城市网格约{limits.target}户，网格 {label} 当前{count}户，请说明理由",
                f"a grid has about {limits.target} households; grid {label} has {count}: give the reason",
                hard,
            )
        )
    return findings


def _lost(labels: list[Hashable], assignment: pd.Series) -> list[Finding]:
    lost = assignment.index[~assignment.isin(labels)]
    if len(lost) == 0:
        return []
    named = "、".join(str(b) for b in lost[:5])
    return [
        Finding(
            "BUILDING_LOST",
            (),
            f"{len(lost)} 栋建筑不属于任何网格：{named}",
            f"{len(lost)} buildings belong to no grid: {named}",
            True,
        )
    ]
