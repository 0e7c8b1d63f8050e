"""Where a post's proof comes from, and through which states a post and an interest grid pass.

Rules: J07, J08
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from wangge.errors import RuleBroken


class MemberSource(StrEnum):
    """Whence a grid member comes; each has a proof of its own. Rule: J08"""

    ASSOCIATION = "association"  # a sports association, which names a person
    SITE_HEAD = "site_head"
    INSTRUCTOR = "instructor"
    BACKBONE = "backbone"


class PostState(StrEnum):
    """The state of a member's post in an interest grid. Rule: J08"""

    NOMINATED = "nominated"
    CONFIRMED = "confirmed"  # agreed, and its first day has not come
    ACTIVE = "active"
    ENDED = "ended"


class PostAction(StrEnum):
    """What is done to a post. Rule: J08"""

    CONFIRM = "confirm"
    END = "end"


class InterestGridState(StrEnum):
    """The state of an interest grid. Rule: J07"""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DORMANT = "dormant"  # no activity for as many days as policy says
    CLOSED = "closed"


class InterestGridAction(StrEnum):
    """What is done to an interest grid. Rule: J07"""

    CONFIRM = "confirm"
    WAKE = "wake"
    CLOSE = "close"
    EDIT = "edit"


SOURCE_WORDS: dict[MemberSource, str] = {
    MemberSource.ASSOCIATION: "体育协会",
    MemberSource.SITE_HEAD: "健身站点负责人",
    MemberSource.INSTRUCTOR: "社会体育指导员",
    MemberSource.BACKBONE: "体育骨干",
}
POST_WORDS: dict[PostState, str] = {
    PostState.NOMINATED: "已提名",
    PostState.CONFIRMED: "已确认",
    PostState.ACTIVE: "在任",
    PostState.ENDED: "已结束",
}
INTEREST_GRID_WORDS: dict[InterestGridState, str] = {
    InterestGridState.PROPOSED: "待确认",
    InterestGridState.ACTIVE: "活跃",
    InterestGridState.DORMANT: "休眠",
    InterestGridState.CLOSED: "已关闭",
}
_ACTION_WORDS: dict[InterestGridAction, tuple[str, str]] = {
    InterestGridAction.CONFIRM: ("确认", "confirmed"),
    InterestGridAction.WAKE: ("唤醒", "woken"),
    InterestGridAction.CLOSE: ("关闭", "closed"),
    InterestGridAction.EDIT: ("修改", "changed"),
}
_POST_ACTION_WORDS: dict[PostAction, tuple[str, str]] = {
    PostAction.CONFIRM: ("确认", "confirmed"),
    PostAction.END: ("结束", "ended"),
}
_FROM: dict[InterestGridAction, frozenset[InterestGridState]] = {
    InterestGridAction.CONFIRM: frozenset({InterestGridState.PROPOSED}),
    InterestGridAction.WAKE: frozenset({InterestGridState.DORMANT}),
    InterestGridAction.CLOSE: frozenset(InterestGridState) - {InterestGridState.CLOSED},
    InterestGridAction.EDIT: frozenset(InterestGridState) - {InterestGridState.CLOSED},
}
_POST_FROM: dict[PostAction, frozenset[PostState]] = {
    PostAction.CONFIRM: frozenset({PostState.NOMINATED}),
    PostAction.END: frozenset({PostState.NOMINATED, PostState.CONFIRMED, PostState.ACTIVE}),
}


def check_interest_grid_action(state: InterestGridState, action: InterestGridAction) -> None:
    """Refuse what the state does not allow with 409 INVALID_TRANSITION. Rule: J07"""
    if state in _FROM[action]:
        return
    zh, en = _ACTION_WORDS[action]
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"兴趣网格{INTEREST_GRID_WORDS[state]}，不能{zh}",
        en=f"a {state.value} interest grid cannot be {en}",
        status=409,
        rule="J07",
        facts={"state": state.value, "action": action.value},
        how_to_fix_zh=f"{zh}适用于：{'、'.join(INTEREST_GRID_WORDS[each] for each in sorted(_FROM[action]))}",
        how_to_fix_en=f"only these can be {en}: {', '.join(sorted(_FROM[action]))}",
    )


def check_post_action(state: PostState, action: PostAction) -> None:
    """Refuse what the post's state does not allow with 409 INVALID_TRANSITION. Rule: J08"""
    if state in _POST_FROM[action]:
        return
    zh, en = _POST_ACTION_WORDS[action]
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"网格员任职{POST_WORDS[state]}，不能{zh}",
        en=f"a post that is {state.value} cannot be {en}",
        status=409,
        rule="J08",
        facts={"state": state.value, "action": action.value},
        how_to_fix_zh="请重新提名" if state == PostState.ENDED else "请查看任职的当前状态",
        how_to_fix_en="nominate the person anew"
        if state == PostState.ENDED
        else "look at the post as it stands",
    )


def state_of_confirmed(starts_on: date, on: date) -> PostState:
    """A confirmed post is served from its first day. Rule: J08"""
    return PostState.CONFIRMED if starts_on > on else PostState.ACTIVE


def state_of_ending(state: PostState, ends_on: date, on: date) -> PostState:
    """A post that ends later is served to its last day; a nomination that ends was withdrawn. Rule: J08"""
    return state if state != PostState.NOMINATED and ends_on >= on else PostState.ENDED
