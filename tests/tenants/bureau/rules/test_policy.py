"""Dated values: which is in force, which may not meet, who may set them, and what a value must look like."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.policy import (
    ParameterDefinition,
    PolicyVersion,
    ValueType,
    check_no_overlap,
    check_period,
    check_policy_owner,
    ended_predecessor,
    parse_value,
    value_at,
)
from wangge.errors import RuleBroken


def parameter(value_type: ValueType, **given: object) -> ParameterDefinition:
    fields: dict[str, object] = {"default": 10, "rule": "S35", "document": "process", "clause": "…"}
    return ParameterDefinition(key="k", value_type=value_type, zh="参数", en="parameter", **(fields | given))  # type: ignore[arg-type]


LEAD = parameter(ValueType.INTEGER, minimum="1", maximum="60")


def version(first: date, last: date | None = None, value: object = 12, number: int = 1) -> PolicyVersion:
    return PolicyVersion("k", value, first, last, number)


MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 30)


@pytest.mark.parametrize(
    ("on", "value"),
    [
        (MARCH - timedelta(1), 10),
        (MARCH, 12),
        (JUNE, 12),
        (JUNE + timedelta(1), 10),
    ],
)
def test_the_value_in_force_and_the_default_outside(on: date, value: int) -> None:
    assert value_at(LEAD, [version(MARCH, JUNE)], on) == value


@pytest.mark.parametrize(
    ("first", "last", "meets"),
    [
        (JUNE, None, True),
        (JUNE + timedelta(1), None, False),
        (date(2026, 1, 1), MARCH, True),
        (date(2026, 1, 1), MARCH - timedelta(1), False),
        (date(2026, 1, 1), None, True),
        (date(2026, 4, 1), date(2026, 4, 2), True),
    ],
)
def test_versions_that_meet_on_one_day_are_refused(first: date, last: date | None, meets: bool) -> None:
    existing = [version(MARCH, JUNE, number=4)]
    if not meets:
        check_no_overlap(version(first, last), existing)
        return
    with pytest.raises(RuleBroken) as refused:
        check_no_overlap(version(first, last), existing)
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("POLICY_OVERLAP", 422, "S03")
    assert refused.value.zh.startswith("同一参数的生效期重叠")
    assert refused.value.facts["existing_version"] == 4


def test_versions_of_two_parameters_never_meet() -> None:
    check_no_overlap(PolicyVersion("other", 1, MARCH, None), [version(MARCH, JUNE)])


spans = st.tuples(
    st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.none() | st.dates(date(2026, 1, 1), date(2026, 3, 1))
).filter(lambda span: span[1] is None or span[0] <= span[1])


@given(spans, spans)
def test_overlapping_is_having_a_day_in_common(
    one: tuple[date, date | None], two: tuple[date, date | None]
) -> None:
    first, second = version(*one), version(*two)
    days = [date(2026, 1, 1) + timedelta(n) for n in range(70)]
    common = any(first.is_in_force(day) and second.is_in_force(day) for day in days)
    assert first.overlaps(second) is common
    assert second.overlaps(first) is common


def test_a_follower_ends_the_open_version_the_day_before() -> None:
    follower = version(date(2026, 7, 1), number=2)
    ended = ended_predecessor(follower, [version(MARCH)])
    assert ended is not None
    assert ended.effective_to == JUNE
    check_no_overlap(follower, [ended])


def test_a_follower_from_the_same_day_has_nothing_to_end() -> None:
    assert ended_predecessor(version(MARCH), [version(MARCH)]) is None
    assert ended_predecessor(version(date(2026, 7, 1)), [version(MARCH, JUNE)]) is None


def test_a_period_may_be_one_day_and_not_less() -> None:
    check_period(MARCH, MARCH)
    check_period(MARCH, None)
    with pytest.raises(RuleBroken, match="POLICY_PERIOD"):
        check_period(MARCH, MARCH - timedelta(1))


def test_only_the_bureau_sets_policy() -> None:
    check_policy_owner(True)
    with pytest.raises(RuleBroken) as refused:
        check_policy_owner(False)
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("POLICY_OWNER_ONLY", 403, "S01")
    assert refused.value.zh == "政策参数由市体育局维护，您无权修改"


BANDS = parameter(ValueType.TABLE, columns=("over", "rate"))


@pytest.mark.parametrize(
    ("definition", "raw", "value"),
    [
        (LEAD, 1, 1),
        (LEAD, "60", 60),
        (parameter(ValueType.DECIMAL, minimum="0", maximum="1"), "0.20", Decimal("0.20")),
        (parameter(ValueType.MONEY, minimum="0"), "10000", Decimal("10000.00")),
        (parameter(ValueType.BOOLEAN), False, False),
        (parameter(ValueType.TIME), "23:59", time(23, 59)),
        (parameter(ValueType.MONTH_DAY), "02-29", (2, 29)),
        (parameter(ValueType.CHOICE, choices=("warn", "refuse")), "warn", "warn"),
        (BANDS, [{"over": "0", "rate": "0.2"}], ({"over": Decimal(0), "rate": Decimal("0.2")},)),
    ],
)
def test_values_that_are_read(definition: ParameterDefinition, raw: object, value: object) -> None:
    assert parse_value(definition, raw) == value


@pytest.mark.parametrize(
    ("definition", "raw"),
    [
        (LEAD, 0),
        (LEAD, 61),
        (LEAD, True),
        (LEAD, 10.0),
        (LEAD, "ten"),
        (LEAD, "１０"),
        (LEAD, None),
        (parameter(ValueType.DECIMAL, maximum="1"), "1.0001"),
        (parameter(ValueType.DECIMAL), 0.5),
        (parameter(ValueType.DECIMAL), "NaN"),
        (parameter(ValueType.DECIMAL), "a fifth"),
        (parameter(ValueType.MONEY, minimum="0"), "-0.01"),
        (parameter(ValueType.BOOLEAN), 1),
        (parameter(ValueType.TIME), "24:00"),
        (parameter(ValueType.TIME), "9:00"),
        (parameter(ValueType.MONTH_DAY), "11-31"),
        (parameter(ValueType.MONTH_DAY), "13-01"),
        (parameter(ValueType.CHOICE, choices=("warn",)), "ignore"),
        (BANDS, []),
        (BANDS, [{"over": "0"}]),
        (BANDS, ["0"]),
        (BANDS, [{"over": "0", "rate": "Infinity"}]),
    ],
)
def test_values_that_are_refused(definition: ParameterDefinition, raw: object) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_value(definition, raw)
    assert (refused.value.code, refused.value.status) == ("POLICY_VALUE", 422)


def test_a_third_decimal_of_money_is_a_format_error() -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_value(parameter(ValueType.MONEY), "0.001")
    assert (refused.value.code, refused.value.status) == ("MONEY_FORMAT", 400)
