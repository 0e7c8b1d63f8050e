"""What an activity and its occurrences are called, and through which states an occurrence passes.

Rules: J09, J16
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken


class ActivityState(StrEnum):
    """The state of an activity, one-off or recurring. Rule: J09"""

    ACTIVE = "active"
    CANCELLED = "cancelled"


class OccurrenceState(StrEnum):
    """The state of one meeting of an activity. Rule: J09"""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"
    UNRECORDED = "unrecorded"  # it passed, and nobody told whether it was held


class CancelCategory(StrEnum):
    """Why an occurrence was cancelled; the words beside it say more. Rule: J09"""

    WEATHER = "weather"
    PLACE = "place"
    INSTRUCTOR = "instructor"
    TOO_FEW = "too_few"
    PUBLIC_DUTY = "public_duty"
    RESCHEDULED = "rescheduled"  # by the product: the series moved to another time
    CONFLICT = "conflict"  # by the product: place or instructor were taken by others
    OTHER = "other"


class AssistTheme(StrEnum):
    """What else an activity serves: the three assists. Rules: J15, J16, J17"""

    GOVERNANCE = "governance"
    TOURISM = "tourism"  # with culture, tourism and farming
    HEALTH = "health"


class CheckInWay(StrEnum):
    """How a person's presence was recorded. Rule: J09"""

    QR = "qr"
    TICKED = "ticked"  # by whoever runs the activity, for people without a phone


@dataclass(frozen=True, slots=True)
class PeopleCounted:
    """Who was at an occurrence: present by name, counted without one, and how many of all came from outside."""

    named: int
    headcount: int
    visitors: int

    @property
    def total(self) -> int:
        """All who were there."""
        return self.named + self.headcount


class OccurrenceAction(StrEnum):
    """What is done to an occurrence. Rule: J09"""

    FINISH = "finish"
    CANCEL = "cancel"
    RECORD = "record"  # check in, tick, count
    REOPEN = "reopen"  # take back that it was finished


STATE_WORDS: dict[OccurrenceState, str] = {
    OccurrenceState.PLANNED: "已排期",
    OccurrenceState.HELD: "已举办",
    OccurrenceState.CANCELLED: "已取消",
    OccurrenceState.UNRECORDED: "未记录",
}
CANCEL_WORDS: dict[CancelCategory, str] = {
    CancelCategory.WEATHER: "天气原因",
    CancelCategory.PLACE: "场地原因",
    CancelCategory.INSTRUCTOR: "指导员原因",
    CancelCategory.TOO_FEW: "人数不足",
    CancelCategory.PUBLIC_DUTY: "公共事务",
    CancelCategory.RESCHEDULED: "改期",
    CancelCategory.CONFLICT: "场地或指导员已被占用",
    CancelCategory.OTHER: "其他原因",
}
# What the product cancelled by itself comes back when the series is read anew and it can be.
BY_ITSELF = frozenset({CancelCategory.RESCHEDULED, CancelCategory.CONFLICT})
_ACTION_WORDS: dict[OccurrenceAction, tuple[str, str]] = {
    OccurrenceAction.FINISH: ("结束", "finished"),
    OccurrenceAction.CANCEL: ("取消", "cancelled"),
    OccurrenceAction.RECORD: ("登记到场", "recorded"),
    OccurrenceAction.REOPEN: ("撤销结束", "opened again"),
}
_FROM: dict[OccurrenceAction, frozenset[OccurrenceState]] = {
    OccurrenceAction.FINISH: frozenset({OccurrenceState.PLANNED}),
    OccurrenceAction.CANCEL: frozenset({OccurrenceState.PLANNED}),
    OccurrenceAction.RECORD: frozenset({OccurrenceState.PLANNED, OccurrenceState.HELD}),
    OccurrenceAction.REOPEN: frozenset({OccurrenceState.HELD}),
}


def check_occurrence_action(state: OccurrenceState, action: OccurrenceAction) -> None:
    """Refuse what the state does not allow with 409 INVALID_TRANSITION. Rule: J09"""
    if state in _FROM[action]:
        return
    zh, en = _ACTION_WORDS[action]
    raise _refused_transition(
        f"本次活动{STATE_WORDS[state]}，不能{zh}", f"it is {state.value} and cannot be {en}", state
    )


def unrecorded_before(on: date, record_days: int, unrecorded_days: int) -> date:
    """Planned meetings that ended before this day are ended as not recorded; never while recording is open. Rule: J09"""
    return on - timedelta(days=max(record_days, unrecorded_days))


def check_activity_runs(state: ActivityState) -> None:
    """Refuse to change or cancel an activity that was cancelled with 409 INVALID_TRANSITION. Rule: J09"""
    if state != ActivityState.ACTIVE:
        raise _refused_transition("该活动已取消", "this activity was cancelled", state)


def check_one_off_not_held(was_held: bool) -> None:
    """Refuse to move a one-off activity that was held with 409 INVALID_TRANSITION. Rule: J09"""
    if was_held:
        raise _refused_transition(
            "活动已举办，不能再改时间或地点", "it was held: its time and place stay", OccurrenceState.HELD
        )


def _refused_transition(zh: str, en: str, state: StrEnum) -> RuleBroken:
    return RuleBroken(
        "INVALID_TRANSITION", zh=zh, en=en, status=409, rule="J09", facts={"state": state.value},
        how_to_fix_zh="请刷新后查看当前状态", how_to_fix_en="look at it as it stands now",
    )  # fmt: skip


def check_cancellable(present: int) -> None:
    """Refuse to cancel what people have checked in to with 409 OCCURRENCE_ATTENDED. Rule: J09"""
    if not present:
        return
    raise RuleBroken(
        "OCCURRENCE_ATTENDED",
        zh=f"已有{present}人签到，不能取消",
        en=f"{present} people have checked in: it cannot be cancelled",
        status=409,
        rule="J09",
        facts={"present": present},
        how_to_fix_zh="请结束本次活动；误签的请先撤销",
        how_to_fix_en="finish it; undo check-ins that were wrong first",
    )


def check_reopened_in(is_closed: bool) -> None:
    """Refuse to open again what was held in an interest grid closed since, with 409 INTEREST_GRID_CLOSED. Rule: J09"""
    if not is_closed:
        return
    raise RuleBroken(
        "INTEREST_GRID_CLOSED", zh="该兴趣网格已关闭，不能撤销结束", en="its interest grid was closed: it stays held",
        status=409, rule="J09",
        how_to_fix_zh="已结束的记录保留不变", how_to_fix_en="the record stays as it is",
    )  # fmt: skip


def finish_refusals(now: datetime, starts_at: datetime, counted: PeopleCounted) -> Iterator[RuleBroken]:
    """What stands against an occurrence being held: 422 OCCURRENCE_NOT_BEGUN, OCCURRENCE_EMPTY, VISITORS. Rule: J09"""
    if now < starts_at:
        when = starts_at.astimezone(SHANGHAI)
        yield RuleBroken(
            "OCCURRENCE_NOT_BEGUN", zh=f"活动将于{when:%Y-%m-%d %H:%M}开始，尚不能结束",
            en=f"it begins at {when:%Y-%m-%d %H:%M} and cannot be finished yet", rule="J09",
            facts={"starts_at": when.isoformat()},
            how_to_fix_zh="请在活动开始后再结束；不举办的请取消",
            how_to_fix_en="finish it once it has begun, or cancel it",
        )  # fmt: skip
    if not counted.total:
        yield RuleBroken(
            "OCCURRENCE_EMPTY", zh="没有签到也没有人数，不能记为已举办", rule="J09", field="headcount",
            en="nobody checked in and nobody was counted: it was not held",
            how_to_fix_zh="请登记到场人员或填写人数；未举办的请取消", how_to_fix_en="tick or count the people, or cancel it",
        )  # fmt: skip
    yield from visitor_refusals(counted)


def visitor_refusals(counted: PeopleCounted) -> Iterator[RuleBroken]:
    """422 VISITORS where more people came from outside than came at all. Rule: J16"""
    if counted.visitors > counted.total:
        yield RuleBroken(
            "VISITORS", zh=f"外来人数{counted.visitors}多于到场人数{counted.total}", rule="J16", field="visitors",
            en=f"{counted.visitors} visitors are more than the {counted.total} people present",
            facts={"visitors": counted.visitors, "total": counted.total},
            how_to_fix_zh="请核对人数", how_to_fix_en="correct the numbers",
        )  # fmt: skip
