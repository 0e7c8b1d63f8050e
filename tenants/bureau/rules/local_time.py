"""Every rule reads the clock of Asia/Shanghai, and a deadline lasts to the last millisecond of its local day.

Rule: X02
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from wangge.errors import check_aware

SHANGHAI = ZoneInfo("Asia/Shanghai")
END_OF_DAY = time(23, 59, 59, 999_000)


def local_date(moment: datetime) -> date:
    """The calendar day in Shanghai on which the moment falls; the moment must be aware."""
    check_aware(moment, "moment")
    return moment.astimezone(SHANGHAI).date()


def deadline_end(deadline: date) -> datetime:
    """The last moment of the day in Shanghai: 23:59:59.999 local time."""
    return datetime.combine(deadline, END_OF_DAY, tzinfo=SHANGHAI)


def local_moment(day: date, at: time) -> datetime:
    """The moment a clock in Shanghai shows `at` on `day`."""
    return datetime.combine(day, at.replace(tzinfo=None), tzinfo=SHANGHAI)


def is_on_time(moment: datetime, deadline: date) -> bool:
    """True up to and including the deadline's last millisecond; 00:00 of the next day is late."""
    return local_date(moment) <= deadline
