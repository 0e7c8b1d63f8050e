"""How far back values of a person's fitness are kept.

Rule: J17
"""

from __future__ import annotations

from datetime import date


def kept_since(today: date, years: int) -> date:
    """The first day whose values are still kept: that many years ago, 28 February for a day that year lacks."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
