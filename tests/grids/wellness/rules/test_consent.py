"""J17: separate consents, and a guardian's for under-14s."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grids.wellness.rules.consent import (
    ConsentPurpose,
    age_in_years,
    check_consents,
    check_guardian,
    is_guarded,
)
from wangge.errors import RuleBroken


def test_j17_consent_required() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_consents([ConsentPurpose.FITNESS_TEST], ["exercise_case"])
    assert (refused.value.code, refused.value.status) == ("CONSENT_REQUIRED", 403)
    assert refused.value.zh == "体质数据属敏感个人信息，需单独同意"
    assert refused.value.facts == {"missing": ["fitness_test"]}
    assert "体质测试数据" in refused.value.how_to_fix_zh
    check_consents([ConsentPurpose.FITNESS_TEST], ["fitness_test"])


@pytest.mark.parametrize(
    ("on", "years"), [(date(2026, 4, 30), 19), (date(2026, 5, 1), 20), (date(2027, 4, 30), 20)]
)
def test_age_turns_with_the_month_of_birth(on: date, years: int) -> None:
    assert age_in_years(2006, 5, on) == years


@pytest.mark.parametrize(
    ("year", "month", "on", "guarded"),
    [
        (2012, 5, date(2026, 5, 31), True),  # may have the birthday on this last day, or be over it: guarded
        (2012, 5, date(2026, 6, 1), False),
        (2012, 12, date(2026, 12, 31), True),
        (2012, 12, date(2027, 1, 1), False),
    ],
)
def test_under_14_is_cautious_to_the_end_of_the_month(year: int, month: int, on: date, guarded: bool) -> None:
    assert is_guarded(year, month, on) is guarded


def test_j17_guardian_consent_required() -> None:
    with pytest.raises(RuleBroken, match="GUARDIAN_CONSENT_REQUIRED") as refused:
        check_guardian(2015, 1, date(2026, 11, 1), given_by_guardian=False)
    assert refused.value.zh == "未满14周岁，须由监护人同意"
    check_guardian(2015, 1, date(2026, 11, 1), given_by_guardian=True)


@given(some.dates(date(1950, 1, 1), date(2030, 12, 28)), some.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_nobody_under_14_is_taken_for_older(birthday: date, on: date) -> None:
    turned = birthday.replace(year=birthday.year + 14, day=min(birthday.day, 28))
    if on < turned and on >= birthday:
        assert is_guarded(birthday.year, birthday.month, on)
