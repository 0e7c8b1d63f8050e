"""J17: how far back."""

from __future__ import annotations

from datetime import date

from grids.wellness.rules.retention import kept_since


def test_to_the_day() -> None:
    assert kept_since(date(2026, 11, 22), 3) == date(2023, 11, 22)
    assert kept_since(date(2028, 2, 29), 3) == date(2025, 2, 28)
