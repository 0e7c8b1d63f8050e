"""Identity numbers as GB 11643 has them, and what is said of others. Rule: J12"""

from __future__ import annotations

import pytest

from instructors.people.rules.identity_number import (
    IdKind,
    check_character,
    id_key,
    normal_bank_account,
    normal_id_number,
    passes_luhn,
)
from wangge.errors import RuleBroken

GOOD = "99000019800101001" + check_character("99000019800101001")


def test_the_check_character_is_that_of_the_standards_example() -> None:
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


@pytest.mark.parametrize(
    "typed", [GOOD, f" {GOOD[:6]} {GOOD[6:14]}-{GOOD[14:]} ", GOOD.lower(), "９９００００" + GOOD[6:]]
)
def test_a_number_is_normal_however_it_is_typed(typed: str) -> None:
    assert normal_id_number(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("990000800101001", "former_15_digits"),
        ("990***********0012", "masked"),
        ("12345", "form"),
        ("", "form"),
        (GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2"), "check"),
        ("99000019801301001" + check_character("99000019801301001"), "birthday"),
        ("99000018000101001" + check_character("99000018000101001"), "birthday"),
    ],
)
def test_J12_a_wrong_number_says_what_is_wrong_and_how_to_mend_it(typed: str, fault: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        normal_id_number(typed)
    assert (refused.value.code, refused.value.facts) == ("ID_NUMBER", {"fault": fault})
    assert refused.value.how_to_fix_zh and refused.value.how_to_fix_en
    assert not typed or typed not in refused.value.zh + refused.value.en


def test_one_wrong_digit_is_always_found() -> None:
    for at in range(17):
        for digit in "0123456789":
            if digit != GOOD[at]:
                with pytest.raises(RuleBroken):
                    normal_id_number(GOOD[:at] + digit + GOOD[at + 1 :])


def test_other_papers_are_text_and_never_meet_residents_numbers() -> None:
    assert normal_id_number(" e1234567 ", IdKind.OTHER) == "E1234567"
    assert id_key(GOOD) != id_key(GOOD, IdKind.OTHER)
    for wrong in ("1234", "A" * 21, "护照12345"):
        with pytest.raises(RuleBroken, match="ID_NUMBER"):
            normal_id_number(wrong, IdKind.OTHER)


def test_j12_accounts_are_digits_and_their_check_digit_only_warns() -> None:
    assert normal_bank_account("6222 0200-0000 0000") == "6222020000000000"
    assert passes_luhn("4111111111111111") and not passes_luhn("4111111111111112")
    with pytest.raises(RuleBroken, match="BANK_ACCOUNT"):
        normal_bank_account("12a45678")
