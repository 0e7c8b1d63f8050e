"""What instructors read when a site of theirs is retired, or comes back. Rules: J12, J13"""

from __future__ import annotations

from instructors.assignment.rules.site_notices import Concerned, words_of_retired, words_of_returned

DUTY = "2026-12-01 06:00–07:30 新华苑"


def test_j12_duties_that_are_off_are_listed() -> None:
    words = words_of_retired(Concerned(duties=[DUTY, "2026-12-08 06:00–07:30 新华苑"]), 40)
    assert words.title == "站点停用：您有2次值守取消"
    assert words.text == f"以下值守随站点停用取消：{DUTY}；2026-12-08 06:00–07:30 新华苑。"


def test_j12_weekly_duties_that_end_are_told_where_none_was_booked() -> None:
    mine = Concerned(weekly=["每周一06:00–07:30 新华苑（太极拳）"])
    words = words_of_retired(mine, 40)
    assert words.title == "站点停用：您有1项每周值守结束"
    assert words.text == "以下每周值守随站点停用结束：每周一06:00–07:30 新华苑（太极拳）。"
    assert words_of_returned(mine, 40).text == "以下每周值守恢复：每周一06:00–07:30 新华苑（太极拳）。"
    mine.duties.append(DUTY)
    assert words_of_retired(mine, 40).title == "站点停用：您有1次值守取消"


def test_what_is_not_off_is_told_apart() -> None:
    words = words_of_retired(Concerned(others=["2026-12-01 19:00–20:00 新华苑（课程）"]), 40)
    assert words.title == "站点停用：您有1次安排须改地点"
    assert "尚未取消" in words.text and "值守" not in words.text


def test_who_heads_a_site_hears_of_it() -> None:
    words = words_of_retired(Concerned(headed=["新华苑"]), 40)
    assert (words.title, words.text) == ("您负责的站点已停用", "您负责的站点不再使用：新华苑。")


def test_a_long_list_is_cut_and_its_rest_counted() -> None:
    lines = [f"2026-12-{day:02d} 06:00–07:30 新华苑" for day in range(1, 7)]
    assert words_of_retired(Concerned(duties=lines), 5).text.endswith(
        "2026-12-05 06:00–07:30 新华苑；另有1次。"
    )
    assert "另有" not in words_of_retired(Concerned(duties=lines[:5]), 5).text


def test_j12_what_stands_again_and_what_does_not() -> None:
    words = words_of_returned(Concerned(duties=[DUTY], duties_away=["2026-12-08 06:00–07:30 新华苑"]), 40)
    assert words.title == "站点恢复使用：您有1次值守恢复"
    first, second = words.text.split("\n")
    assert first == f"以下值守恢复，请按时到岗：{DUTY}。"
    assert second == "以下值守没有恢复，不用到岗：2026-12-08 06:00–07:30 新华苑。"
