"""A number is one number however it is typed; what is no mobile number is refused without being repeated."""

from __future__ import annotations

import pytest

from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken


@pytest.mark.parametrize(
    "typed",
    ["13800000000", " 138 0000 0000 ", "138-0000-0000", "+86 13800000000", "008613800000000", "8613800000000",
     "１３８００００００００", "(138)00000000"],
)  # fmt: skip
def test_every_spelling_is_one_number(typed):
    assert normal_phone(typed) == "13800000000"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12800000000",
        "1380000000",
        "138000000000",
        "1380000000x",
        "+8513800000000",
        "0391-0000000",
        "٣" * 11,
    ],
)
def test_what_is_no_mobile_number_is_refused_and_not_repeated(typed):
    with pytest.raises(RuleBroken) as refused:
        normal_phone(typed)
    assert (refused.value.code, refused.value.status) == ("PHONE_FORMAT", 422)
    assert not typed or typed not in f"{refused.value.zh}{refused.value.en}{refused.value.facts}"


def test_a_list_asked_for_by_what_is_no_phone_is_a_bad_question():
    with pytest.raises(RuleBroken, match="PHONE_FORMAT") as refused:
        normal_phone("12345", status=400)
    assert refused.value.status == 400
