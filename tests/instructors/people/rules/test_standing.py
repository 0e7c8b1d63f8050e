"""What holds on a day, and who may decide on it. Rules: J12, S07"""

from __future__ import annotations

from datetime import date

import pytest

from instructors.people.rules.grades import AWARDED_BY, ORDER, AwardLevel, InstructorGrade, TeachingRole
from instructors.people.rules.standing import (
    GradeHeld,
    ItemHeld,
    check_award_level,
    check_days,
    check_link,
    check_may_teach,
    check_not_own,
    check_verifier,
    grade_on,
    may_teach,
)
from wangge.errors import RuleBroken

COACH, LECTURER = TeachingRole.SKILL_COACH, TeachingRole.LECTURER
THIRD = GradeHeld(InstructorGrade.GRADE3, date(2024, 1, 1))
SECOND = GradeHeld(InstructorGrade.GRADE2, date(2025, 1, 1), date(2025, 12, 31))
TAIJI = ItemHeld("taiji", COACH, date(2024, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("day", "grade"),
    [
        (date(2023, 12, 31), None), (date(2024, 1, 1), InstructorGrade.GRADE3), (date(2025, 1, 1), InstructorGrade.GRADE2),
        (date(2025, 12, 31), InstructorGrade.GRADE2), (date(2026, 1, 1), InstructorGrade.GRADE3),
    ],
)  # fmt: skip
def test_J12_a_person_counts_at_the_highest_grade_in_force(day: date, grade: InstructorGrade | None) -> None:
    assert grade_on([THIRD, SECOND], day) is grade
    assert grade_on([SECOND, THIRD], day) is grade


def test_S07_an_item_is_taught_in_its_role_on_its_days() -> None:
    assert may_teach([TAIJI], "taiji", COACH, date(2024, 1, 1)) and may_teach(
        [TAIJI], "taiji", COACH, date(2025, 12, 31)
    )
    assert not may_teach([TAIJI], "taiji", COACH, date(2026, 1, 1))
    assert not may_teach([TAIJI], "taiji", LECTURER, date(2025, 1, 1))
    assert not may_teach([TAIJI], "walking", COACH, date(2025, 1, 1)) and not may_teach(
        [], "taiji", COACH, date(2025, 1, 1)
    )


@pytest.mark.parametrize(
    ("grades", "item", "day", "code"),
    [
        ([THIRD], "walking", date(2025, 1, 1), "INSTRUCTOR_NOT_QUALIFIED"),
        ([], "taiji", date(2025, 1, 1), "INSTRUCTOR_NOT_QUALIFIED"),
        ([THIRD], "taiji", date(2023, 1, 1), "INSTRUCTOR_NOT_QUALIFIED"),
        ([THIRD], "taiji", date(2026, 1, 1), "CERT_EXPIRED"),
        (
            [GradeHeld(InstructorGrade.GRADE3, date(2020, 1, 1), date(2024, 6, 1))],
            "taiji",
            date(2025, 1, 1),
            "CERT_EXPIRED",
        ),
    ],
)
def test_S07_who_is_not_qualified_or_whose_paper_ended_is_refused(
    grades: list[GradeHeld], item: str, day: date, code: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_may_teach([TAIJI], grades, item, COACH, day)
    assert (refused.value.code, refused.value.status, refused.value.rule) == (code, 422, "S07")


def test_S07_who_is_qualified_passes() -> None:
    check_may_teach([TAIJI], [SECOND, THIRD], "taiji", COACH, date(2025, 6, 1))


def test_S07_a_duty_without_an_item_asks_for_a_grade_only() -> None:
    check_may_teach([], [THIRD], None, COACH, date(2025, 6, 1))
    with pytest.raises(RuleBroken, match="INSTRUCTOR_NOT_QUALIFIED"):
        check_may_teach([TAIJI], [], None, COACH, date(2025, 6, 1))


def test_J12_every_grade_is_awarded_by_one_level_only() -> None:
    for grade in ORDER:
        for level in AwardLevel:
            if level is AWARDED_BY[grade]:
                check_award_level(grade, level)
            else:
                with pytest.raises(RuleBroken, match="AWARD_LEVEL"):
                    check_award_level(grade, level)


def test_J12_a_last_day_before_the_first_is_refused() -> None:
    check_days(date(2025, 1, 1), None)
    check_days(date(2025, 1, 1), date(2025, 1, 1))
    with pytest.raises(RuleBroken, match="STANDING_DAYS"):
        check_days(date(2025, 1, 2), date(2025, 1, 1))


def test_S07_nobody_decides_on_oneself_or_verifies_the_own_entry() -> None:
    check_not_own(None, 7)
    check_not_own(8, 7)
    check_verifier(None, None, 7)
    check_verifier(8, 9, 7)
    for entered_by, instructor, code in ((7, None, "OWN_ENTRY"), (8, 7, "OWN_RECORD"), (7, 7, "OWN_RECORD")):
        with pytest.raises(RuleBroken) as refused:
            check_verifier(entered_by, instructor, 7)
        assert (refused.value.code, refused.value.status) == (code, 403)


def test_S07_nobody_ties_or_unties_the_own_account() -> None:
    for former, wanted in ((None, None), (7, 7), (8, None), (None, 8), (8, 9)):
        check_link(former, wanted, 7)
    for former, wanted in ((7, None), (None, 7), (7, 8), (8, 7)):
        with pytest.raises(RuleBroken, match="OWN_RECORD"):
            check_link(former, wanted, 7)
