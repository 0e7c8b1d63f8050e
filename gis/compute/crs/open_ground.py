"""Do sites stand on open ground only after one certain move? For files too few for the tests of `offset`.

A place to exercise lies in a community and, mostly, in no building. Sites that were moved by a datum leave the
communities and come to stand in houses as often as anything would there; the right move takes all of them out
again. Sites that truly stand indoors are set free by any move, and sites beyond the edge of the communities by
many: so the right move must beat the others of the same length too. Held against true files that show no fault
there is nothing to set right, so these are never called displaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.stats import binom

from gis.compute.crs.shifted import Floats

# Six set right and none spoilt is 1 in 64 by chance; nine against one, 1 in 93.
LEAST_MENDED = 6
LEVEL_SIGN = 0.02
# How seldom sites laid down by chance, at the rate of the other moves, would show as few faults as after the right one.
LEVEL_CHANCE = 0.001
OTHER_MOVES = 11
# A site at a wall is not yet inside: footprints of different surveys differ by about this much.
WALL_M = 1.0

Fits = Callable[[Floats], npt.NDArray[np.bool_]]


def fit_open_ground(communities: npt.NDArray[Any] | None, buildings: npt.NDArray[Any] | None) -> Fits:
    """Fits when a place (metres, n × 2) lies in a community and in no building; None: the city holds none of them."""
    inside = None if communities is None else shapely.STRtree(communities)
    walls = None if buildings is None else shapely.STRtree(shapely.buffer(buildings, -WALL_M))

    def fits(places: Floats) -> npt.NDArray[np.bool_]:
        points = shapely.points(places)
        return _is_in(inside, points, True) & ~_is_in(walls, points, False)

    return fits


def _is_in(tree: shapely.STRtree | None, points: npt.NDArray[Any], otherwise: bool) -> npt.NDArray[np.bool_]:
    if tree is None:
        return np.full(len(points), otherwise)
    found = np.zeros(len(points), dtype=bool)
    found[tree.query(points, predicate="within")[0]] = True
    return found


def is_set_right(fits: Fits, given: Floats, right: Floats) -> bool:
    """Whether the move from `given` to `right` (metres, row by row) sets the sites right as no other move does."""
    before, after = fits(given), fits(right)
    mended, spoilt = int((after & ~before).sum()), int((before & ~after).sum())
    if mended < LEAST_MENDED or binom.cdf(spoilt, mended + spoilt, 0.5) > LEVEL_SIGN:
        return False
    faults = int((~after).sum())
    others = [int((~fits(places)).sum()) for places in _other_moves(given, right)]
    if faults >= min(others):
        return False
    rate = float(np.mean(others)) / len(given)
    if binom.sf((~before).sum() - 1, len(given), rate) <= LEVEL_CHANCE:
        return False  # worse than anywhere else: they are indoors or beyond the edge, and not by chance
    return bool(binom.cdf(faults, len(given), rate) <= LEVEL_CHANCE)


def _other_moves(given: Floats, right: Floats) -> list[Floats]:
    """The sites moved as far, in all the other directions."""
    east_m, north_m = np.median(right - given, axis=0)
    angles = 2 * np.pi * np.arange(1, OTHER_MOVES + 1) / (OTHER_MOVES + 1)
    return [
        given
        + np.array([
            east_m * np.cos(angle) - north_m * np.sin(angle), east_m * np.sin(angle) + north_m * np.cos(angle)
        ])
        for angle in angles
    ]  # fmt: skip
