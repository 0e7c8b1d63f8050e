"""Who is best for one lesson: candidates in order with their reasons, and the others with the reasons against them.

Nobody who is not qualified on the day, not free, too far, at the weekly limit, unchecked for minors or suspended is
ranked. The ranked have 0 to 100 points: the way to the place, the load of the week, the rating, and fairness, which
prefers who was asked least in the last 90 days. Delivery asks this; it reads and writes nothing.

Ways begin at the middle of the home's square (`home_cells`) and are told to whole 500 m upwards, so that points, order and
reasons give no home away; times are told as local ones.

Rule: S07
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from instructors.assignment.rules.home_cells import CELL_M, middle_of_home_cell
from instructors.people.rules.grades import TeachingRole
from instructors.people.rules.standing import GradeHeld, ItemHeld, check_may_teach
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

FAIRNESS_DAYS = 90
BEST_RATING = 5.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson to be staffed. `starts_at`, `ends_at` are aware; `on` is the local day; metres in the city's zone."""

    item: int | str
    role: TeachingRole
    on: date
    starts_at: datetime
    ends_at: datetime
    town: int
    x_m: float
    y_m: float
    has_minors: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A time an instructor is booked for, and the street/town it is in."""

    starts_at: datetime
    ends_at: datetime
    town: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instructor as the register and the bookings know them around the lesson.

    `free`: spans in which the person can be asked; those that touch are one time. `taken`: bookings of the days about.
    `home_m`: metres in the city's zone. `week_sessions`, `recent_sessions`: booked in the lesson's week and in the 90 days
    before it. `rating`: mean of 1 to 5 over `ratings` answers. `minors_checked_on`: the last check, if its result was good.
    """

    key: int
    grades: tuple[GradeHeld, ...] = ()
    items: tuple[ItemHeld, ...] = ()
    free: tuple[tuple[datetime, datetime], ...] = ()
    taken: tuple[Taken, ...] = ()
    home_m: tuple[float, float] | None = None
    weekly_limit: int = 3
    week_sessions: int = 0
    recent_sessions: int = 0
    rating: float | None = None
    ratings: int = 0
    minors_checked_on: date | None = None
    is_suspended: bool = False
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class RankingPolicy:
    """How far, how long between towns, how long a check holds, and what each part is worth in points.

    `rating_prior`: answers at the middle of the scale that everybody starts with, so that one good answer is no record.
    """

    reach_m: float = 10_000.0
    travel_buffer_min: int = 60
    minors_check_months: int = 12
    way_points: float = 40.0
    load_points: float = 25.0
    rating_points: float = 15.0
    fairness_points: float = 20.0
    rating_prior: int = 5


class Against(StrEnum):
    """Why somebody is not ranked."""

    LEFT = "left"
    SUSPENDED = "suspended"
    NOT_QUALIFIED = "not_qualified"
    EXPIRED = "expired"
    MINORS_UNCHECKED = "minors_unchecked"
    NOT_FREE = "not_free"
    TAKEN = "taken"
    TRAVEL_BUFFER = "travel_buffer"
    AT_LIMIT = "at_limit"
    TOO_FAR = "too_far"
    NO_HOME = "no_home"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its facts, in both languages."""

    code: Against
    zh: str
    en: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate who may be asked: points in all and by part, and what they rest on; `way_m`: whole 500 m upwards."""

    key: int
    points: float
    way_m: int
    parts: dict[str, float]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A candidate who may not be asked, with every reason."""

    key: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranked, best first, and the excluded by key."""

    ranked: tuple[Ranked, ...]
    excluded: tuple[Excluded, ...]


def rank(lesson: Lesson, candidates: Iterable[Candidate], policy: RankingPolicy) -> Ranking:
    """Order the candidates for a lesson; equal points fall by the shorter way, then by key. Rule: S07"""
    ranked, excluded = [], []
    people = sorted(candidates, key=lambda one: one.key)
    open_to = [(one, reasons_against(lesson, one, policy)) for one in people]
    most = max((one.recent_sessions for one, reasons in open_to if not reasons), default=0)
    for one, reasons in open_to:
        if reasons:
            excluded.append(Excluded(one.key, reasons))
        else:
            ranked.append(_ranked(lesson, one, policy, most))
    ranked.sort(key=lambda one: (-one.points, one.way_m, one.key))
    return Ranking(tuple(ranked), tuple(excluded))


def reasons_against(lesson: Lesson, one: Candidate, policy: RankingPolicy) -> tuple[Reason, ...]:
    """Every hard rule that the candidate would break; none: may be asked. Rule: S07"""
    found = [
        *_standing(lesson, one),
        *_minors(lesson, one, policy),
        *_time(lesson, one, policy),
        *_limit(one),
        *_way(lesson, one, policy),
    ]
    return tuple(found)


def _standing(lesson: Lesson, one: Candidate) -> list[Reason]:
    found = []
    if one.left_on is not None and one.left_on < lesson.on:
        left = one.left_on.isoformat()
        found.append(
            Reason(Against.LEFT, f"已于{left}离册", f"left the register on {left}", {"left_on": left})
        )
    if one.is_suspended:
        found.append(Reason(Against.SUSPENDED, "处于暂停接单状态", "takes no new lessons at present", {}))
    try:
        check_may_teach(one.items, one.grades, lesson.item, lesson.role, lesson.on)
    except RuleBroken as broken:
        code = Against.EXPIRED if broken.code == "CERT_EXPIRED" else Against.NOT_QUALIFIED
        found.append(Reason(code, broken.zh, broken.en, dict(broken.facts)))
    return found


def _minors(lesson: Lesson, one: Candidate, policy: RankingPolicy) -> list[Reason]:
    if not lesson.has_minors:
        return []
    checked = one.minors_checked_on
    if checked is not None and checked <= lesson.on < months_later(checked, policy.minors_check_months):
        return []
    facts = {
        "checked_on": None if checked is None else checked.isoformat(),
        "months": policy.minors_check_months,
    }
    since_zh = "没有从业查询记录" if checked is None else f"上次从业查询为{checked.isoformat()}，已过期"
    since_en = "was never checked" if checked is None else f"was last checked on {checked}, too long ago"
    return [
        Reason(
            Against.MINORS_UNCHECKED, f"涉未成年人课程：{since_zh}", f"a class with minors: {since_en}", facts
        )
    ]


def _time(lesson: Lesson, one: Candidate, policy: RankingPolicy) -> list[Reason]:
    clashes = [
        taken for taken in one.taken if taken.starts_at < lesson.ends_at and lesson.starts_at < taken.ends_at
    ]
    others = [taken for taken in one.taken if taken not in clashes]
    found = [_taken(taken) for taken in clashes]
    if not any(start <= lesson.starts_at and lesson.ends_at <= end for start, end in _joined(one.free)):
        found.append(
            Reason(Against.NOT_FREE, "该时段未登记为空闲", "has not said to be free at that time", {})
        )
    return [*found, *(reason for taken in others for reason in _between(lesson, taken, policy))]


def _joined(free: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same times as few spans: those that touch are one."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(free):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _taken(taken: Taken) -> Reason:
    starts_at, ends_at = (moment.astimezone(SHANGHAI) for moment in (taken.starts_at, taken.ends_at))
    facts = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    span = f"{starts_at:%H:%M}–{ends_at:%H:%M}"
    return Reason(Against.TAKEN, f"{span} 已有安排", f"is taken {span}", facts)


def _between(lesson: Lesson, taken: Taken, policy: RankingPolicy) -> list[Reason]:
    """The way to or from a booking in another town, where too little time is left for it."""
    gap = max(taken.starts_at - lesson.ends_at, lesson.starts_at - taken.ends_at)
    if taken.town == lesson.town or gap >= timedelta(minutes=policy.travel_buffer_min):
        return []
    minutes = int(gap.total_seconds() // 60)
    return [
        Reason(
            Against.TRAVEL_BUFFER,
            f"与另一街镇的安排仅隔 {minutes} 分钟，需 {policy.travel_buffer_min} 分钟",
            f"only {minutes} minutes from a booking in another town; {policy.travel_buffer_min} are needed",
            {"minutes": minutes, "needed": policy.travel_buffer_min, "town": taken.town},
        )
    ]


def _limit(one: Candidate) -> list[Reason]:
    if one.week_sessions < one.weekly_limit:
        return []
    facts = {"sessions": one.week_sessions, "limit": one.weekly_limit}
    return [
        Reason(
            Against.AT_LIMIT,
            f"本周已排 {one.week_sessions} 次，上限 {one.weekly_limit} 次",
            f"has {one.week_sessions} sessions that week, of {one.weekly_limit} at most",
            facts,
        )
    ]


def _way(lesson: Lesson, one: Candidate, policy: RankingPolicy) -> list[Reason]:
    if one.home_m is None:
        return [
            Reason(
                Against.NO_HOME, "没有登记出发位置，无法计算路程", "has no place to start from on record", {}
            )
        ]
    if way_to(lesson, one.home_m) <= policy.reach_m:
        return []
    reach = f"{policy.reach_m / 1000:g}"
    return [
        Reason(
            Against.TOO_FAR,
            f"路程超过 {reach} 公里",
            f"is more than {reach} km away",
            {"reach_m": round(policy.reach_m)},
        )
    ]


def way_to(lesson: Lesson, home_m: tuple[float, float]) -> float:
    """Metres from the middle of the home's square to the lesson's place as the crow flies."""
    return math.dist(middle_of_home_cell(*home_m), (lesson.x_m, lesson.y_m))


def _ranked(lesson: Lesson, one: Candidate, policy: RankingPolicy, most: int) -> Ranked:
    assert one.home_m is not None  # who has no home is excluded
    way_m = way_to(lesson, one.home_m)
    told_m = math.ceil(way_m / CELL_M) * CELL_M
    rating = smoothed_rating(one.rating, one.ratings, policy.rating_prior)
    parts = {
        "way": policy.way_points * (1 - way_m / policy.reach_m),
        "load": policy.load_points * (1 - one.week_sessions / one.weekly_limit),
        "rating": policy.rating_points * (rating - 1) / (BEST_RATING - 1),
        "fairness": policy.fairness_points * (1 - one.recent_sessions / most if most else 1.0),
    }
    rated_zh = "尚无评价" if one.rating is None else f"评价 {one.rating:.1f}（{one.ratings} 份）"
    rated_en = "not rated yet" if one.rating is None else f"rated {one.rating:.1f} by {one.ratings}"
    return Ranked(
        one.key,
        round(sum(parts.values()), 3),
        told_m,
        {name: round(points, 3) for name, points in parts.items()},
        f"路程约 {told_m / 1000:.1f} 公里，本周 {one.week_sessions}/{one.weekly_limit} 次，"
        f"近{FAIRNESS_DAYS}天 {one.recent_sessions} 次，{rated_zh}",
        f"about {told_m / 1000:.1f} km away, {one.week_sessions} of {one.weekly_limit} sessions this week, "
        f"{one.recent_sessions} in {FAIRNESS_DAYS} days, {rated_en}",
    )


def smoothed_rating(rating: float | None, ratings: int, prior: int) -> float:
    """The mean drawn towards the middle of the scale by `prior` answers, 1 to 5."""
    middle = (1 + BEST_RATING) / 2
    if rating is None or ratings + prior == 0:
        return middle
    return (rating * ratings + middle * prior) / (ratings + prior)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the first of the month after where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def reasons_counted(excluded: Sequence[Excluded]) -> dict[Against, int]:
    """How many people each reason keeps out, the commonest first: why a lesson finds nobody."""
    counts: dict[Against, int] = {}
    for one in excluded:
        for code in {reason.code for reason in one.reasons}:
            counts[code] = counts.get(code, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
