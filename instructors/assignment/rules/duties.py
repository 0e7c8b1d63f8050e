"""The single duties of a weekly need: their days, moments and names. Rule: S07"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from instructors.people.rules.free_times import MINUTES_A_DAY
from tenants.bureau.rules.local_time import SHANGHAI, local_date

DUTY_NAMES = "need-"


def duty_days(weekday: int, first: date, weeks: int) -> list[date]:
    """The days of that weekday (1 Monday … 7 Sunday) in so many weeks from the first day on."""
    begin = first + timedelta(days=(weekday - first.isoweekday()) % 7)
    return [begin + timedelta(weeks=week) for week in range(weeks)]


def duty_moments(day: date, from_minute: int, to_minute: int) -> tuple[datetime, datetime]:
    """When the duty begins and ends; minute 1440 is the midnight after."""
    midnight = datetime.combine(day, time.min, tzinfo=SHANGHAI)
    assert to_minute <= MINUTES_A_DAY
    return midnight + timedelta(minutes=from_minute), midnight + timedelta(minutes=to_minute)


def next_duty_day(weekday: int, from_minute: int, first: date, now: datetime) -> date:
    """The first day of that weekday, from the first day on, on which the duty has not begun yet."""
    coming = max(first, local_date(now))
    here, later = duty_days(weekday, coming, 2)
    return here if duty_moments(here, from_minute, from_minute)[0] > now else later


def duty_reference(need: int, instructor: int, day: date | None = None) -> str:
    """The booking's name: the same duty has the same name in every run; without a day the beginning of all."""
    return f"{DUTY_NAMES}{need}-{instructor}-{'' if day is None else day.isoformat()}"


def need_of_reference(reference: str) -> int | None:
    """Which need a duty's name speaks of; None for the name of anything else."""
    parts = reference.split("-")
    return int(parts[1]) if len(parts) > 2 and parts[0] == "need" and parts[1].isdecimal() else None


def pair_of_reference(reference: str) -> tuple[int, int] | None:
    """Instructor and need of a duty's name, whatever its day; None for the name of anything else."""
    parts = reference.split("-", 3)
    if len(parts) < 4 or parts[0] != "need" or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return int(parts[2]), int(parts[1])
