"""How long the register keeps the numbers and the home of who has left it.

Rules: J12, X07
"""

from __future__ import annotations

from datetime import date, timedelta


def kept_until(left_on: date, years: int) -> date:
    """The last day on which they are kept: that of leaving, so many years later; of 29 February the 28th.

    Rule: X07
    """
    return _in_year(left_on, left_on.year + years)


def left_by(today: date, years: int) -> date:
    """Who left on this day or before is kept no longer today.

    Rule: X07
    """
    yesterday = today - timedelta(days=1)
    day = _in_year(yesterday, yesterday.year - years)
    next_day = day + timedelta(days=1)
    return next_day if kept_until(next_day, years) <= yesterday else day


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 2, 28)
