"""Money in, money out: at most two decimals, half up, never a float."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.money import format_money, from_fen, parse_money, round_half_up, to_fen
from wangge.errors import RuleBroken

fen = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize(
    ("value", "amount"),
    [("200", "200.00"), ("200.5", "200.50"), (200, "200.00"), (Decimal("0.10"), "0.10"), ("-3.01", "-3.01")],
)
def test_amounts_that_are_read(value: object, amount: str) -> None:
    assert format_money(parse_money(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        200.0, 0.1, True, None, [], "200.001", Decimal("0.001"), "1e3", Decimal("NaN"), Decimal("Infinity"),
        "1,000.00", "１００", "", " 1", "1.", ".5", "--1", "1" * 13, "1\n",
    ],
)  # fmt: skip
def test_amounts_that_are_refused(value: object) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_money(value, "fee")
    assert (refused.value.code, refused.value.status, refused.value.field) == ("MONEY_FORMAT", 400, "fee")


def test_a_message_can_repeat_whatever_was_sent() -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_money("\ud800" * 500)
    assert len(refused.value.zh.encode()) < 500


@pytest.mark.parametrize(
    ("exact", "rounded"), [("0.005", "0.01"), ("0.004", "0.00"), ("2.675", "2.68"), ("-0.005", "-0.01")]
)
def test_half_a_fen_goes_up(exact: str, rounded: str) -> None:
    assert round_half_up(Decimal(exact)) == Decimal(rounded)


def test_an_amount_with_a_third_decimal_has_no_fen() -> None:
    with pytest.raises(RuleBroken, match="MONEY_FORMAT"):
        to_fen(Decimal("0.005"))


@given(fen)
def test_fen_and_yuan_say_the_same(pay_fen: int) -> None:
    assert to_fen(from_fen(pay_fen)) == pay_fen


@given(fen.filter(lambda amount: abs(amount) < 10**13))
def test_what_is_written_is_read_again(pay_fen: int) -> None:
    amount = from_fen(pay_fen)
    assert parse_money(format_money(amount)) == amount


@given(st.lists(st.decimals("-99999", "99999", places=4), max_size=20))
def test_rounding_never_moves_an_amount_by_more_than_half_a_fen(amounts: list[Decimal]) -> None:
    for amount in amounts:
        assert abs(round_half_up(amount) - amount) <= Decimal("0.005")
