"""What an interest grid needs before it is proposed and before it becomes active.

Rule: J07
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wangge.errors import RuleBroken

CLAUSE = "根据群众需求，分活动类别，把有共同爱好人群编排成…N个体育健身网格"
MEMBER_CLAUSE = "兼任网格员"


@dataclass(frozen=True, slots=True)
class Served:
    """Whom an interest grid serves: its home community, and the communities of its base grids by id with names."""

    home_id: int
    home_name: str
    communities: Mapping[int, str]

    def elsewhere(self) -> dict[int, str]:
        """The other communities, by id."""
        return {key: name for key, name in self.communities.items() if key != self.home_id}


def check_members(serving: int, needed: int) -> None:
    """Refuse an interest grid without as many serving members as policy asks for: 422 MEMBER_REQUIRED. Rule: J07"""
    if serving >= needed:
        return
    count = "一" if needed == 1 else str(needed)
    raise RuleBroken(
        "MEMBER_REQUIRED",
        zh=f"兴趣网格至少{count}名网格员",
        en=f"an interest grid has at least {needed} serving member{'' if needed == 1 else 's'}",
        rule="J07",
        clause=MEMBER_CLAUSE,
        facts={"serving": serving, "needed": needed},
        how_to_fix_zh="请先提名并确认网格员，任期须已开始",
        how_to_fix_en="nominate and confirm a member whose term has begun",
    )


def check_home_served(served: Served) -> None:
    """Refuse base grids none of which lies in the home community: 422 HOME_NOT_SERVED. Rule: J07"""
    if served.home_id in served.communities:
        return
    raise RuleBroken(
        "HOME_NOT_SERVED",
        zh=f"服务的基础网格中没有{served.home_name}的网格",
        en=f"none of the base grids lies in the home community {served.home_name}",
        rule="J07",
        clause=CLAUSE,
        field="base_grid_ids",
        facts={"home": served.home_name, "served": sorted(served.communities.values())},
        how_to_fix_zh="请加入所在社区的基础网格，或改选所在社区",
        how_to_fix_en="add a base grid of the home community, or choose another home",
    )


def check_crossing(served: Served, approved: Collection[int]) -> None:
    """Refuse base grids of other communities that the county has not approved: 422 CROSSING_NOT_APPROVED.

    `approved`: the ids of the communities it has approved.

    Rule: J07
    """
    missing = {key: name for key, name in served.elsewhere().items() if key not in approved}
    if not missing:
        return
    names = "、".join(sorted(missing.values()))
    raise RuleBroken(
        "CROSSING_NOT_APPROVED",
        zh=f"兴趣网格服务其他社区（{names}），须经区县体育部门批准",
        en=f"it serves other communities ({names}), which the county's sports office has to approve",
        rule="J07",
        clause=CLAUSE,
        field="base_grid_ids",
        facts={"home": served.home_name, "elsewhere": sorted(missing.values())},
        how_to_fix_zh="请报区县体育部门批准跨社区服务，或只服务本社区的基础网格",
        how_to_fix_en="ask the county to approve it, or serve base grids of the home community only",
    )


def check_place(distance_m: float | None, reach_m: int, place: str) -> None:
    """Refuse a place farther from every community served than people walk: 422 PLACE_OUT_OF_REACH. Rule: J07

    `distance_m`: from the place to the nearest of these communities, 0 inside one; None: no place was named.
    """
    if distance_m is None or distance_m <= reach_m:
        return
    raise RuleBroken(
        "PLACE_OUT_OF_REACH",
        zh=f"活动地点“{place}”距所服务社区{distance_m:.0f}米，超过{reach_m}米",
        en=f"the place “{place}” lies {distance_m:.0f} m from the communities served, more than {reach_m} m",
        rule="J07",
        clause=CLAUSE,
        field="place",
        facts={"distance_m": round(distance_m), "reach_m": reach_m},
        how_to_fix_zh="请选择所服务社区内或附近的活动地点",
        how_to_fix_en="choose a place in or near the communities served",
    )
