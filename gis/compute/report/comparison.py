"""Two plans become the values of their comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.report.drawing import Shapes, joined_path, sheet_for, simplified_lines, simplified_tiling
from gis.compute.report.gather import histogram_of
from gis.compute.report.values import About, ComparedGrid, ComparisonReport, Histogram, Words


@dataclass(frozen=True)
class Compared:
    """Two plans in one metric system.

    `before`, `after`: grids by code with community_code, is_village, households, compactness, reock. `buildings`: households,
    before, after (codes, "" none), changed. `successor`: new code → the old one it takes over.
    """

    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    successor: Mapping[str, str]


def gather_comparison(
    compared: Compared, *, names: tuple[str, str], wanted: tuple[int, float], about: About
) -> ComparisonReport:
    """The comparison of two plans; `wanted`: target and band."""
    buildings = compared.buildings
    both = (buildings["before"] != "") & (buildings["after"] != "")
    moved = buildings[buildings["changed"]]
    rings = np.asarray(compared.after.geometry.to_numpy(), dtype=object)
    sheet = sheet_for(np.concatenate([rings, np.asarray(compared.before.geometry.to_numpy(), dtype=object)]))
    given_up = _given_up(np.asarray(compared.before.geometry.to_numpy(), dtype=object), rings)
    houses = shapely.simplify(np.asarray(moved.geometry.to_numpy(), dtype=object), 1.5)
    points = shapely.get_dimensions(houses) == 0
    houses[points] = shapely.buffer(houses[points], 6.0, cap_style="square")
    taken = set(compared.successor.values())
    return ComparisonReport(
        about=about,
        names=names,
        figures=_figures(compared, wanted),
        compared=int(buildings["households"][both].sum()),
        changed=int(moved["households"].sum()),
        changed_buildings=len(moved),
        new_grids=len(compared.after) - len(compared.successor),
        gone=tuple(str(code) for code in compared.before.index if code not in taken),
        grids=_rows(compared, [sheet.path(shape) for shape in simplified_tiling(rings)]),
        box=sheet.box,
        outlines_before=joined_path(sheet, given_up),
        moved=joined_path(sheet, houses),
        deviations=(
            _deviations(compared.before, wanted, ("旧方案的偏差", "deviations before")),
            _deviations(compared.after, wanted, ("新方案的偏差", "deviations after")),
        ),
    )


def _given_up(before: Shapes, after: Shapes) -> Shapes:
    """The borders of the plan before that are none any more."""
    old, new = (shapely.union_all(shapely.boundary(rings)) for rings in (before, after))
    lines = shapely.get_parts(shapely.line_merge(shapely.difference(old, new)))
    return simplified_lines(lines)


def _figures(compared: Compared, wanted: tuple[int, float]) -> tuple[tuple[Words, str, str], ...]:
    sides = [_side(grids, wanted) for grids in (compared.before, compared.after)]
    return tuple((words, before, after) for (words, before), (_, after) in zip(*sides, strict=True))


def _side(grids: gpd.GeoDataFrame, wanted: tuple[int, float]) -> list[tuple[Words, str]]:
    target, band = wanted
    lived_in = grids[(grids["households"] > 0) & ~grids["is_village"]]
    deviation = (lived_in["households"] / target - 1).abs()
    in_band = int((deviation <= band + 1e-9).sum())
    return [
        (("网格", "grids"), f"{len(grids):,}"),
        (("户数", "households"), f"{int(grids['households'].sum()):,}"),
        (
            ("定户数的网格中达标", "of the sized grids in band"),
            f"{in_band:,} / {len(lived_in):,} ({in_band / max(len(lived_in), 1):.1%})",
        ),
        (("最大偏差", "worst deviation"), f"{deviation.max() if len(lived_in) else 0:.1%}"),
        (("平均偏差", "mean deviation"), f"{deviation.mean() if len(lived_in) else 0:.1%}"),
        (("紧凑度 PP", "mean Polsby-Popper"), f"{grids['compactness'].mean():.3f}"),
        (("紧凑度 Reock", "mean Reock"), f"{grids['reock'].mean():.3f}"),
    ]


def _deviations(grids: gpd.GeoDataFrame, wanted: tuple[int, float], title: Words) -> Histogram:
    target, band = wanted
    sized = grids["households"][(grids["households"] > 0) & ~grids["is_village"]]
    deviation = (sized / target - 1).to_numpy(dtype=float)
    return histogram_of(
        np.clip(deviation, -0.5, 0.5), np.linspace(-0.5, 0.5, 41), title, shaded=(-band, band)
    )


def _rows(compared: Compared, paths: list[str]) -> tuple[ComparedGrid, ...]:
    moved = compared.buildings[compared.buildings["changed"]]
    came: pd.Series = moved.groupby("after")["households"].sum()
    left: pd.Series = moved.groupby("before")["households"].sum()
    rows = []
    for (code, row), path in zip(compared.after.iterrows(), paths, strict=True):
        old = compared.successor.get(str(code), "")
        rows.append(
            ComparedGrid(
                code=str(code),
                old=old,
                community=str(row["community_code"]),
                before=int(compared.before["households"].get(old, 0)),
                after=int(row["households"]),
                came=int(came.get(code, 0)),
                left=int(left.get(old, 0)),
                path=path,
            )
        )
    return tuple(rows)
