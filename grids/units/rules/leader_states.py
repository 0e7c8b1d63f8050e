"""A leader's term is nominated, confirmed, in post on its first day, and over after its last.

What people do is written down; what time does is read from the days, so that no job has to run for a term to begin
or to run out.

Rule: J06
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from grids.units.rules.leader import LEADER_CLAUSE
from wangge.errors import RuleBroken


class LeaderState(StrEnum):
    """Where a term stands on a day."""

    NOMINATED = "nominated"  # 已提名: proposed by the town or community, not yet decided
    CONFIRMED = "confirmed"  # 已确认: decided, and its first day has not come
    ACTIVE = "active"  # 在任: in post by office
    ACTING = "acting"  # 代理: in post for a vacancy, for as many days as policy allows
    ENDED = "ended"  # 已结束: over, declined or called off


STATE_NAMES_ZH: Mapping[LeaderState, str] = {
    LeaderState.NOMINATED: "已提名",
    LeaderState.CONFIRMED: "已确认",
    LeaderState.ACTIVE: "在任",
    LeaderState.ACTING: "代理",
    LeaderState.ENDED: "已结束",
}

# Confirmed → acting: an acting leader begins. Active → acting: whose office ended stays on for a while.
NEXT_STATES: Mapping[LeaderState, frozenset[LeaderState]] = {
    LeaderState.NOMINATED: frozenset({LeaderState.CONFIRMED, LeaderState.ENDED}),
    LeaderState.CONFIRMED: frozenset({LeaderState.ACTIVE, LeaderState.ACTING, LeaderState.ENDED}),
    LeaderState.ACTIVE: frozenset({LeaderState.ACTING, LeaderState.ENDED}),
    LeaderState.ACTING: frozenset({LeaderState.ENDED}),
    LeaderState.ENDED: frozenset(),
}

IN_POST = frozenset({LeaderState.ACTIVE, LeaderState.ACTING})


@dataclass(frozen=True, slots=True)
class TermFacts:
    """What is written down of a term: its days, and whether it was confirmed, called off, is an acting one."""

    starts_on: date
    ends_on: date | None
    is_acting: bool
    is_confirmed: bool
    is_withdrawn: bool


def state_on(term: TermFacts, on: date) -> LeaderState:
    """The state of a term on a day; a nomination whose last day has passed has lapsed and is ended.

    Rule: J06
    """
    if term.is_withdrawn or (term.ends_on is not None and term.ends_on < on):
        return LeaderState.ENDED
    if not term.is_confirmed:
        return LeaderState.NOMINATED
    if on < term.starts_on:
        return LeaderState.CONFIRMED
    return LeaderState.ACTING if term.is_acting else LeaderState.ACTIVE


def check_next(state: LeaderState, wanted: LeaderState) -> None:
    """Refuse a step that the table does not list with 409 INVALID_TRANSITION and the steps that are possible.

    Rule: J06
    """
    allowed = [other for other in LeaderState if other in NEXT_STATES[state]]
    if wanted in allowed:
        return
    allowed_zh = "、".join(STATE_NAMES_ZH[other] for other in allowed) or "无"
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"该任期当前为“{STATE_NAMES_ZH[state]}”，不能变为“{STATE_NAMES_ZH[wanted]}”",
        en=f"a term that is {state} cannot become {wanted}",
        status=409,
        rule="J06",
        facts={"from": state.value, "to": wanted.value, "allowed": [other.value for other in allowed]},
        how_to_fix_zh=f"可变为：{allowed_zh}",
        how_to_fix_en=f"it can become: {', '.join(allowed) or 'nothing'}",
    )


def check_other_than_nominee(nominee: int, confirmer: int) -> None:
    """Refuse the nominee to decide on the own post with 403 LEADER_SELF_CONFIRM.

    Rule: J06
    """
    if nominee != confirmer:
        return
    raise RuleBroken(
        "LEADER_SELF_CONFIRM",
        zh="被提名人不能确认本人的网格长任职",
        en="nobody confirms the own post as grid leader",
        status=403,
        rule="J06",
        clause=LEADER_CLAUSE,
        how_to_fix_zh="请由另一位有任命权限的人员确认",
        how_to_fix_en="ask another person with the right to appoint",
    )


def check_not_nominated_twice(code: str, is_nominated: bool) -> None:
    """Refuse a second nomination of the same person for the same grid with 409 LEADER_ALREADY_NOMINATED.

    Rule: J06
    """
    if not is_nominated:
        return
    raise RuleBroken(
        "LEADER_ALREADY_NOMINATED",
        zh=f"该人员已被提名为网格{code}的网格长，尚待确认",
        en=f"this person is nominated for grid {code} already and waits to be confirmed",
        status=409,
        rule="J06",
        facts={"grid": code},
        how_to_fix_zh="请等待确认，或先撤回原提名",
        how_to_fix_en="wait for the decision, or withdraw the nomination first",
        field="user_id",
    )
