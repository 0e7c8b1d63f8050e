"""Of a person no more is kept than a name, a sex, a month of birth and a phone.

Rule: J17
"""

from __future__ import annotations

import re
from datetime import date

from wangge.errors import RuleBroken

LONGEST_NAME = 30
OLDEST_YEARS = 120
# Letters, the dot between parts of a name, and spaces: a name is no place for remarks.
_NAME = re.compile(r"[^\W\d_]+(?:[·• ]?[^\W_]+)*")


def normal_name(typed: str) -> str:
    """The name without stray spaces; 422 PERSON_NAME for what is none. Rule: J17"""
    name = " ".join(typed.split())
    if len(name) <= LONGEST_NAME and _NAME.fullmatch(name):
        return name
    raise RuleBroken(
        "PERSON_NAME", zh=f"姓名须为 1–{LONGEST_NAME} 字，不含标点", rule="J17", field="name",
        en=f"a name has 1–{LONGEST_NAME} letters and no punctuation",
        how_to_fix_zh="请只填写姓名", how_to_fix_en="write the name only",
    )  # fmt: skip


def check_birth(year: int, month: int, today: date) -> None:
    """Refuse a month of birth to come, or of more than 120 years ago, with 422 BIRTH_MONTH. Rule: J17"""
    if 1 <= month <= 12 and (today.year - OLDEST_YEARS, today.month) <= (year, month) <= (
        today.year,
        today.month,
    ):
        return
    raise RuleBroken(
        "BIRTH_MONTH", zh="出生年月不合理", en="this is no month of birth", rule="J17", field="birth_year",
        how_to_fix_zh="请核对出生年月", how_to_fix_en="check year and month",
    )  # fmt: skip
