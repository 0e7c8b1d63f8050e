"""Deciding how a file's numbers are to be read as places: what was declared, what the file says, what they
show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs import (
    CHINA,
    CoordinateSystem,
    Extent,
    coordinate_classes,
    detect_system,
    in_extent,
    lon_lat,
    parse_system,
)
from gis.compute.intake.findings import Finding
from gis.compute.intake.formats import RawLayer
from gis.compute.refusal import InputRefused

# Without a known extent: a city fits into this many degrees around the middle of its file.
_FAR_FROM_REST_DEG = 2.0


@dataclass(frozen=True)
class Placing:
    """The system to read with, and what is worth saying about it."""

    system: CoordinateSystem
    warnings: list[Finding]


def feature_middles(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """One coordinate pair per feature, the middle of its bounds (NaN where there is none), in the file's
    numbers.
    """
    bounds = shapely.bounds(geometry)
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def decide_system(
    raw: RawLayer, middles: npt.NDArray[np.float64], declared: str, extent: Extent | None
) -> Placing:
    """Declared goes before the file's own label, the label before the numbers; the numbers may veto both.

    A label that only the format implies (GeoJSON, KML) yields to the numbers with a warning. Raises
    `CRS_CONTRADICTED`, and whatever reading the declaration or detecting raises.
    """
    present = middles[np.isfinite(middles).all(axis=1)]
    if len(present) == 0:
        return Placing(raw.label or CoordinateSystem("EPSG:4490"), [])
    if declared and declared.lower() != "auto":
        stated = parse_system(declared)
        system = _fitted(stated, present, extent)
        if system is None:
            raise _contradicted(declared, present, extent)
        return Placing(system, _said(system, raw, is_declared=True))
    if raw.label is not None:
        system = _fitted(raw.label, present, extent)
        if system is not None:
            return Placing(system, _said(system, raw, is_declared=False))
        if not raw.label_is_implied:
            raise _contradicted(raw.label.code, present, extent)
    detection = detect_system(present, extent)
    warnings = _said(detection.system, raw, is_declared=False)
    if raw.label is not None:
        warnings.append(_label_overruled(raw.label.code, detection.system.code))
    return Placing(detection.system, warnings)


def _fitted(
    system: CoordinateSystem, xy: npt.NDArray[np.float64], extent: Extent | None
) -> CoordinateSystem | None:
    """The system, or the same with its axes exchanged, under which the middle of the file lies where it
    should.
    """
    middle = np.median(xy, axis=0, keepdims=True)
    family = str(coordinate_classes(middle)[0]).removesuffix("_swapped")
    if system.is_degrees != (family == "degrees"):
        return None
    for candidate in (system, system.axes_exchanged()):
        if _lands_in(candidate, middle, extent):
            return candidate
    # In China but not in this city: the rows will say so one by one.
    return next((each for each in (system, system.axes_exchanged()) if _lands_in(each, middle, None)), None)


def _lands_in(system: CoordinateSystem, middle: npt.NDArray[np.float64], extent: Extent | None) -> bool:
    place = lon_lat(middle, system)
    if not np.isfinite(place).all():
        return False
    return bool(in_extent(place, extent)[0] if extent else in_extent(place, CHINA, 0.0)[0])


def _said(system: CoordinateSystem, raw: RawLayer, *, is_declared: bool) -> list[Finding]:
    warnings: list[Finding] = []
    if system.swapped:
        warnings.append(
            Finding(
                "AXES_SWAPPED",
                zh="文件把纬度（北坐标）写在前面，已自动对调",
                en="the file writes latitude (northing) first; the axes were exchanged",
                field="crs",
            )
        )
    unproven = raw.label is None or raw.label_is_implied
    if system.is_degrees and not is_declared and unproven:
        warnings.append(
            Finding(
                "DATUM_UNPROVEN",
                zh="文件没有写明坐标系，已按CGCS2000/WGS-84经纬度读取；若来自高德、百度地图则会偏移300–1300米",
                en="the file states no datum and was read as CGCS2000/WGS-84; from Amap or Baidu it is off",
                remedy_zh="请指明坐标系，或用一个控制点核对",
                remedy_en="declare the coordinate system or check with a control point",
                field="crs",
            )
        )
    if is_declared and raw.label and not raw.label_is_implied and raw.label.code != system.code:
        warnings.append(_label_overruled(raw.label.code, system.code))
    return warnings


def _label_overruled(label: str, used: str) -> Finding:
    return Finding(
        "CRS_LABEL_OVERRULED",
        zh=f"文件标注的坐标系是{label}，实际按{used}读取",
        en=f"the file is labelled {label} and was read as {used}",
        field="crs",
        facts={"label": label, "used": used},
    )


def _contradicted(stated: str, xy: npt.NDArray[np.float64], extent: Extent | None) -> InputRefused:
    """The refusal when the numbers cannot be of the stated system, naming the one they fit."""
    sample = [round(float(value), 3) for value in xy[0]]
    try:
        fits = detect_system(xy, extent).system.code
    except InputRefused as refused:
        candidates = refused.facts.get("candidates", [])
        fits = "/".join(str(code) for code in candidates[:4]) if isinstance(candidates, list) else ""
    return InputRefused(
        "CRS_CONTRADICTED",
        zh=f"坐标系标为{stated}，但坐标数值（如 {sample}）与之不符" + (f"，应为{fits}" if fits else ""),
        en=f"the file is said to be {stated}, but its numbers (such as {sample}) "
        + (f"fit {fits}" if fits else "do not fit"),
        remedy_zh=f"请改选坐标系{fits}后重新导入" if fits else "请核对坐标系后重新导入",
        remedy_en=f"declare {fits} and upload again"
        if fits
        else "check the coordinate system and upload again",
        field="crs",
        facts={"stated": stated, "fits": fits, "sample": sample},
    )


def astray_rows(
    middles: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    system: CoordinateSystem,
    extent: Extent | None,
) -> list[Finding]:
    """Rows that do not lie in the city: written in another system than the rest (`MIXED_CRS`) or elsewhere.

    Without an extent, rows outside China are errors (`OUTSIDE_CHINA`) and rows over 2° from the middle too
    (`FAR_FROM_REST`).
    """
    present = np.isfinite(middles).all(axis=1)
    if not present.any():
        return []
    places = np.full_like(middles, np.nan)
    places[present] = lon_lat(middles[present], system)
    classes = coordinate_classes(middles)
    common = str(classes[present][0]) if not present.any() else _commonest(classes[present])
    middle = np.nanmedian(np.where(np.isfinite(places), places, np.nan), axis=0)
    fits = in_extent(places, extent) if extent else in_extent(places, CHINA, 0.0)
    near = (
        np.ones(len(rows), dtype=bool)
        if extent
        else np.abs(places - middle).max(axis=1) <= _FAR_FROM_REST_DEG
    )
    findings = []
    for at in np.flatnonzero(present & ~(fits & near)):
        code = "MIXED_CRS" if str(classes[at]) != common else _where_code(extent, bool(fits[at]))
        findings.append(_astray(code, int(rows[at]), middles[at], places[at]))
    return findings


def _commonest(classes: npt.NDArray[np.str_]) -> str:
    names, counts = np.unique(classes, return_counts=True)
    return str(names[np.argmax(counts)])


def _where_code(extent: Extent | None, is_in_china: bool) -> str:
    if extent:
        return "OUTSIDE_CITY"
    return "FAR_FROM_REST" if is_in_china else "OUTSIDE_CHINA"


_ASTRAY = {
    "MIXED_CRS": ("与其他行不是同一坐标系", "is in another coordinate system than the rest"),
    "OUTSIDE_CITY": ("不在本市范围内", "lies outside the city"),
    "OUTSIDE_CHINA": ("不在中国境内", "lies outside China"),
    "FAR_FROM_REST": ("离其他要素过远", "lies far from all the rest"),
}


def _astray(code: str, row: int, given: npt.NDArray[np.float64], place: npt.NDArray[np.float64]) -> Finding:
    zh, en = _ASTRAY[code]
    numbers = f"{given[0]:.6g}, {given[1]:.6g}"
    shown = (round(float(place[0]), 7), round(float(place[1]), 7)) if np.isfinite(place).all() else None
    return Finding(
        code,
        zh=f"第{row}行：坐标（{numbers}）{zh}",
        en=f"row {row}: the position ({numbers}) {en}",
        remedy_zh="请核对该行坐标；同一文件只能使用一种坐标系",
        remedy_en="check the row's coordinates; one file must use one coordinate system",
        row=row,
        field="geometry",
        place=shown,
    )
