"""When a test may be entered, and by which version of the standard.

Rule: J17
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from wangge.errors import RuleBroken

INCOMPLETE = "incomplete"  # stands where a grade would, when an item is missing


def check_test_day(tested_on: date, valid_from: date, replaced_from: date | None, today: date) -> None:
    """Refuse a day to come, or before the standard was in force, with 422 TEST_DAY; after it, STANDARD_SUPERSEDED.

    `replaced_from`: the first day of the next version. A re-test goes by the first test's version and is not asked.

    Rule: J17
    """
    if not valid_from <= tested_on <= today:
        raise RuleBroken(
            "TEST_DAY",
            zh=f"测试日期须在{valid_from.isoformat()}至{today.isoformat()}之间",
            en=f"the test lies between {valid_from} and {today}",
            rule="J17",
            facts={"from": valid_from.isoformat(), "to": today.isoformat()},
            how_to_fix_zh="请核对日期和标准版本",
            how_to_fix_en="check the day and the version of the standard",
            field="tested_on",
        )
    if replaced_from is not None and tested_on >= replaced_from:
        last = (replaced_from - timedelta(days=1)).isoformat()
        raise RuleBroken(
            "STANDARD_SUPERSEDED",
            zh=f"该版本标准适用至{last}，此后请用新版",
            en=f"this version holds until {last}",
            rule="J17",
            facts={"last_day": last},
            how_to_fix_zh="请选用现行版本",
            how_to_fix_en="choose the version in force",
            field="standard_id",
        )


def check_measured_once(indicators: Iterable[str]) -> None:
    """Refuse an indicator entered twice with 422 INDICATOR_TWICE.

    Rule: J17
    """
    twice = sorted(code for code, times in Counter(indicators).items() if times > 1)
    if not twice:
        return
    raise RuleBroken(
        "INDICATOR_TWICE",
        zh=f"指标重复：{'、'.join(code[:40] for code in twice)}",
        en=f"entered twice: {', '.join(code[:40] for code in twice)}",
        rule="J17",
        facts={"indicators": [code[:40] for code in twice]},
        how_to_fix_zh="多次测量请只填采用的一次",
        how_to_fix_en="of several tries enter the one that counts",
        field="values",
    )
