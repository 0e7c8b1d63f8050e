"""What is left of somebody's week when other work is taken out of it, with the way to and from it.

Rule: S07
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from instructors.people.rules.free_times import MINUTES_A_DAY, Span, merged, without

WeekdaySpan = tuple[int, Span]


def weekly_spans_left(
    pattern: Iterable[WeekdaySpan], booked: Iterable[WeekdaySpan], buffer_min: int
) -> list[WeekdaySpan]:
    """The pattern without what is booked and the travel buffer before and after it, in order.

    Where the work lies relative to a site is not known here, so the whole buffer is kept. It reaches across midnight, and
    from Sunday to Monday.
    """
    times = list(pattern)
    cuts_of: dict[int, list[Span]] = defaultdict(list)
    for weekday, span in booked:
        for day, cut in _with_buffer(weekday, span, buffer_min):
            cuts_of[day].append(cut)
    found = []
    for weekday in sorted({day for day, _ in times}):
        cuts = cuts_of[weekday]
        spans = merged(span for day, span in times if day == weekday)
        found += [(weekday, span) for span in (without(spans, cuts) if cuts else spans)]
    return found


def _with_buffer(weekday: int, span: Span, buffer_min: int) -> Iterator[WeekdaySpan]:
    """The span with the buffer about it, in parts that each lie within a day."""
    begin, end = span.from_minute - buffer_min, span.to_minute + buffer_min
    for shift in range(begin // MINUTES_A_DAY, -(-end // MINUTES_A_DAY)):
        first = shift * MINUTES_A_DAY
        part = Span(max(0, begin - first), min(MINUTES_A_DAY, end - first))
        yield (weekday - 1 + shift) % 7 + 1, part
