"""What is left of a week once booked work and its travel buffer are out, on the ring of the week's 10,080 minutes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.weekly_times import weekly_spans_left
from instructors.people.rules.free_times import MINUTES_A_DAY, Span

MINUTES_A_WEEK = 10_080
SPANS = st.tuples(
    st.integers(1, 7),
    st.tuples(st.integers(0, 1439), st.integers(1, 1440))
    .filter(lambda ends: ends[0] < ends[1])
    .map(lambda ends: Span(*ends)),
)
ALL_DAY = Span(0, MINUTES_A_DAY)
ALL_WEEK = [(weekday, ALL_DAY) for weekday in range(1, 8)]


def week_without(*cuts):
    """The free week in which the named days are left with these spans only."""
    named = {weekday for weekday, _ in cuts}
    kept = [(weekday, span) for weekday, span in ALL_WEEK if weekday not in named]
    return sorted(kept + [(weekday, span) for weekday, span in cuts if span is not None])


def ring(times, buffer_min=0):
    """Minutes of the week, from Monday's midnight, that the spans widened by the buffer touch."""
    return {
        ((weekday - 1) * MINUTES_A_DAY + minute) % MINUTES_A_WEEK
        for weekday, span in times
        for minute in range(span.from_minute - buffer_min, span.to_minute + buffer_min)
    }


@given(st.lists(SPANS, max_size=5), st.lists(SPANS, max_size=3), st.integers(0, 200))
def test_s07_minute_by_minute_the_pattern_is_left_without_work_and_buffer(pattern, booked, buffer_min):
    left = weekly_spans_left(pattern, booked, buffer_min)
    assert ring(left) == ring(pattern) - ring(booked, buffer_min)
    assert left == sorted(left)
    assert all(0 <= span.from_minute < span.to_minute <= MINUTES_A_DAY for _, span in left)
    pairs = pairwise(left)
    assert all(a[0] < b[0] or a[1].to_minute < b[1].from_minute for a, b in pairs)


def test_s07_nothing_booked_leaves_the_pattern_in_order_and_joined():
    pattern = [(3, Span(600, 660)), (1, Span(540, 600)), (3, Span(540, 600))]
    assert weekly_spans_left(pattern, [], 30) == [(1, Span(540, 600)), (3, Span(540, 660))]


def test_s07_no_pattern_leaves_nothing():
    assert weekly_spans_left([], [(1, Span(540, 600))], 30) == []


def test_s07_the_pattern_and_the_bookings_may_be_read_only_once():
    left = weekly_spans_left(iter([(1, Span(480, 720))]), iter([(1, Span(540, 600))]), 30)
    assert left == [(1, Span(480, 510)), (1, Span(630, 720))]


@pytest.mark.parametrize(
    ("free", "left"),
    [
        (Span(480, 510), [(1, Span(480, 510))]),
        (Span(480, 511), [(1, Span(480, 510))]),
        (Span(630, 720), [(1, Span(630, 720))]),
        (Span(629, 720), [(1, Span(630, 720))]),
        (Span(510, 630), []),
        (Span(509, 631), [(1, Span(509, 510)), (1, Span(630, 631))]),
    ],
)
def test_s07_the_whole_buffer_is_kept_before_and_after_and_not_a_minute_more(free, left):
    assert weekly_spans_left([(1, free)], [(1, Span(540, 600))], 30) == left


def test_s07_work_on_another_weekday_takes_nothing():
    assert weekly_spans_left([(2, Span(540, 600))], [(1, Span(540, 600))], 30) == [(2, Span(540, 600))]


@pytest.mark.parametrize(
    ("ends", "tuesday"), [(1410, ALL_DAY), (1411, Span(1, 1440)), (1440, Span(30, 1440))]
)
def test_s07_a_buffer_up_to_midnight_leaves_the_next_day_whole_and_a_minute_past_does_not(ends, tuesday):
    left = weekly_spans_left(ALL_WEEK, [(1, Span(1320, ends))], 30)
    assert left == week_without((1, Span(0, 1290)), (2, tuesday))


@pytest.mark.parametrize(("begins", "tuesday"), [(30, ALL_DAY), (29, Span(0, 1439)), (0, Span(0, 1410))])
def test_s07_a_buffer_from_midnight_leaves_the_day_before_whole_and_a_minute_more_does_not(begins, tuesday):
    left = weekly_spans_left(ALL_WEEK, [(3, Span(begins, 60))], 30)
    assert left == week_without((2, tuesday), (3, Span(90, 1440)))


@pytest.mark.parametrize(("ends", "monday"), [(1410, ALL_DAY), (1411, Span(1, 1440)), (1440, Span(30, 1440))])
def test_s07_sunday_reaches_into_monday(ends, monday):
    left = weekly_spans_left(ALL_WEEK, [(7, Span(1320, ends))], 30)
    assert left == week_without((1, monday), (7, Span(0, 1290)))


@pytest.mark.parametrize(("begins", "sunday"), [(30, ALL_DAY), (29, Span(0, 1439)), (0, Span(0, 1410))])
def test_s07_monday_reaches_back_into_sunday(begins, sunday):
    left = weekly_spans_left(ALL_WEEK, [(1, Span(begins, 60))], 30)
    assert left == week_without((1, Span(90, 1440)), (7, sunday))


def test_s07_without_a_buffer_work_up_to_midnight_stays_on_its_day():
    assert weekly_spans_left(ALL_WEEK, [(7, ALL_DAY)], 0) == week_without((7, None))


@pytest.mark.parametrize(
    ("buffer_min", "saturday", "tuesday_from"), [(2040, ALL_DAY, 1260), (2041, Span(0, 1439), 1261)]
)
def test_s07_a_buffer_longer_than_a_day_takes_whole_days(buffer_min, saturday, tuesday_from):
    left = weekly_spans_left(ALL_WEEK, [(1, Span(600, 660))], buffer_min)
    assert left == week_without((1, None), (2, Span(tuesday_from, 1440)), (6, saturday), (7, None))


@pytest.mark.parametrize(("buffer_min", "left"), [(5009, [(4, Span(1349, 1351))]), (5010, []), (5011, [])])
def test_s07_an_hour_and_a_buffer_of_5010_minutes_on_both_sides_fill_the_ring(buffer_min, left):
    assert weekly_spans_left(ALL_WEEK, [(1, Span(600, 660))], buffer_min) == left


def test_s07_a_buffer_of_more_than_the_ring_takes_all_of_it():
    assert weekly_spans_left(ALL_WEEK, [(4, Span(600, 660))], MINUTES_A_WEEK + 1) == []
