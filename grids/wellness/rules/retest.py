"""When a programme's re-test is due, and what may be compared with what.

Rule: J18
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class RetestWindow:
    """The first and the last day of a re-test."""

    first_day: date
    last_day: date


def window_of(started_on: date, from_weeks: int, to_weeks: int) -> RetestWindow:
    """The days from so many whole weeks after the programme's first session to so many, both included."""
    return RetestWindow(started_on + timedelta(weeks=from_weeks), started_on + timedelta(weeks=to_weeks))


def check_window(window: RetestWindow, tested_on: date) -> None:
    """Refuse a re-test before the window's first day or after its last with 422 RETEST_WINDOW.

    Rule: J18
    """
    if window.first_day <= tested_on <= window.last_day:
        return
    early = tested_on < window.first_day
    first, last = window.first_day.isoformat(), window.last_day.isoformat()
    raise RuleBroken(
        "RETEST_WINDOW",
        zh=f"复测须在{first}至{last}之间",
        en=f"the re-test lies between {first} and {last}",
        rule="J18",
        clause="将运动干预运用于居民慢性病管理",
        facts={"first_day": first, "last_day": last},
        how_to_fix_zh=f"请于{first}起复测" if early else "已过复测期：请开具新版处方，由下一次运动重新计周",
        how_to_fix_en=f"re-test from {first} on"
        if early
        else "prescribe anew: the weeks begin with the next session",
        field="tested_on",
    )


def check_same_standard(baseline_standard: int, standard: int) -> None:
    """Refuse to compare tests of two versions with 422 STANDARD_DIFFERS: their points mean different things.

    Rule: J18
    """
    if baseline_standard == standard:
        return
    raise RuleBroken(
        "STANDARD_DIFFERS",
        zh="复测须与首测使用同一版本的标准",
        en="the re-test uses the same version of the standard as the first test",
        rule="J18",
        facts={"standard_id": baseline_standard},
        how_to_fix_zh="请改用首测的标准版本",
        how_to_fix_en="use the first test's version",
        field="standard_id",
    )


def baseline_required() -> RuleBroken:
    """The refusal of a prescription that nothing could be compared with later. Rule: J18"""
    return RuleBroken(
        "BASELINE_REQUIRED",
        zh="请先完成一次体质测试，作为干预前的基线",
        en="a fitness test comes first: without it nothing can be compared",
        rule="J18",
        how_to_fix_zh="请由测试员记录体质测试",
        how_to_fix_en="let a tester record a fitness test",
    )


def compared(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What each item measured both times has changed by; items measured once are left out."""
    return {code: after[code] - before[code] for code in before if code in after}
