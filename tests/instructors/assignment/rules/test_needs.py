"""J12 and J13: what a site asks for lies within its opening hours, which are possible, and once."""

from __future__ import annotations

from typing import Any

import pytest

from instructors.assignment.rules.needs import (
    MOST_SPANS,
    check_hours,
    check_need_time,
    check_needs_stay_open,
    is_within_hours,
    need_is_served,
    need_twice,
)
from instructors.people.rules.free_times import Span
from wangge.errors import RuleBroken


def hours(*spans: tuple[int, int, int]) -> list[dict[str, int]]:
    return [{"weekday": day, "from_minute": begin, "to_minute": end} for day, begin, end in spans]


def told(refusal: RuleBroken) -> tuple[Any, ...]:
    return refusal.status, refusal.code, refusal.rule, refusal.field, refusal.facts


MONDAY = hours((1, 360, 480), (1, 1110, 1260), (2, 0, 1440))


@pytest.mark.parametrize(
    ("weekday", "span", "is_open"),
    [
        (1, Span(360, 480), True),
        (1, Span(359, 480), False),
        (1, Span(360, 481), False),
        (1, Span(400, 1200), False),
        (2, Span(0, 1440), True),
        (3, Span(360, 480), False),
    ],
)
def test_j13_a_time_is_open_up_to_the_minute_of_one_span_of_its_day(
    weekday: int, span: Span, is_open: bool
) -> None:
    assert is_within_hours(MONDAY, weekday, span) is is_open


@pytest.mark.parametrize(("begins", "is_open"), [(480, True), (481, False)])
def test_j13_spans_that_touch_are_one_and_a_minute_between_them_parts_them(
    begins: int, is_open: bool
) -> None:
    assert is_within_hours(hours((1, begins, 600), (1, 360, 480)), 1, Span(400, 500)) is is_open


def test_j13_unknown_hours_forbid_nothing() -> None:
    check_need_time([], 7, Span(0, 1440))
    check_needs_stay_open([], [(4, 7, Span(0, 1440))])
    check_hours([])


def test_j13_a_need_within_the_opening_hours_is_well() -> None:
    check_need_time(MONDAY, 1, Span(360, 480))


@pytest.mark.parametrize(
    ("weekday", "span", "facts", "zh"),
    [
        (
            1,
            Span(360, 481),
            {"weekday": 1, "asked": "06:00–08:01", "open": "06:00–08:00、18:30–21:00"},
            "周一06:00–08:01不在该站点开放时间内（06:00–08:00、18:30–21:00）",
        ),
        (
            7,
            Span(360, 480),
            {"weekday": 7, "asked": "06:00–08:00", "open": ""},
            "周日06:00–08:00不在该站点开放时间内（当日不开放）",
        ),
    ],
)
def test_j13_a_need_outside_the_opening_hours_is_refused_with_them(
    weekday: int, span: Span, facts: dict[str, Any], zh: str
) -> None:
    with pytest.raises(RuleBroken) as broken:
        check_need_time(MONDAY, weekday, span)
    assert told(broken.value) == (422, "OUTSIDE_OPENING_HOURS", "J13", "from_minute", facts)
    assert broken.value.zh == zh


@pytest.mark.parametrize("span", [Span(-1, 60), Span(60, 60), Span(61, 60), Span(1380, 1441)])
def test_j13_a_need_or_opening_hours_that_leave_the_day_are_refused(span: Span) -> None:
    facts = {"from_minute": span.from_minute, "to_minute": span.to_minute}
    with pytest.raises(RuleBroken) as need:
        check_need_time([], 1, span)
    assert told(need.value) == (422, "TIME_SPAN", "S07", "from_minute", facts)
    with pytest.raises(RuleBroken) as opening:
        check_hours(hours((1, span.from_minute, span.to_minute)))
    assert told(opening.value) == (422, "TIME_SPAN", "S07", "opening_hours", facts)


def test_j13_opening_hours_may_touch_fill_the_day_and_repeat_on_another() -> None:
    check_hours(hours((2, 0, 1440), (1, 480, 600), (1, 360, 480), (3, 0, 1440)))


@pytest.mark.parametrize("other", [(1, 479, 600), (1, 0, 361), (1, 400, 420), (1, 360, 480)])
def test_j13_opening_hours_that_share_a_minute_of_a_day_are_refused(other: tuple[int, int, int]) -> None:
    with pytest.raises(RuleBroken) as broken:
        check_hours(hours((1, 360, 480), (2, 360, 480), other))
    assert told(broken.value) == (422, "OPENING_HOURS", "J13", "opening_hours", {})
    assert broken.value.zh == "开放时间有误：周一的时段重叠"
    assert broken.value.en == "the opening hours are wrong: the spans of Monday overlap"


def test_j13_seventy_spans_a_week_are_well_and_seventy_one_are_refused() -> None:
    most = [(day, 60 * count, 60 * count + 30) for day in range(1, 8) for count in range(10)]
    assert len(most) == MOST_SPANS == 70
    check_hours(hours(*most))
    with pytest.raises(RuleBroken) as broken:
        check_hours(hours(*most, (7, 1380, 1440)))
    assert told(broken.value) == (422, "OPENING_HOURS", "J13", "opening_hours", {})
    assert broken.value.zh == "开放时间有误：最多70段"


def test_j13_new_opening_hours_that_shut_out_needs_are_refused_with_those_only() -> None:
    kept = (4, 1, Span(360, 480))
    check_needs_stay_open(MONDAY, [kept])
    with pytest.raises(RuleBroken) as broken:
        check_needs_stay_open(MONDAY, [(9, 3, Span(360, 480)), kept, (5, 1, Span(359, 480))])
    assert told(broken.value) == (422, "NEEDS_OUTSIDE_HOURS", "J13", "opening_hours", {"needs": [9, 5]})
    assert broken.value.zh.startswith("该站点有2项需求")


def test_j12_a_need_that_people_serve_says_how_many() -> None:
    refusal = need_is_served(3)
    assert told(refusal) == (409, "NEED_IS_SERVED", "J12", None, {"instructors": 3})
    assert "已有3名指导员" in refusal.zh and refusal.en.startswith("3 instructors")


def test_j12_a_need_asked_for_twice_says_what_to_do_instead() -> None:
    refusal = need_twice()
    assert told(refusal) == (409, "NEED_TWICE", "J12", "from_minute", {})
    assert (refusal.how_to_fix_zh, refusal.how_to_fix_en) == (
        "请改为增加所需人数", "ask for more instructors there instead",
    )  # fmt: skip
