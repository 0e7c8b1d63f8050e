"""S07: a pin that no longer holds is told by name, site, weekday and time, with the true reason."""

from __future__ import annotations

from datetime import date

from instructors.assignment.rules.known_names import SessionKnown
from instructors.assignment.rules.pin_words import PinSaid, pin_broken, pin_contradicted, tell_left
from instructors.assignment.rules.why_words import tell_left_out

PIN = PinSaid(5, 3, 7, "测试甲", SessionKnown("人民公园", 1, 360, 450), "太极拳")
REASONS = [tell_left_out("no_sessions")]


def test_s07_a_broken_pin_stops_the_computation_and_is_named() -> None:
    refused = pin_broken(PIN, REASONS)
    assert (refused.code, refused.status) == ("ASSIGNMENT_PIN", 422)
    assert (
        refused.zh
        == "测试甲固定在“人民公园”周一 06:00–07:30（太极拳），已不成立：未参与计算：每周次数上限为0"
    )
    assert refused.facts["obstacles"] == [{"code": "no_sessions"}]
    assert (refused.facts["pin"], refused.facts["instructor"], refused.facts["need"]) == (5, 3, 7)


def test_s07_a_contradicted_pin_is_a_warning_with_its_facts() -> None:
    told = pin_contradicted(PIN, [tell_left(date(2026, 11, 22))])
    assert told.code == "PIN_CONTRADICTED"
    assert told.zh.startswith(
        "测试甲固定在“人民公园”周一 06:00–07:30（太极拳）的安排已不成立：已于2026-11-22离册；"
    )
    assert told.facts["site"] == "人民公园"
    assert told.facts["obstacles"] == [{"code": "left", "left_on": "2026-11-22"}]
