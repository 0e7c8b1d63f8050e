"""J17: points, totals and grades; a missing item is no zero; edges of ages and bands are exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grids.wellness.rules import standard as module
from grids.wellness.rules.fitness_score import check_values, grade_of, group_for, points_of, score
from grids.wellness.rules.standard import Grade, Sex, Standard, standard_of
from wangge.errors import RuleBroken, RulesBroken

EXAMPLE: Standard = standard_of(
    "toml", (Path(module.__file__).parent / "example_standard.toml").read_text("utf-8")
)
ITEMS = ("grip", "sit_and_reach", "one_leg_stand")


def values(*numbers: str) -> dict[str, Decimal]:
    return {code: Decimal(number) for code, number in zip(ITEMS, numbers, strict=False)}


def test_a_complete_test_has_a_total_and_a_grade() -> None:
    found = score(EXAMPLE, Sex.MALE, 46, values("43.0", "12.5", "31"))
    assert found.points == {"grip": 4, "sit_and_reach": 4, "one_leg_stand": 4}
    assert (found.total, found.grade, found.missing, found.is_complete) == (12, Grade.GOOD, (), True)


def test_j17_a_missing_item_means_no_total_grade() -> None:
    found = score(EXAMPLE, Sex.MALE, 46, values("43.0", "12.5"))
    assert (found.total, found.grade, found.missing) == (None, None, ("one_leg_stand",))
    assert found.points == {"grip": 4, "sit_and_reach": 4}


@pytest.mark.parametrize(("value", "points"), [("29.9", 1), ("30", 2), ("35.9", 2), ("36.0", 3), ("120", 5)])
def test_a_band_begins_with_its_first_value(value: str, points: int) -> None:
    assert points_of(group_for(EXAMPLE, Sex.MALE, 30).tables["grip"], Decimal(value)) == points


@pytest.mark.parametrize(
    ("total", "grade"),
    [(13, "excellent"), (Decimal("12.9"), "good"), (10, "good"), (9, "pass"), (6, "pass"), (5, "fail")],
)
def test_a_grade_begins_with_its_least_total(total: Any, grade: str) -> None:
    assert grade_of(EXAMPLE, Decimal(total)) == grade


@pytest.mark.parametrize(("age", "first"), [(20, 20), (59, 20), (60, 60), (79, 60)])
def test_edges_of_ages_are_exact(age: int, first: int) -> None:
    assert group_for(EXAMPLE, Sex.FEMALE, age).age_from == first


@pytest.mark.parametrize("age", [19, 80])
def test_j17_age_not_covered(age: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        group_for(EXAMPLE, Sex.FEMALE, age)
    assert refused.value.code == "AGE_NOT_COVERED"
    assert refused.value.zh == f"“示例体质测定标准（虚构数据）”不适用于{age}岁（适用：20–59、60–79岁）"


@pytest.mark.parametrize("value", ["1", "120"])
def test_the_ends_of_the_plausible_range_are_plausible(value: str) -> None:
    check_values(EXAMPLE, {"grip": Decimal(value)})


@pytest.mark.parametrize("value", ["0.9", "120.1", "NaN", "Infinity"])
def test_j17_value_implausible_names_the_range_and_not_the_value(value: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_values(EXAMPLE, {"grip": Decimal(value)})
    assert refused.value.code == "VALUE_IMPLAUSIBLE"
    assert refused.value.zh == "“握力”超出合理范围 1–120 kg"
    assert value not in str(refused.value.facts)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(RulesBroken) as refused:
        check_values(EXAMPLE, {"grip": Decimal(500), "speed": Decimal(1), "one_leg_stand": Decimal("1.5")})
    assert {one.code for one in refused.value.broken} == {
        "VALUE_IMPLAUSIBLE", "INDICATOR_UNKNOWN", "VALUE_PLACES",
    }  # fmt: skip


measured = some.fixed_dictionaries(
    {},
    optional={
        code: some.decimals(
            EXAMPLE.indicators[code].lowest,
            EXAMPLE.indicators[code].highest,
            places=EXAMPLE.indicators[code].places,
        )
        for code in ITEMS
    },
)


@given(some.sampled_from(Sex), some.integers(20, 79), measured)
def test_whatever_is_measured_is_scored_or_named_as_missing(
    sex: Sex, age: int, found: dict[str, Decimal]
) -> None:
    check_values(EXAMPLE, found)
    result = score(EXAMPLE, sex, age, found)
    assert set(result.points) | set(result.missing) == set(ITEMS)
    assert not set(result.points) & set(result.missing)
    assert (result.grade is None) == (result.total is None) == bool(result.missing)
    if result.is_complete:
        assert result.total == sum(result.points.values())
        assert 3 <= result.total <= 15


@given(
    some.sampled_from(Sex),
    some.integers(20, 79),
    some.decimals(1, 120, places=1),
    some.decimals(1, 120, places=1),
)
def test_a_better_value_never_scores_less(sex: Sex, age: int, one: Decimal, other: Decimal) -> None:
    table = group_for(EXAMPLE, sex, age).tables["grip"]
    low, high = sorted((one, other))
    assert points_of(table, low) <= points_of(table, high)
