"""Which notices the product knows, and what it takes from a library for them."""

from __future__ import annotations

from datetime import date

import chinese_calendar
import pytest

from tenants.bureau.rules.calendar_notices import days_of_year, known_notices
from tenants.bureau.rules.work_calendar import CalendarYear, DayKind, check_notice


@pytest.mark.parametrize("year", sorted(known_notices()))
def test_the_library_has_sound_days_for_every_known_notice(year: int) -> None:
    notice = known_notices()[year]
    rows = days_of_year(year, chinese_calendar.holidays, chinese_calendar.workdays)
    assert check_notice(CalendarYear(year, notice.number, provisional=False), rows) == []
    assert notice.published_on.year == year - 1


def test_days_are_sorted_and_only_of_the_year() -> None:
    rows = days_of_year(2026, [date(2026, 5, 1), date(2025, 5, 1)], [date(2026, 1, 4)])
    assert [(row.day, row.kind) for row in rows] == [
        (date(2026, 1, 4), DayKind.WORKDAY),
        (date(2026, 5, 1), DayKind.REST),
    ]
