"""A fault or a matter seen in a grid is noted and handed to the city's hotline; it is referred, never handled here.

Rule: J15
"""

from __future__ import annotations

from enum import StrEnum

from wangge.errors import RuleBroken


class IssueKind(StrEnum):
    """What was seen."""

    EQUIPMENT_FAULT = "equipment_fault"  # 健身器材损坏
    SITE_UNSAFE = "site_unsafe"  # 场地安全隐患
    SITE_DIRTY = "site_dirty"  # 环境卫生
    LIGHTING = "lighting"  # 照明
    NOISE = "noise"  # 噪音扰民
    SPACE_TAKEN = "space_taken"  # 场地被占用
    OTHER = "other"


KIND_NAMES_ZH: dict[IssueKind, str] = {
    IssueKind.EQUIPMENT_FAULT: "健身器材损坏",
    IssueKind.SITE_UNSAFE: "场地安全隐患",
    IssueKind.SITE_DIRTY: "环境卫生",
    IssueKind.LIGHTING: "照明问题",
    IssueKind.NOISE: "噪音扰民",
    IssueKind.SPACE_TAKEN: "场地被占用",
    IssueKind.OTHER: "其他",
}


class IssueState(StrEnum):
    """Where an issue stands."""

    NOTED = "noted"
    HANDED_OVER = "handed_over"  # with the hotline, or on its way there
    ANSWERED = "answered"
    CLOSED = "closed"


NEXT: dict[IssueState, frozenset[IssueState]] = {
    IssueState.NOTED: frozenset({IssueState.HANDED_OVER, IssueState.CLOSED}),
    IssueState.HANDED_OVER: frozenset({IssueState.ANSWERED, IssueState.CLOSED}),
    IssueState.ANSWERED: frozenset({IssueState.ANSWERED, IssueState.CLOSED}),
    IssueState.CLOSED: frozenset(),
}
STATE_NAMES_ZH: dict[IssueState, str] = {
    IssueState.NOTED: "待转交",
    IssueState.HANDED_OVER: "已转交",
    IssueState.ANSWERED: "已答复",
    IssueState.CLOSED: "已办结",
}


def check_issue_step(now: IssueState, wanted: IssueState, facts: dict[str, object]) -> None:
    """Refuse with 409 ISSUE_STATE a step that the table does not know.

    Rule: J15
    """
    if wanted in NEXT[now]:
        return
    raise RuleBroken(
        "ISSUE_STATE",
        zh=f"该事项{STATE_NAMES_ZH[now]}，不能改为“{STATE_NAMES_ZH[wanted]}”",
        en=f"an issue that is {now} does not become {wanted}",
        status=409,
        rule="J15",
        facts={"state": now.value, "wanted": wanted.value, **facts},
        how_to_fix_zh="请查看该事项的最新状态",
        how_to_fix_en="look at where the issue stands now",
    )


def check_interest_grid_serves(serves: bool, interest_grid: str, grid: str) -> None:
    """Refuse with 422 INTEREST_GRID_ELSEWHERE an issue told in the name of an interest grid that does not serve there.

    Rule: J15
    """
    if serves:
        return
    raise RuleBroken(
        "INTEREST_GRID_ELSEWHERE",
        zh=f"兴趣网格{interest_grid}不服务网格{grid}",
        en=f"interest grid {interest_grid} does not serve base grid {grid}",
        rule="J15",
        facts={"interest_grid": interest_grid, "grid": grid},
        how_to_fix_zh="请选择服务本网格的兴趣网格，或不填",
        how_to_fix_en="choose an interest grid that serves this base grid, or none",
        field="interest_grid_id",
    )


def check_issue_waits(now: IssueState) -> None:
    """Refuse with 409 ISSUE_STATE to change what was handed over: the hotline has it as it was.

    Rule: J15
    """
    if now is IssueState.NOTED:
        return
    raise RuleBroken(
        "ISSUE_STATE",
        zh=f"该事项{STATE_NAMES_ZH[now]}，不能再修改",
        en=f"an issue that is {now} is not changed",
        status=409,
        rule="J15",
        facts={"state": now.value},
        how_to_fix_zh="如有新情况请另行登记",
        how_to_fix_en="note another issue for what is new",
    )


class Delivery(StrEnum):
    """How far the message to the hotline is. Rule: J15"""

    NONE = "none"
    WAITING = "waiting"
    CHANNEL_OFF = "channel_off"  # the city has no hotline channel yet; the message is kept
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"  # handing over again sends it anew


DELIVERY_NAMES_ZH: dict[Delivery, str] = {
    Delivery.NONE: "尚未转交",
    Delivery.WAITING: "正在发送",
    Delivery.CHANNEL_OFF: "本市尚未配置12345渠道，已保留，配置后自动发送",
    Delivery.DELIVERED: "已送达",
    Delivery.GIVEN_UP: "多次发送未成功，请重新转交",
}


def delivery_of(*, has_message: bool, is_delivered: bool, is_given_up: bool, is_channel_on: bool) -> Delivery:
    """How far the message is, from what the outbox knows of it.

    Rule: J15
    """
    if not has_message:
        return Delivery.NONE
    if is_delivered:
        return Delivery.DELIVERED
    if not is_channel_on:
        return Delivery.CHANNEL_OFF
    return Delivery.GIVEN_UP if is_given_up else Delivery.WAITING
