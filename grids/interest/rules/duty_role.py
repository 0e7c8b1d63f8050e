"""Which of the four roles a piece of work belongs to follows from what was done, and nobody is asked for it.

Rules: J14, J15, J16
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.household_visit import VisitPurpose
from wangge.errors import RuleBroken


class DutyRole(StrEnum):
    """The four roles of a grid leader and a grid member. Rule: J14"""

    INFORMATION = "information"  # 信息员: hears, finds, passes on
    PUBLICITY = "publicity"  # 宣传员: lets people know
    INSTRUCTION = "instruction"  # 指导员: leads exercise
    SERVICE = "service"  # 服务员: lends a hand


ROLE_NAMES_ZH: dict[DutyRole, str] = {
    DutyRole.INFORMATION: "信息员",
    DutyRole.PUBLICITY: "宣传员",
    DutyRole.INSTRUCTION: "指导员",
    DutyRole.SERVICE: "服务员",
}


class WorkKind(StrEnum):
    """What was done: an act that the product has seen, or one tap for what it has not. Rule: J14"""

    ACTIVITY_HELD = "activity_held"
    LECTURE_HELD = "lecture_held"  # a sports lecture hall (体育大讲堂)
    PERSON_ENROLLED = "person_enrolled"  # somebody was helped to join
    TEST_INVITED = "test_invited"  # somebody was invited to a fitness test
    VISIT_MADE = "visit_made"
    DEMAND_ENTERED = "demand_entered"
    DEMAND_HANDED_UP = "demand_handed_up"
    ISSUE_NOTED = "issue_noted"  # a fault or a matter for the hotline
    CHANNEL_POSTED = "channel_posted"
    EXERCISE_GUIDED = "exercise_guided"
    EQUIPMENT_SHOWN = "equipment_shown"
    NOTICE_HANDED_OUT = "notice_handed_out"
    WISH_HEARD = "wish_heard"
    PLACE_READIED = "place_readied"
    NEIGHBOUR_HELPED = "neighbour_helped"


# What nobody enters but by one tap; everything else is recorded with the act itself.
BY_HAND = (
    WorkKind.EXERCISE_GUIDED,
    WorkKind.EQUIPMENT_SHOWN,
    WorkKind.NOTICE_HANDED_OUT,
    WorkKind.WISH_HEARD,
    WorkKind.PLACE_READIED,
    WorkKind.NEIGHBOUR_HELPED,
)
# Acts whose own form was filled in once; their log costs no second entry.
BY_FORM = (
    WorkKind.VISIT_MADE,
    WorkKind.DEMAND_ENTERED,
    WorkKind.ISSUE_NOTED,
    WorkKind.CHANNEL_POSTED,
)

# The code of 科学健身讲座 in the catalogue of activity items, which never changes.
LECTURE_ITEM = "science_lecture"

_ROLE_OF_KIND: dict[WorkKind, DutyRole] = {
    WorkKind.ACTIVITY_HELD: DutyRole.INSTRUCTION,
    WorkKind.LECTURE_HELD: DutyRole.PUBLICITY,
    WorkKind.PERSON_ENROLLED: DutyRole.SERVICE,
    WorkKind.TEST_INVITED: DutyRole.SERVICE,
    WorkKind.DEMAND_ENTERED: DutyRole.INFORMATION,
    WorkKind.DEMAND_HANDED_UP: DutyRole.INFORMATION,
    WorkKind.ISSUE_NOTED: DutyRole.INFORMATION,
    WorkKind.CHANNEL_POSTED: DutyRole.PUBLICITY,
    WorkKind.EXERCISE_GUIDED: DutyRole.INSTRUCTION,
    WorkKind.EQUIPMENT_SHOWN: DutyRole.INSTRUCTION,
    WorkKind.NOTICE_HANDED_OUT: DutyRole.PUBLICITY,
    WorkKind.WISH_HEARD: DutyRole.INFORMATION,
    WorkKind.PLACE_READIED: DutyRole.SERVICE,
    WorkKind.NEIGHBOUR_HELPED: DutyRole.SERVICE,
}
_ROLE_OF_VISIT: dict[VisitPurpose, DutyRole] = {
    VisitPurpose.HEAR_DEMAND: DutyRole.INFORMATION,
    VisitPurpose.TELL: DutyRole.PUBLICITY,
    VisitPurpose.GUIDE: DutyRole.INSTRUCTION,
    VisitPurpose.INVITE_TEST: DutyRole.SERVICE,
    VisitPurpose.HELP: DutyRole.SERVICE,
}


def kind_of_meeting(item_code: str) -> WorkKind:
    """Whether a meeting was a sports lecture hall (体育大讲堂) or exercise, by the item of its interest grid.

    Rules: J13, J14
    """
    return WorkKind.LECTURE_HELD if item_code == LECTURE_ITEM else WorkKind.ACTIVITY_HELD


def duty_role_of(kind: WorkKind, purpose: VisitPurpose | None = None) -> DutyRole:
    """The role of the work; that of a visit is said by its purpose, and a visit without one gathers information.

    Rule: J14
    """
    if kind is WorkKind.VISIT_MADE:
        return DutyRole.INFORMATION if purpose is None else _ROLE_OF_VISIT[purpose]
    return _ROLE_OF_KIND[kind]


def assist_themes_of(
    kind: WorkKind, *, purpose: VisitPurpose | None = None, told: Collection[AssistTheme] = ()
) -> list[AssistTheme]:
    """Which of the three assists the work serves: those its activity bears (`told`), and what the act itself says.

    An issue passed on assists governance; an invitation to a fitness test assists health.

    Rules: J15, J16, J17
    """
    themes = set(told)
    if kind is WorkKind.ISSUE_NOTED:
        themes.add(AssistTheme.GOVERNANCE)
    if kind is WorkKind.TEST_INVITED or purpose is VisitPurpose.INVITE_TEST:
        themes.add(AssistTheme.HEALTH)
    return [theme for theme in AssistTheme if theme in themes]


def check_by_hand(kind: WorkKind) -> None:
    """Refuse with 422 WORK_KIND_DERIVED to type what is recorded with the act itself.

    Rule: J14
    """
    if kind in BY_HAND:
        return
    raise RuleBroken(
        "WORK_KIND_DERIVED",
        zh="该工作由系统随业务自动记录，无需手工登记",
        en="this work is recorded with the act itself and need not be typed",
        rule="J14",
        facts={"kind": kind.value, "by_hand": [each.value for each in BY_HAND]},
        how_to_fix_zh="请直接办理该业务（如走访、活动、需求），系统会自动计入",
        how_to_fix_en="do the act itself (visit, activity, demand); it counts by itself",
        field="kind",
    )
