"""J07, J09: a place that was closed is told of; nothing new begins there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.interest.rules.closed_place import (
    SitePlace,
    check_place_stands,
    is_closed_on,
    meeting_warnings,
    usual_place_warnings,
    words_of_closed,
    words_of_opened,
)
from wangge.errors import RuleBroken

LAST = date(2026, 11, 23)
CLOSED, STANDS = SitePlace("胜利广场", LAST), SitePlace("胜利广场", None)
DAY = timedelta(days=1)


def test_j07_an_interest_grid_is_told_that_its_place_was_closed() -> None:
    (warned,) = usual_place_warnings(CLOSED)
    assert warned.code == "PLACE_CLOSED"
    assert warned.zh == "活动地点“胜利广场”自2026-11-23后不再使用，请另选地点"
    assert warned.facts == {"place": "胜利广场", "closed_after": "2026-11-23"}
    assert usual_place_warnings(STANDS) == usual_place_warnings(None) == []


@pytest.mark.parametrize(("day", "is_told"), [(LAST, False), (LAST + DAY, True), (LAST - DAY, False)])
def test_j09_a_meeting_is_told_from_the_day_after_the_places_last(day: date, is_told: bool) -> None:
    assert bool(meeting_warnings(CLOSED, day, is_planned=True)) is is_told
    assert meeting_warnings(STANDS, day, is_planned=True) == []
    assert meeting_warnings(None, day, is_planned=True) == []


def test_j09_what_was_held_or_called_off_is_not_warned_of() -> None:
    assert meeting_warnings(CLOSED, LAST + DAY, is_planned=False) == []
    (warned,) = meeting_warnings(CLOSED, LAST + DAY, is_planned=True)
    assert "没有取消，请改地点或取消" in warned.zh


def test_j13_a_place_stands_on_its_last_day() -> None:
    assert [is_closed_on(LAST, LAST), is_closed_on(LAST, LAST + DAY), is_closed_on(None, LAST)] == [
        False,
        True,
        False,
    ]


def test_j13_nothing_is_planned_beyond_the_last_day() -> None:
    check_place_stands(LAST, LAST)
    check_place_stands(None, date.max)
    with pytest.raises(RuleBroken) as refused:
        check_place_stands(LAST, LAST + DAY)
    assert (refused.value.code, refused.value.field) == ("SITE_RETIRED", "site_id")


def test_j07_the_notice_says_what_stands_and_what_to_do() -> None:
    words = words_of_closed("晨光广场舞队", ["胜利广场"], LAST, 3)
    assert words.title == "兴趣网格“晨光广场舞队”的活动地点已停用，请另选地点"
    assert words.text.startswith("“胜利广场”自2026-11-23后不再使用。已安排的3次活动没有取消")
    assert "已安排" not in words_of_closed("晨光广场舞队", ["胜利广场"], LAST, 0).text
    assert words_of_opened("晨光广场舞队", ["胜利广场"]).title == "兴趣网格“晨光广场舞队”的活动地点恢复使用"
