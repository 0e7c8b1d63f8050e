"""Money is a decimal number of yuan with at most two decimals, rounded half up, never a float.

Rule: X04
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from wangge.errors import RuleBroken

FEN = Decimal("0.01")
SHOWN_CHARACTERS = 100
# Twelve digits before the point: far more than a province's yearly budget, and what a database column of 14
# holds.
MONEY_PATTERN = re.compile(r"-?\d{1,12}(\.\d{1,2})?")


def parse_money(value: object, field: str = "amount") -> Decimal:
    """Read yuan from a string, a Decimal or an int; the answer always has two decimals.

    Raises 400 MONEY_FORMAT for floats, booleans, a third decimal, exponents, thousands separators, non-ASCII
    digits and anything that is not a number.

    Rule: X04
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _bad_format(value, field)
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not text.isascii() or MONEY_PATTERN.fullmatch(text) is None:
        raise _bad_format(value, field)
    return Decimal(text).quantize(FEN)


def round_half_up(amount: Decimal) -> Decimal:
    """The amount to the nearest fen; half a fen goes away from zero (四舍五入)."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def to_fen(amount: Decimal) -> int:
    """Yuan as a whole number of fen; the amount must already be rounded to fen."""
    fen = amount / FEN
    if fen != fen.to_integral_value():
        raise _bad_format(amount, "amount")
    return int(fen)


def from_fen(pay_fen: int) -> Decimal:
    """A whole number of fen as yuan with two decimals."""
    return (Decimal(pay_fen) * FEN).quantize(FEN)


def format_money(amount: Decimal) -> str:
    """The amount as the API writes it: a string with two decimals and no separators."""
    return format(amount.quantize(FEN), "f")


def as_shown(value: object) -> str:
    """A value somebody sent, short and free of halves of characters, so that a message can repeat it."""
    return str(value)[:SHOWN_CHARACTERS].encode("utf-8", "replace").decode()


def _bad_format(value: object, field: str) -> RuleBroken:
    shown = as_shown(value)
    return RuleBroken(
        "MONEY_FORMAT",
        zh=f"金额“{shown}”格式错误，须为最多两位小数的字符串",
        en=f"“{shown}” is no amount of money: send a string with at most two decimals",
        status=400,
        rule="X04",
        facts={"value": shown},
        how_to_fix_zh='请以字符串填写，例如 "200.00"',
        how_to_fix_en='send a string, for example "200.00"',
        field=field,
    )
