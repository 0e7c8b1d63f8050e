"""J07: consent to a wording that is named, and the refusal of who has joined."""

from __future__ import annotations

import pytest

from grids.interest.rules.participation import (
    already_joined,
    check_consent,
    check_erasure,
    named_otherwise,
)
from wangge.errors import RuleBroken


def test_j07_consent_names_its_wording() -> None:
    check_consent(True, "2026-1")
    for has_consented, version, field in ((False, "2026-1", "consent"), (True, " ", "consent_version")):
        with pytest.raises(RuleBroken) as refused:
            check_consent(has_consented, version)
        assert (refused.value.code, refused.value.field) == ("CONSENT_REQUIRED", field)
        assert refused.value.zh == "参与者须先同意个人信息告知书"


def test_j07_who_has_joined_is_told_how_to_tell_two_of_one_name_apart() -> None:
    assert already_joined("晨光队", has_phone=True).how_to_fix_zh == "无需重复登记"
    refused = already_joined("晨光队", has_phone=False)
    assert (refused.code, refused.status) == ("PARTICIPATION_TWICE", 409)
    assert "加以区分" in refused.how_to_fix_zh and refused.zh == "该参与者已加入兴趣网格“晨光队”"


def test_j07_another_name_is_told_of_this_interest_grid_only() -> None:
    refused = named_otherwise("晨光队")
    assert (refused.code, refused.status, refused.field) == ("PARTICIPANT_NAME_DIFFERS", 409, "phone")
    assert refused.zh == "该手机号已在兴趣网格“晨光队”以其他姓名登记"


def test_x07_only_an_office_erases_whom_others_have() -> None:
    check_erasure(0, by_office=False)
    check_erasure(3, by_office=True)
    with pytest.raises(RuleBroken) as refused:
        check_erasure(1, by_office=False)
    assert (refused.value.code, refused.value.status) == ("PARTICIPANT_ELSEWHERE", 403)
    assert "1个兴趣网格" in refused.value.zh and "转交" in refused.value.how_to_fix_zh
