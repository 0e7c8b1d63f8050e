"""China's two shifted datums, GCJ-02 and BD-09, forward and exactly back, on numpy arrays.

All functions take longitude and latitude in degrees and return a pair of arrays of the same shape. The
published one-step inverses err by up to 4.5 m; here the forward formula is inverted by fixed-point iteration,
which converges below a nanodegree in about six rounds. Outside the rectangle the published formula covers,
nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[Floats, Floats]

# Krassowsky ellipsoid, as in the published GCJ-02 formula.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
# The map is a contraction (shift changes by less than 1 % of the distance): 6 rounds reach 1e-14 deg over
# China.
_MAX_ROUNDS = 20
_SETTLED_DEG = 1e-12


def _arrays(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _ripples(coordinate: Floats) -> Floats:
    """The two sine terms that both directions of the formula share."""
    return 20.0 * np.sin(6.0 * np.pi * coordinate) + 20.0 * np.sin(2.0 * np.pi * coordinate)


def _waves(coordinate: Floats, third: float, fourth: float, fifth: float, sixth: float) -> Floats:
    """The slow sine terms, whose weights and wavelengths differ between east and north."""
    pi = np.pi
    short = 20.0 * np.sin(pi * coordinate) + 40.0 * np.sin(pi * coordinate / 3.0)
    return short + third * np.sin(pi * coordinate / fourth) + fifth * np.sin(pi * coordinate / sixth)


def gcj02_shift_deg(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """The displacement GCJ-02 adds at a true position, in degrees east and north (zero outside the
    rectangle).
    """
    x_deg, y_deg = _arrays(lon, lat)
    x, y = x_deg - 105.0, y_deg - 35.0
    root = np.sqrt(np.abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + (_ripples(x) + _waves(x, 150.0, 12.0, 300.0, 30.0)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + (_ripples(x) + _waves(y, 160.0, 12.0, 320.0, 30.0)) * 2.0 / 3.0
    phi = np.radians(y_deg)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    root_magic = np.sqrt(magic)
    north_radius = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * root_magic)
    east_radius = _SEMI_MAJOR_M / root_magic * np.cos(phi)
    inside = (x_deg > _WEST) & (x_deg < _EAST) & (y_deg > _SOUTH) & (y_deg < _NORTH)
    east_deg, north_deg = np.degrees(east / east_radius), np.degrees(north / north_radius)
    return np.where(inside, east_deg, 0.0), np.where(inside, north_deg, 0.0)


def to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """True positions (WGS-84 or CGCS2000) as GCJ-02 shows them."""
    x, y = _arrays(lon, lat)
    east, north = gcj02_shift_deg(x, y)
    return x + east, y + north


def bd09_from_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """GCJ-02 positions as Baidu's BD-09 shows them."""
    x, y = _arrays(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """True positions as Baidu's BD-09 shows them."""
    return bd09_from_gcj02(*to_gcj02(lon, lat))


def _inverted(forward: Callable[[Floats, Floats], Pair], lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Positions whose forward image is the given one, by iterating `guess += target - forward(guess)`."""
    target_x, target_y = _arrays(lon, lat)
    x, y = target_x.copy(), target_y.copy()
    for _ in range(_MAX_ROUNDS):
        seen_x, seen_y = forward(x, y)
        step_x, step_y = target_x - seen_x, target_y - seen_y
        x, y = x + step_x, y + step_y
        if x.size == 0 or np.nanmax(np.maximum(np.abs(step_x), np.abs(step_y)), initial=0.0) < _SETTLED_DEG:
            break
    return x, y


def from_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """True positions of points given in GCJ-02 (exact inverse)."""
    return _inverted(to_gcj02, lon, lat)


def from_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """True positions of points given in BD-09 (exact inverse)."""
    return _inverted(to_bd09, lon, lat)
