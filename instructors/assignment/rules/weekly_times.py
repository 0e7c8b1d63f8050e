"""What is left of somebody's week when other work is taken out of it, with the way to and from it.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Iterable

from instructors.people.rules.free_times import MINUTES_A_DAY, Span, merged, without

WeekdaySpan = tuple[int, Span]


def weekly_spans_left(
    pattern: Iterable[WeekdaySpan], booked: Iterable[WeekdaySpan], buffer_min: int
) -> list[WeekdaySpan]:
    """The pattern without what is booked and the travel buffer before and after it, in order.

    Where the work lies relative to a site is not known here, so the whole buffer is kept.
    """
    times, taken = list(pattern), list(booked)
    found = []
    for weekday in sorted({day for day, _ in times}):
        cuts = [
            Span(max(0, span.from_minute - buffer_min), min(MINUTES_A_DAY, span.to_minute + buffer_min))
            for day, span in taken
            if day == weekday
        ]
        spans = merged(span for day, span in times if day == weekday)
        found += [(weekday, span) for span in (without(spans, cuts) if cuts else spans)]
    return found
