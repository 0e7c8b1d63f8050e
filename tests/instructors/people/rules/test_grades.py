"""The four grades and who awards each. Rule: J12"""

from __future__ import annotations

from instructors.people.rules.grades import AWARDED_BY, NAMES, ORDER, AwardLevel, InstructorGrade


def test_grades_stand_from_low_to_high_each_with_its_name_and_its_level() -> None:
    assert [NAMES[grade] for grade in ORDER] == ["三级", "二级", "一级", "国家级"]
    assert AWARDED_BY == {
        InstructorGrade.GRADE3: AwardLevel.COUNTY,
        InstructorGrade.GRADE2: AwardLevel.CITY,
        InstructorGrade.GRADE1: AwardLevel.PROVINCE,
        InstructorGrade.NATIONAL: AwardLevel.STATE,
    }
