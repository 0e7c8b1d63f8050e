"""The grids of a community cover it exactly: no overlap, no gap, nothing outside.

Rule: J03
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wangge.errors import RuleBroken

TILING_CLAUSE = "城市社区每400户左右"


@dataclass(frozen=True, slots=True)
class GridOverlap:
    """Two grids that share land: their labels, how much, and a lon-lat point inside it."""

    first: str
    second: str
    area_m2: float
    place: tuple[float, float]


@dataclass(frozen=True, slots=True)
class StrayLand:
    """Land of the community that no grid has (a gap), or land of a grid outside its community."""

    label: str
    area_m2: float
    place: tuple[float, float]


def overlap_refusals(overlaps: Iterable[GridOverlap]) -> list[RuleBroken]:
    """One 422 GRID_OVERLAP for every two grids that share land, however little.

    Rule: J03
    """
    return [
        _refusal(
            "GRID_OVERLAP",
            zh=f"网格{overlap.first}与网格{overlap.second}重叠{overlap.area_m2:.1f}平方米",
            en=f"grids {overlap.first} and {overlap.second} overlap by {overlap.area_m2:.1f} m²",
            facts={
                "first": overlap.first,
                "second": overlap.second,
                "area_m2": round(overlap.area_m2, 1),
                "place": list(overlap.place),
            },
            how_to_fix_zh="请使两个网格共用同一条边界线",
            how_to_fix_en="let both grids share one border line",
        )
        for overlap in overlaps
        if overlap.area_m2 > 0
    ]


def gap_refusals(gaps: Iterable[StrayLand]) -> list[RuleBroken]:
    """One 422 GRID_GAP for every piece of a community that belongs to no grid.

    Rule: J03
    """
    return [
        _refusal(
            "GRID_GAP",
            zh=f"社区{gap.label}有{gap.area_m2:.1f}平方米未划入任何网格",
            en=f"{gap.area_m2:.1f} m² of community {gap.label} belong to no grid",
            facts={"community": gap.label, "area_m2": round(gap.area_m2, 1), "place": list(gap.place)},
            how_to_fix_zh="请将该地块划入相邻网格",
            how_to_fix_en="add this land to a neighbouring grid",
        )
        for gap in gaps
        if gap.area_m2 > 0
    ]


def outside_refusals(outside: Iterable[StrayLand]) -> list[RuleBroken]:
    """One 422 GRID_OUTSIDE_COMMUNITY for every grid with land beyond its community.

    Rule: J03
    """
    return [
        _refusal(
            "GRID_OUTSIDE_COMMUNITY",
            zh=f"网格{land.label}有{land.area_m2:.1f}平方米超出所属社区",
            en=f"{land.area_m2:.1f} m² of grid {land.label} lie outside its community",
            facts={"grid": land.label, "area_m2": round(land.area_m2, 1), "place": list(land.place)},
            how_to_fix_zh="请将边界收回到社区界线以内",
            how_to_fix_en="draw the border back inside the community",
        )
        for land in outside
        if land.area_m2 > 0
    ]


def _refusal(
    code: str, *, zh: str, en: str, facts: dict[str, object], how_to_fix_zh: str, how_to_fix_en: str
) -> RuleBroken:
    return RuleBroken(
        code,
        zh=zh,
        en=en,
        rule="J03",
        clause=TILING_CLAUSE,
        facts=facts,
        how_to_fix_zh=how_to_fix_zh,
        how_to_fix_en=how_to_fix_en,
        field="geometry",
    )
