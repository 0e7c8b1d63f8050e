"""Numbers by which a person is found (identity card, phone) do not belong into free words.

Whoever writes at a door is asked to leave them out; what goes to the hotline is masked before it is stored.

Rules: J13, J15
"""

from __future__ import annotations

import re
from enum import StrEnum

from tenants.bureau.rules.masking import STAR
from wangge.errors import RuleBroken

# Full-width digits and letters count as what they look like; each stays one character.
_PLAIN = {0xFF10 + digit: ord("0") + digit for digit in range(10)} | {0xFF38: ord("X"), 0xFF58: ord("x")}
_GAP = r"[\s\-‐-―.·]{0,2}"
_DIGITS = r"(?:[0-9]" + _GAP + r"){%d}"


class PersonalNumber(StrEnum):
    """What a number looks like."""

    IDENTITY = "identity"
    PHONE = "phone"


# An identity number bears a birthday from its seventh digit on; a grid's or a device's long number does not. Numbers of
# 15 digits are on no card in force, and every base grid has one.
_LOOKS: tuple[tuple[PersonalNumber, re.Pattern[str]], ...] = (
    (
        PersonalNumber.IDENTITY,
        re.compile(
            rf"(?<![0-9])[1-9]{_GAP}{_DIGITS % 5}(?:1{_GAP}9|2{_GAP}0){_GAP}{_DIGITS % 9}[0-9Xx](?![0-9])"
        ),
    ),
    (PersonalNumber.PHONE, re.compile(rf"(?<![0-9])1{_GAP}[3-9]{_GAP}{_DIGITS % 8}[0-9](?![0-9])")),
    (PersonalNumber.PHONE, re.compile(rf"(?<![0-9])86{_GAP}1{_GAP}[3-9]{_GAP}{_DIGITS % 8}[0-9](?![0-9])")),
    (PersonalNumber.PHONE, re.compile(r"(?<![0-9])0[1-9][0-9]{1,2}[)）]?[\s\-]?[2-8][0-9]{6,7}(?![0-9])")),
)
_NAMES_ZH = {PersonalNumber.IDENTITY: "身份证号", PersonalNumber.PHONE: "电话号码"}


def personal_numbers_in(text: str) -> list[PersonalNumber]:
    """The kinds of personal numbers that the text seems to bear, each once."""
    plain = text.translate(_PLAIN)
    found = {kind for kind, look in _LOOKS if look.search(plain)}
    return [kind for kind in PersonalNumber if kind in found]


def without_personal_numbers(text: str) -> str:
    """The text with every digit of such a number replaced by a star; its length stays."""
    plain, kept = text.translate(_PLAIN), list(text)
    for _, look in _LOOKS:
        for match in look.finditer(plain):
            for at in range(*match.span()):
                if plain[at].isalnum():
                    kept[at] = STAR
    return "".join(kept)


def check_no_personal_numbers(text: str, field: str) -> None:
    """Refuse with 422 PERSONAL_NUMBER words that seem to bear an identity number or a phone; facts do not repeat it.

    Rule: J13
    """
    found = personal_numbers_in(text)
    if not found:
        return
    zh = "、".join(_NAMES_ZH[kind] for kind in found)
    raise RuleBroken(
        "PERSONAL_NUMBER",
        zh=f"文字中疑似含有{zh}，请勿记录住户的个人信息",
        en=f"the words seem to bear personal numbers ({', '.join(found)}): do not write down people's data",
        rule="J13",
        clause="入户走访",
        facts={"found": [kind.value for kind in found]},
        how_to_fix_zh=f"请删去{zh}后提交",
        how_to_fix_en="leave the numbers out",
        field=field,
    )
