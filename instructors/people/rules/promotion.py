"""Whether an instructor may be put forward for the next grade, and what is missing if not.

The 2011 measures (order 16): grade 3 asks for services in the last year; the others for years of registered service since
the grade before (以工作注册为准). Services are volunteer services: a paid session counts only where the bureau's policy
says so. Training and the sport's own skill standard are not in the register and stand in every answer as to be shown.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from instructors.people.rules.grades import AWARDED_BY, NAMES, ORDER, AwardLevel, InstructorGrade, ServiceKind
from instructors.people.rules.standing import GradeHeld, grade_on
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class ServiceGiven:
    """A verified service and whether it was given freely."""

    served_on: date
    service_kind: ServiceKind


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """Services in the last year for grade 3; registered years since the grade before for the others, by the grade sought."""

    grade3_services: int = 30
    years: Mapping[InstructorGrade, int] | None = None
    paid_counts: bool = False

    def years_for(self, grade: InstructorGrade) -> int:
        """Registered years asked for by a grade above grade 3."""
        return (self.years or {}).get(grade, _YEARS[grade])


_YEARS = {InstructorGrade.GRADE2: 2, InstructorGrade.GRADE1: 3, InstructorGrade.NATIONAL: 4}


class Condition(StrEnum):
    """What a grade asks for that the register can tell."""

    SERVICES = "services"  # verified services in the last year
    REGISTERED_YEARS = "registered_years"  # years registered since the grade before
    YEARS_SINCE = "years_since_grade"  # whole years gone since the grade before
    IN_REGISTER = "in_register"  # has not left


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition: how much it asks for, how much there is."""

    condition: Condition
    asked: int
    found: int

    @property
    def is_met(self) -> bool:
        """True at the number asked for, and above it."""
        return self.found >= self.asked

    def said(self) -> tuple[str, str]:
        """In Chinese and in English, with the numbers."""
        zh, en = _SAID[self.condition]
        return zh.format(asked=self.asked, found=self.found), en.format(asked=self.asked, found=self.found)


_SAID = {
    Condition.SERVICES: (
        "近一年经核实的志愿服务 {found} 次，要求不少于 {asked} 次",
        "{found} verified volunteer services in the last year of {asked} asked for",
    ),
    Condition.REGISTERED_YEARS: (
        "取得现等级后已工作注册 {found} 年，要求不少于 {asked} 年",
        "work registered in {found} years since the present grade of {asked} asked for",
    ),
    Condition.YEARS_SINCE: (
        "取得现等级满 {found} 年，要求满 {asked} 年",
        "{found} whole years since the present grade of {asked} asked for",
    ),
    Condition.IN_REGISTER: ("须在册", "must stand in the register"),
}


@dataclass(frozen=True, slots=True)
class Career:
    """What the register knows of a person: grades, registered years, verified services, the last day in the register."""

    awards: tuple[GradeHeld, ...] = ()
    registered_years: Collection[int] = ()
    services: tuple[ServiceGiven, ...] = ()
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """The next grade (None at the top), who awards it, and every condition with what there is of it."""

    present: InstructorGrade | None
    sought: InstructorGrade | None
    award_level: AwardLevel | None
    requirements: tuple[Requirement, ...]

    @property
    def is_eligible(self) -> bool:
        """True when there is a next grade and the register lacks nothing for it."""
        return self.sought is not None and not self.missing

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """The conditions not met."""
        return tuple(requirement for requirement in self.requirements if not requirement.is_met)

    def said(self) -> tuple[str, str]:
        """The answer in a sentence, Chinese and English."""
        if self.sought is None:
            return "已是国家级，没有更高等级", "holds the highest grade"
        if self.is_eligible:
            return (
                f"登记条件已满足，可申报{NAMES[self.sought]}；培训考核与专项技能标准须另行提供证明",
                f"the register lacks nothing for {self.sought.value}; training and skill standard are to be shown",
            )
        told = [requirement.said() for requirement in self.missing]
        return (
            f"尚不能申报{NAMES[self.sought]}：" + "；".join(zh for zh, _ in told),
            f"not yet for {self.sought.value}: " + "; ".join(en for _, en in told),
        )


def promotion_of(career: Career, policy: PromotionPolicy, today: date) -> Promotion:
    """What the next grade asks of a person, and what there is of it today. Rule: J12"""
    present = grade_on(career.awards, today)
    if present is InstructorGrade.NATIONAL:
        return Promotion(present, None, None, ())
    sought = ORDER[0] if present is None else ORDER[ORDER.index(present) + 1]
    still_here = Requirement(Condition.IN_REGISTER, 1, int(career.left_on is None or career.left_on >= today))
    asked: tuple[Requirement, ...]
    if sought is InstructorGrade.GRADE3:
        given = services_that_count(career.services, policy, today)
        asked = (Requirement(Condition.SERVICES, policy.grade3_services, given),)
    else:
        asked = _years_since(career, present, policy.years_for(sought), today)
    return Promotion(present, sought, AWARDED_BY[sought], (*asked, still_here))


def check_promotion_day(as_of: date, today: date) -> None:
    """Refuse a day to come with 400 AS_OF_TO_COME: what will have been served by then nobody knows. Rule: J12"""
    if as_of <= today:
        return
    raise RuleBroken(
        "AS_OF_TO_COME", zh=f"{as_of.isoformat()}尚未到来（今天是{today.isoformat()}）", status=400, rule="J12",
        en=f"{as_of} is still to come; today is {today}", field="as_of",
        facts={"as_of": as_of.isoformat(), "today": today.isoformat()},
        how_to_fix_zh="请选择今天或以前的日期", how_to_fix_en="ask for today or a day before",
    )  # fmt: skip


def services_that_count(services: Iterable[ServiceGiven], policy: PromotionPolicy, today: date) -> int:
    """Services of the last year, today's included and the same day a year ago not; paid ones only by policy. Rule: J12"""
    since = years_later(today, -1)
    return sum(
        since < service.served_on <= today
        and (policy.paid_counts or service.service_kind is ServiceKind.VOLUNTEER)
        for service in services
    )


def _years_since(
    career: Career, present: InstructorGrade | None, asked: int, today: date
) -> tuple[Requirement, ...]:
    # The first day of the grade: a certificate that was renewed does not start the count anew.
    awarded = min(award.valid_from for award in career.awards if award.grade is present)
    registered = {year for year in career.registered_years if awarded.year <= year <= today.year}
    gone = 0
    while years_later(awarded, gone + 1) <= today:
        gone += 1
    return (
        Requirement(Condition.REGISTERED_YEARS, asked, len(registered)),
        Requirement(Condition.YEARS_SINCE, asked, gone),
    )


def years_later(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
