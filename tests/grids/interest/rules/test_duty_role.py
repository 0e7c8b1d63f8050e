"""J14: the role follows from what was done."""

from __future__ import annotations

import pytest

from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.duty_role import (
    BY_FORM,
    BY_HAND,
    LECTURE_ITEM,
    ROLE_NAMES_ZH,
    DutyRole,
    WorkKind,
    assist_themes_of,
    check_by_hand,
    duty_role_of,
    kind_of_meeting,
)
from grids.interest.rules.household_visit import VisitPurpose
from instructors.people.rules.activity_items import catalogue
from wangge.errors import RuleBroken

EXPECTED = {
    "activity_held": "instruction", "lecture_held": "publicity", "person_enrolled": "service",
    "test_invited": "service", "visit_made": "information", "demand_entered": "information",
    "demand_handed_up": "information", "issue_noted": "information", "channel_posted": "publicity",
    "exercise_guided": "instruction", "equipment_shown": "instruction", "notice_handed_out": "publicity",
    "wish_heard": "information", "place_readied": "service", "neighbour_helped": "service",
}  # fmt: skip


def test_j14_every_kind_of_work_has_its_role() -> None:
    assert {kind.value: duty_role_of(kind).value for kind in WorkKind} == EXPECTED
    assert set(ROLE_NAMES_ZH) == set(DutyRole)


@pytest.mark.parametrize(
    ("purpose", "role"),
    [
        ("hear_demand", "information"), ("tell", "publicity"), ("guide", "instruction"), ("invite_test", "service"),
        ("help", "service"),
    ],
)  # fmt: skip
def test_j14_a_visit_is_what_it_was_for(purpose: str, role: str) -> None:
    assert duty_role_of(WorkKind.VISIT_MADE, VisitPurpose(purpose)) == role


def test_j14_every_visit_has_a_role() -> None:
    assert {duty_role_of(WorkKind.VISIT_MADE, purpose) for purpose in VisitPurpose} == set(DutyRole)


def test_j15_j16_themes_come_from_the_act_and_its_activity() -> None:
    assert assist_themes_of(WorkKind.ISSUE_NOTED) == [AssistTheme.GOVERNANCE]
    assert assist_themes_of(WorkKind.TEST_INVITED) == [AssistTheme.HEALTH]
    assert assist_themes_of(WorkKind.VISIT_MADE, purpose=VisitPurpose.INVITE_TEST) == [AssistTheme.HEALTH]
    assert assist_themes_of(WorkKind.VISIT_MADE, purpose=VisitPurpose.TELL) == []
    told = [AssistTheme.HEALTH, AssistTheme.TOURISM, AssistTheme.HEALTH]
    assert assist_themes_of(WorkKind.ACTIVITY_HELD, told=told) == [AssistTheme.TOURISM, AssistTheme.HEALTH]


def test_j14_only_what_nothing_else_records_is_typed() -> None:
    for kind in WorkKind:
        if kind in BY_HAND:
            check_by_hand(kind)
            continue
        with pytest.raises(RuleBroken) as refused:
            check_by_hand(kind)
        assert refused.value.code == "WORK_KIND_DERIVED"
        assert refused.value.facts["kind"] == kind.value
    assert not set(BY_HAND) & set(BY_FORM)


def test_j13_a_meeting_of_the_lecture_is_a_lecture_hall() -> None:
    codes = {item.code for item in catalogue()}
    assert {code for code in codes if kind_of_meeting(code) is WorkKind.LECTURE_HELD} == {LECTURE_ITEM}
    assert duty_role_of(kind_of_meeting(LECTURE_ITEM)) is DutyRole.PUBLICITY
