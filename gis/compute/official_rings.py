"""The rings of communities as the bureau drew them: looked over, and put on the lattice.

What is wrong with one is said with its row, its name and, where there is one, the place.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.lattice import STORED_CRS, UNITS_PER_DEGREE, GeometryArray
from gis.compute.refusal import InputRefused

# The widest community of the country is narrower; a vertex that went astray makes one wider.
WIDEST_DEGREES = 3.0


def names_of(communities: gpd.GeoDataFrame) -> list[str]:
    """Return what each community is called in messages: its `name`, else its index."""
    column = "name" if "name" in communities.columns else None
    return [str(v) for v in (communities[column] if column else communities.index)]


def official_rings(communities: gpd.GeoDataFrame, names: list[str]) -> GeometryArray:
    """Return the communities' (multi)polygons on the lattice, valid, any CRS in.

    Raises InputRefused: CRS_MISSING, EMPTY_FRAME, INVALID_GEOMETRY (with row, name and place).
    """
    _check_layer(communities)
    for row, (name, geometry) in enumerate(zip(names, communities.geometry, strict=True), 1):
        check_polygon(geometry, row, name)
    # Flat before anything else: a height that is no number breaks the projecting of the ring below it.
    lonlat = np.asarray(communities.geometry.force_2d().to_crs(STORED_CRS).to_numpy(), dtype=object)
    _check_places(lonlat, names)
    units = shapely.transform(lonlat, lambda xy: xy * UNITS_PER_DEGREE)
    rings = np.asarray(shapely.transform(units, np.rint))
    # Slits and necks below a centimetre close when rounded, and leave a ring that touches itself.
    closed = ~shapely.is_valid(rings)
    rings[closed] = shapely.set_precision(units[closed], 1.0)
    for at in np.flatnonzero(shapely.area(rings) <= 0):
        raise _unusable(int(at) + 1, names[at], "narrower than a centimetre")
    return rings


def _check_places(lonlat: GeometryArray, names: list[str]) -> None:
    west, south, east, north = shapely.bounds(lonlat).T
    on_earth = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    near = (east - west <= WIDEST_DEGREES) & (north - south <= WIDEST_DEGREES)
    for at in np.flatnonzero(~(on_earth & near)):
        reason = f"wider than {WIDEST_DEGREES:g} degrees" if on_earth[at] else "no place on Earth"
        raise _unusable(int(at) + 1, names[at], reason)


def _check_layer(communities: gpd.GeoDataFrame) -> None:
    if communities.crs is None:
        raise InputRefused(
            "CRS_MISSING",
            zh="社区图层没有坐标系",
            en="the community layer has no coordinate system",
            remedy_zh="请声明坐标系（如 CGCS2000）",
            remedy_en="declare the coordinate system, for example CGCS2000",
        )
    if communities.empty:
        raise InputRefused(
            "EMPTY_FRAME",
            zh="社区图层没有任何社区",
            en="the community layer holds no community",
            remedy_zh="请检查文件是否为空",
            remedy_en="check that the file is not empty",
        )


def check_polygon(geometry: shapely.Geometry | None, row: int, name: str) -> None:
    """Raise InputRefused("INVALID_GEOMETRY") unless the geometry is a non-empty, valid (multi)polygon."""
    if geometry is None or geometry.is_empty:
        reason, place = "empty", None
    elif geometry.geom_type not in ("Polygon", "MultiPolygon"):
        reason, place = geometry.geom_type, None
    elif not geometry.is_valid:
        reason = shapely.is_valid_reason(geometry)
        place = _place_in(reason)
    else:
        return
    raise _unusable(row, name, reason, place)


def _unusable(row: int, name: str, reason: str, place: tuple[float, float] | None = None) -> InputRefused:
    return InputRefused(
        "INVALID_GEOMETRY",
        zh=f"第{row}行“{name}”的面不可用：{reason}",
        en=f"row {row} “{name}” is not a usable polygon: {reason}",
        remedy_zh="请在制图软件中修复该面后重新导入",
        remedy_en="repair the polygon and import again",
        row=row,
        field="geometry",
        place=place,
        facts={"name": name, "reason": reason},
    )


def _place_in(reason: str) -> tuple[float, float] | None:
    """Return the place that GEOS names, where it is one in degrees."""
    inside = reason[reason.find("[") + 1 : reason.find("]")].split()
    try:
        x, y = float(inside[0]), float(inside[1])
    except (ValueError, IndexError):
        return None
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else None
