"""What a division is given is looked over once, before any work, and put in an order of its own.

Nothing that the engine could only guess at gets past here: the caller hears which row is wrong and what to do.
What is merely untidy (height values, rings that cross themselves, empty or repeated lines) is tidied, and said
in a note where it changes a shape. Rows are sorted by place, so that their order in the file says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gis.compute.households import given_households
from gis.compute.lattice import GeometryArray, IntArray, Lattice, to_lattice
from gis.compute.metric import require_metric
from gis.compute.ordering import canonical_order
from gis.compute.refusal import InputRefused

# No building and no compound of one address has more homes; sums of such numbers stay exact.
MOST_HOUSEHOLDS = 1_000_000
# A footprint this far from the frame is another community's: frames move by less when slivers are settled.
OUTSIDE_M = 2.0
_TYPES = {"areas": ("Polygon", "MultiPolygon"), "lines": ("LineString", "MultiLineString", "LinearRing")}


@dataclass(frozen=True)
class Admitted:
    """Sound input in canonical order.

    `ring`: the frame on the lattice; `buildings`: valid two-dimensional footprints or points in metres, whole
    households, the caller's index; `streets`, `barriers`: single lines, and single polygons of water, in metres;
    `notes`: in Chinese.
    """

    lattice: Lattice
    ring: shapely.Geometry
    buildings: gpd.GeoDataFrame
    streets: GeometryArray
    barriers: GeometryArray
    previous: gpd.GeoDataFrame | None
    notes: tuple[str, ...]


def admitted(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    streets: gpd.GeoSeries | None = None,
    barriers: gpd.GeoSeries | None = None,
    previous: gpd.GeoDataFrame | None = None,
) -> Admitted:
    """Return the input of one community as the engine works on it; parameters as for `partition_community`.

    Raises InputRefused: DEGREES_NOT_METRES, CRS_DIFFERS, FRAME_UNUSABLE, GEOMETRY_MISSING, GEOMETRY_NOT_FINITE,
    GEOMETRY_TYPE, BUILDING_OUTSIDE, COLUMN_MISSING, COLUMN_TWICE, HOUSEHOLDS_MISSING, HOUSEHOLDS_NOT_WHOLE,
    HOUSEHOLDS_NEGATIVE, HOUSEHOLDS_TOO_MANY, INDEX_TWICE (each with the row where there is one).
    """
    require_metric(gpd.GeoSeries([], crs=metric_crs))
    _check_columns(buildings)
    _same_crs(buildings, metric_crs, "buildings")
    lattice = Lattice(metric_crs)
    ring = _ring(frame)
    shapes, notes = _footprints(buildings)
    _check_inside(shapes, lattice.to_metric(np.array([ring], dtype=object))[0])
    tidy = buildings.set_geometry(gpd.GeoSeries(shapes, index=buildings.index, crs=buildings.crs))
    tidy["households"] = _households(buildings)
    order = canonical_order(shapes, *(tidy[c] for c in ("households", "compound") if c in tidy.columns))
    return Admitted(
        lattice=lattice,
        ring=ring,
        buildings=tidy.iloc[order],
        streets=_lines(streets, metric_crs, "streets", ("lines",)),
        barriers=_lines(barriers, metric_crs, "barriers", ("lines", "areas")),
        previous=_previous(previous),
        notes=notes,
    )


# ---- Frame and coordinate systems --------------------------------------------------------------------------


def _ring(frame: shapely.Geometry | None) -> shapely.Geometry:
    reason = ""
    if not isinstance(frame, shapely.Geometry) or frame.is_empty or frame.geom_type not in _TYPES["areas"]:
        reason = "empty or no polygon"
    elif not np.isfinite(shapely.get_coordinates(frame)).all():
        reason = "a coordinate is no number"
    elif (np.abs(frame.bounds) > (180, 90, 180, 90)).any():
        reason = "not in degrees of longitude and latitude"
    elif not frame.is_valid:
        reason = shapely.is_valid_reason(frame)
    if not reason:
        ring = to_lattice(np.array([shapely.force_2d(frame)], dtype=object))[0]
        reason = "" if ring.is_valid and ring.area > 0 else "narrower than a centimetre"
    if reason:
        raise InputRefused(
            "FRAME_UNUSABLE",
            zh=f"社区边框不可用：{reason}",
            en=f"the community's frame is unusable: {reason}",
            remedy_zh="请使用由 build_frames 生成的经纬度边框",
            remedy_en="use a lon-lat frame made by build_frames",
            field="frame",
            facts={"reason": reason},
        )
    return ring


def _same_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries, metric_crs: str, layer: str) -> None:
    require_metric(frame)
    if _is_same(frame.crs, metric_crs):
        return
    raise InputRefused(
        "CRS_DIFFERS",
        zh=f"图层 {layer} 的坐标系 {frame.crs.to_string()} 与划分所用的 {metric_crs} 不同",
        en=f"{layer} are in {frame.crs.to_string()}, the division is measured in {metric_crs}",
        remedy_zh="请先转换到同一坐标系",
        remedy_en="convert them to the same system first",
        field=layer,
    )


@lru_cache(maxsize=64)
def _is_same(crs: pyproj.CRS, metric_crs: str) -> bool:
    return bool(crs == pyproj.CRS.from_user_input(metric_crs))


# ---- Buildings ---------------------------------------------------------------------------------------------


def _check_columns(buildings: gpd.GeoDataFrame) -> None:
    repeated = buildings.columns[buildings.columns.duplicated()]
    if len(repeated):
        raise _column_refused("COLUMN_TWICE", str(repeated[0]), "重复", "stands there twice")
    twice = np.flatnonzero(buildings.index.duplicated())
    if len(twice):
        raise _row_refused(
            "INDEX_TWICE", "index", int(twice[0]), f"的索引 {buildings.index[twice[0]]} 与前面的行重复",
            f"has the index {buildings.index[twice[0]]} of an earlier row",
            ("请使每栋建筑的索引唯一", "give every building an index of its own"),
        )  # fmt: skip
    active = getattr(buildings, "_geometry_column_name", None)
    if active is None or active not in buildings.columns:
        raise _column_refused("COLUMN_MISSING", "geometry", "缺失", "is missing")
    if "households" not in buildings.columns:
        raise _column_refused("COLUMN_MISSING", "households", "缺失", "is missing")


def _column_refused(code: str, column: str, zh: str, en: str) -> InputRefused:
    return InputRefused(
        code,
        zh=f"建筑图层的列“{column}”{zh}",
        en=f"the buildings' column “{column}” {en}",
        remedy_zh="请更正列后重试",
        remedy_en="correct the columns and try again",
        field=column,
    )


def _households(buildings: gpd.GeoDataFrame) -> IntArray:
    values = given_households(buildings)
    missing = np.isnan(values)
    if missing.any():
        raise _row_refused(
            "HOUSEHOLDS_MISSING", "households", int(np.argmax(missing)), "没有户数", "has no households",
            ("请先推算户数，非住宅填 0", "estimate them first; what is no dwelling has 0"),
        )  # fmt: skip
    many = values > MOST_HOUSEHOLDS
    if many.any():
        row = int(np.argmax(many))
        raise _row_refused(
            "HOUSEHOLDS_TOO_MANY", "households", row, f"户数 {values[row]:.0f} 过大",
            f"has {values[row]:.0f} households, more than {MOST_HOUSEHOLDS}",
            ("请核对户数", "check the number"),
        )  # fmt: skip
    return values.astype(np.int64)


def _row_refused(code: str, field: str, row: int, zh: str, en: str, remedy: tuple[str, str]) -> InputRefused:
    return InputRefused(
        code,
        zh=f"第{row + 1}行{zh}",
        en=f"row {row + 1} {en}",
        remedy_zh=remedy[0],
        remedy_en=remedy[1],
        row=row + 1,
        field=field,
    )


def _footprints(buildings: gpd.GeoDataFrame) -> tuple[GeometryArray, tuple[str, ...]]:
    """Return two-dimensional points and valid (multi)polygons, and what was mended."""
    shapes = shapely.force_2d(np.asarray(buildings.geometry.to_numpy(), dtype=object))
    _check_shapes(shapes, ("Point", *_TYPES["areas"]), "buildings")
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    for row in broken:
        shapes[row] = _mended(shapes[row])
    if len(broken) == 0:
        return shapes, ()
    return shapes, (f"{len(broken)} 栋建筑的轮廓自相交或无面积，已修复",)


def _mended(shape: shapely.Geometry) -> shapely.Geometry:
    """Return what the ring encloses; what encloses nothing is a point."""
    parts = [p for p in shapely.get_parts(shapely.make_valid(shape)) if p.area > 0]
    if not parts:
        return shapely.Point(shapely.get_coordinates(shape).mean(axis=0))
    union = shapely.union_all(np.array(parts, dtype=object))
    return union if union.geom_type in _TYPES["areas"] else shapely.Point(union.representative_point())


def _check_inside(shapes: GeometryArray, land: shapely.Geometry) -> None:
    shapely.prepare(land)
    outside = np.flatnonzero(~shapely.dwithin(land, shapes, OUTSIDE_M))
    if len(outside) == 0:
        return
    rows = [int(row) + 1 for row in outside]
    named = "、".join(map(str, rows[:10]))
    raise InputRefused(
        "BUILDING_OUTSIDE",
        zh=f"{len(rows)} 栋建筑不在社区范围内（第{named}行等）",
        en=f"{len(rows)} buildings stand outside the community (rows {', '.join(map(str, rows[:10]))} …)",
        remedy_zh="请核对建筑的坐标或所属社区",
        remedy_en="check their coordinates or the community they belong to",
        row=rows[0],
        field="geometry",
        facts={"rows": rows[:1000], "count": len(rows)},
    )


# ---- Geometry of any layer ---------------------------------------------------------------------------------


def _check_shapes(shapes: GeometryArray, allowed: tuple[str, ...], layer: str) -> None:
    """Raise InputRefused for the first row that is empty, not finite or of a type that the layer cannot have."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any():
        raise _row_refused(
            "GEOMETRY_MISSING", "geometry", int(np.argmax(missing)), f"（{layer}）没有几何图形",
            f"of the {layer} has no geometry", ("请补画图形或删除该行", "draw it or delete the row"),
        )  # fmt: skip
    _check_finite(shapes, layer)
    types = np.array([shape.geom_type for shape in shapes], dtype=object)
    wrong = ~np.isin(types, allowed)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _row_refused(
            "GEOMETRY_TYPE", "geometry", row, f"（{layer}）的图形为 {types[row]}",
            f"of the {layer} is a {types[row]}; wanted: {', '.join(allowed)}",
            ("请检查是否选错了图层", "check that the right layer was chosen"),
        )  # fmt: skip


def plane_shapes(layer: gpd.GeoDataFrame | gpd.GeoSeries, metric_crs: str, name: str) -> GeometryArray:
    """Return the shapes of a layer of any known CRS, flat and in metres; missing and empty ones stay as they are.

    Raises InputRefused("GEOMETRY_NOT_FINITE") with the first row that is no place on Earth.
    """
    # Flat before anything else: a height that is no number breaks the projecting of the ring below it.
    flat = layer.geometry.force_2d()
    _check_finite(np.asarray(flat.to_numpy(), dtype=object), name)
    shapes = np.asarray(flat.to_crs(metric_crs).to_numpy(), dtype=object)
    _check_finite(shapes, name)
    return shapes


def _check_finite(shapes: GeometryArray, layer: str) -> None:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    # Beyond 1e8 m nothing is on Earth, and sums of squares would lose the centimetre.
    wild = owner[~(np.abs(xy) < 1e8).all(axis=1)]
    if len(wild):
        raise _row_refused(
            "GEOMETRY_NOT_FINITE", "geometry", int(wild[0]), f"（{layer}）的坐标不是地球上的数",
            f"of the {layer} has a coordinate that is no place on Earth",
            ("请更正坐标", "correct the coordinates"),
        )  # fmt: skip


def _lines(
    given: gpd.GeoSeries | gpd.GeoDataFrame | None, metric_crs: str, layer: str, kinds: tuple[str, ...]
) -> GeometryArray:
    """Return single valid parts in canonical order, each once; rows without geometry are left out."""
    if given is None or len(given) == 0:
        return np.zeros(0, dtype=object)
    _same_crs(given, metric_crs, layer)
    shapes = shapely.force_2d(np.asarray(given.geometry.to_numpy(), dtype=object))
    _check_finite(shapes, layer)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    allowed = tuple(name for kind in kinds for name in _TYPES[kind])
    _check_shapes(shapes, (*allowed, "GeometryCollection"), layer)
    areas = shapely.get_dimensions(shapes) == 2
    shapes[areas] = shapely.make_valid(shapes[areas])
    parts = shapely.get_parts(shapely.get_parts(shapes))
    wanted = [n for n, kind in ((1, "lines"), (2, "areas")) if kind in kinds]
    parts = parts[np.isin(shapely.get_dimensions(parts), wanted)]
    parts = parts[(shapely.length(parts) > 0)]
    parts = parts[canonical_order(parts)]
    return np.asarray(parts)


def _previous(previous: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the usable grids of the plan before in canonical order, None where there are none."""
    if previous is None or len(previous) == 0:
        return None
    if previous.crs is None:
        raise InputRefused(
            "CRS_MISSING",
            zh="原网格没有坐标系",
            en="the grids of the plan before have no coordinate system",
            remedy_zh="请声明坐标系（如 CGCS2000）",
            remedy_en="declare the coordinate system, for example CGCS2000",
            field="previous",
        )
    shapes = np.asarray(previous.geometry.to_numpy(), dtype=object)
    _check_shapes(shapes, _TYPES["areas"], "previous")
    kept = previous.set_geometry(
        gpd.GeoSeries(shapely.make_valid(shapes), index=previous.index, crs=previous.crs)
    )
    return kept.iloc[canonical_order(shapes, pd.Series(previous.index))]
