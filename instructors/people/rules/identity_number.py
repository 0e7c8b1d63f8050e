"""A resident's identity number has 18 characters with a check character (GB 11643); other papers are kept as text.

Rule: J12
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

from wangge.errors import RuleBroken

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_OTHER = re.compile(r"[0-9A-Z]{5,20}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_FORMER_LENGTH = 15
_EARLIEST_YEAR = 1900
_ACCOUNT = re.compile(r"[0-9]{8,30}")


class IdKind(StrEnum):
    """Which paper a number stands on."""

    RESIDENT = "resident"  # 居民身份证
    OTHER = "other"  # 护照、港澳台居民居住证 …: 5–20 letters and digits


def check_character(first_17: str) -> str:
    """The 18th character after the first 17 digits (ISO 7064, MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def normal_id_number(typed: str, kind: IdKind = IdKind.RESIDENT) -> str:
    """The number in capitals and half width, without blanks and hyphens.

    Raises 422 ID_NUMBER, whose facts do not repeat the number: `fault` says what is wrong with it.
    """
    text = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed)).upper()
    if kind is IdKind.OTHER:
        if _OTHER.fullmatch(text):
            return text
        raise _refused("other", "证件号码应为5–20位字母或数字", "write 5–20 letters or digits")
    if re.fullmatch(rf"[0-9]{{{_FORMER_LENGTH}}}", text):
        raise _refused(
            "former_15_digits",
            "15位旧身份证号已停用，请改填18位公民身份号码",
            "15-digit numbers are no longer in use: write the 18-digit one of the present card",
        )
    if "*" in text:
        raise _refused("masked", "号码已脱敏，请提供完整号码", "the number is masked: give it in full")
    if not _RESIDENT.fullmatch(text):
        raise _refused("form", "应为18位，末位可为X", "18 characters, the last may be an X")
    if check_character(text[:17]) != text[17]:
        raise _refused(
            "check",
            "校验码不符，请核对是否抄错",
            "the check character does not fit: compare it with the card",
        )
    if not _is_birthday(text[6:14]):
        raise _refused(
            "birthday", "第7–14位不是日期，请核对", "characters 7–14 are no date: compare it with the card"
        )
    return text


def id_key(number: str, kind: IdKind = IdKind.RESIDENT) -> str:
    """What is digested to know a person again: numbers of other papers never meet those of residents."""
    return number if kind is IdKind.RESIDENT else f"other:{number}"


def normal_bank_account(typed: str) -> str:
    """The account's digits; raises 422 BANK_ACCOUNT, whose facts do not repeat it."""
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed))
    if _ACCOUNT.fullmatch(digits):
        return digits
    raise RuleBroken(
        "BANK_ACCOUNT",
        zh="银行账号格式错误",
        en="this is not a bank account number",
        rule="J12",
        field="bank_account",
        how_to_fix_zh="请填写8–30位数字",
        how_to_fix_en="write its 8–30 digits",
    )


def passes_luhn(digits: str) -> bool:
    """Whether a card number bears the usual check digit; some accounts of passbooks do not, so this only warns."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_birthday(text: str) -> bool:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).year >= _EARLIEST_YEAR
    except ValueError:
        return False


def _refused(fault: str, how_zh: str, how_en: str) -> RuleBroken:
    return RuleBroken(
        "ID_NUMBER",
        zh=f"证件号码有误：{how_zh}",
        en=f"this is not a valid identity number: {how_en}",
        rule="J12",
        field="id_number",
        facts={"fault": fault},
        how_to_fix_zh=how_zh,
        how_to_fix_en=how_en,
    )
