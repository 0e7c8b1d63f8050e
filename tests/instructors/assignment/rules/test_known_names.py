"""S07: people and sessions are told by the names their reader may know, never by the number of a row."""

from __future__ import annotations

from instructors.assignment.rules.known_names import NOBODY_KNOWN, Known, SessionKnown

PARK = SessionKnown("人民公园", 1, 360, 450)


def test_s07_a_session_is_told_by_site_weekday_and_time() -> None:
    known = Known({3: "测试甲"}, {7: PARK})
    assert (known.session_zh(7), known.session_en(7)) == (
        "“人民公园”周一 06:00–07:30", "人民公园 on Monday 06:00–07:30"
    )  # fmt: skip
    assert (known.person_zh(3), known.person_en(3)) == ("测试甲", "测试甲")


def test_s11_who_and_what_the_reader_may_not_know_has_no_name_and_no_number() -> None:
    hidden = Known({}, {7: SessionKnown("", 7, 0, 1440)})
    assert (hidden.session_zh(7), hidden.session_en(7)) == (
        "另一处站点周日 00:00–24:00", "another site on Sunday 00:00–24:00"
    )  # fmt: skip
    assert (NOBODY_KNOWN.session_zh(7), NOBODY_KNOWN.session_en(7)) == ("另一处站点", "another site")
    assert (NOBODY_KNOWN.person_zh(3), NOBODY_KNOWN.person_en(3)) == ("另一位指导员", "another instructor")
