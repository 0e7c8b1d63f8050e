"""Counting working days on the official calendar of 2026, at its traps and at the edge of the known years."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.calendar_notices import days_of_year, known_notices
from tenants.bureau.rules.work_calendar import (
    CalendarDay,
    CalendarYear,
    DayKind,
    LeadTime,
    WorkCalendar,
    check_lead_time,
    check_notice,
)
from wangge.errors import RuleBroken

TEN_DAYS = LeadTime(workdays=10)
TEN_CLEAR_DAYS = LeadTime(workdays=10, clear_days=True)

REST_2026 = [
    ((1, 1), (1, 3)),
    ((2, 15), (2, 23)),
    ((4, 4), (4, 6)),
    ((5, 1), (5, 5)),
    ((6, 19), (6, 21)),
    ((9, 25), (9, 27)),
    ((10, 1), (10, 7)),
]
WORKED_2026 = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


def rows_2026() -> list[CalendarDay]:
    """The notice's own words, typed in from the State Council's table and not taken from a library."""
    rows = [CalendarDay(day(*worked), DayKind.WORKDAY) for worked in WORKED_2026]
    for first, last in REST_2026:
        current = day(*first)
        while current <= day(*last):
            rows.append(CalendarDay(current, DayKind.REST))
            current += timedelta(days=1)
    return rows


def official(year: int, number: str = "国办发明电〔2025〕7号") -> CalendarYear:
    return CalendarYear(year, number, provisional=False, source="test")


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    """2025 and 2026 are official; nothing is known of 2027."""
    rest_2025 = [d for d in chinese_calendar.holidays if d.year == 2025]
    worked_2025 = [d for d in chinese_calendar.workdays if d.year == 2025]
    return WorkCalendar.of(
        [official(2025, "国办发明电〔2024〕12号"), official(2026)],
        [*rows_2026(), *days_of_year(2025, rest_2025, worked_2025)],
    )


def test_the_library_and_the_notice_say_the_same_of_2026() -> None:
    library = days_of_year(2026, chinese_calendar.holidays, chinese_calendar.workdays)
    assert {(row.day, row.kind) for row in library} == {(row.day, row.kind) for row in rows_2026()}
    assert known_notices()[2026].number == "国办发明电〔2025〕7号"


def test_the_library_knows_nothing_of_2027_and_neither_do_we() -> None:
    assert days_of_year(2027, chinese_calendar.holidays, chinese_calendar.workdays) == []
    assert 2027 not in known_notices()


@pytest.mark.parametrize(
    ("submitted", "earliest", "earliest_clear"),
    [
        (day(3, 2), day(3, 14), day(3, 17)),
        (day(4, 24), day(5, 12), day(5, 13)),
        (day(5, 9), day(5, 22), day(5, 23)),
        (day(9, 30), day(10, 20), day(10, 21)),
    ],
)
def test_earliest_class_date(
    calendar: WorkCalendar, submitted: date, earliest: date, earliest_clear: date
) -> None:
    assert calendar.earliest_class_date(submitted, TEN_DAYS).day == earliest
    assert calendar.earliest_class_date(submitted, TEN_CLEAR_DAYS).day == earliest_clear


@pytest.mark.parametrize(
    ("class_on", "latest"),
    [
        (day(3, 16), day(3, 2)),
        (day(6, 30), day(6, 15)),
        (day(10, 12), day(9, 21)),
        (day(3, 1), day(2, 10)),
    ],
)
def test_latest_submit_date(calendar: WorkCalendar, class_on: date, latest: date) -> None:
    assert calendar.latest_submit_date(class_on, TEN_DAYS).day == latest


@pytest.mark.parametrize(
    ("friday", "published"),
    [
        (day(1, 2), day(12, 31, 2025)),
        (day(2, 20), day(2, 14)),
        (day(5, 1), day(4, 30)),
        (day(6, 19), day(6, 18)),
        (day(9, 25), day(9, 24)),
        (day(10, 2), day(9, 30)),
    ],
)
def test_a_friday_off_gives_way_to_the_last_workday_before(
    calendar: WorkCalendar, friday: date, published: date
) -> None:
    assert friday.isoweekday() == 5
    assert calendar.last_workday_on_or_before(friday).day == published


def test_2026_has_six_fridays_off(calendar: WorkCalendar) -> None:
    fridays = [day(1, 2) + timedelta(weeks=week) for week in range(52)]
    assert sum(1 for friday in fridays if not calendar.is_workday(friday)) == 6


@pytest.mark.parametrize(
    ("month", "rolled"),
    [
        (2, (5, 10, 24, 24, 24)),
        (5, (6, 11, 15, 15, 20)),
        (7, (6, 10, 15, 15, 20)),
        (11, (5, 10, 16, 16, 20)),
    ],
)
def test_monthly_deadlines_roll_to_the_next_workday(
    calendar: WorkCalendar, month: int, rolled: tuple[int, ...]
) -> None:
    deadlines = (5, 10, 15, 15, 20)  # feedback, payslips, reconciling, pay opens, pay due
    assert tuple(calendar.roll_forward(day(month, d)).day.day for d in deadlines) == rolled


def test_october_feedback_rolls_to_the_eighth(calendar: WorkCalendar) -> None:
    assert calendar.roll_forward(day(10, 5)).day == day(10, 8)


def test_a_tenth_workday_is_enough_and_a_ninth_is_not(calendar: WorkCalendar) -> None:
    assert not check_lead_time(calendar, day(3, 2), day(3, 14), TEN_DAYS).provisional
    with pytest.raises(RuleBroken) as refused:
        check_lead_time(calendar, day(3, 2), day(3, 13), TEN_DAYS)
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("LEAD_TIME", 422, "S35")
    assert refused.value.zh == "距开课仅9个工作日，最早可选2026-03-14"
    assert refused.value.facts["workdays"] == 9
    assert refused.value.facts["earliest_date"] == "2026-03-14"
    assert refused.value.facts["calendar_notices"] == ["国办发明电〔2025〕7号"]


def test_an_adjusted_saturday_counts_and_a_holiday_does_not(calendar: WorkCalendar) -> None:
    assert calendar.is_workday(day(5, 9))
    assert not calendar.is_workday(day(5, 1))
    assert calendar.workdays_between(day(5, 1), day(5, 10)).days == 4  # 6, 7, 8 May and the worked Saturday


def test_a_class_on_or_before_the_day_of_submission_has_no_workday(calendar: WorkCalendar) -> None:
    for class_on in (day(3, 2), day(2, 27)):
        with pytest.raises(RuleBroken, match="only 0 working days"):
            check_lead_time(calendar, day(3, 2), class_on, TEN_DAYS)


def test_days_in_a_year_without_a_notice_are_refused_with_the_provisional_answer(
    calendar: WorkCalendar,
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_lead_time(calendar, day(12, 28), day(1, 31, 2027), TEN_DAYS)
    assert (refused.value.code, refused.value.status) == ("CALENDAR_UNAVAILABLE", 422)
    assert refused.value.zh == "2027年放假安排尚未发布，暂按临时日历"
    assert refused.value.facts["provisional_years"] == [2027]
    assert refused.value.facts["provisional_earliest_date"] == "2027-01-09"


def test_a_city_may_accept_provisional_days_and_learns_that_it_did(calendar: WorkCalendar) -> None:
    lenient = LeadTime(workdays=10, accept_provisional=True)
    basis = check_lead_time(calendar, day(12, 28), day(1, 31, 2027), lenient)
    assert basis.provisional_years == (2027,)
    with pytest.raises(RuleBroken) as refused:
        check_lead_time(calendar, day(12, 28), day(1, 8, 2027), lenient)
    assert refused.value.code == "LEAD_TIME"
    assert "临时日历" in refused.value.zh


def test_a_spring_class_is_official_when_the_minimum_is_met_this_year(calendar: WorkCalendar) -> None:
    assert not check_lead_time(calendar, day(11, 23), day(3, 1, 2027), TEN_DAYS).provisional


def test_a_count_inside_the_known_year_refuses_as_too_late_though_the_earliest_date_is_not_certain(
    calendar: WorkCalendar,
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_lead_time(calendar, day(12, 24), day(12, 30), TEN_DAYS)
    assert refused.value.code == "LEAD_TIME"
    assert refused.value.facts["workdays"] == 4
    assert refused.value.facts["calendar_provisional"] is True


def test_a_provisional_notice_never_counts_as_official() -> None:
    own_guess = CalendarYear(2027, "", provisional=True)
    calendar = WorkCalendar.of([own_guess], [CalendarDay(day(1, 1, 2027), DayKind.REST)])
    assert not calendar.is_official(2027)
    assert not calendar.is_workday(day(1, 1, 2027))
    assert calendar.roll_forward(day(1, 1, 2027)).basis.provisional_years == (2027,)


def test_working_days_are_added_after_the_day_itself(calendar: WorkCalendar) -> None:
    assert calendar.add_workdays(day(4, 30), 3).day == day(5, 8)


days_of_2026 = st.dates(day(1, 2), day(11, 30))


@given(submitted=days_of_2026, clear=st.booleans(), workdays=st.integers(1, 20))
def test_the_earliest_class_is_the_first_that_reaches_the_minimum(
    calendar: WorkCalendar, submitted: date, clear: bool, workdays: int
) -> None:
    earliest = calendar.earliest_class_date(submitted, LeadTime(workdays, clear)).day
    reached = calendar.workdays_before_class(submitted, earliest, clear_days=clear).days
    day_before = calendar.workdays_before_class(submitted, earliest - timedelta(1), clear_days=clear).days
    assert (reached, day_before) == (workdays, workdays - 1)


@given(class_on=st.dates(day(2, 15), day(12, 31)), clear=st.booleans(), workdays=st.integers(1, 20))
def test_the_latest_submission_is_the_last_that_reaches_the_minimum(
    calendar: WorkCalendar, class_on: date, clear: bool, workdays: int
) -> None:
    latest = calendar.latest_submit_date(class_on, LeadTime(workdays, clear)).day
    assert calendar.workdays_before_class(latest, class_on, clear_days=clear).days == workdays
    too_late = latest + timedelta(days=1)
    assert calendar.workdays_before_class(too_late, class_on, clear_days=clear).days == workdays - 1


@given(deadline=days_of_2026)
def test_a_rolled_deadline_is_a_workday_with_none_between(calendar: WorkCalendar, deadline: date) -> None:
    rolled = calendar.roll_forward(deadline).day
    assert calendar.is_workday(rolled)
    assert calendar.workdays_between(deadline, rolled).days == 0


def test_a_good_notice_has_no_fault() -> None:
    assert check_notice(official(2026), rows_2026()) == []


def test_december_before_belongs_to_a_notice_and_november_does_not() -> None:
    december = CalendarDay(day(12, 31, 2025), DayKind.REST)
    november = CalendarDay(day(11, 30, 2025), DayKind.REST)
    assert check_notice(official(2026), [december]) == []
    assert [fault.code for fault in check_notice(official(2026), [november])] == ["CALENDAR_ROW_YEAR"]


def test_every_fault_of_a_notice_is_named_with_its_row() -> None:
    rows = [
        CalendarDay(day(1, 1), DayKind.REST),
        CalendarDay(day(1, 1), DayKind.REST),
        CalendarDay(day(1, 5), DayKind.WORKDAY),
        CalendarDay(day(1, 1, 2027), DayKind.REST),
    ]
    faults = check_notice(official(2026, " "), rows)
    assert [(fault.code, fault.facts.get("row")) for fault in faults] == [
        ("CALENDAR_NOTICE_NUMBER", None),
        ("CALENDAR_ROW_DUPLICATE", 2),
        ("CALENDAR_ROW_NOT_WEEKEND", 3),
        ("CALENDAR_ROW_YEAR", 4),
    ]


def test_a_notice_without_a_day_off_is_refused() -> None:
    assert [fault.code for fault in check_notice(official(2026), [])] == ["CALENDAR_NOTICE_EMPTY"]


def test_a_day_twice_in_the_calendar_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        WorkCalendar.of([official(2026)], [CalendarDay(day(1, 1), DayKind.REST)] * 2)
