"""A compound in which no dwelling is mapped stands in for its dwellings: one unit, on the compound's own ground.

Real cities have compounds drawn where nobody drew the buildings. A compound with any dwelling is left alone: its
dwellings carry the households. Ground that overlaps is counted once, for the compound that came first.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.metric import require_metric
from gis.compute.tessellation import OVERLAP_SHARE


@dataclass(frozen=True)
class StandIns:
    """Labels of the compounds that stand in, and the overlapped ones that must not (index) with whose ground it is."""

    standing: pd.Index
    overlapped: pd.Series


def compounds_standing_in(compounds: gpd.GeoSeries, dwellings: gpd.GeoSeries) -> StandIns:
    """Decide which compounds stand in; earlier rows go before later ones.

    `compounds`: metric polygons; `dwellings`: metric footprints or points. A compound stands in when no dwelling's
    inner point lies in it (its rim included) and it overlaps neither a compound with dwellings nor an earlier one
    that stands in by more than `OVERLAP_SHARE` of the smaller: the drawing would take the two for one unit. Every
    compound lands in exactly one of: has dwellings, `standing`, `overlapped`. Raises
    InputRefused("DEGREES_NOT_METRES").
    """
    require_metric(compounds)
    require_metric(dwellings)
    shapes = shapely.make_valid(np.asarray(compounds.values, dtype=object))
    built = _with_dwellings(shapes, np.asarray(dwellings.values, dtype=object))
    rivals = _rivals(shapes)
    carries = built.copy()
    other = np.full(len(shapes), -1, dtype=np.int64)
    for row in np.flatnonzero(~built).tolist():
        taken = [rival for rival in rivals.get(row, []) if carries[rival]]
        if taken:
            other[row] = taken[0]
        else:
            carries[row] = True
    lost = other >= 0
    return StandIns(
        standing=compounds.index[carries & ~built],
        overlapped=pd.Series(compounds.index[other[lost]], index=compounds.index[lost]),
    )


def _with_dwellings(shapes: np.ndarray, dwellings: np.ndarray) -> np.ndarray:
    built = np.zeros(len(shapes), dtype=bool)
    if len(shapes) and len(dwellings):
        spots = shapely.point_on_surface(dwellings)
        built[np.unique(shapely.STRtree(shapes).query(spots, predicate="intersects")[1])] = True
    return built


def _rivals(shapes: np.ndarray) -> dict[int, list[int]]:
    """Per row the rows whose ground is largely the same, in their order."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    apart = left != right
    left, right = left[apart], right[apart]
    area = shapely.area(shapes)
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    same = common > OVERLAP_SHARE * np.minimum(area[left], area[right])
    rivals: dict[int, list[int]] = {}
    for a, b in sorted(zip(left[same].tolist(), right[same].tolist(), strict=True)):
        rivals.setdefault(a, []).append(b)
    return rivals
