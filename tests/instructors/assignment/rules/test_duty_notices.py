"""What instructors read when weekly duties of theirs begin or end. Rules: J12, S07"""

from __future__ import annotations

from datetime import date, datetime

from instructors.assignment.rules.duty_notices import (
    Cause,
    DutiesTurned,
    WeeklyDuty,
    words_of_ended,
    words_of_turned,
)
from tenants.bureau.rules.local_time import SHANGHAI

MONDAY = WeeklyDuty("新华苑", "太极拳", 1, 360, 450)
FRIDAY = WeeklyDuty("河滨广场", "健步走", 5, 1140, 1200)
NOW = datetime(2026, 11, 23, 6, 30, tzinfo=SHANGHAI)  # a Monday, half an hour into the duty


def test_j12_what_begins_and_what_ends_is_told_with_its_day_and_why() -> None:
    mine = DutiesTurned([(date(2026, 11, 27), FRIDAY)], [(date(2026, 11, 30), MONDAY)], given_back=3)
    words = words_of_turned(mine, Cause.ADOPTED, 40, is_booked=True)
    assert words.title == "站点值守调整：您的每周值守新增1项、取消1项"
    assert words.text.split("\n") == [
        "原因：采用了新的站点指导员分配。",
        "以下每周值守由您担任，具体日期以登记的值守为准：自2026-11-27起 每周五19:00–20:00 河滨广场（健步走）。",
        "以下每周值守不再由您担任，不用到岗，已登记的3次随之取消：自2026-11-30起 每周一06:00–07:30 新华苑（太极拳）。",
    ]


def test_j12_without_bookings_the_days_are_yet_to_be_set() -> None:
    mine = DutiesTurned(begun=[(date(2026, 11, 30), MONDAY)])
    words = words_of_turned(mine, Cause.WITHDRAWN, 40, is_booked=False)
    assert words.title == "站点值守调整撤回：您的每周值守新增1项"
    assert words.text.startswith("原因：站点指导员分配已撤回。\n以下每周值守由您担任，具体日期另行登记：")
    assert "不再" not in words.text


def test_a_long_list_is_in_order_of_days_cut_and_its_rest_counted() -> None:
    begun = [(date(2026, 12, day), MONDAY) for day in range(7, 0, -1)]
    text = words_of_turned(DutiesTurned(begun), Cause.ADOPTED, 5, is_booked=True).text
    assert text.index("12-01") < text.index("12-02") and "12-06" not in text
    assert text.endswith("；另有2项。")


def test_a_duty_that_has_begun_today_turns_next_week() -> None:
    assert MONDAY.turns_on(date.min, NOW) == date(2026, 11, 30)
    assert FRIDAY.turns_on(date(2026, 11, 24), NOW) == date(2026, 11, 27)


def test_what_is_asked_for_no_longer_by_then_does_not_turn() -> None:
    def until(last_day: date) -> WeeklyDuty:
        return WeeklyDuty("新华苑", "太极拳", 1, 360, 450, last_day)

    assert until(date(2026, 11, 29)).turns_on(date.min, NOW) is None
    assert until(date(2026, 11, 30)).turns_on(date.min, NOW) == date(2026, 11, 30)


def test_j12_a_need_that_ended_names_its_last_day_and_what_was_booked() -> None:
    duty = WeeklyDuty("新华苑", "太极拳", 1, 360, 450, date(2026, 12, 1))
    booked = ["2026-12-07 06:00–07:30 新华苑", "2026-12-14 06:00–07:30 新华苑"]
    words = words_of_ended(duty, date(2026, 12, 7), booked, 40)
    assert words.title == "站点值守结束：新华苑"
    assert words.text.split("\n") == [
        "原因：新华苑的每周需求（太极拳）到2026-12-01为止，当天仍照常，之后不再安排。",
        "以下每周值守结束，不用到岗：自2026-12-07起 每周一06:00–07:30 新华苑（太极拳）。",
        "以下已登记的值守取消：2026-12-07 06:00–07:30 新华苑；2026-12-14 06:00–07:30 新华苑。",
    ]
    assert "每周值守结束" not in words_of_ended(duty, None, booked, 40).text
    assert words_of_ended(duty, None, booked, 1).text.endswith("；另有1次。")
