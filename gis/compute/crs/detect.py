"""Telling a coordinate system from the size of the numbers.

Degrees, zone-prefixed eastings (8 digits) and plain eastings (6 digits) cannot be confused in China, nor can
the two axes, except that (a) the four degree systems look alike, (b) a plain easting does not say its central
meridian, and (c) 6-degree zone 13 (far west) and web Mercator between 119.5° and 123.5° E share their
numbers. What the city's expected extent does not settle is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gis.compute.crs.systems import CoordinateSystem, central_meridian_systems, lon_lat, zoned_system
from gis.compute.refusal import InputRefused

Extent: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees of longitude and latitude."""

CHINA: Extent = (73.0, 3.0, 136.0, 54.0)
# A city's own layers say where it is; new districts and neighbours may lie this far outside (about 50 km).
EXTENT_MARGIN_DEG = 0.5
_NORTHING = (300_000.0, 6_050_000.0)


@dataclass(frozen=True)
class Detection:
    """What the numbers say: the system to read with, and whether the datum is proven by them."""

    system: CoordinateSystem
    candidates: tuple[str, ...]
    datum_proven: bool


def _within(values: npt.NDArray[np.float64], low: float, high: float) -> npt.NDArray[np.bool_]:
    return (values >= low) & (values <= high)


def _reading(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.bool_]]:
    """Which family each pair fits when the first number is taken as east."""
    prefix = np.floor_divide(x, 1_000_000)
    rest = x - prefix * 1_000_000
    north = _within(y, *_NORTHING)
    return {
        "degrees": _within(x, CHINA[0], CHINA[2]) & _within(y, CHINA[1], CHINA[3]),
        "zoned": _within(prefix, 13, 45) & (prefix != 24) & _within(rest, 100_000, 900_000) & north,
        "plain": _within(x, 100_000, 900_000) & north,
        "mercator": _within(x, 8_100_000, 15_200_000) & _within(y, 330_000, 7_200_000),
    }


def coordinate_classes(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.str_]:
    """For each pair (n, 2): `degrees`, `zoned`, `plain`, `mercator`, the same with `_swapped`, or `other`."""
    straight = _reading(xy[:, 0], xy[:, 1])
    turned = _reading(xy[:, 1], xy[:, 0])
    names = list(straight)
    conditions = [straight[name] for name in names] + [turned[name] for name in names]
    choices = names + [f"{name}_swapped" for name in names]
    return np.select(conditions, choices, default="other").astype(np.str_)


def in_extent(
    places: npt.NDArray[np.float64], extent: Extent, margin_deg: float = EXTENT_MARGIN_DEG
) -> npt.NDArray[np.bool_]:
    """Which lon-lat pairs lie inside the extent widened by the margin."""
    west, south, east, north = extent
    return _within(places[:, 0], west - margin_deg, east + margin_deg) & _within(
        places[:, 1], south - margin_deg, north + margin_deg
    )


def detect_system(xy: npt.NDArray[np.float64], extent: Extent | None = None) -> Detection:
    """The system most pairs (n, 2) of a file are written in.

    Raises `CRS_AMBIGUOUS` (facts: `candidates`) when several readings remain, `CRS_UNDETECTABLE` when none
    does.
    """
    classes, counts = np.unique(coordinate_classes(xy), return_counts=True)
    family = str(classes[np.argmax(counts)]) if len(classes) else "other"
    if family == "other":
        raise _undetectable(xy)
    swapped = family.endswith("_swapped")
    name = family.removesuffix("_swapped")
    rows = xy[coordinate_classes(xy) == family]
    if name == "degrees":
        shown = CoordinateSystem("EPSG:4490", swapped=swapped)
        return Detection(shown, ("EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"), datum_proven=False)
    systems = [CoordinateSystem(code, swapped=swapped) for code in _codes(name, rows, swapped)]
    fitting = _fitting(systems, rows, extent)
    if len(fitting) == 1:
        return Detection(fitting[0], (fitting[0].code,), datum_proven=fitting[0].code != "EPSG:3857")
    if not fitting:
        raise _undetectable(xy)
    raise _ambiguous([system.code for system in fitting])


def _codes(family: str, xy: npt.NDArray[np.float64], swapped: bool) -> list[str]:
    east = xy[:, 1] if swapped else xy[:, 0]
    if family == "plain":
        return list(central_meridian_systems().values())
    codes = ["EPSG:3857"] if 8_100_000 <= float(np.median(east)) <= 15_200_000 else []
    if family == "zoned":
        codes.append(zoned_system(int(np.median(east) // 1_000_000)))
    return codes


def _fitting(
    systems: Iterable[CoordinateSystem], xy: npt.NDArray[np.float64], extent: Extent | None
) -> list[CoordinateSystem]:
    """The systems under which the middle of the file falls into the city (without an extent: into China)."""
    middle = np.median(xy, axis=0, keepdims=True)
    margin_deg = EXTENT_MARGIN_DEG if extent else 0.0
    return [
        system for system in systems if in_extent(lon_lat(middle, system), extent or CHINA, margin_deg)[0]
    ]


def _ambiguous(candidates: list[str]) -> InputRefused:
    listed = "、".join(candidates)
    return InputRefused(
        "CRS_AMBIGUOUS",
        zh=f"坐标数值可能属于多个坐标系（{listed}），无法自动判断",
        en=f"the numbers fit several coordinate systems ({', '.join(candidates)})",
        remedy_zh="请在导入时指明坐标系（例如中央经线114°为EPSG:4547）",
        remedy_en="declare the coordinate system with the upload (EPSG:4547 for central meridian 114°)",
        field="crs",
        facts={"candidates": candidates},
    )


def _undetectable(xy: npt.NDArray[np.float64]) -> InputRefused:
    sample = [round(float(value), 3) for value in xy[0]] if len(xy) else []
    return InputRefused(
        "CRS_UNDETECTABLE",
        zh=f"坐标数值（如 {sample}）不像中国境内的经纬度，也不像CGCS2000高斯-克吕格坐标",
        en=f"the numbers (such as {sample}) are neither degrees in China nor CGCS2000 Gauss-Krüger metres",
        remedy_zh="请检查坐标列，并在导入时指明坐标系",
        remedy_en="check the coordinate columns and declare the coordinate system with the upload",
        field="crs",
        facts={"sample": sample},
    )
