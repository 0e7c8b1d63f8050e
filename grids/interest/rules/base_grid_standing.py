"""What a post allows in a base grid: its leader and the members of interest grids that serve it work at its doors.

Rules: J06, J13, J15
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from grids.interest.rules.standing import RIGHT_OF, Act, Standing, may
from wangge.errors import RuleBroken

_WORDS: dict[Act, tuple[str, str]] = {
    Act.LOG: ("走访或登记事项", "visit households or note issues"),
    Act.ASK: ("提出需求", "enter a demand"),
    Act.HAND_UP: ("上报需求或转交事项", "hand up a demand or hand over an issue"),
}


def check_base_grid_standing(act: Act, standings: Collection[Standing], noted_on: date | None = None) -> None:
    """Refuse an act in a base grid that none of the person's standings allows with 403 POST_REQUIRED.

    `noted_on`: the day of what was noted offline, whose posts decide and which the refusal names.

    Rules: J06, J08
    """
    if may(act, standings):
        return
    zh, en = _WORDS[act]
    facts: dict[str, object] = {
        "act": act.value,
        "standings": sorted(standings),
        "right": RIGHT_OF[act],
    }
    told_zh, told_en = f"您在该网格的身份不能{zh}", f"your post in this base grid does not allow you to {en}"
    if noted_on is not None:
        facts["on"] = noted_on.isoformat()
        told_zh = f"{noted_on.isoformat()}您在该网格没有任职，不能{zh}"
        told_en = f"on {noted_on} you held no post in this base grid that allows you to {en}"
    raise RuleBroken(
        "POST_REQUIRED",
        zh=told_zh,
        en=told_en,
        status=403,
        rule="J06",
        facts=facts,
        how_to_fix_zh="请由本网格网格长、服务本网格的网格员或街镇、区县体育部门办理",
        how_to_fix_en="ask the grid's leader, a member who serves it, or the office of the street, town or county",
    )
