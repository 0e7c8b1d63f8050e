"""A year without an official holiday notice is a gap."""

from __future__ import annotations

from datetime import date

import pytest

from tenants.bureau.rules.calendar_gaps import years_missing


@pytest.mark.parametrize(
    ("official", "today", "missing"),
    [
        ([2025, 2026], date(2026, 1, 1), [2027]),
        ([2025, 2026], date(2025, 12, 31), []),
        ([2025, 2026], date(2026, 12, 31), [2027]),
        ([2027, 2026], date(2026, 6, 1), []),
        ([], date(2026, 6, 1), [2026, 2027]),
        ([2024, 2028], date(2026, 6, 1), [2026, 2027]),
    ],
)
def test_this_year_and_the_next_need_a_notice(official, today, missing):
    assert years_missing(official, today) == missing
