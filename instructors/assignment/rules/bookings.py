"""When two bookings clash: one person at one time, or in two towns without the way between; one place at one time.

The database decides (its exclusion constraints say the same); these functions say afterwards who clashed with whom.

Rule: S07
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from instructors.people.rules.free_times import Span, clock, merged, minutes_by_day
from instructors.people.rules.grades import TeachingRole
from instructors.people.rules.standing import GradeHeld, ItemHeld, check_may_teach
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from wangge.errors import RuleBroken, check_aware

ALLOCATION_CLAUSE = "做好配送师资的调配，尽可能满足社区配送的订单"
QUALITY_CLAUSE = "保证授课师资的质量"
LONGEST_BOOKING = timedelta(hours=24)
KINDS_ZH = {"course": "课程", "site_duty": "站点值守", "activity": "活动"}
KINDS_EN = {"course": "a class", "site_duty": "site duty", "activity": "an activity"}


@dataclass(frozen=True, slots=True)
class Taking:
    """What one booking takes: the time `starts_at` to `ends_at`, longer by `margin` at both ends between towns.

    `key`: the booking's id; of what is not booked yet 0, or in a series -1, -2, -3 …, told as occurrence 1, 2, 3 ….
    """

    key: int
    kind: str
    instructor: int | None
    site: int | None
    town: int
    starts_at: datetime
    ends_at: datetime
    margin: timedelta = timedelta(0)
    hall: str = ""
    is_exclusive: bool = True

    @property
    def day(self) -> date:
        """The local day on which it begins: policy and papers of that day hold for it."""
        return local_date(self.starts_at)

    @property
    def days(self) -> list[tuple[date, Span]]:
        """The local days it touches and its minutes on each."""
        return minutes_by_day(self.starts_at, self.ends_at)

    @property
    def told(self) -> dict[str, object]:
        """Which occurrence of a series it is, for the facts of a refusal; nothing for a single one."""
        return {"occurrence": -self.key} if self.key < 0 else {}


@dataclass(frozen=True, slots=True)
class Clash:
    """The other booking, and by how many minutes the time or the way is too short."""

    other: Taking
    missing_minutes: int
    is_travel: bool = False


def half_buffer(travel_buffer_minutes: int) -> timedelta:
    """What each of two bookings gives of the way between them."""
    return timedelta(minutes=travel_buffer_minutes) / 2


def instructor_clash(first: Taking, second: Taking) -> Clash | None:
    """How the second stands in the way of the first as bookings of one person; None when both can be."""
    if first.instructor is None or first.instructor != second.instructor:
        return None
    shared = _shared(first, second, timedelta(0))
    if shared > timedelta(0):
        return Clash(second, _minutes(shared))
    short = _shared(first, second, first.margin + second.margin)
    if first.town != second.town and short > timedelta(0):
        return Clash(second, _minutes(short), is_travel=True)
    return None


def place_clash(first: Taking, second: Taking) -> Clash | None:
    """How the second stands in the way of the first at one place; None when both can be.

    The whole site meets each of its halls; two that share the place do not meet.
    """
    if first.site is None or first.site != second.site or not (first.is_exclusive or second.is_exclusive):
        return None
    shared = _shared(first, second, timedelta(0))
    if shared <= timedelta(0) or (first.hall and second.hall and first.hall != second.hall):
        return None
    return Clash(second, _minutes(shared))


def _shared(first: Taking, second: Taking, between: timedelta) -> timedelta:
    """How much too near the two stand when so much time must lie between them; not above zero: far enough."""
    return min(first.ends_at, second.ends_at) - max(first.starts_at, second.starts_at) + between


def _minutes(time: timedelta) -> int:
    return math.ceil(time / timedelta(minutes=1))


def clashes_of(new: Taking, others: Iterable[Taking]) -> list[RuleBroken]:
    """All refusals of a booking by others: 409 INSTRUCTOR_TIME_CONFLICT, 409 SITE_TIME_CONFLICT, in order of time."""
    refusals = []
    for other in sorted(others, key=lambda each: (each.starts_at, each.key)):
        if person := instructor_clash(new, other):
            refusals.append(_person_refused(new, person))
        if place := place_clash(new, other):
            refusals.append(_place_refused(new, place))
    return refusals


def _person_refused(new: Taking, clash: Clash) -> RuleBroken:
    other, when = clash.other, time_told(clash.other.starts_at, clash.other.ends_at)
    zh, en = (
        f"该教师{when}已有{KINDS_ZH[other.kind]}",
        f"this instructor has {KINDS_EN[other.kind]} at {when}",
    )
    if clash.is_travel:
        zh += f"，在另一街镇，路上时间还差{clash.missing_minutes}分钟"
        en += f" in another street or town; {clash.missing_minutes} minutes are missing for the way"
    facts = {**_facts(new, clash), "is_travel_buffer": clash.is_travel}
    if clash.is_travel:
        facts["wanted_minutes"] = _minutes(new.margin + other.margin)
    return RuleBroken(
        "INSTRUCTOR_TIME_CONFLICT", zh=zh, en=en, status=409, rule="S07", clause=ALLOCATION_CLAUSE, facts=facts,
        how_to_fix_zh="请改时间、另选教师，或先取消原有安排", field="instructor_id",
        how_to_fix_en="choose another time or instructor, or cancel the other booking first",
    )  # fmt: skip


def _place_refused(new: Taking, clash: Clash) -> RuleBroken:
    other, when = clash.other, time_told(clash.other.starts_at, clash.other.ends_at)
    part = f"“{other.hall}”" if other.hall else ""
    return RuleBroken(
        "SITE_TIME_CONFLICT", status=409, rule="S07", clause=ALLOCATION_CLAUSE, field="site_id",
        zh=f"该场地{part}{when}已被{KINDS_ZH[other.kind]}占用",
        en=f"this place {part}is taken by {KINDS_EN[other.kind]} at {when}",
        facts={**_facts(new, clash), "hall": other.hall, "is_exclusive": other.is_exclusive},
        how_to_fix_zh="请改时间、换场地或场地的其他部分，或先取消原有安排",
        how_to_fix_en="choose another time, place or hall, or cancel the other booking first",
    )  # fmt: skip


def _facts(new: Taking, clash: Clash) -> dict[str, object]:
    other = clash.other
    return {
        "starts_at": other.starts_at.astimezone(SHANGHAI).isoformat(),
        "ends_at": other.ends_at.astimezone(SHANGHAI).isoformat(),
        "kind": other.kind,
        "missing_minutes": clash.missing_minutes,
        **({"booking_id": other.key} if other.key >= 0 else {"other_occurrence": -other.key}),
        **new.told,
    }


def time_told(starts_at: datetime, ends_at: datetime) -> str:
    """`2026-03-02 09:00–10:00` by the local clock; an end on another day bears its date."""
    start, end = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    last = end.strftime("%H:%M") if end.date() == start.date() else end.strftime("%Y-%m-%d %H:%M")
    return f"{start.strftime('%Y-%m-%d %H:%M')}–{last}"


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse a booking that ends before it begins, or lasts longer than a day: 422 BOOKING_TIMES. Rule: S07"""
    check_aware(starts_at, "starts_at")
    check_aware(ends_at, "ends_at")
    if timedelta(0) < ends_at - starts_at <= LONGEST_BOOKING:
        return
    raise RuleBroken(
        "BOOKING_TIMES",
        zh=f"时间{time_told(starts_at, ends_at)}不成立：结束须晚于开始，且不超过24小时",
        en=f"the time {time_told(starts_at, ends_at)} must end after it begins and last at most 24 hours",
        rule="S07",
        facts={"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
        how_to_fix_zh="请更正起止时间；多日活动请分日登记",
        how_to_fix_en="correct the times; book several days one by one",
        field="ends_at",
    )


def not_free(new: Taking, free: Iterable[Span], *, is_said: bool = True) -> RuleBroken:
    """422 INSTRUCTOR_NOT_FREE, with the free times of the day it begins on; staff may go past it with a reason.

    `is_said`: whether the person ever gave weekly times.
    """
    times = [f"{clock(span.from_minute)}–{clock(span.to_minute)}" for span in free]
    if not is_said:
        times_zh, times_en = "本人未填报", "none were given"
    else:
        times_zh, times_en = "、".join(times) or "无", ", ".join(times) or "never"
    return RuleBroken(
        "INSTRUCTOR_NOT_FREE",
        zh=f"该教师{time_told(new.starts_at, new.ends_at)}不在可授课时间内（当日可授课：{times_zh}）",
        en=f"this instructor is not free at {time_told(new.starts_at, new.ends_at)} (that day: {times_en})",
        rule="S07",
        clause=ALLOCATION_CLAUSE,
        facts={"free": times, "is_said": is_said, **new.told},
        how_to_fix_zh="请改时间或另选教师；已与本人商定的，请填写override_reason",
        how_to_fix_en="choose another time or instructor; if it is agreed with the person, give override_reason",
        field="starts_at",
    )


def site_closed(new: Taking, hours: Iterable[Span]) -> RuleBroken:
    """422 SITE_CLOSED, with the opening hours of the day it begins on."""
    times = [f"{clock(span.from_minute)}–{clock(span.to_minute)}" for span in hours]
    return RuleBroken(
        "SITE_CLOSED",
        zh=f"该场地{time_told(new.starts_at, new.ends_at)}不开放（当日开放：{'、'.join(times) or '无'}）",
        en=f"this place is closed at {time_told(new.starts_at, new.ends_at)} (that day: {', '.join(times) or 'never'})",
        rule="S07",
        facts={"open": times, **new.told},
        how_to_fix_zh="请改到开放时间内，或先更正站点的开放时间",
        how_to_fix_en="choose a time within the opening hours, or correct them first",
        field="site_id",
    )


def site_gone(new: Taking, valid_to: date) -> RuleBroken:
    """422 SITE_CLOSED for a site that no longer stands on that day."""
    return RuleBroken(
        "SITE_CLOSED",
        zh=f"该场地自{valid_to.isoformat()}后不再使用",
        en=f"this place is no longer used after {valid_to}",
        rule="S07",
        facts={"valid_to": valid_to.isoformat(), **new.told},
        how_to_fix_zh="请另选场地",
        how_to_fix_en="choose another place",
        field="site_id",
    )


def has_left(new: Taking, left_on: date) -> RuleBroken:
    """422 INSTRUCTOR_NOT_QUALIFIED for who has left the register."""
    return RuleBroken(
        "INSTRUCTOR_NOT_QUALIFIED",
        zh=f"该教师自{left_on.isoformat()}后已退出指导员名册",
        en=f"this instructor left the register after {left_on}",
        rule="S07",
        clause=QUALITY_CLAUSE,
        facts={"left_on": left_on.isoformat(), **new.told},
        how_to_fix_zh="请另选教师",
        how_to_fix_en="choose another instructor",
        field="instructor_id",
    )


def opening_spans(hours: Iterable[Mapping[str, int]], day: date) -> list[Span]:
    """When a place is open on a day, from its `{"weekday", "from_minute", "to_minute"}` of every week."""
    spans = (Span(h["from_minute"], h["to_minute"]) for h in hours if h["weekday"] == day.isoweekday())
    return merged(spans)


@dataclass(frozen=True, slots=True)
class Papers:
    """What a person may teach, and the grades held."""

    items: Sequence[ItemHeld]
    grades: Sequence[GradeHeld]


def missing_papers(new: Taking, papers: Papers, item: int | None, role: TeachingRole) -> Iterator[RuleBroken]:
    """422 INSTRUCTOR_NOT_QUALIFIED or CERT_EXPIRED for what is not in force on the day; without an item, a grade is enough."""
    items = list(papers.items)
    if item is None:  # a grade is asked for by the same rule, with an item that anybody may teach
        item = 0
        items = [ItemHeld(item, role, date.min)]
    try:
        check_may_teach(items, papers.grades, item, role, new.day)
    except RuleBroken as refused:
        refused.facts |= new.told
        yield refused
