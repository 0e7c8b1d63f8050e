"""A demand is open, handed up to the street or town, taken or declined there, or closed where it arose.

Rule: J22
"""

from __future__ import annotations

from enum import StrEnum

from grids.interest.rules.people_states import InterestGridState
from wangge.errors import RuleBroken


class DemandState(StrEnum):
    """Where a demand stands."""

    OPEN = "open"  # others may still join in asking
    HANDED_UP = "handed_up"  # with the street or town
    TAKEN = "taken"  # becomes, or has become, a line of a delivery order
    DECLINED = "declined"
    CLOSED = "closed"  # met or withdrawn where it arose


NEXT: dict[DemandState, frozenset[DemandState]] = {
    DemandState.OPEN: frozenset({DemandState.HANDED_UP, DemandState.CLOSED}),
    DemandState.HANDED_UP: frozenset({DemandState.TAKEN, DemandState.DECLINED}),
    DemandState.TAKEN: frozenset(),
    DemandState.DECLINED: frozenset(),
    DemandState.CLOSED: frozenset(),
}
STATE_NAMES_ZH: dict[DemandState, str] = {
    DemandState.OPEN: "待上报",
    DemandState.HANDED_UP: "已上报",
    DemandState.TAKEN: "已采纳",
    DemandState.DECLINED: "未采纳",
    DemandState.CLOSED: "已关闭",
}
_HOW_ZH: dict[DemandState, str] = {
    DemandState.OPEN: "请先上报",
    DemandState.HANDED_UP: "请等待街镇答复",
    DemandState.TAKEN: "如有新的需求请另行提出",
    DemandState.DECLINED: "如仍有需求请另行提出",
    DemandState.CLOSED: "如仍有需求请另行提出",
}
_HOW_EN: dict[DemandState, str] = {
    DemandState.OPEN: "hand it up first",
    DemandState.HANDED_UP: "wait for the answer of the street or town",
    DemandState.TAKEN: "enter another demand for what is new",
    DemandState.DECLINED: "enter another demand if people still ask",
    DemandState.CLOSED: "enter another demand if people still ask",
}


class DemandSource(StrEnum):
    """Where somebody asked."""

    SURVEY = "survey"
    VISIT = "visit"
    INTEREST_GRID = "interest_grid"


def check_demand_step(now: DemandState, wanted: DemandState, facts: dict[str, object]) -> None:
    """Refuse with 409 DEMAND_STATE a step that the table does not know; `facts` say when and where it went before.

    Rule: J22
    """
    if wanted in NEXT[now]:
        return
    raise RuleBroken(
        "DEMAND_STATE",
        zh=f"该需求{STATE_NAMES_ZH[now]}，不能改为“{STATE_NAMES_ZH[wanted]}”",
        en=f"a demand that is {now} does not become {wanted}",
        status=409,
        rule="J22",
        facts={"state": now.value, "wanted": wanted.value, **facts},
        how_to_fix_zh=_HOW_ZH[now],
        how_to_fix_en=_HOW_EN[now],
    )


def check_demand_open(now: DemandState, facts: dict[str, object]) -> None:
    """Refuse with 409 DEMAND_STATE to change what was handed up or closed: it is read elsewhere as it was.

    Rule: J22
    """
    if now is DemandState.OPEN:
        return
    raise RuleBroken(
        "DEMAND_STATE",
        zh=f"该需求{STATE_NAMES_ZH[now]}，不能修改",
        en=f"a demand that is {now} is not changed",
        status=409,
        rule="J22",
        facts={"state": now.value, **facts},
        how_to_fix_zh=_HOW_ZH[now],
        how_to_fix_en=_HOW_EN[now],
    )


def check_interest_grid_asks(state: str, code: str) -> None:
    """Refuse a demand of a closed interest grid with 409 INTEREST_GRID_CLOSED.

    Rule: J22
    """
    if state != InterestGridState.CLOSED:
        return
    raise RuleBroken(
        "INTEREST_GRID_CLOSED",
        zh=f"兴趣网格{code}已关闭",
        en=f"interest grid {code} is closed",
        status=409,
        rule="J07",
        facts={"interest_grid": code},
        how_to_fix_zh="请选择其他兴趣网格，或以基础网格的名义提出",
        how_to_fix_en="choose another interest grid, or ask in the name of a base grid",
        field="interest_grid_id",
    )


def check_reason(reason: str) -> None:
    """Refuse to decline or close without a word with 422 REASON_REQUIRED: whoever asked will want to know.

    Rule: J22
    """
    if reason.strip():
        return
    raise RuleBroken(
        "REASON_REQUIRED",
        zh="请说明原因",
        en="give a reason",
        rule="J22",
        how_to_fix_zh="请用一句话说明原因，提出人可以看到",
        how_to_fix_en="say why in one sentence; whoever asked will read it",
        field="reason",
    )
