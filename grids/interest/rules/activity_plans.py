"""What somebody plans: an activity's times and place, and what is wrong with them before any table is read.

Rules: J09, J16
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from grids.interest.rules.people_states import INTEREST_GRID_WORDS, InterestGridState
from tenants.bureau.rules.local_time import SHANGHAI, deadline_end, local_date
from wangge.errors import RuleBroken

LONGEST = timedelta(hours=24)  # what a booking may take at a time


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """An activity as it is planned; `starts_at` to `ends_at` is its first time, `until` the last day of a series.

    `place`: longitude and latitude. It is at a site (or one hall of it) or at a place with a name.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    recurrence: str = ""
    until: date | None = None
    site_id: int | None = None
    hall: str = ""
    is_exclusive: bool = False
    place: tuple[float, float] | None = None
    place_name: str = ""
    is_outdoors: bool = True
    instructor_id: int | None = None
    assist_themes: tuple[str, ...] = ()
    welcomes_visitors: bool = False

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return int((self.ends_at - self.starts_at) / timedelta(minutes=1))


def plan_refusals(plan: ActivityPlan, now: datetime, record_days: int) -> Iterator[RuleBroken]:
    """All that is wrong with the times and the place: 422 ACTIVITY_TIMES, ACTIVITY_UNTIL, ACTIVITY_PAST, ACTIVITY_PLACE.

    A one-off that has taken place may still be recorded for as many days as policy says. Rule: J09
    """
    if plan.ends_at <= plan.starts_at:
        yield _refused(
            "ACTIVITY_TIMES", "ends_at",
            f"结束时间（{_told(plan.ends_at)}）不晚于开始时间（{_told(plan.starts_at)}）",
            f"it ends ({_told(plan.ends_at)}) no later than it begins ({_told(plan.starts_at)})",
            {"starts_at": plan.starts_at.isoformat(), "ends_at": plan.ends_at.isoformat()},
        )  # fmt: skip
    elif plan.minutes < 1 or plan.ends_at - plan.starts_at > LONGEST:
        yield _refused(
            "ACTIVITY_TIMES", "ends_at", f"活动时长{plan.minutes}分钟，须为1分钟至24小时",
            f"it lasts {plan.minutes} minutes; one minute to 24 hours are possible", {"minutes": plan.minutes},
        )  # fmt: skip
    if plan.until is not None and plan.until < local_date(plan.starts_at):
        yield _refused(
            "ACTIVITY_UNTIL", "until", f"截止日期{plan.until}早于首次活动{local_date(plan.starts_at)}",
            f"the series ends on {plan.until}, before its first day {local_date(plan.starts_at)}",
            {"until": plan.until.isoformat(), "starts_on": local_date(plan.starts_at).isoformat()},
        )  # fmt: skip
    last = deadline_end(local_date(plan.ends_at) + timedelta(days=record_days))
    if not plan.recurrence and last < now:
        yield _refused(
            "ACTIVITY_PAST", "starts_at", f"活动已过去超过{record_days}天（{_told(plan.ends_at)}结束），不能补录",
            f"it ended at {_told(plan.ends_at)}, more than {record_days} days ago",
            {"ends_at": plan.ends_at.isoformat(), "days": record_days},
        )  # fmt: skip
    if plan.site_id is None and not plan.place_name.strip():
        yield _refused(
            "ACTIVITY_PLACE",
            "place_name",
            "请选择健身站点或填写地点",
            "choose a fitness site or name the place",
            {},
        )
    if plan.site_id is None and plan.hall.strip():
        yield _refused(
            "ACTIVITY_PLACE", "hall", "指定场地的部分时须选择站点", "a hall is part of a site: name it", {}
        )


def check_may_plan(state: InterestGridState) -> None:
    """Refuse activities of an interest grid that is not confirmed or is closed: 409 INTEREST_GRID_NOT_ACTIVE. Rule: J07"""
    if state in (InterestGridState.ACTIVE, InterestGridState.DORMANT):
        return
    raise RuleBroken(
        "INTEREST_GRID_NOT_ACTIVE",
        zh=f"兴趣网格{INTEREST_GRID_WORDS[state]}，不能安排活动",
        en=f"the interest grid is {state.value}: no activity can be planned",
        status=409,
        rule="J07",
        facts={"state": state.value},
        how_to_fix_zh="请先由网格长或街镇确认该兴趣网格",
        how_to_fix_en="let the grid's leader or the street's office confirm it first",
    )


def no_times(recurrence: str) -> RuleBroken:
    """422 ACTIVITY_NO_TIMES: the recurrence gives no time at all within the horizon. Rule: J09"""
    return _refused(
        "ACTIVITY_NO_TIMES", "recurrence", "按该重复规则，排期内没有任何一次活动",
        "by this recurrence there is no time within the horizon", {"recurrence": recurrence},
    )  # fmt: skip


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _refused(code: str, field: str, zh: str, en: str, facts: dict[str, object]) -> RuleBroken:
    return RuleBroken(
        code, zh=zh, en=en, rule="J09", field=field, facts=facts,
        how_to_fix_zh="请更正后重试", how_to_fix_en="correct it and send again",
    )  # fmt: skip
