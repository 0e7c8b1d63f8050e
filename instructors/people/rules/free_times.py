"""When somebody can be asked: a weekly pattern and its exceptions give the free spans of a day.

Minutes count from midnight of the local day, 0 to 1440, and spans are half-open. China keeps one clock all the year,
so that every local day has 1440 minutes.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations, islice

from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, refuse_all

MINUTES_A_DAY = 1440
MOST_TIMES_A_WEEK = 70
MOST_TOLD = 10
WEEKDAYS_ZH = ("", "周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Minutes of one day, from the first up to but without the last."""

    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A span of a weekday (1 Monday … 7 Sunday), every week from the first to the last day; None: without end."""

    weekday: int
    span: Span
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the pattern speaks of that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to) and day.isoweekday() == self.weekday


@dataclass(frozen=True, slots=True)
class DayException:
    """A span of one day that the pattern does not hold for: free besides, or not free after all."""

    on: date
    span: Span
    is_free: bool


def clock(minute: int) -> str:
    """`09:05` for a minute of the day; its end is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same minutes as few spans, in order, none touching the next."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.from_minute <= found[-1].to_minute:
            found[-1] = Span(found[-1].from_minute, max(found[-1].to_minute, span.to_minute))
        else:
            found.append(span)
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of the spans when the taken ones are cut out, in order."""
    left = merged(spans)
    for cut in taken:
        left = [
            piece
            for span in left
            for piece in (
                Span(span.from_minute, min(span.to_minute, cut.from_minute)),
                Span(max(span.from_minute, cut.to_minute), span.to_minute),
            )
            if piece.from_minute < piece.to_minute
        ]
    return left


def free_spans(day: date, week: Iterable[WeeklyTime], exceptions: Iterable[DayException]) -> list[Span]:
    """When somebody is free on a day: the pattern and what is free besides, without what is not free after all."""
    own = [exception for exception in exceptions if exception.on == day]
    pattern = [time.span for time in week if time.holds_on(day)]
    more = [exception.span for exception in own if exception.is_free]
    return without(pattern + more, (exception.span for exception in own if not exception.is_free))


def is_free(spans: Iterable[Span], from_minute: int, to_minute: int) -> bool:
    """Whether one free time holds all the minutes; spans that touch are one time."""
    return any(span.from_minute <= from_minute and to_minute <= span.to_minute for span in merged(spans))


def minutes_by_day(starts_at: datetime, ends_at: datetime) -> list[tuple[date, Span]]:
    """The local days that a time touches and its minutes on each; a minute begun counts. Both must be aware."""
    start, end = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    days = (end.date() - start.date()).days
    pieces = []
    for day in (start.date() + timedelta(days=count) for count in range(days + 1)):
        first = _minute(start) if day == start.date() else 0
        last = _minute(end, begun=True) if day == end.date() else MINUTES_A_DAY
        if first < last:
            pieces.append((day, Span(first, last)))
    return pieces


def _minute(moment: datetime, *, begun: bool = False) -> int:
    past = moment.second > 0 or moment.microsecond > 0
    return moment.hour * 60 + moment.minute + (1 if begun and past else 0)


def is_free_between(
    starts_at: datetime, ends_at: datetime, spans_of: Callable[[date], Sequence[Span]]
) -> bool:
    """Whether the whole time is free, day by day; `spans_of` gives the free spans of a local day."""
    return all(
        is_free(spans_of(day), span.from_minute, span.to_minute)
        for day, span in minutes_by_day(starts_at, ends_at)
    )


def check_span(span: Span, field: str) -> None:
    """Refuse a span that is empty or leaves the day with 422 TIME_SPAN."""
    if 0 <= span.from_minute < span.to_minute <= MINUTES_A_DAY:
        return
    raise RuleBroken(
        "TIME_SPAN",
        zh=f"时段{clock(span.from_minute)}–{clock(span.to_minute)}不在一天之内，或结束不晚于开始",
        en=f"the time {clock(span.from_minute)}–{clock(span.to_minute)} leaves the day or ends before it begins",
        rule="S07",
        facts={"from_minute": span.from_minute, "to_minute": span.to_minute},
        how_to_fix_zh="跨夜时段请分成两天填写",
        how_to_fix_en="write a time over midnight as two, one on each day",
        field=field,
    )


def check_week(week: Sequence[WeeklyTime]) -> None:
    """Refuse times of a week that are impossible (TIME_SPAN), too many, or that overlap: 422 FREE_TIME_OVERLAP.

    Times that touch are well; two that share minutes of a weekday on some day would say the same thing twice, and
    nobody could tell which of them to change.

    Rule: S07
    """
    if len(week) > MOST_TIMES_A_WEEK:
        raise RuleBroken(
            "TOO_MANY_TIMES",
            zh=f"每周时段最多{MOST_TIMES_A_WEEK}个，收到{len(week)}个",
            en=f"a week holds at most {MOST_TIMES_A_WEEK} times, here are {len(week)}",
            rule="S07",
            facts={"most": MOST_TIMES_A_WEEK, "count": len(week)},
            how_to_fix_zh="请合并相邻时段",
            how_to_fix_en="join times that touch",
            field="times",
        )
    for time in week:
        check_span(time.span, "times")
        _check_days(time)
    meeting = ((first, second) for first, second in combinations(week, 2) if _meet(first, second))
    refuse_all(_overlap(first, second) for first, second in islice(meeting, MOST_TOLD))


def _check_days(time: WeeklyTime) -> None:
    if time.valid_from is None or time.valid_to is None or time.valid_from <= time.valid_to:
        return
    raise RuleBroken(
        "TIME_SPAN",
        zh=f"时段的截止日期{time.valid_to.isoformat()}早于开始日期{time.valid_from.isoformat()}",
        en=f"the last day {time.valid_to} lies before the first, {time.valid_from}",
        rule="S07",
        facts={"valid_from": time.valid_from.isoformat(), "valid_to": time.valid_to.isoformat()},
        how_to_fix_zh="请更正日期",
        how_to_fix_en="correct the dates",
        field="times",
    )


def _meet(first: WeeklyTime, second: WeeklyTime) -> bool:
    if first.weekday != second.weekday:
        return False
    if (first.valid_from or date.min) > (second.valid_to or date.max):
        return False
    if (second.valid_from or date.min) > (first.valid_to or date.max):
        return False
    return first.span.from_minute < second.span.to_minute and second.span.from_minute < first.span.to_minute


def _overlap(first: WeeklyTime, second: WeeklyTime) -> RuleBroken:
    one, other = (f"{clock(time.span.from_minute)}–{clock(time.span.to_minute)}" for time in (first, second))
    return RuleBroken(
        "FREE_TIME_OVERLAP",
        zh=f"{WEEKDAYS_ZH[first.weekday]}的时段{one}与{other}重叠",
        en=f"the times {one} and {other} of {WEEKDAYS_EN[first.weekday]} overlap",
        rule="S07",
        facts={"weekday": first.weekday, "first": one, "second": other},
        how_to_fix_zh="请合并为一个时段，或改为首尾相接",
        how_to_fix_en="join them into one, or let one end where the other begins",
        field="times",
    )


def check_exception(new: DayException, others: Iterable[DayException]) -> None:
    """Refuse an exception that overlaps another of its day with 422 EXCEPTION_OVERLAP: they could contradict.

    Rule: S07
    """
    check_span(new.span, "from_minute")
    for other in others:
        if (
            other.on == new.on
            and other.span.from_minute < new.span.to_minute
            and new.span.from_minute < other.span.to_minute
        ):
            span = f"{clock(other.span.from_minute)}–{clock(other.span.to_minute)}"
            raise RuleBroken(
                "EXCEPTION_OVERLAP",
                zh=f"{new.on.isoformat()}的{span}已有例外安排",
                en=f"there is an exception on {new.on} at {span} already",
                rule="S07",
                facts={"on": new.on.isoformat(), "span": span, "is_free": other.is_free},
                how_to_fix_zh="请先删除原有例外",
                how_to_fix_en="remove that exception first",
                field="on",
            )
