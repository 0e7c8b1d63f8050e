"""Which coordinate systems a Chinese city's files come in, how people name them, and the way to storage.

Storage is EPSG:4490 (CGCS2000) with longitude first and 7 decimals; measuring happens in the 3-degree
Gauss–Krüger zone with the central meridian of the city (EPSG 4534–4554).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gis.compute.crs.shifted import from_bd09, from_gcj02
from gis.compute.refusal import InputRefused

STORAGE_EPSG = 4490
STORAGE_DECIMALS = 7
GCJ02 = "GCJ-02"
BD09 = "BD-09"

# First EPSG code and first zone number of each CGCS2000 family; codes and zones run in step.
_ZONED_3_DEGREE = (4513, 25, 45)
_CENTRAL_3_DEGREE = (4534, 25, 45)
_ZONED_6_DEGREE = (4491, 13, 23)
_CENTRAL_6_DEGREE = (4502, 13, 23)

_NAMES = {
    "4490": "EPSG:4490",
    "CGCS2000": "EPSG:4490",
    "国家2000": "EPSG:4490",
    "2000国家大地坐标系": "EPSG:4490",
    "4326": "EPSG:4326",
    "WGS84": "EPSG:4326",
    "CRS84": "EPSG:4326",
    "3857": "EPSG:3857",
    "GCJ02": GCJ02,
    "火星坐标": GCJ02,
    "高德": GCJ02,
    "BD09": BD09,
    "BD09LL": BD09,
    "百度": BD09,
    "百度坐标": BD09,
}
# "1954" in EPSG's and Esri's names, "54" in people's mouths; EPSG 4214 and 4610 with all their projected
# zones.
_OLD_DATUM = re.compile(
    r"BEIJING_?\s?(19)?54|XI'?AN_?\s?(19)?80|北京54|西安80|54坐标|80坐标|KRASSOWSKY|IAG.?1975", re.I
)


@dataclass(frozen=True)
class CoordinateSystem:
    """One way of reading a file's numbers as places.

    `code` is `EPSG:n`, `GCJ-02`, `BD-09` or `CUSTOM` (then `wkt` holds the definition, on CGCS2000 or
    WGS-84). `swapped` says that the file writes latitude or northing first.
    """

    code: str
    swapped: bool = False
    wkt: str = ""

    @property
    def is_shifted(self) -> bool:
        """True for GCJ-02 and BD-09."""
        return self.code in (GCJ02, BD09)

    @property
    def is_degrees(self) -> bool:
        """True when the numbers are degrees."""
        return self.is_shifted or bool(self.to_pyproj().is_geographic)

    def to_pyproj(self) -> pyproj.CRS:
        """The pyproj definition; the shifted datums have none and answer with EPSG:4490's."""
        if self.is_shifted:
            return _crs(f"EPSG:{STORAGE_EPSG}")
        return _crs(self.wkt if self.code == "CUSTOM" else self.code)

    def axes_exchanged(self) -> CoordinateSystem:
        """The same system with the other axis written first."""
        return replace(self, swapped=not self.swapped)


@lru_cache(maxsize=128)
def _crs(text: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(text)


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_crs(source), _crs(target), always_xy=True)


def _code(family: tuple[int, int, int], zone: int) -> str:
    first_code, first_zone, last_zone = family
    if not first_zone <= zone <= last_zone:
        raise InputRefused(
            "OUTSIDE_CHINA",
            zh=f"没有第{zone}带（可用{first_zone}–{last_zone}带）",
            en=f"there is no zone {zone} (zones run from {first_zone} to {last_zone})",
            remedy_zh="请检查经度",
            remedy_en="check the longitude",
        )
    return f"EPSG:{first_code + zone - first_zone}"


def zone_for(lon: float) -> str:
    """EPSG code of the CGCS2000 3-degree zone (central-meridian family) a longitude is measured in."""
    return _code(_CENTRAL_3_DEGREE, int(np.floor(lon / 3.0 + 0.5)))


def zoned_system(zone: int) -> str:
    """EPSG code of the zone-prefixed family for a zone number: 13–23 are 6-degree zones, 25–45 3-degree
    zones.
    """
    return _code(_ZONED_6_DEGREE if zone < _ZONED_3_DEGREE[1] else _ZONED_3_DEGREE, zone)


def central_meridian_systems() -> dict[int, str]:
    """Central meridian in degrees → EPSG code without zone prefix.

    Every 6-degree meridian (75, 81, …) is also a 3-degree one and both are the same projection, so each
    meridian stands here once.
    """
    return {3 * zone: _code(_CENTRAL_3_DEGREE, zone) for zone in range(25, 46)}


def is_old_datum(crs: pyproj.CRS) -> bool:
    """True for Beijing 1954 and Xi'an 1980, geographic or projected."""
    datum = crs.datum.name if crs.datum is not None else ""
    ellipsoid = crs.ellipsoid.name if crs.ellipsoid is not None else ""
    return any(_OLD_DATUM.search(name) for name in (crs.name, datum, ellipsoid))


def refuse_old_datum(name: str) -> InputRefused:
    """The refusal for the datums before 2000, whose shift to CGCS2000 is regional and unpublished."""
    return InputRefused(
        "CRS_OLD_DATUM",
        zh=f"坐标系“{name}”属于1954北京或1980西安坐标系，没有公开的转换参数，直接套用会偏移数米至上百米",
        en=f"“{name}” is on Beijing 1954 or Xi'an 1980, from which no public parameters lead to CGCS2000",
        remedy_zh="请用测绘部门的七参数转换到CGCS2000后再导入",
        remedy_en="convert to CGCS2000 with your survey office's seven parameters and upload again",
        field="crs",
        facts={"crs": name},
    )


def parse_system(text: str) -> CoordinateSystem:
    """The coordinate system a person or a client named: an EPSG code, an OGC URI or a common name.

    Raises `CRS_OLD_DATUM` for Beijing 1954 and Xi'an 1980, `CRS_UNKNOWN` for what is not understood or cannot
    lie on CGCS2000 or WGS-84.
    """
    bare = re.sub(r"[\s\-_–]", "", text.strip()).upper()
    bare = re.sub(r"^(HTTPS?://WWW\.OPENGIS\.NET/DEF/CRS/|URN:OGC:DEF:CRS:)", "", bare)
    bare = re.sub(r"^(EPSG|OGC)[:/]+(0|1\.3)?[:/]*", "", bare)
    if bare in _NAMES:
        return CoordinateSystem(_NAMES[bare])
    if _OLD_DATUM.search(text):
        raise refuse_old_datum(text)
    if not bare.isdigit():
        raise _unknown(text)
    try:
        crs = _crs(f"EPSG:{bare}")
    except pyproj.exceptions.CRSError as error:
        raise _unknown(text) from error
    return system_of(crs)


def _unknown(text: str) -> InputRefused:
    return InputRefused(
        "CRS_UNKNOWN",
        zh=f"无法识别坐标系“{text[:80]}”",
        en=f"the coordinate system “{text[:80]}” is not understood",
        remedy_zh="可填：CGCS2000（EPSG:4490）、WGS-84、GCJ-02、BD-09，或高斯-克吕格分带代码（4513–4554）",
        remedy_en="use CGCS2000 (EPSG:4490), WGS-84, GCJ-02, BD-09 or a Gauss-Krüger code (4513-4554)",
        field="crs",
        facts={"crs": text[:80]},
    )


def system_of(crs: pyproj.CRS) -> CoordinateSystem:
    """The system a file's own label stands for; Esri's unnumbered definitions are matched by their
    parameters.

    Raises `CRS_OLD_DATUM`, and `CRS_UNKNOWN` for datums other than CGCS2000 and WGS-84 or for vertical
    systems.
    """
    if is_old_datum(crs):
        raise refuse_old_datum(crs.name)
    if not (crs.is_geographic or crs.is_projected):
        raise _unknown(crs.name)
    epsg = crs.to_epsg(min_confidence=70) or _gauss_kruger_epsg(crs)
    if epsg:
        found = f"EPSG:{epsg}"
        _require_modern(_crs(found))
        return CoordinateSystem("EPSG:4326" if epsg == 4979 else found)
    _require_modern(crs)
    return CoordinateSystem("CUSTOM", wkt=crs.to_wkt())


def _require_modern(crs: pyproj.CRS) -> None:
    """Refuse datums other than CGCS2000 and WGS-84, which alone agree within a metre."""
    if is_old_datum(crs):
        raise refuse_old_datum(crs.name)
    datum = crs.datum.name if crs.datum is not None else ""
    if not re.search(r"China.?2000|China_2000|CGCS|World Geodetic System 1984|WGS.?(19)?84", datum, re.I):
        raise _unknown(crs.name)


def _gauss_kruger_epsg(crs: pyproj.CRS) -> int | None:
    """EPSG code of a CGCS2000 Gauss–Krüger system that carries no code, read off its parameters."""
    operation = crs.coordinate_operation
    if operation is None or not re.search("Transverse Mercator|Gauss", operation.method_name):
        return None
    values = {parameter.name: parameter.value for parameter in operation.params}
    meridian = values.get("Longitude of natural origin", values.get("Central_Meridian"))
    easting = values.get("False easting", values.get("False_Easting"))
    scale = values.get("Scale factor at natural origin", values.get("Scale_Factor", 1.0))
    datum = crs.datum.name if crs.datum is not None else ""
    if meridian is None or easting is None or scale != 1.0 or "2000" not in datum:
        return None
    return _gauss_kruger_code(float(meridian), float(easting))


def _gauss_kruger_code(meridian: float, easting: float) -> int | None:
    if easting == 500_000 and meridian in central_meridian_systems():
        return int(central_meridian_systems()[int(meridian)].removeprefix("EPSG:"))
    zone = round((easting - 500_000) / 1_000_000)
    if zone * 3 == meridian and 25 <= zone <= 45:
        return int(zoned_system(zone).removeprefix("EPSG:"))
    if zone * 6 - 3 == meridian and 13 <= zone <= 23:
        return int(zoned_system(zone).removeprefix("EPSG:"))
    return None


def lon_lat(xy: npt.NDArray[np.float64], system: CoordinateSystem) -> npt.NDArray[np.float64]:
    """Coordinate pairs (n, 2) of a system as CGCS2000 longitude and latitude, not yet rounded.

    WGS-84 and CGCS2000 are taken as equal (PROJ knows no better; they differ by less than a metre).
    """
    if len(xy) == 0:
        return xy
    first, second = (xy[:, 1], xy[:, 0]) if system.swapped else (xy[:, 0], xy[:, 1])
    if system.code == GCJ02:
        return np.column_stack(from_gcj02(first, second))
    if system.code == BD09:
        return np.column_stack(from_bd09(first, second))
    if system.code in ("EPSG:4490", "EPSG:4326"):
        return np.column_stack([first, second])
    definition = system.wkt if system.code == "CUSTOM" else system.code
    moved = _transformer(definition, f"EPSG:{STORAGE_EPSG}").transform(first, second)
    return np.column_stack(moved)


def _rounded(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(xy, STORAGE_DECIMALS)


def canonical(geometry: Any) -> Any:
    """The write gate: a geometry, or an array of them, in 2-D with coordinates rounded to 7 decimals.

    `np.round` is the only rounding used: PostGIS's and GEOS's grids give other doubles for the same decimals,
    and a tiling whose sides were rounded in two ways has gaps. A ring may collapse; validity is checked after
    the gate.
    """
    return shapely.transform(shapely.force_2d(geometry), _rounded)


def to_storage(frame: gpd.GeoDataFrame, declared: CoordinateSystem) -> gpd.GeoDataFrame:
    """The frame read in the declared system, as EPSG:4490 longitude–latitude through the write gate.

    The frame's own CRS label is not looked at. Missing geometry stays missing; index and columns are kept.
    """

    def moved(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return _rounded(lon_lat(xy, declared))

    flat = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    stored = shapely.transform(flat, moved)
    geometry = gpd.GeoSeries(stored, index=frame.index, crs=STORAGE_EPSG)
    return cast(gpd.GeoDataFrame, frame.set_geometry(geometry))


def to_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries, lon: float | None = None) -> Any:
    """A storage frame in the 3-degree zone of `lon` (default: of its own middle), for measuring."""
    if lon is None:
        west, _, east, _ = frame.total_bounds
        lon = float(west + east) / 2.0
    return frame.to_crs(zone_for(lon))
