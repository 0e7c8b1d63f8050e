"""A purpose is chosen and explained, or nothing is shown."""

from __future__ import annotations

import pytest

from tenants.bureau.rules.purposes import PURPOSES, Purpose, check_purpose
from wangge.errors import RuleBroken


def test_a_purpose_with_a_note_is_the_reason_of_the_audit_row():
    assert check_purpose("emergency", " 活动中受伤，\n联系家属 ") == "emergency: 活动中受伤， 联系家属"


@pytest.mark.parametrize(
    ("purpose", "note", "code", "field"),
    [
        ("", "处理投诉来电", "PURPOSE_REQUIRED", "purpose"),
        ("  ", "处理投诉来电", "PURPOSE_REQUIRED", "purpose"),
        ("complaint", "", "PURPOSE_REQUIRED", "note"),
        ("complaint", " 投 诉  ", "PURPOSE_REQUIRED", "note"),
        ("curiosity", "想看一看而已", "PURPOSE_UNKNOWN", "purpose"),
        ("COMPLAINT", "处理投诉来电", "PURPOSE_UNKNOWN", "purpose"),
    ],
)
def test_without_one_nothing_is_shown(purpose, note, code, field):
    with pytest.raises(RuleBroken) as refused:
        check_purpose(purpose, note)
    assert (refused.value.code, refused.value.field, refused.value.status) == (code, field, 422)


def test_the_catalogue_tells_every_purpose_in_both_languages():
    assert set(PURPOSES) == set(Purpose)
    assert all(meaning.zh and meaning.en for meaning in PURPOSES.values())
