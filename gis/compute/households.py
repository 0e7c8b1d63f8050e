"""Every building's households are given, estimated from its floors, or its share of a community's total.

Carries out "Households" of the partition specification: sums are exact, every building says which way it
went.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.metric import require_metric
from gis.compute.refusal import InputRefused

# What may stand in a cell that is to hold a number.
_READABLE = (bool, int, float, str, Decimal, np.bool_, np.integer, np.floating)


class HouseholdSource(StrEnum):
    """How a building came by its households."""

    GIVEN = "given"  # counted by the bureau, taken as it stands
    ESTIMATED = "estimated"  # floors × footprint × share ÷ m² per home
    SPREAD = "spread"  # its share of what the community's total leaves
    NONE = "none"  # not a dwelling, or nothing to estimate from


@dataclass(frozen=True)
class HouseholdParameters:
    """Assumptions of the estimate; all are tenant policy.

    `residential_share`: dwellings' part of the gross floor area; `m2_per_home`: gross floor area per home;
    `storey_m`: height of a storey where only the building's height is known; `assumed_floors`: where nothing
    is. `compound_floor_ratio`: gross floor area over ground of a compound that stands in for its buildings (容积率).
    The ratio is an assumption, taken from no document; real compounds lie between 1 (old rows of six storeys) and 3
    (towers), so an estimate may be off by half, while shares of a total only depend on areas.
    """

    residential_share: float = 0.85
    m2_per_home: float = 100.0
    storey_m: float = 3.0
    assumed_floors: float = 1.0
    compound_floor_ratio: float = 2.0


def spread_by_largest_remainder(total: int, weights: ArrayLike) -> IntArray:
    """Return whole numbers in proportion to the weights that sum to the total exactly.

    Ties go to the earlier entry. Weights are finite and ≥ 0; with a positive total at least one is > 0
    (ValueError).
    """
    share = np.asarray(weights, dtype=np.float64)
    if total < 0 or (share < 0).any() or not np.isfinite(share).all():
        raise ValueError("total and weights must be finite and not negative")
    if total == 0:
        return np.zeros(len(share), dtype=np.int64)
    if share.sum() <= 0:
        raise ValueError("a positive total needs at least one positive weight")
    # Scaled by the largest first, so that tiny or huge weights neither vanish nor overflow in the sum.
    share = share / share.max()
    exact = total * (share / share.sum())
    whole = np.floor(exact).astype(np.int64)
    order = np.lexsort((np.arange(len(share)), -(exact - whole)))
    missing = total - int(whole.sum())
    positive = order[share[order] > 0]
    for i in range(abs(missing)):
        at = positive[i % len(positive)] if missing > 0 else positive[-1 - i % len(positive)]
        whole[at] += 1 if missing > 0 else -1
    return np.asarray(whole)


def households_of_buildings(
    buildings: gpd.GeoDataFrame,
    totals: pd.Series | None = None,
    parameters: HouseholdParameters | None = None,
) -> pd.DataFrame:
    """Return `households` (int), `source` (HouseholdSource value) and `floors_assumed` (bool) per building.

    Buildings: metric footprints or points; columns read where present: `households` (whole numbers or empty),
    `floors`, `height_m`, `residential` (bool or empty = yes), `community`, `stands_in` (bool: a whole compound's
    ground instead of a footprint). `totals`: households per community; a community with a total has its
    remainder (total − given) spread over residential floor area.
    Raises InputRefused: DEGREES_NOT_METRES, HOUSEHOLDS_NOT_WHOLE, HOUSEHOLDS_NEGATIVE (with row),
    HOUSEHOLDS_EXCEED_TOTAL, TOTAL_WITHOUT_HOMES (with community).
    """
    require_metric(buildings)
    settings = parameters or HouseholdParameters()
    given = given_households(buildings)
    floor_m2, assumed = residential_floor_m2(buildings, settings)
    estimate = np.floor(floor_m2 * settings.residential_share / settings.m2_per_home + 0.5)
    households = np.where(np.isnan(given), estimate, given)
    source = np.where(
        np.isnan(given),
        np.where(floor_m2 > 0, HouseholdSource.ESTIMATED.value, HouseholdSource.NONE.value),
        HouseholdSource.GIVEN.value,
    ).astype(object)
    if totals is not None and len(totals):
        _spread_totals(buildings, totals, given, floor_m2, households, source)
    frame = pd.DataFrame(index=buildings.index)
    frame["households"] = households.astype(np.int64)
    frame["source"] = source
    frame["floors_assumed"] = assumed & (source != HouseholdSource.GIVEN.value)
    return frame


def residential_floor_m2(
    buildings: gpd.GeoDataFrame, parameters: HouseholdParameters
) -> tuple[FloatArray, np.ndarray]:
    """Return residential floor area per building in m² (0 where not residential) and whether floors were assumed.

    A point has no footprint; it counts with 1 m² per floor, which only matters among points of one community. A
    compound that stands in counts with its ground × `compound_floor_ratio`, whatever floors it may name.
    """
    floors = _numbers(buildings, "floors")
    by_height = np.floor(_numbers(buildings, "height_m") / parameters.storey_m + 1e-9)
    floors = np.where(floors > 0, floors, np.where(by_height > 0, by_height, np.nan))
    stands_in = _flags(buildings, "stands_in")
    assumed = np.isnan(floors) | stands_in
    floors = np.where(assumed, parameters.assumed_floors, floors)
    floors = np.where(stands_in, parameters.compound_floor_ratio, floors)
    footprint = buildings.geometry.area.to_numpy()
    footprint = np.where(footprint > 0, footprint, 1.0)
    residential = np.ones(len(buildings), dtype=bool)
    if "residential" in buildings.columns:
        column = buildings["residential"]
        residential = np.where(column.isna(), True, column.astype("boolean").fillna(True)).astype(bool)
    return np.where(residential, footprint * floors, 0.0), assumed


def _flags(buildings: gpd.GeoDataFrame, column: str) -> np.ndarray:
    if column not in buildings.columns:
        return np.zeros(len(buildings), dtype=bool)
    return np.asarray(buildings[column].astype("boolean").fillna(False).to_numpy(dtype=bool))


def _numbers(buildings: gpd.GeoDataFrame, column: str) -> FloatArray:
    if column not in buildings.columns:
        return np.full(len(buildings), np.nan)
    values = buildings[column]
    if (
        values.dtype.kind not in "biuf"
    ):  # dates, complex numbers and lists are no quantities, whatever pandas says
        values = values.map(lambda value: value if isinstance(value, _READABLE) else None).astype(object)
    return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def given_households(buildings: gpd.GeoDataFrame) -> FloatArray:
    """Return the column `households` as whole numbers, NaN where empty or where there is no such column.

    Text that reads as a whole number counts as one. Raises InputRefused: HOUSEHOLDS_NOT_WHOLE,
    HOUSEHOLDS_NEGATIVE (with row).
    """
    if "households" not in buildings.columns:
        return np.full(len(buildings), np.nan)
    values = _numbers(buildings, "households")
    unreadable = np.isnan(values) & buildings["households"].notna().to_numpy()
    fractional = unreadable | (np.isfinite(values) & (values != np.floor(values))) | np.isinf(values)
    if fractional.any():
        raise _bad_household(buildings, int(np.argmax(fractional)), "HOUSEHOLDS_NOT_WHOLE")
    negative = values < 0
    if negative.any():
        raise _bad_household(buildings, int(np.argmax(negative)), "HOUSEHOLDS_NEGATIVE")
    return values


def _bad_household(buildings: gpd.GeoDataFrame, row: int, code: str) -> InputRefused:
    value = buildings["households"].iloc[row]
    zh = "是负数" if code == "HOUSEHOLDS_NEGATIVE" else "不是整数"
    en = "is negative" if code == "HOUSEHOLDS_NEGATIVE" else "is not a whole number"
    return InputRefused(
        code,
        zh=f"第{row + 1}行户数 {value} {zh}",
        en=f"row {row + 1}: households {value} {en}",
        remedy_zh="户数应为大于等于 0 的整数，未知请留空",
        remedy_en="households are whole numbers from 0 up; leave unknown ones empty",
        row=row + 1,
        field="households",
        facts={"value": str(value)},
    )


def _spread_totals(
    buildings: gpd.GeoDataFrame,
    totals: pd.Series,
    given: FloatArray,
    floor_m2: FloatArray,
    households: FloatArray,
    source: np.ndarray,
) -> None:
    community = buildings["community"].to_numpy(dtype=object)
    rows_of = pd.Series(np.arange(len(buildings))).groupby(community, sort=False).indices
    for row, (label, value) in enumerate(totals.items(), 1):
        total = _whole_total(label, value, row)
        rows = np.asarray(rows_of.get(label, np.zeros(0, dtype=np.int64)), dtype=np.int64)
        counted = ~np.isnan(given[rows])
        rest = total - int(np.nansum(given[rows]))
        open_rows = rows[~counted]
        if rest < 0:
            raise _total_refused("HOUSEHOLDS_EXCEED_TOTAL", label, total, total - rest)
        if rest > 0 and floor_m2[open_rows].sum() <= 0:
            raise _total_refused("TOTAL_WITHOUT_HOMES", label, total, total - rest)
        if len(open_rows):
            households[open_rows] = spread_by_largest_remainder(rest, floor_m2[open_rows])
            source[open_rows] = np.where(floor_m2[open_rows] > 0, HouseholdSource.SPREAD.value, "none")


def _whole_total(label: object, value: object, row: int) -> int:
    number = float(value)  # type: ignore[arg-type]
    if not np.isfinite(number) or number != np.floor(number) or number < 0:
        raise InputRefused(
            "HOUSEHOLDS_NEGATIVE" if number < 0 else "HOUSEHOLDS_NOT_WHOLE",
            zh=f"社区“{label}”的总户数 {value} 不是大于等于 0 的整数",
            en=f"the household total {value} of community “{label}” is not a whole number from 0 up",
            remedy_zh="请更正社区总户数",
            remedy_en="correct the community's total",
            row=row,
            field="households",
        )
    return int(number)


def _total_refused(code: str, label: object, total: int, given: int) -> InputRefused:
    exceeds = code == "HOUSEHOLDS_EXCEED_TOTAL"
    return InputRefused(
        code,
        zh=f"社区“{label}”总户数 {total}，"
        + (f"但各楼已填户数合计 {given}" if exceeds else "但没有可分摊的住宅建筑"),
        en=f"community “{label}” has a total of {total} households "
        + (
            f"but its buildings already count {given}"
            if exceeds
            else "but no residential building to carry them"
        ),
        remedy_zh="请核对总户数与楼栋户数" if exceeds else "请补充住宅建筑或小区面",
        remedy_en="check the total against the buildings" if exceeds else "add dwellings or compounds",
        field="households",
        facts={"community": str(label), "total": total, "given": given},
    )
