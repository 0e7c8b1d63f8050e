"""Candidates for a lesson: who may not be asked and why, and in which order the others stand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.ranking import (
    Against,
    Candidate,
    Excluded,
    Lesson,
    RankingPolicy,
    Taken,
    months_later,
    rank,
    reasons_against,
    reasons_counted,
    smoothed_rating,
)
from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.standing import GradeHeld, ItemHeld
from tenants.bureau.rules.local_time import SHANGHAI

ON = date(2026, 11, 25)
COACH = TeachingRole.SKILL_COACH
POLICY = RankingPolicy()


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 25, hour, minute, tzinfo=SHANGHAI)


LESSON = Lesson("taiji", COACH, ON, _at(9), _at(10), town=7, x_m=250, y_m=250)
GOOD = Candidate(
    key=1,
    grades=(GradeHeld(InstructorGrade.GRADE2, date(2020, 1, 1)),),
    items=(ItemHeld("taiji", COACH, date(2020, 1, 1), date(2026, 12, 31)),),
    free=((_at(8), _at(12)),),
    home_m=(3000, 4000),
)


def _codes(one: Candidate, lesson: Lesson = LESSON) -> list[Against]:
    return [reason.code for reason in reasons_against(lesson, one, POLICY)]


def test_s07_who_meets_every_rule_is_ranked() -> None:
    assert _codes(GOOD) == []


@pytest.mark.parametrize(("changed", "code"), [
    ({"left_on": date(2026, 11, 24)}, Against.LEFT),
    ({"is_suspended": True}, Against.SUSPENDED),
    ({"items": ()}, Against.NOT_QUALIFIED),
    ({"items": (ItemHeld("taiji", TeachingRole.LECTURER, date(2020, 1, 1)),)}, Against.NOT_QUALIFIED),
    ({"grades": ()}, Against.NOT_QUALIFIED),
    ({"items": (ItemHeld("taiji", COACH, date(2020, 1, 1), date(2026, 11, 24)),)}, Against.EXPIRED),
    ({"free": ()}, Against.NOT_FREE),
    ({"free": ((_at(8), _at(9, 59)),)}, Against.NOT_FREE),
    ({"taken": (Taken(_at(9, 59), _at(11), 7),)}, Against.TAKEN),
    ({"taken": (Taken(_at(10, 59), _at(11, 30), 8),)}, Against.TRAVEL_BUFFER),
    ({"taken": (Taken(_at(7), _at(8, 1), 8),)}, Against.TRAVEL_BUFFER),
    ({"week_sessions": 3}, Against.AT_LIMIT),
    ({"home_m": (10_500, 0)}, Against.TOO_FAR),
    ({"home_m": None}, Against.NO_HOME),
])  # fmt: skip
def test_s07_each_rule_keeps_out_with_its_reason(changed: dict[str, object], code: Against) -> None:
    assert _codes(replace(GOOD, **changed)) == [code]


@pytest.mark.parametrize("changed", [
    {"left_on": ON},
    {"items": (ItemHeld("taiji", COACH, date(2020, 1, 1), ON),)},
    {"free": ((_at(9), _at(10)),)},
    {"taken": (Taken(_at(10), _at(11), 7),)},
    {"taken": (Taken(_at(11), _at(12), 8), Taken(_at(7), _at(8), 8))},
    {"week_sessions": 2},
    {"home_m": (10_000, 0)},
])  # fmt: skip
def test_s07_exactly_at_the_limit_is_within(changed: dict[str, object]) -> None:
    assert _codes(replace(GOOD, **changed)) == []


@pytest.mark.parametrize(("checked_on", "open_to"), [
    (None, False), (date(2025, 11, 25), False), (date(2025, 11, 26), True), (ON, True), (date(2026, 11, 26), False),
])  # fmt: skip
def test_s07_a_class_with_minors_asks_for_a_check_of_the_last_year(
    checked_on: date | None, open_to: bool
) -> None:
    lesson = replace(LESSON, has_minors=True)
    expected = [] if open_to else [Against.MINORS_UNCHECKED]
    assert _codes(replace(GOOD, minors_checked_on=checked_on), lesson) == expected


def test_s07_all_reasons_are_told_at_once() -> None:
    one = replace(GOOD, items=(), free=(), home_m=None, week_sessions=9)
    assert _codes(one) == [Against.NOT_QUALIFIED, Against.NOT_FREE, Against.AT_LIMIT, Against.NO_HOME]


def test_s07_free_spans_that_touch_are_one_time_as_for_bookings() -> None:
    lesson = replace(LESSON, starts_at=_at(9, 30), ends_at=_at(10, 30))
    assert _codes(replace(GOOD, free=((_at(10), _at(11)), (_at(9), _at(10)))), lesson) == []
    parted = ((_at(9), _at(10)), (_at(10, 1), _at(11)))
    assert _codes(replace(GOOD, free=parted), lesson) == [Against.NOT_FREE]


def test_s07_every_reason_of_time_is_told() -> None:
    taken = (Taken(_at(9, 30), _at(10, 30), 8), Taken(_at(8), _at(9), 7), Taken(_at(10, 30), _at(11), 8))
    found = reasons_against(LESSON, replace(GOOD, free=(), taken=taken), POLICY)
    assert [reason.code for reason in found] == [Against.TAKEN, Against.NOT_FREE, Against.TRAVEL_BUFFER]
    assert (found[0].zh, found[2].facts["minutes"]) == ("09:30–10:30 已有安排", 30)
    two = (Taken(_at(9), _at(9, 20), 7), Taken(_at(9, 40), _at(10), 7))
    assert _codes(replace(GOOD, taken=two)) == [Against.TAKEN, Against.TAKEN]


@pytest.mark.parametrize(("better", "worse"), [
    ({"home_m": (100, 0)}, {"home_m": (5000, 0)}),
    ({"week_sessions": 0}, {"week_sessions": 2}),
    ({"recent_sessions": 1}, {"recent_sessions": 20}),
    ({"rating": 4.9, "ratings": 40}, {"rating": 2.0, "ratings": 40}),
    ({"rating": 4.5, "ratings": 60}, {"rating": 5.0, "ratings": 1}),
])  # fmt: skip
def test_s07_each_part_decides_where_the_others_are_equal(
    better: dict[str, object], worse: dict[str, object]
) -> None:
    found = rank(LESSON, [replace(GOOD, key=1, **worse), replace(GOOD, key=2, **better)], POLICY)
    assert [one.key for one in found.ranked] == [2, 1]


def test_equal_candidates_stand_by_key() -> None:
    found = rank(LESSON, [replace(GOOD, key=key) for key in (5, 3, 4)], POLICY)
    assert [one.key for one in found.ranked] == [3, 4, 5]


people = st.builds(
    lambda key, x, week, recent, rating, free: replace(
        GOOD,
        key=key,
        home_m=(x, 0),
        week_sessions=week,
        recent_sessions=recent,
        rating=rating,
        ratings=0 if rating is None else 7,
        free=GOOD.free if free else (),
    ),
    st.integers(1, 10**6),
    st.integers(0, 12_000),
    st.integers(0, 4),
    st.integers(0, 90),
    st.none() | st.floats(1, 5),
    st.booleans(),
)


@given(st.lists(people, max_size=12, unique_by=lambda one: one.key), st.randoms())
def test_s07_everybody_stands_once_and_rows_may_come_in_any_order(
    candidates: list[Candidate], chance: random.Random
) -> None:
    found = rank(LESSON, candidates, POLICY)
    keys = [one.key for one in found.ranked] + [one.key for one in found.excluded]
    assert sorted(keys) == sorted(one.key for one in candidates)
    assert all(0 <= one.points <= 100 for one in found.ranked)
    assert all(one.reasons for one in found.excluded)
    shuffled = list(candidates)
    chance.shuffle(shuffled)
    assert rank(LESSON, shuffled, POLICY) == found


def test_s07_a_booking_is_told_in_local_time_wherever_it_comes_from() -> None:
    begin, end = _at(9).astimezone(UTC), _at(10).astimezone(UTC)
    (reason,) = reasons_against(LESSON, replace(GOOD, taken=(Taken(begin, end, 7),)), POLICY)
    assert (reason.zh, reason.en) == ("09:00–10:00 已有安排", "is taken 09:00–10:00")
    assert reason.facts == {"starts_at": _at(9).isoformat(), "ends_at": _at(10).isoformat()}


@pytest.mark.parametrize("homes", [((3000, 4000), (3499, 4499)), ((10_501, 0), (10_999, 499))])
def test_s07_a_ranking_is_the_same_for_every_home_in_a_square(homes: tuple[tuple[int, int], ...]) -> None:
    first, other = (rank(LESSON, [replace(GOOD, home_m=home)], POLICY) for home in homes)
    assert first == other


def test_s07_ways_are_told_to_whole_500_m_and_never_beyond_the_reach() -> None:
    (near,) = rank(LESSON, [GOOD], POLICY).ranked
    assert near.way_m == 5_000
    assert near.zh.startswith("路程约 5.0 公里，")
    assert near.en.startswith("about 5.0 km away, ")
    (far,) = reasons_against(LESSON, replace(GOOD, home_m=(12_345, 0)), POLICY)
    assert (far.zh, far.en, far.facts) == ("路程超过 10 公里", "is more than 10 km away", {"reach_m": 10_000})


def test_reasons_are_counted_by_people() -> None:
    found = rank(LESSON, [replace(GOOD, key=1, free=()), replace(GOOD, key=2, free=(), items=())], POLICY)
    assert isinstance(found.excluded[0], Excluded)
    assert reasons_counted(found.excluded) == {Against.NOT_FREE: 2, Against.NOT_QUALIFIED: 1}


def test_ratings_are_drawn_to_the_middle_by_few_answers() -> None:
    assert smoothed_rating(None, 0, 5) == 3
    assert smoothed_rating(5, 1, 5) < smoothed_rating(5, 50, 5) < 5
    assert smoothed_rating(4.0, 3, 0) == 4.0


@pytest.mark.parametrize(("day", "months", "later"), [
    (date(2025, 11, 25), 12, date(2026, 11, 25)),
    (date(2026, 1, 31), 1, date(2026, 3, 1)),
    (date(2026, 12, 31), 2, date(2027, 3, 1)),
    (date(2024, 2, 29), 12, date(2025, 3, 1)),
])  # fmt: skip
def test_months_later(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_a_lesson_a_day_later_sees_the_same_bookings_as_free() -> None:
    taken = (Taken(_at(9), _at(10), 7),)
    tomorrow = replace(
        LESSON, on=ON + timedelta(1), starts_at=_at(9) + timedelta(1), ends_at=_at(10) + timedelta(1)
    )
    free = ((_at(8) + timedelta(1), _at(12) + timedelta(1)),)
    assert _codes(replace(GOOD, taken=taken, free=free), tomorrow) == []
