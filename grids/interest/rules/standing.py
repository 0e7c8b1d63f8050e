"""Who stands how towards an interest grid, and which acts each standing allows.

A leader's and a member's rights come with the post, grid by grid, and need no grant: an office's right
(`interest.edit` for the unit) allows everything, a leader runs the interest grids that serve the own base grids, a
member runs the activities of the own interest grid and sees only what the post needs. Who proposed an interest grid sees
and mends the proposal until it is confirmed.

Rules: J06, J08
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from wangge.errors import RuleBroken


class Standing(StrEnum):
    """How a person stands towards one interest grid."""

    OFFICE = "office"  # holds the act's right for its unit
    LEADER = "leader"  # leads one of the base grids it serves
    MEMBER = "member"  # holds an active post in it
    PROPOSER = "proposer"  # proposed it, and nobody has confirmed it yet


class Act(StrEnum):
    """What may be done in an interest grid."""

    SEE = "see"
    EDIT = "edit"  # its name, time, place and base grids
    CONFIRM = "confirm"  # make it active, wake it, close it
    CROSS = "cross"  # approve that it serves other communities
    STAFF = "staff"  # nominate, confirm, move and end members
    SEE_NUMBERS = "see_numbers"  # a member's phone in full, for a purpose
    SEE_PEOPLE = "see_people"  # its participants, masked
    ENROL = "enrol"  # let participants join and leave
    RUN = "run"  # plan, change, cancel activities; tick who is present
    LOG = "log"  # record work, visits and faults
    ASK = "ask"  # enter a demand
    HAND_UP = "hand_up"  # hand a demand up to the street or town


RIGHT_OF: dict[Act, str] = {
    Act.SEE: "interest.view",
    Act.EDIT: "interest.edit",
    Act.CONFIRM: "interest.edit",
    Act.CROSS: "interest.cross",
    Act.STAFF: "member.edit",
    Act.SEE_NUMBERS: "personal.full_value",
    Act.SEE_PEOPLE: "interest.view",
    Act.ENROL: "activity.edit",
    Act.RUN: "activity.edit",
    Act.LOG: "activity.edit",
    Act.ASK: "demand.edit",
    Act.HAND_UP: "demand.edit",
}
_LEADER = frozenset(Act) - {Act.CROSS}
_MEMBER = frozenset({Act.SEE, Act.SEE_PEOPLE, Act.ENROL, Act.RUN, Act.LOG, Act.ASK})
MAY: dict[Standing, frozenset[Act]] = {
    Standing.OFFICE: frozenset(Act),
    Standing.LEADER: _LEADER,
    Standing.MEMBER: _MEMBER,
    Standing.PROPOSER: frozenset({Act.SEE, Act.EDIT}),
}
ACT_WORDS: dict[Act, tuple[str, str]] = {
    Act.SEE: ("查看", "see it"),
    Act.EDIT: ("修改", "change it"),
    Act.CONFIRM: ("确认、唤醒或关闭", "confirm, wake or close it"),
    Act.CROSS: ("批准跨社区服务", "approve that it serves other communities"),
    Act.STAFF: ("管理网格员", "manage its members"),
    Act.SEE_NUMBERS: ("查看网格员的号码", "see members' numbers"),
    Act.SEE_PEOPLE: ("查看参与者", "see its participants"),
    Act.ENROL: ("登记参与者", "enrol participants"),
    Act.RUN: ("组织活动", "run its activities"),
    Act.LOG: ("记录工作", "record work"),
    Act.ASK: ("提出需求", "enter a demand"),
    Act.HAND_UP: ("上报需求", "hand a demand up"),
}


def may(act: Act, standings: Collection[Standing]) -> bool:
    """Whether one of the standings allows the act."""
    return any(act in MAY[standing] for standing in standings)


def check_standing(act: Act, standings: Collection[Standing]) -> None:
    """Refuse an act that none of the person's standings allows with 403 POST_REQUIRED.

    Rules: J06, J08
    """
    if may(act, standings):
        return
    zh, en = ACT_WORDS[act]
    raise RuleBroken(
        "POST_REQUIRED",
        zh=f"您在该兴趣网格的身份不能{zh}",
        en=f"your post in this interest grid does not allow you to {en}",
        status=403,
        rule="J08",
        facts={"act": act.value, "standings": sorted(standings), "right": RIGHT_OF[act]},
        how_to_fix_zh="请由本网格网格长或街镇、区县体育部门办理",
        how_to_fix_en="ask the leader of the base grid, or the office of the street, town or county",
    )
