"""The four grades of a social sports instructor, low to high, and who awards each.

Rule: J12
"""

from __future__ import annotations

from enum import StrEnum


class InstructorGrade(StrEnum):
    """技术等级, as the 2011 measures (order 16) name them."""

    GRADE3 = "grade3"  # 三级
    GRADE2 = "grade2"  # 二级
    GRADE1 = "grade1"  # 一级
    NATIONAL = "national"  # 国家级


class AwardLevel(StrEnum):
    """Which level of government awards a grade."""

    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    STATE = "state"


ORDER = tuple(InstructorGrade)
AWARDED_BY = dict(zip(InstructorGrade, AwardLevel, strict=True))
NAMES = dict(zip(InstructorGrade, ("三级", "二级", "一级", "国家级"), strict=True))


class TeachingRole(StrEnum):
    """As what somebody may teach an item."""

    SKILL_COACH = "skill_coach"  # 健身技能配送教练
    LECTURER = "lecturer"  # 科普健身讲座讲师


class ServiceKind(StrEnum):
    """Whether a service was given freely or for pay. Rule: J12"""

    VOLUNTEER = "volunteer"
    PAID = "paid"
