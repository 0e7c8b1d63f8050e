"""What an instructor may do on a day: the grade in force, the items that may be taught, and as what.

Rule: J12
Rule: S07
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from instructors.people.rules.grades import (
    AWARDED_BY,
    NAMES,
    ORDER,
    AwardLevel,
    InstructorGrade,
    TeachingRole,
)
from wangge.errors import RuleBroken

QUALITY_CLAUSE = "保证授课师资的质量"
LEVEL_NAMES = dict(zip(AwardLevel, ("县级", "市级", "省级", "国家"), strict=True))


@dataclass(frozen=True, slots=True)
class GradeHeld:
    """A grade from its first to its last day; `valid_to` None: without end."""

    grade: InstructorGrade
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class ItemHeld:
    """An item one may teach in a role, from the first to the last day; `item` is its id or its code."""

    item: int | str
    role: TeachingRole
    valid_from: date
    valid_to: date | None = None


def is_in_force(held: GradeHeld | ItemHeld, day: date) -> bool:
    """True on the first day, on the last, and between them."""
    return held.valid_from <= day and (held.valid_to is None or day <= held.valid_to)


def grade_on(awards: Iterable[GradeHeld], day: date) -> InstructorGrade | None:
    """The highest grade in force on a day: a person counts once, at the highest. Rule: J12"""
    standing = [award.grade for award in awards if is_in_force(award, day)]
    return max(standing, key=ORDER.index, default=None)


def may_teach(items: Iterable[ItemHeld], item: int | str, role: TeachingRole, day: date) -> bool:
    """Whether the item may be taught in that role on that day. Rule: S07"""
    return any(held.item == item and held.role is role and is_in_force(held, day) for held in items)


def check_may_teach(
    items: Iterable[ItemHeld],
    awards: Iterable[GradeHeld],
    item: int | str | None,
    role: TeachingRole,
    day: date,
) -> None:
    """Refuse who may not teach the item with 422 INSTRUCTOR_NOT_QUALIFIED, whose paper has ended with CERT_EXPIRED.

    Asked for are the item in that role and a grade, both in force on the day; a duty without an item (None) asks for
    the grade only.

    Rule: S07
    """
    asked: list[tuple[list[ItemHeld] | list[GradeHeld], str, str]] = [(list(awards), "等级证书", "grade")]
    if item is not None:
        theirs = [held for held in items if held.item == item and held.role is role]
        asked.insert(0, (theirs, "授课项目资格", "item"))
    for papers, zh, en in asked:
        if any(is_in_force(held, day) for held in papers):
            continue
        ended = [held.valid_to for held in papers if held.valid_to is not None and held.valid_to < day]
        if ended:
            raise _expired(zh, en, max(ended), day)
        raise RuleBroken(
            "INSTRUCTOR_NOT_QUALIFIED", zh=f"该教师在{day.isoformat()}没有有效的{zh}", rule="S07",
            en=f"this instructor holds no {en} in force on {day}", clause=QUALITY_CLAUSE,
            facts={"missing": en, "on": day.isoformat(), "item": item, "role": role.value},
            how_to_fix_zh="请另选具备资格的教师，或先登记其证书", field="instructor",
            how_to_fix_en="choose a qualified instructor, or record the certificate first",
        )  # fmt: skip


def _expired(zh: str, en: str, ended_on: date, day: date) -> RuleBroken:
    return RuleBroken(
        "CERT_EXPIRED", zh=f"该教师的{zh}已于{ended_on.isoformat()}到期", rule="S07", clause=QUALITY_CLAUSE,
        en=f"this instructor's {en} ended on {ended_on}", field="instructor",
        facts={"missing": en, "ended_on": ended_on.isoformat(), "on": day.isoformat()},
        how_to_fix_zh="请另选教师，或登记新的有效期", how_to_fix_en="choose another, or record the renewed paper",
    )  # fmt: skip


def check_award_level(grade: InstructorGrade, level: AwardLevel) -> None:
    """Refuse a grade awarded by a level that does not award it with 422 AWARD_LEVEL. Rule: J12"""
    wanted = AWARDED_BY[grade]
    if level is wanted:
        return
    raise RuleBroken(
        "AWARD_LEVEL",
        zh=f"{NAMES[grade]}由{LEVEL_NAMES[wanted]}体育主管部门授予，不由{LEVEL_NAMES[level]}授予",
        en=f"{grade.value} is awarded at {wanted.value} level, not at {level.value} level",
        rule="J12",
        clause="《社会体育指导员管理办法》（国家体育总局令第16号）",
        facts={"grade": grade.value, "awarded_by": wanted.value, "given": level.value},
        how_to_fix_zh="请核对等级或授予机关",
        how_to_fix_en="check the grade or who awarded it",
        field="award_level",
    )


def check_days(valid_from: date, valid_to: date | None) -> None:
    """Refuse a last day before the first with 422 STANDING_DAYS. Rule: J12"""
    if valid_to is None or valid_to >= valid_from:
        return
    raise RuleBroken(
        "STANDING_DAYS",
        zh=f"有效期截止{valid_to.isoformat()}早于开始{valid_from.isoformat()}",
        en=f"the last day {valid_to} lies before the first, {valid_from}",
        rule="J12",
        facts={"valid_from": valid_from.isoformat(), "valid_to": valid_to.isoformat()},
        how_to_fix_zh="请更正日期",
        how_to_fix_en="correct the dates",
        field="valid_to",
    )


def check_not_later(day: date, today: date, field: str) -> None:
    """Refuse what cannot have happened yet with 422 DAY_IN_FUTURE. Rule: J12"""
    if day <= today:
        return
    raise RuleBroken(
        "DAY_IN_FUTURE",
        zh=f"日期{day.isoformat()}尚未到来",
        en=f"the day {day} has not come yet",
        rule="J12",
        facts={"day": day.isoformat(), "today": today.isoformat()},
        how_to_fix_zh="请核对日期",
        how_to_fix_en="check the date",
        field=field,
    )


def check_not_own(instructor_user: int | None, acting_user: int) -> None:
    """Nobody decides on the own standing: 403 OWN_RECORD.

    A person may be both staff and instructor, but grades, items, registrations and checks of oneself are another's work.

    Rule: S07
    """
    if instructor_user is None or instructor_user != acting_user:
        return
    raise RuleBroken(
        "OWN_RECORD",
        zh="不能办理或核实本人的资格、服务与查询记录",
        en="nobody decides on the own grades, items, services and checks",
        status=403,
        rule="S07",
        clause="a person may be both staff and instructor: never approves own work",
        how_to_fix_zh="请由其他有权限的人员办理",
        how_to_fix_en="ask a colleague who holds the right",
    )


def check_link(former: int | None, wanted: int | None, acting_user: int) -> None:
    """Nobody ties a record of the register to the own account, or unties it: 403 OWN_RECORD.

    Else who may not decide on the own standing could take the record from the account, decide, and tie it again.

    Rule: S07
    """
    if former == wanted or acting_user not in (former, wanted):
        return
    raise RuleBroken(
        "OWN_RECORD",
        zh="不能将指导员档案与本人账号关联，或解除与本人账号的关联",
        en="nobody ties a record of the register to the own account, or unties it",
        status=403,
        rule="S07",
        clause="a person may be both staff and instructor: never approves own work",
        how_to_fix_zh="请由其他有权限的人员办理",
        how_to_fix_en="ask a colleague who holds the right",
        field="user_id",
    )


def check_verifier(entered_by: int | None, instructor_user: int | None, acting_user: int) -> None:
    """A service is verified by neither who gave it (403 OWN_RECORD) nor who entered it (403 OWN_ENTRY). Rule: S07"""
    check_not_own(instructor_user, acting_user)
    if entered_by is None or entered_by != acting_user:
        return
    raise RuleBroken(
        "OWN_ENTRY",
        zh="服务记录须由录入人以外的人员核实",
        en="a service is verified by somebody else than who entered it",
        status=403,
        rule="S07",
        how_to_fix_zh="请由其他有核实权限的人员核实",
        how_to_fix_en="ask a colleague who may verify",
    )
