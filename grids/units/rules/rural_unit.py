"""In the country the villager group is the unit: it is never split, and merging groups needs a reason.

Rule: J04
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wangge.errors import RuleBroken

RURAL_CLAUSE = "农村以村民小组为单位"


@dataclass(frozen=True, slots=True)
class RuralGrid:
    """A rural grid and the villager groups of which it holds any household or land."""

    label: str
    villager_groups: frozenset[str]
    merge_reason: str = ""


def rural_refusals(grids: Iterable[RuralGrid]) -> list[RuleBroken]:
    """422 RURAL_UNIT for every split villager group, RURAL_MERGE_REASON for every merger without a reason.

    Rule: J04
    """
    listed = list(grids)
    holders: dict[str, list[str]] = {}
    for grid in listed:
        for group in sorted(grid.villager_groups):
            holders.setdefault(group, []).append(grid.label)
    split = [_split(group, labels) for group, labels in sorted(holders.items()) if len(labels) > 1]
    merged = [
        _merged(grid) for grid in listed if len(grid.villager_groups) > 1 and not grid.merge_reason.strip()
    ]
    return split + merged


def _split(group: str, labels: list[str]) -> RuleBroken:
    return RuleBroken(
        "RURAL_UNIT",
        zh=f"农村以村民小组为单位：{group}被划入{len(labels)}个网格（{'、'.join(labels)}）",
        en=f"the villager group is the unit: {group} is split over {len(labels)} grids ({', '.join(labels)})",
        rule="J04",
        clause=RURAL_CLAUSE,
        facts={"villager_group": group, "grids": labels},
        how_to_fix_zh="请将该村民小组整体划入一个网格",
        how_to_fix_en="put the whole villager group into one grid",
        field="geometry",
    )


def _merged(grid: RuralGrid) -> RuleBroken:
    groups = sorted(grid.villager_groups)
    return RuleBroken(
        "RURAL_MERGE_REASON",
        zh=f"网格{grid.label}合并了{len(groups)}个村民小组（{'、'.join(groups)}），请说明理由",
        en=f"grid {grid.label} merges {len(groups)} villager groups ({', '.join(groups)}): give a reason",
        rule="J04",
        clause=RURAL_CLAUSE,
        facts={"grid": grid.label, "villager_groups": groups},
        how_to_fix_zh="请填写合并理由，或每个村民小组单独成格",
        how_to_fix_en="state why they are merged, or let each villager group be a grid",
        field="merge_reason",
    )
