"""Every rule reads the clock of Asia/Shanghai, and a deadline lasts to the last millisecond of its local day.

Rule: X02
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from wangge.errors import RuleBroken

SHANGHAI = ZoneInfo("Asia/Shanghai")
END_OF_DAY = time(23, 59, 59, 999_000)


def check_aware(moment: datetime, field: str) -> None:
    """Refuse a time without an offset with 400 NAIVE_DATETIME.

    Rule: X02
    """
    if moment.utcoffset() is not None:
        return
    raise RuleBroken(
        "NAIVE_DATETIME",
        zh=f"时间“{moment.isoformat()}”缺少时区",
        en=f"the time {moment.isoformat()} has no offset",
        status=400,
        rule="X02",
        facts={"value": moment.isoformat()},
        how_to_fix_zh="请写明时区，例如 2026-03-02T09:00:00+08:00",
        how_to_fix_en="write the offset, for example 2026-03-02T09:00:00+08:00",
        field=field,
    )


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
