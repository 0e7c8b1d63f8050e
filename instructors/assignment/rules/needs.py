"""What a site may ask for: a time within its opening hours, in order, and changed only while nobody serves it.

Rules: J12, J13
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from instructors.people.rules.free_times import (
    WEEKDAYS_EN,
    WEEKDAYS_ZH,
    Span,
    check_span,
    clock,
    is_free,
)
from wangge.errors import RuleBroken

Hours = Sequence[Mapping[str, int]]
MOST_SPANS = 70


def is_within_hours(hours: Hours, weekday: int, span: Span) -> bool:
    """Whether the site is open all that time; unknown hours forbid nothing."""
    open_spans = (
        Span(each["from_minute"], each["to_minute"]) for each in hours if each["weekday"] == weekday
    )
    return not hours or is_free(open_spans, span.from_minute, span.to_minute)


def check_need_time(hours: Hours, weekday: int, span: Span) -> None:
    """Refuse a time that leaves the day (422 TIME_SPAN) or the opening hours: 422 OUTSIDE_OPENING_HOURS."""
    check_span(span, "from_minute")
    if is_within_hours(hours, weekday, span):
        return
    day = [each for each in hours if each["weekday"] == weekday]
    told = "、".join(f"{clock(each['from_minute'])}–{clock(each['to_minute'])}" for each in day)
    asked = f"{clock(span.from_minute)}–{clock(span.to_minute)}"
    raise RuleBroken(
        "OUTSIDE_OPENING_HOURS",
        zh=f"{WEEKDAYS_ZH[weekday]}{asked}不在该站点开放时间内（{told or '当日不开放'}）",
        en=f"{WEEKDAYS_EN[weekday]} {asked} is outside the site's opening hours ({told or 'closed that day'})",
        rule="J13",
        facts={"weekday": weekday, "asked": asked, "open": told},
        how_to_fix_zh="请改时间，或先更正站点的开放时间",
        how_to_fix_en="choose another time, or correct the opening hours first",
        field="from_minute",
    )


def check_hours(hours: Hours) -> None:
    """Refuse opening hours that leave the day, repeat themselves, or are too many: 422 TIME_SPAN, OPENING_HOURS."""
    if len(hours) > MOST_SPANS:
        raise _bad_hours(f"最多{MOST_SPANS}段", f"at most {MOST_SPANS} spans a week")
    last: dict[int, int] = {}
    for each in sorted(hours, key=lambda one: (one["weekday"], one["from_minute"])):
        check_span(Span(each["from_minute"], each["to_minute"]), "opening_hours")
        if each["from_minute"] < last.get(each["weekday"], 0):
            day = each["weekday"]
            raise _bad_hours(f"{WEEKDAYS_ZH[day]}的时段重叠", f"the spans of {WEEKDAYS_EN[day]} overlap")
        last[each["weekday"]] = each["to_minute"]


def _bad_hours(zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        "OPENING_HOURS", zh=f"开放时间有误：{zh}", en=f"the opening hours are wrong: {en}", rule="J13",
        how_to_fix_zh="请合并或更正时段", how_to_fix_en="join or correct the spans", field="opening_hours",
    )  # fmt: skip


def check_needs_stay_open(hours: Hours, needs: Iterable[tuple[int, int, Span]]) -> None:
    """Refuse new opening hours that shut out what the site asks for, as (need, weekday, span): 422 NEEDS_OUTSIDE_HOURS."""
    out = [need for need, weekday, span in needs if not is_within_hours(hours, weekday, span)]
    if not out:
        return
    raise RuleBroken(
        "NEEDS_OUTSIDE_HOURS",
        zh=f"该站点有{len(out)}项需求不在新的开放时间内",
        en=f"{len(out)} needs of this site lie outside the new opening hours",
        rule="J13",
        facts={"needs": out},
        how_to_fix_zh="请先结束或调整这些需求",
        how_to_fix_en="end or move these needs first",
        field="opening_hours",
    )


def need_is_served(instructors: int) -> RuleBroken:
    """The 409 for moving a need that people are pinned to or serve in the run in force."""
    return RuleBroken(
        "NEED_IS_SERVED",
        zh=f"该需求已有{instructors}名指导员服务或被固定，不能改项目或时间",
        en=f"{instructors} instructors serve this need or are pinned to it: its item and time stay",
        status=409,
        rule="J12",
        facts={"instructors": instructors},
        how_to_fix_zh="请结束该需求并另建一项",
        how_to_fix_en="end this need and add another",
    )


def need_twice() -> RuleBroken:
    """The 409 for asking twice for one item at one time."""
    return RuleBroken(
        "NEED_TWICE",
        zh="该站点在该时间已有同一项目的需求",
        en="the site asks for this item at this time already",
        status=409,
        rule="J12",
        how_to_fix_zh="请改为增加所需人数",
        how_to_fix_en="ask for more instructors there instead",
        field="from_minute",
    )
