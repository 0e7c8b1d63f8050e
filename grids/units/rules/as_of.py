"""What is told as of a day is told of a day that has come: of one to come nothing is known yet.

A figure "as of" a day to come would be that of today under another date, and print so in a report.

Rules: J01, J19
"""

from __future__ import annotations

from datetime import date

from wangge.errors import RuleBroken


def check_as_of(as_of: date, today: date, field: str = "as_of") -> None:
    """Refuse a day to come with 400 AS_OF_TO_COME; today is the last that can be asked for. Rules: J01, J19"""
    if as_of <= today:
        return
    raise RuleBroken(
        "AS_OF_TO_COME",
        zh=f"统计日{as_of.isoformat()}尚未到来（今天是{today.isoformat()}）",
        en=f"{as_of} is still to come; today is {today}",
        status=400,
        rule="J01",
        field=field,
        facts={"as_of": as_of.isoformat(), "today": today.isoformat()},
        how_to_fix_zh="请选择今天或以前的日期",
        how_to_fix_en="ask for today or a day before",
    )
