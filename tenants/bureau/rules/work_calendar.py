"""Working days are counted on official notices; a year without one gives answers marked provisional.

Rule: S35
Rule: X03
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from wangge.errors import RuleBroken

ONE_DAY = timedelta(days=1)
SATURDAY = 5
DECEMBER = 12

LEAD_TIME_CLAUSE = "至少在开课前10个工作日提交配送订单"


class DayKind(StrEnum):
    """What a notice says of a day that differs from plain Monday to Friday."""

    REST = "rest"  # a public holiday, its weekend, or a day in lieu (放假、调休放假)
    WORKDAY = "workday"  # a Saturday or Sunday that is worked (调休上班)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day named by a holiday notice."""

    day: date
    kind: DayKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """Where the days of one year come from.

    `notice_number` is the number of the State Council's notice (国办发明电…); a year that is `provisional`
    has none yet, and its rows are the bureau's own working assumption.
    """

    year: int
    notice_number: str
    provisional: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """Which calendar an answer rests on: the notices of the years it read, and the years without one."""

    notices: tuple[str, ...]
    provisional_years: tuple[int, ...]

    @property
    def provisional(self) -> bool:
        """True when any day read lies in a year with no official notice."""
        return bool(self.provisional_years)


@dataclass(frozen=True, slots=True)
class DayFound:
    """A day that was reckoned, with the calendar it rests on."""

    day: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class DaysCounted:
    """A number of working days, with the calendar it rests on."""

    days: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How early something must be handed in: at least `workdays` before the class.

    With `clear_days` the day of submission does not count either (Civil Code, Art. 201, read strictly).
    `accept_provisional` lets an order through on a provisional calendar, to be re-checked on publication.
    """

    workdays: int
    clear_days: bool = False
    accept_provisional: bool = False


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working calendar of one city, built from rows that carry their source.

    Days without a row follow the week: Monday to Friday worked, Saturday and Sunday not. That holds
    officially only in a year with a notice; elsewhere it is an assumption and every answer says so.
    """

    days: Mapping[date, DayKind]
    years: Mapping[int, CalendarYear]

    @classmethod
    def of(cls, years: Iterable[CalendarYear], days: Iterable[CalendarDay]) -> WorkCalendar:
        """Build the calendar; a day given twice or a day of a year without a row is a programming error."""
        by_year = {row.year: row for row in years}
        by_day: dict[date, DayKind] = {}
        for row in days:
            if row.day in by_day:
                raise ValueError(f"{row.day} stands twice in the calendar")
            by_day[row.day] = row.kind
        return cls(days=by_day, years=by_year)

    def is_official(self, year: int) -> bool:
        """True when a published notice covers the year."""
        row = self.years.get(year)
        return row is not None and not row.provisional

    def is_workday(self, day: date) -> bool:
        """True when the day is worked, as far as the calendar knows; see `basis` for how sure that is."""
        kind = self.days.get(day)
        if kind is not None:
            return kind is DayKind.WORKDAY
        return day.weekday() < SATURDAY

    def basis(self, first: date, last: date) -> Basis:
        """The calendar that answers for the days first..last, both included, rest on."""
        years = range(first.year, last.year + 1)
        notices = tuple(self.years[year].notice_number for year in years if self.is_official(year))
        return Basis(notices, tuple(year for year in years if not self.is_official(year)))

    def workdays_between(self, start: date, end: date) -> DaysCounted:
        """Count the working days d with start ≤ d < end."""
        if start >= end:
            return DaysCounted(0, self.basis(start, start))
        days = sum(1 for day in _days(start, end) if self.is_workday(day))
        return DaysCounted(days, self.basis(start, end - ONE_DAY))

    def workdays_before_class(self, submitted_on: date, class_on: date, *, clear_days: bool) -> DaysCounted:
        """Count the working days d with submitted_on ≤ d < class_on, or < on both sides with `clear_days`."""
        start = submitted_on + ONE_DAY if clear_days else submitted_on
        return self.workdays_between(start, class_on)

    def earliest_class_date(self, submitted_on: date, lead: LeadTime) -> DayFound:
        """The first day a class may be held when its order is submitted on the given day."""
        first = submitted_on + ONE_DAY if lead.clear_days else submitted_on
        last = self._nth_workday(first, lead.workdays, ONE_DAY)
        return DayFound(last + ONE_DAY, self.basis(first, last))

    def latest_submit_date(self, class_on: date, lead: LeadTime) -> DayFound:
        """The last day an order may be submitted for a class on the given day."""
        last = class_on - ONE_DAY
        first = self._nth_workday(last, lead.workdays, -ONE_DAY)
        latest = first - ONE_DAY if lead.clear_days else first
        return DayFound(latest, self.basis(first, last))

    def roll_forward(self, deadline: date) -> DayFound:
        """The deadline itself when it is a working day, else the next working day (Civil Code, Art. 203).

        Rule: S48
        Rule: S51
        """
        found = self._nth_workday(deadline, 1, ONE_DAY)
        return DayFound(found, self.basis(deadline, found))

    def last_workday_on_or_before(self, day: date) -> DayFound:
        """The day itself when it is a working day, else the last working day before it.

        Rule: S09
        """
        found = self._nth_workday(day, 1, -ONE_DAY)
        return DayFound(found, self.basis(found, day))

    def add_workdays(self, start: date, workdays: int) -> DayFound:
        """The day on which the given number of working days after (not counting) `start` has passed."""
        first = start + ONE_DAY
        last = self._nth_workday(first, workdays, ONE_DAY)
        return DayFound(last, self.basis(first, last))

    def _nth_workday(self, start: date, count: int, step: timedelta) -> date:
        """The count-th working day from `start` (included) in the direction of `step`; count ≥ 1."""
        if count < 1:
            raise ValueError("a number of working days is at least 1")
        day = start
        remaining = count
        while True:
            if self.is_workday(day):
                remaining -= 1
                if remaining == 0:
                    return day
            day += step


def check_lead_time(calendar: WorkCalendar, submitted_on: date, class_on: date, lead: LeadTime) -> Basis:
    """Refuse a class that begins too soon after its order, or whose distance no official calendar can tell.

    Returns the calendar used, so that an order accepted on a provisional one can be found again on
    publication. Raises LEAD_TIME or CALENDAR_UNAVAILABLE (both 422). Only the days needed to reach the
    minimum are read: an order of autumn for a class next spring is not provisional when the minimum is met
    inside this year.

    Rule: S35
    """
    earliest = calendar.earliest_class_date(submitted_on, lead)
    if class_on >= earliest.day:
        if earliest.basis.provisional and not lead.accept_provisional:
            raise _calendar_unavailable(earliest, None)
        return earliest.basis
    counted = calendar.workdays_before_class(submitted_on, class_on, clear_days=lead.clear_days)
    if counted.basis.provisional and not lead.accept_provisional:
        raise _calendar_unavailable(earliest, counted.days)
    raise _too_late(earliest, counted, lead)


def _too_late(earliest: DayFound, counted: DaysCounted, lead: LeadTime) -> RuleBroken:
    date_iso = earliest.day.isoformat()
    provisional_zh = "（暂按临时日历）" if earliest.basis.provisional else ""
    provisional_en = " (on a provisional calendar)" if earliest.basis.provisional else ""
    return RuleBroken(
        "LEAD_TIME",
        zh=f"距开课仅{counted.days}个工作日，最早可选{date_iso}{provisional_zh}",
        en=f"only {counted.days} working days before class; the earliest date is {date_iso}{provisional_en}",
        rule="S35",
        clause=LEAD_TIME_CLAUSE,
        facts={
            "workdays": counted.days,
            "required_workdays": lead.workdays,
            "clear_days": lead.clear_days,
            "earliest_date": date_iso,
            **_basis_facts(earliest.basis),
        },
        how_to_fix_zh=f"请将首次课改到{date_iso}或之后",
        how_to_fix_en=f"move the first session to {date_iso} or later",
        field="first_session_on",
    )


def _calendar_unavailable(earliest: DayFound, workdays: int | None) -> RuleBroken:
    year = earliest.basis.provisional_years[0] if earliest.basis.provisional_years else earliest.day.year
    return RuleBroken(
        "CALENDAR_UNAVAILABLE",
        zh=f"{year}年放假安排尚未发布，暂按临时日历",
        en=f"the holiday notice for {year} is not published yet; only a provisional calendar is at hand",
        rule="S35",
        clause=LEAD_TIME_CLAUSE,
        facts={
            "year": year,
            "provisional_workdays": workdays,
            "provisional_earliest_date": earliest.day.isoformat(),
            **_basis_facts(earliest.basis),
        },
        how_to_fix_zh=f"请等待国务院办公厅发布{year}年放假安排并由市体育局录入，或改选正式日历可算的日期",
        how_to_fix_en=f"wait until the {year} notice is published and entered by the bureau, or choose a "
        "date that an official calendar can count",
        field="first_session_on",
    )


def _basis_facts(basis: Basis) -> dict[str, object]:
    return {
        "calendar_notices": list(basis.notices),
        "calendar_provisional": basis.provisional,
        "provisional_years": list(basis.provisional_years),
    }


def _days(start: date, end: date) -> Iterator[date]:
    day = start
    while day < end:
        yield day
        day += ONE_DAY


def check_notice(year: CalendarYear, rows: Iterable[CalendarDay]) -> list[RuleBroken]:
    """Return every fault of a holiday notice's rows, numbered from 1; an empty list means it may be entered.

    A row belongs to the notice's year, or to December of the year before (the notices of 2019 and 2023 begin
    there). A worked row is a Saturday or Sunday; a resting row may be any day. Codes: CALENDAR_NOTICE_NUMBER,
    CALENDAR_NOTICE_EMPTY, CALENDAR_ROW_YEAR, CALENDAR_ROW_DUPLICATE, CALENDAR_ROW_NOT_WEEKEND.

    Rule: X03
    """
    listed = list(rows)
    faults: list[RuleBroken] = []
    if not year.provisional and not year.notice_number.strip():
        faults.append(
            _notice_fault(
                "CALENDAR_NOTICE_NUMBER",
                "正式放假安排须填写通知文号",
                "an official calendar needs the number of its notice",
                field="notice_number",
            )
        )
    if not any(row.kind is DayKind.REST for row in listed):
        faults.append(
            _notice_fault(
                "CALENDAR_NOTICE_EMPTY",
                "放假安排中没有任何放假日",
                "the notice names no day off",
                field="days",
            )
        )
    first_row: dict[date, int] = {}
    for number, row in enumerate(listed, start=1):
        faults.extend(_row_faults(year.year, number, row, first_row.get(row.day)))
        first_row.setdefault(row.day, number)
    return faults


def _row_faults(year: int, number: int, row: CalendarDay, seen_in: int | None) -> Iterator[RuleBroken]:
    day = row.day.isoformat()
    if row.day.year != year and (row.day.year, row.day.month) != (year - 1, DECEMBER):
        yield _notice_fault(
            "CALENDAR_ROW_YEAR",
            f"第{number}行：{day}不属于{year}年放假安排",
            f"row {number}: {day} does not belong to the notice for {year}",
            row=number,
        )
    if seen_in is not None:
        yield _notice_fault(
            "CALENDAR_ROW_DUPLICATE",
            f"第{number}行：{day}与第{seen_in}行重复",
            f"row {number}: {day} repeats row {seen_in}",
            row=number,
        )
    if row.kind is DayKind.WORKDAY and row.day.weekday() < SATURDAY:
        yield _notice_fault(
            "CALENDAR_ROW_NOT_WEEKEND",
            f"第{number}行：{day}不是周末，不能登记为调休上班日",
            f"row {number}: {day} is no Saturday or Sunday, so it cannot be an adjusted workday",
            row=number,
        )


def _notice_fault(code: str, zh: str, en: str, *, row: int | None = None, field: str = "days") -> RuleBroken:
    return RuleBroken(
        code,
        zh=zh,
        en=en,
        rule="X03",
        facts={} if row is None else {"row": row},
        how_to_fix_zh="请对照国务院办公厅通知原文逐日核对后重新提交",
        how_to_fix_en="compare each day with the text of the State Council's notice and send it again",
        field=field if row is None else f"days[{row - 1}]",
    )
