"""A control point: one known place that proves the datum of a city's first import."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj

from gis.compute.crs.shifted import from_bd09, from_gcj02, to_bd09, to_gcj02
from gis.compute.crs.systems import CoordinateSystem, lon_lat

# A phone's WGS-84 fix or a point read off a Tianditu map is good to about 10 m; GCJ-02 is off by 18 m at the
# least and by 300–700 m in nearly all cities.
CONTROL_TOLERANCE_M = 30.0
_ELLIPSOID = pyproj.Geod(ellps="GRS80")


@dataclass(frozen=True)
class ControlPoint:
    """A place known in WGS-84/CGCS2000 and the numbers the file gives for it."""

    name: str
    known_lon: float
    known_lat: float
    file_x: float
    file_y: float


@dataclass(frozen=True)
class ControlVerdict:
    """Whether the file's numbers lead to the known place; `system` is what to declare instead ("" when
    unknown).
    """

    agrees: bool
    distance_m: float
    system: str
    zh: str
    en: str


def check_control_point(
    point: ControlPoint, system: CoordinateSystem, tolerance_m: float = CONTROL_TOLERANCE_M
) -> ControlVerdict:
    """Read the control point with the declared system and measure how far it falls from the known place."""
    read = lon_lat(np.array([[point.file_x, point.file_y]]), system)[0]
    distance_m = _distance_m(read[0], read[1], point)
    if distance_m <= tolerance_m:
        return ControlVerdict(
            True,
            distance_m,
            system.code,
            f"控制点“{point.name}”相差{distance_m:.1f}米，坐标系得到证实",
            f"control point “{point.name}” agrees within {distance_m:.1f} m: the coordinate system is proven",
        )
    better = _explaining_system(float(read[0]), float(read[1]), point, tolerance_m)
    return ControlVerdict(
        False,
        distance_m,
        better,
        f"控制点“{point.name}”相差{distance_m:.0f}米" + (f"，数据应为{better}" if better else "，原因不明"),
        f"control point “{point.name}” is {distance_m:.0f} m off"
        + (f"; the data are {better}" if better else "; the cause is unknown"),
    )


def _explaining_system(lon: float, lat: float, point: ControlPoint, tolerance_m: float) -> str:
    moves = {"GCJ-02": from_gcj02, "BD-09": from_bd09}
    for name, move in moves.items():
        x, y = move(lon, lat)
        if _distance_m(float(x), float(y), point) <= tolerance_m:
            return name
    for move in (to_gcj02, to_bd09):
        x, y = move(lon, lat)
        if _distance_m(float(x), float(y), point) <= tolerance_m:
            return "EPSG:4490"
    return ""


def _distance_m(lon: float, lat: float, point: ControlPoint) -> float:
    return float(_ELLIPSOID.inv(lon, lat, point.known_lon, point.known_lat)[2])
