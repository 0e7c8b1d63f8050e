"""Bounds stay in order on every day a new value touches, and the refusal names both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.policy import PolicyVersion, parse_value
from tenants.bureau.rules.policy_defaults import definition
from tenants.bureau.rules.policy_order import ASCENDING, check_policy_order, related_keys
from wangge.errors import RuleBroken

LOW, HIGH = "grid.hard_minimum", "grid.hard_maximum"
MAY, JULY = date(2027, 5, 1), date(2027, 7, 1)
GRID = ASCENDING[0]


def version(key: str, value: object, first: date = MAY, last: date | None = None) -> PolicyVersion:
    return PolicyVersion(key, value, first, last)


def refused(
    key: str, versions: list[PolicyVersion], first: date = MAY, last: date | None = None
) -> RuleBroken:
    with pytest.raises(RuleBroken, match="POLICY_CONTRADICTION") as caught:
        check_policy_order(key, versions, first, last)
    assert caught.value.status == 422
    return caught.value


@pytest.mark.parametrize("row", ASCENDING, ids=lambda row: row[0])
def test_the_shipped_defaults_are_in_order_and_of_one_type(row: tuple[str, ...]) -> None:
    assert len({definition(key).value_type for key in row}) == 1
    for key in row:
        check_policy_order(key, [], MAY, None)
    values = [parse_value(definition(key), definition(key).default) for key in row]
    assert values == sorted(values)  # type: ignore[type-var]


def test_no_parameter_stands_in_two_rows() -> None:
    keys = [key for row in ASCENDING for key in row]
    assert len(keys) == len(set(keys))
    assert related_keys("order.lead_workdays") == ()


def test_the_refusal_names_both_with_their_values() -> None:
    broken = refused(LOW, [version(LOW, 5000)])
    assert broken.facts["lower"] == LOW
    assert (broken.facts["lower_value"], broken.facts["day"]) == ("5000", "2027-05-01")
    assert LOW in broken.zh and str(broken.facts["upper"]) in broken.zh


@pytest.mark.parametrize(("value", "passes"), [(300, True), (301, False)])
def test_a_bound_may_equal_its_neighbour_but_not_pass_it(value: int, passes: bool) -> None:
    if passes:
        check_policy_order(LOW, [version(LOW, value)], MAY, None)
    else:
        assert refused(LOW, [version(LOW, value)]).facts["upper"] == "grid.soft_minimum"


def test_a_change_of_the_other_later_on_counts() -> None:
    later = version(HIGH, 600, JULY)
    lowered = version("grid.soft_maximum", 700, MAY)
    broken = refused("grid.soft_maximum", [later, lowered])
    assert (broken.facts["upper"], broken.facts["day"]) == (HIGH, "2027-07-01")
    check_policy_order("grid.soft_maximum", [later, lowered], MAY, JULY - timedelta(1))
    refused("grid.soft_maximum", [later, lowered], MAY, JULY)


def test_the_default_counts_again_after_a_version_ends() -> None:
    wide = version(HIGH, 2000, MAY, JULY)
    check_policy_order("grid.soft_maximum", [wide, version("grid.soft_maximum", 1500)], MAY, JULY)
    broken = refused("grid.soft_maximum", [wide, version("grid.soft_maximum", 1500)])
    assert broken.facts["day"] == "2027-07-02"


def test_a_contradiction_among_others_does_not_stop_a_repair() -> None:
    wrong = [version("grid.soft_minimum", 900)]
    check_policy_order(LOW, wrong, MAY, None)


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("youth_summer.to_day", "06-30", "06-30"),
        ("weekly_bulletin.freeze_time", "17:30", "17:30"),
        ("tax.labour_fixed_deduction", "4000.01", "4000.01"),
        ("feedback.from_day", 6, "6"),
    ],
)
def test_windows_close_after_they_open(key: str, value: object, shown: str) -> None:
    broken = refused(key, [version(key, value)])
    assert shown in broken.zh and shown in broken.en


@given(st.lists(st.integers(1, 9), min_size=5, max_size=5))
def test_a_row_passes_exactly_when_it_ascends(numbers: list[int]) -> None:
    versions = [version(key, number) for key, number in zip(GRID, numbers, strict=True)]
    codes = []
    for key in GRID:
        try:
            check_policy_order(key, versions, MAY, None)
        except RuleBroken as broken:
            codes.append(broken.code)
    assert bool(codes) is (numbers != sorted(numbers))
