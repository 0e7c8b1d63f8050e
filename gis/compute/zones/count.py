"""How many grids some units are to form, towers apart."""

from __future__ import annotations

from dataclasses import dataclass

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits


@dataclass(frozen=True)
class GridCount:
    """How many grids some units are to form: `towers` of them are single units above the band.

    `attainable` is the deviation from the target (share) of the rest if it were split evenly.
    """

    k: int
    towers: int
    attainable: float


def grid_count(households: IntArray, limits: SizeLimits, *, sole: bool = False) -> GridCount:
    """Return the tower-aware number of grids for units with these households.

    `sole`: the units are a whole community; below the soft minimum it is one grid.
    """
    total = int(households.sum())
    if total <= 0 or (sole and total < limits.soft_min):
        return GridCount(1, 0, abs(total - limits.target) / limits.target)
    tower = households > limits.target * (1 + limits.band)
    towers = int(tower.sum())
    rest = total - int(households[tower].sum())
    dwelling_units = int(((households > 0) & ~tower).sum())
    if rest == 0 or (towers and rest < limits.hard_min):
        return GridCount(max(1, towers), towers, 0.0)
    options = sorted({max(1, rest // limits.target), rest // limits.target + 1})
    plain = min(options, key=lambda k: (abs(rest / k - limits.target), k))
    plain = max(1, min(plain, dwelling_units))
    return GridCount(towers + plain, towers, abs(rest / plain - limits.target) / limits.target)
