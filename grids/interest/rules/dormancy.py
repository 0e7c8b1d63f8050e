"""An interest grid without activities falls asleep, and an activity wakes it.

Rule: J07
"""

from __future__ import annotations

from datetime import date, timedelta


def last_day_of_silence(on: date, dormant_days: int) -> date:
    """Who last met on this day or before has been silent for more than `dormant_days` days on `on`.

    With 60: who last met 60 days ago is awake, who last met 61 days ago sleeps.

    Rule: J07
    """
    return on - timedelta(days=dormant_days + 1)


def wakes(held_on: date, on: date, dormant_days: int) -> bool:
    """Whether an activity held that day is recent enough to wake a sleeping interest grid on `on`. Rule: J07"""
    return held_on > last_day_of_silence(on, dormant_days)
