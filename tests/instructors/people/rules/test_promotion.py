"""What the next grade asks for is said with its numbers, and paid sessions do not count unless the bureau says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from instructors.people.rules.grades import AwardLevel, InstructorGrade, ServiceKind
from instructors.people.rules.promotion import (
    Career,
    Condition,
    PromotionPolicy,
    ServiceGiven,
    promotion_of,
    services_that_count,
    years_later,
)
from instructors.people.rules.standing import GradeHeld

TODAY = date(2026, 11, 22)
POLICY = PromotionPolicy()
FREE, PAID = ServiceKind.VOLUNTEER, ServiceKind.PAID


def _served(times: int, kind: ServiceKind = FREE, ago: int = 1) -> tuple[ServiceGiven, ...]:
    return (ServiceGiven(TODAY - timedelta(days=ago), kind),) * times


@pytest.mark.parametrize(("services", "eligible"), [(29, False), (30, True), (31, True)])
def test_j12_grade_3_asks_for_thirty_services_in_the_last_year(services: int, eligible: bool) -> None:
    answer = promotion_of(Career(services=_served(services)), POLICY, TODAY)
    assert (answer.sought, answer.award_level) == (InstructorGrade.GRADE3, AwardLevel.COUNTY)
    assert answer.is_eligible is eligible
    if not eligible:
        (missing,) = answer.missing
        assert (missing.condition, missing.found, missing.asked) == (Condition.SERVICES, 29, 30)
        assert "29 次" in answer.said()[0]
        assert "30 次" in answer.said()[0]


def test_j12_a_paid_session_is_no_volunteer_service() -> None:
    career = Career(services=_served(29) + _served(5, PAID))
    assert not promotion_of(career, POLICY, TODAY).is_eligible
    assert promotion_of(career, PromotionPolicy(paid_counts=True), TODAY).is_eligible


@pytest.mark.parametrize(("served_on", "counts"), [
    (date(2025, 11, 22), False), (date(2025, 11, 23), True), (TODAY, True), (date(2026, 11, 23), False),
])  # fmt: skip
def test_j12_the_last_year_ends_today(served_on: date, counts: bool) -> None:
    assert services_that_count([ServiceGiven(served_on, FREE)], POLICY, TODAY) == int(counts)


@pytest.mark.parametrize(("present", "sought", "years"), [
    (InstructorGrade.GRADE3, InstructorGrade.GRADE2, 2),
    (InstructorGrade.GRADE2, InstructorGrade.GRADE1, 3),
    (InstructorGrade.GRADE1, InstructorGrade.NATIONAL, 4),
])  # fmt: skip
def test_j12_higher_grades_ask_for_registered_years(
    present: InstructorGrade, sought: InstructorGrade, years: int
) -> None:
    awarded = date(2026 - years, 11, 22)
    registered = set(range(2026 - years + 1, 2027))
    career = Career((GradeHeld(present, awarded),), registered)
    answer = promotion_of(career, POLICY, TODAY)
    assert (answer.sought, answer.is_eligible) == (sought, True)
    one_year_short = promotion_of(Career(career.awards, registered - {2026}), POLICY, TODAY)
    assert [missing.condition for missing in one_year_short.missing] == [Condition.REGISTERED_YEARS]
    one_day_short = promotion_of(career, POLICY, TODAY - timedelta(days=1))
    assert [missing.condition for missing in one_day_short.missing] == [Condition.YEARS_SINCE]


def test_j12_years_before_the_grade_do_not_count() -> None:
    career = Career((GradeHeld(InstructorGrade.GRADE3, date(2025, 1, 1)),), {2020, 2021, 2022, 2025})
    found = {each.condition: each.found for each in promotion_of(career, POLICY, TODAY).requirements}
    assert found[Condition.REGISTERED_YEARS] == 1


def test_j12_the_highest_grade_in_force_counts_and_the_top_has_no_next() -> None:
    awards = (
        GradeHeld(InstructorGrade.GRADE3, date(2010, 1, 1)),
        GradeHeld(InstructorGrade.NATIONAL, date(2020, 1, 1)),
    )
    answer = promotion_of(Career(awards), POLICY, TODAY)
    assert (answer.sought, answer.is_eligible) == (None, False)
    assert "国家级" in answer.said()[0]


def test_j12_who_has_left_is_not_put_forward() -> None:
    gone = Career(services=_served(30), left_on=TODAY - timedelta(days=1))
    assert [missing.condition for missing in promotion_of(gone, POLICY, TODAY).missing] == [
        Condition.IN_REGISTER
    ]
    assert promotion_of(Career(services=_served(30), left_on=TODAY), POLICY, TODAY).is_eligible


def test_the_leap_day_has_its_anniversary_on_the_first_of_march() -> None:
    assert years_later(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)
