"""J18: FITT-VP in closed fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from grids.wellness.rules.prescription import (
    RANGES,
    ExerciseType,
    Prescription,
    check_not_oneself,
    check_prescription,
    check_replaces,
    last_day,
)
from wangge.errors import RuleBroken, RulesBroken

GOOD = Prescription(3, 11, 13, 30, (ExerciseType.WALKING,), 90, 2, 5, 12)


def codes(wanted: Prescription) -> list[str]:
    try:
        check_prescription(wanted)
    except RuleBroken as refused:
        return [refused.code]
    except RulesBroken as refused:
        return [one.code for one in refused.broken]
    return []


def test_a_good_one() -> None:
    check_prescription(GOOD)


@pytest.mark.parametrize("name", RANGES)
def test_j18_prescription_range_at_the_limit_and_one_past(name: str) -> None:
    low, high, _, _ = RANGES[name]
    for inside in (low, high):
        assert name not in _fields_refused(replace(GOOD, **{name: inside}))
    for outside in (low - 1, high + 1):
        assert name in _fields_refused(replace(GOOD, **{name: outside}))


def _fields_refused(wanted: Prescription) -> set[str | None]:
    if wanted.exertion_low > wanted.exertion_high:
        wanted = (
            replace(wanted, exertion_low=wanted.exertion_high)
            if wanted.exertion_high < 6
            else replace(wanted, exertion_high=wanted.exertion_low)
        )
    try:
        check_prescription(wanted)
    except RuleBroken as refused:
        return {refused.field} if refused.code == "PRESCRIPTION_RANGE" else set()
    except RulesBroken as refused:
        return {one.field for one in refused.broken if one.code == "PRESCRIPTION_RANGE"}
    return set()


def test_what_contradicts_itself() -> None:
    assert codes(replace(GOOD, exertion_low=14)) == ["PRESCRIPTION_RANGE"]
    assert codes(replace(GOOD, types=())) == ["PRESCRIPTION_TYPES"]
    assert codes(replace(GOOD, types=(ExerciseType.DANCE, ExerciseType.DANCE))) == ["PRESCRIPTION_TYPES"]
    assert codes(replace(GOOD, volume_minutes_per_week=91)) == ["PRESCRIPTION_VOLUME"]
    assert codes(replace(GOOD, types=(), volume_minutes_per_week=91)) == [
        "PRESCRIPTION_TYPES", "PRESCRIPTION_VOLUME",
    ]  # fmt: skip


def test_a_volume_is_told_with_its_sum() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_prescription(replace(GOOD, volume_minutes_per_week=91))
    assert refused.value.zh == "每周总量须等于次数×时间：3×30=90 分钟"


def test_its_last_day() -> None:
    assert last_day(date(2026, 3, 2), 1) == date(2026, 3, 8)


def test_j18_prescription_changed() -> None:
    check_replaces(0, 0)
    with pytest.raises(RuleBroken, match="PRESCRIPTION_CHANGED") as refused:
        check_replaces(2, 1)
    assert (refused.value.status, refused.value.zh) == (409, "运动处方已由他人更新为第2版")


def test_j18_nobody_prescribes_for_oneself() -> None:
    check_not_oneself(None, 3)
    check_not_oneself(4, 3)
    with pytest.raises(RuleBroken, match="SELF_APPROVAL") as refused:
        check_not_oneself(3, 3)
    assert refused.value.status == 403
