"""Free spans of a day against plain minutes: every minute is free exactly when pattern and exceptions say so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.people.rules.free_times import (
    DayException,
    Span,
    WeeklyTime,
    check_exception,
    check_week,
    clock,
    free_spans,
    is_free,
    is_free_between,
    merged,
    minutes_by_day,
    without,
)
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

MONDAY = date(2026, 3, 2)
DAYS = st.dates(MONDAY, MONDAY + timedelta(days=20))
SPANS = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda ends: ends[0] < ends[1]).map(
    lambda ends: Span(*ends)
)  # fmt: skip
TIMES = st.builds(
    WeeklyTime, st.integers(1, 7), SPANS, st.one_of(st.none(), DAYS), st.one_of(st.none(), DAYS)
)
EXCEPTIONS = st.builds(DayException, DAYS, SPANS, st.booleans())


def minutes(spans: list[Span]) -> set[int]:
    return {minute for span in spans for minute in range(span.from_minute, span.to_minute)}


@given(DAYS, st.lists(TIMES, max_size=6), st.lists(EXCEPTIONS, max_size=6))
def test_a_minute_is_free_as_pattern_and_exceptions_say(day, week, exceptions):
    expected = set()
    for minute in range(0, 1440):
        free = any(
            time.weekday == day.isoweekday()
            and (time.valid_from is None or time.valid_from <= day)
            and (time.valid_to is None or time.valid_to >= day)
            and time.span.from_minute <= minute < time.span.to_minute
            for time in week
        )
        own = [e for e in exceptions if e.on == day and e.span.from_minute <= minute < e.span.to_minute]
        if (free or any(e.is_free for e in own)) and all(e.is_free for e in own):
            expected.add(minute)
    found = free_spans(day, week, exceptions)
    assert minutes(found) == expected
    assert all(first.to_minute < second.from_minute for first, second in pairwise(found))


@given(st.lists(SPANS, max_size=8), SPANS)
def test_a_time_is_free_when_all_its_minutes_are(spans, asked):
    wanted = set(range(asked.from_minute, asked.to_minute))
    assert is_free(spans, asked.from_minute, asked.to_minute) == (wanted <= minutes(spans))


@given(st.lists(SPANS, max_size=8), st.lists(SPANS, max_size=8))
def test_cutting_and_merging_keep_exactly_the_minutes(spans, taken):
    assert minutes(merged(spans)) == minutes(spans)
    assert merged(merged(spans)) == merged(spans)
    assert minutes(without(spans, taken)) == minutes(spans) - minutes(taken)


@given(
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=3)),
)
def test_a_time_falls_into_its_local_days(later, lasts):
    starts_at = datetime(2026, 1, 1, tzinfo=UTC) + later
    ends_at = starts_at + lasts
    pieces = minutes_by_day(starts_at, ends_at)
    midnights = [datetime.combine(day, datetime.min.time(), tzinfo=SHANGHAI) for day, _ in pieces]
    told = sum(span.to_minute - span.from_minute for _, span in pieces)
    first = midnights[0] + timedelta(minutes=pieces[0][1].from_minute)
    last = midnights[-1] + timedelta(minutes=pieces[-1][1].to_minute)
    assert first <= starts_at < first + timedelta(minutes=1)
    assert last - timedelta(minutes=1) < ends_at <= last
    assert timedelta(minutes=told) == last - first  # nothing twice, nothing left out


@given(st.lists(TIMES, max_size=6))
def test_a_week_is_refused_exactly_when_a_minute_is_said_twice(week):
    def said(time):
        begun, ended = time.valid_from or date.min, time.valid_to or date.max
        return begun, ended, time.weekday, time.span

    twice = any(
        a.weekday == b.weekday
        and max(said(a)[0], said(b)[0]) <= min(said(a)[1], said(b)[1])
        and set(range(a.span.from_minute, a.span.to_minute))
        & set(range(b.span.from_minute, b.span.to_minute))
        for index, a in enumerate(week)
        for b in week[index + 1 :]
    )
    reversed_days = any(
        time.valid_from and time.valid_to and time.valid_from > time.valid_to for time in week
    )
    try:
        check_week(week)
    except (RuleBroken, RulesBroken) as refused:
        codes = {each.code for each in getattr(refused, "broken", [refused])}
        assert codes == ({"TIME_SPAN"} if reversed_days else {"FREE_TIME_OVERLAP"})
        assert twice or reversed_days
    else:
        assert not twice and not reversed_days


def test_s07_times_that_overlap_are_named_and_times_that_touch_are_one():
    nine_to_eleven = WeeklyTime(2, Span(540, 660))
    with pytest.raises(RuleBroken, match="FREE_TIME_OVERLAP") as refused:
        check_week([nine_to_eleven, WeeklyTime(2, Span(600, 720))])
    assert refused.value.zh == "周二的时段09:00–11:00与10:00–12:00重叠"
    assert refused.value.facts == {"weekday": 2, "first": "09:00–11:00", "second": "10:00–12:00"}
    touching = [nine_to_eleven, WeeklyTime(2, Span(660, 720)), WeeklyTime(3, Span(600, 720))]
    check_week(touching)
    assert free_spans(MONDAY + timedelta(days=1), touching, []) == [Span(540, 720)]


@pytest.mark.parametrize("ends", [(600, 600), (700, 600), (-1, 60), (1400, 1441)])
def test_s07_an_impossible_span_is_refused(ends):
    with pytest.raises(RuleBroken, match="TIME_SPAN"):
        check_week([WeeklyTime(1, Span(*ends))])


def test_s07_more_times_than_a_week_holds_are_refused():
    with pytest.raises(RuleBroken, match="TOO_MANY_TIMES"):
        check_week([WeeklyTime(1, Span(minute, minute + 1)) for minute in range(71)])


def test_s07_exceptions_of_a_day_do_not_contradict_each_other():
    ill = DayException(MONDAY, Span(540, 660), is_free=False)
    check_exception(DayException(MONDAY, Span(660, 720), is_free=True), [ill])
    check_exception(DayException(MONDAY + timedelta(days=7), Span(540, 660), is_free=True), [ill])
    with pytest.raises(RuleBroken, match="EXCEPTION_OVERLAP"):
        check_exception(DayException(MONDAY, Span(600, 720), is_free=True), [ill])


def test_a_time_over_midnight_is_free_when_both_days_are():
    late = datetime(2026, 3, 2, 23, 0, tzinfo=SHANGHAI)
    week = [WeeklyTime(1, Span(1200, 1440)), WeeklyTime(2, Span(0, 60))]

    def spans_of(day):
        return free_spans(day, week, [])

    assert is_free_between(late, late + timedelta(hours=2), spans_of)
    assert not is_free_between(late, late + timedelta(hours=2, seconds=1), spans_of)
    assert clock(1440) == "24:00"
