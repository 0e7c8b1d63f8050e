"""What must hold of the geometry before it is stored: present, of the right type, valid, apart, inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs import STORAGE_EPSG, to_metric, zone_for
from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import AREA, LINE, POINT, LayerKind
from gis.compute.metric import require_metric

_FAMILY = {"Polygon": AREA, "MultiPolygon": AREA, "LineString": LINE, "MultiLineString": LINE, "Point": POINT}
_ZH_TYPES = {
    "Point": "点",
    "MultiPoint": "多点",
    "LineString": "线",
    "MultiLineString": "多线",
    "Polygon": "面",
    "MultiPolygon": "多面",
    "GeometryCollection": "几何集合",
    "LinearRing": "环",
}
_REASONS = {
    "Self-intersection": ("RING_SELF_CROSSING", "边界自相交", "its ring crosses itself"),
    "Ring Self-intersection": ("RING_SELF_CROSSING", "边界自相交", "its ring touches itself"),
    "Hole lies outside shell": ("RING_INVALID", "内环在外环之外", "a hole lies outside its shell"),
    "Holes are nested": ("RING_INVALID", "内环互相嵌套", "holes are nested"),
    "Nested shells": ("RING_INVALID", "多个面互相嵌套", "shells are nested"),
    "Too few points in geometry component": ("RING_INVALID", "边界点数不足", "a ring has too few points"),
    "Duplicate Rings": ("RING_INVALID", "边界重复", "a ring is repeated"),
    "Interior is disconnected": ("RING_INVALID", "内部不连通", "its interior is cut apart"),
}
# Frames node neighbouring communities together within 2 cm; what overlaps less than this on average is
# drawing noise that the frames absorb, what overlaps more belongs to two communities at once.
_OVERLAP_WIDTH_M = 0.05
_OVERLAP_AREA_M2 = 1.0


@dataclass(frozen=True)
class Checked:
    """Geometry after the checks; `repaired` marks rows mended by `make_valid`, `pointless` names those to leave out."""

    geometry: npt.NDArray[np.object_]
    errors: list[Finding]
    warnings: list[Finding]
    repaired: npt.NDArray[np.bool_]
    pointless: list[Finding]


def _finding(code: str, row: int, zh: str, en: str, remedy: tuple[str, str], **more: Any) -> Finding:
    return Finding(
        code,
        zh=f"第{row}行：{zh}",
        en=f"row {row}: {en}",
        remedy_zh=remedy[0],
        remedy_en=remedy[1],
        row=row,
        field="geometry",
        **more,
    )


def check_geometry(
    geometry: npt.NDArray[np.object_],
    rows: npt.NDArray[np.int64],
    kind: LayerKind,
    *,
    repair: bool,
    bad_coordinate_rows: frozenset[int] = frozenset(),
) -> Checked:
    """Presence, type and validity of every row's storage geometry; `repair` mends rings instead of refusing
    them, and lets lines without a length and points among lines go.
    """
    checked = Checked(geometry.copy(), [], [], np.zeros(len(geometry), dtype=bool), [])
    missing = np.array([shape is None or shape.is_empty for shape in geometry], dtype=bool)
    for at in np.flatnonzero(missing):
        checked.errors.append(_missing(int(rows[at]), int(rows[at]) in bad_coordinate_rows))
    types = np.array(["" if shape is None else shape.geom_type for shape in geometry])
    wrong = ~missing & ~np.isin(types, list(kind.geometry))
    for at in np.flatnonzero(wrong):
        spared = repair and types[at] in POINT and _holds_lines(kind)
        to = checked.pointless if spared else checked.errors
        to.append(_wrong_type(int(rows[at]), str(types[at]), kind))
    areas = ~missing & ~wrong
    invalid = areas & ~shapely.is_valid(geometry)
    for at in np.flatnonzero(invalid):
        _mend_or_refuse(checked, int(at), int(rows[at]), repair=repair)
    return checked


def _missing(row: int, is_unreadable: bool) -> Finding:
    if is_unreadable:
        return _finding(
            "COORDINATE_UNREADABLE",
            row,
            "坐标不是数字或缺一个",
            "its coordinates are no numbers or one is missing",
            ("请按小数度填写经度和纬度", "give longitude and latitude as decimal degrees"),
        )
    return _finding(
        "GEOMETRY_MISSING",
        row,
        "没有几何图形（或坐标为空、无法读取）",
        "it has no geometry, or none that can be read",
        ("请补画图形或删除该行", "draw it or delete the row"),
    )


def _holds_lines(kind: LayerKind) -> bool:
    """Whether points are stray in such a layer, as fountains among OpenStreetMap's rivers are."""
    return bool(kind.geometry & LINE) and not kind.geometry & POINT


def _wrong_type(row: int, found: str, kind: LayerKind) -> Finding:
    allowed = sorted(kind.geometry & {"Point", "LineString", "Polygon"})
    zh = "或".join(_ZH_TYPES[name] for name in allowed)
    return _finding(
        "GEOMETRY_TYPE",
        row,
        f"“{kind.zh}”应为{zh}，实为{_ZH_TYPES.get(found, found)}",
        f"{kind.name} must be {' or '.join(allowed)}, not {found}",
        ("请检查是否选错了图层", "check that the right layer was chosen"),
        facts={"found": found, "allowed": allowed},
    )


def _mend_or_refuse(checked: Checked, at: int, row: int, *, repair: bool) -> None:
    shape = checked.geometry[at]
    if shape.geom_type not in AREA:
        (checked.pointless if repair else checked.errors).append(_pointless(shape, row))
        return
    mended = (
        _areas_of(shapely.make_valid(shape, method="structure", keep_collapsed=False)) if repair else None
    )
    if mended is not None:
        checked.geometry[at] = mended
        checked.repaired[at] = True
        return
    reason, _, where = str(shapely.is_valid_reason(shape)).partition("[")
    code, zh, en = _REASONS.get(reason, ("RING_INVALID", f"边界无效（{reason}）", f"invalid ({reason})"))
    numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", where)
    place = (round(float(numbers[0]), 7), round(float(numbers[1]), 7)) if len(numbers) >= 2 else None
    at_zh, at_en = (f"，位置 {place[0]}, {place[1]}", f" at {place[0]}, {place[1]}") if place else ("", "")
    remedy = ("请修正边界，或选择“自动修复”重新导入", "mend the ring, or import again with repair")
    if repair:
        remedy = ("无法自动修复，请重画该面", "it cannot be repaired; draw it again")
    checked.errors.append(_finding(code, row, zh + at_zh, en + at_en, remedy, place=place))


def _pointless(line: Any, row: int) -> Finding:
    """A line of one place, which says nothing of where anything runs."""
    x, y = shapely.get_coordinates(line)[0].round(7).tolist()
    return _finding(
        "GEOMETRY_INVALID",
        row,
        "线的长度不足1厘米",
        "the line is shorter than a centimetre",
        (
            "请删除该行，或选择“自动修复”跳过此类行",
            "delete the row, or import again with repair, which leaves it out",
        ),
        place=(x, y),
    )


def _areas_of(shape: Any) -> Any:
    """The polygonal part of a mended geometry, or None when nothing is left."""
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type in AREA]
    parts = [part for part in shapely.get_parts(parts) if part.area > 0] if parts else []
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def areas_to_points(
    geometry: npt.NDArray[np.object_], kind: LayerKind
) -> tuple[npt.NDArray[np.object_], list[Finding]]:
    """Fitness sites drawn as areas become a point inside them; a multipoint of one becomes that point."""
    if kind.name != "fitness_sites":
        return geometry, []
    drawn = np.array([shape is not None and shape.geom_type != "Point" for shape in geometry], dtype=bool)
    if not drawn.any():
        return geometry, []
    points = geometry.copy()
    points[drawn] = shapely.point_on_surface(geometry[drawn])
    return points, [
        Finding(
            "AREAS_TO_POINTS",
            zh=f"{int(drawn.sum())}个以面表示的站点已取面内一点",
            en=f"{int(drawn.sum())} sites drawn as areas were reduced to a point inside",
            facts={"count": int(drawn.sum())},
        )
    ]


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(name) or str(code) for name, code in zip(frame["name"], frame["code"], strict=True)]


def check_overlaps(frame: gpd.GeoDataFrame, held: gpd.GeoDataFrame | None = None) -> list[Finding]:
    """Pairs of communities that share ground, by name, with the area in m²; also against those already held.

    `frame` needs `name`, `code`, `row` in storage CRS; `held` `name` and `code`. Overlaps under 1 m², or
    narrower than 5 cm on average, are drawing noise.
    """
    if len(frame) == 0:
        return []
    lon = float(frame.total_bounds[[0, 2]].mean())
    own = to_metric(frame.geometry, lon)
    require_metric(own)
    names, rows = _names(frame), [int(row) for row in frame["row"]]
    shapes = np.asarray(own.values, dtype=object)
    tree = shapely.STRtree(shapes)
    pairs = tree.query(shapes, predicate="intersects")
    pairs = pairs[:, pairs[0] < pairs[1]]
    findings = [
        _overlap(rows[b], (names[a], names[b]), shared, rows[a])
        for a, b, shared in _shared(shapes, shapes, pairs, lon)
    ]
    if held is not None and len(held):
        others = np.asarray(to_metric(held.geometry, lon).values, dtype=object)
        held_names = _names(held)
        against = shapely.STRtree(others).query(shapes, predicate="intersects")
        findings += [
            _overlap(rows[a], (names[a], held_names[b]), shared, None)
            for a, b, shared in _shared(shapes, others, against, lon)
        ]
    return findings


def _shared(
    first: npt.NDArray[np.object_], second: npt.NDArray[np.object_], pairs: npt.NDArray[np.int64], lon: float
) -> list[tuple[int, int, tuple[float, tuple[float, float]]]]:
    """The pairs whose common ground is no drawing noise, with its area and a place in it (lon-lat)."""
    if pairs.shape[1] == 0:
        return []
    common = shapely.intersection(first[pairs[0]], second[pairs[1]])
    area_m2, perimeter_m = shapely.area(common), shapely.length(common)
    width_m = np.divide(2 * area_m2, perimeter_m, out=np.zeros_like(area_m2), where=perimeter_m > 0)
    real = np.flatnonzero((area_m2 > _OVERLAP_AREA_M2) & (width_m > _OVERLAP_WIDTH_M))
    if len(real) == 0:
        return []
    inside = gpd.GeoSeries(shapely.point_on_surface(common[real]), crs=zone_for(lon)).to_crs(STORAGE_EPSG)
    return [
        (int(pairs[0][at]), int(pairs[1][at]), (float(area_m2[at]), (round(point.x, 7), round(point.y, 7))))
        for at, point in zip(real, inside, strict=True)
    ]


def _overlap(
    row: int, names: tuple[str, str], shared: tuple[float, tuple[float, float]], other_row: int | None
) -> Finding:
    area_m2, place = shared
    other_zh = f"第{other_row}行“{names[0]}”" if other_row is not None else f"已有社区“{names[1]}”"
    other_en = (
        f"“{names[0]}” of row {other_row}" if other_row is not None else f"“{names[1]}”, which the city holds"
    )
    mine = names[1] if other_row is not None else names[0]
    return _finding(
        "COMMUNITIES_OVERLAP",
        row,
        f"“{mine}”与{other_zh}重叠约{area_m2:.0f}平方米",
        f"“{mine}” overlaps {other_en} by about {area_m2:.0f} m²",
        ("请修正边界，使相邻社区只共边、不重叠", "mend the borders so that neighbours only touch"),
        place=place,
        facts={"pair": list(names), "area_m2": round(area_m2, 1), "other_row": other_row},
    )


def check_inside(frame: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[Finding]:
    """Buildings (or compounds, sites) of which no inner point lies in any community."""
    if len(frame) == 0:
        return []
    points = shapely.point_on_surface(np.asarray(frame.geometry.values, dtype=object))
    tree = shapely.STRtree(np.asarray(communities.geometry.values, dtype=object))
    inside = np.zeros(len(frame), dtype=bool)
    inside[tree.query(points, predicate="intersects")[0]] = True
    findings = []
    for at in np.flatnonzero(~inside):
        row, place = int(frame["row"].iloc[at]), (round(points[at].x, 7), round(points[at].y, 7))
        findings.append(
            _finding(
                "OUTSIDE_COMMUNITIES",
                row,
                f"不在任何社区内（位置 {place[0]}, {place[1]}）",
                f"it lies in no community (at {place[0]}, {place[1]})",
                (
                    "请核对位置或补充社区边界，或选择“跳过社区外的行”",
                    "check the place, add the community, or leave such rows out",
                ),
                place=place,
            )
        )
    return findings
