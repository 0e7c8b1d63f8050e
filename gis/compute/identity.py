"""A grid keeps its number from plan to plan: new grids take over the old ones they share most households with.

Point 9 of the partition specification. Numbers that have ever been used are never used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from gis.compute.lattice import IntArray
from gis.compute.refusal import InputRefused

HIGHEST_SEQUENCE = 999


def match_grids(
    new: pd.Series, old: pd.Series, households: pd.Series, fixed: Mapping[int, Any] | None = None
) -> dict[int, Any]:
    """Return new grid → old grid by maximum-weight matching on shared households.

    `fixed`: pairs that are settled beforehand (locked grids, grids named by hand).

    `new`, `old`: grid per building (same index kind, NaN = none); `households` per building. A pair that
    shares no household is not matched. Every old grid is taken over at most once.
    """
    common = new.index.intersection(old.dropna().index)
    frame = pd.DataFrame(
        {"new": new.loc[common], "old": old.loc[common], "n": households.reindex(common).fillna(0)}
    ).dropna()
    settled = dict(fixed or {})
    frame = frame[~frame["new"].isin(list(settled)) & ~frame["old"].isin(list(settled.values()))]
    if frame.empty:
        return settled
    table = frame.pivot_table(
        index="new", columns="old", values="n", aggfunc="sum", fill_value=0
    ).sort_index()
    table = table.reindex(columns=sorted(table.columns, key=str))
    weights = table.to_numpy(dtype=np.float64)
    rows, columns = linear_sum_assignment(-weights)
    matched = {
        int(table.index[r]): table.columns[c] for r, c in zip(rows, columns, strict=True) if weights[r, c] > 0
    }
    return {**settled, **matched}


def sequence_numbers(
    grids: gpd.GeoSeries,
    kept: Mapping[int, int] | None = None,
    used: Iterable[int] = (),
) -> IntArray:
    """Return a number 1…999 per grid (in the order given).

    `kept`: position → number taken over from the plan before; `used`: all numbers the community ever had. The
    others are numbered from the next free number on, from west to east, and north to south where equally far
    west. Raises InputRefused("GRID_NUMBERS_EXHAUSTED") above 999.
    """
    taken = dict(kept or {})
    highest = max([0, *used, *taken.values()])
    spots = grids.representative_point()
    order = sorted(
        (i for i in range(len(grids)) if i not in taken),
        key=lambda i: (round(float(spots.iloc[i].x), 7), -round(float(spots.iloc[i].y), 7), i),
    )
    if highest + len(order) > HIGHEST_SEQUENCE:
        raise InputRefused(
            "GRID_NUMBERS_EXHAUSTED",
            zh=f"本社区网格编号已用到 {highest}，再增 {len(order)} 个将超过 {HIGHEST_SEQUENCE}",
            en=f"grid numbers are used up to {highest}; {len(order)} more would pass {HIGHEST_SEQUENCE}",
            remedy_zh="请减少网格数量或联系平台管理员",
            remedy_en="draw fewer grids or ask the platform's operator",
            facts={"highest": highest, "wanted": len(order)},
        )
    for number, i in enumerate(order, highest + 1):
        taken[i] = number
    return np.array([taken[i] for i in range(len(grids))], dtype=np.int64)


def grid_code(community_code12: str, sequence: int) -> str:
    """Return the 15-digit code of a grid: the community's 12-digit statistical code and a 3-digit number."""
    if len(community_code12) != 12 or not community_code12.isascii() or not community_code12.isdigit():
        raise ValueError(f"a community code has 12 digits, not {community_code12!r}")
    if not 1 <= sequence <= HIGHEST_SEQUENCE:
        raise ValueError(f"a grid number lies between 1 and {HIGHEST_SEQUENCE}, not {sequence}")
    return f"{community_code12}{sequence:03d}"
