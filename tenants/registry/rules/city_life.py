"""A city is active, suspended or to be dropped; every step between these is asked of one table.

Rule: X01
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from wangge.errors import RuleBroken


class CityState(StrEnum):
    """Where a city stands."""

    ACTIVE = "active"  # read and written
    SUSPENDED = "suspended"  # read only, with a message
    TO_BE_DROPPED = "to_be_dropped"  # read only until its grace period ends, then gone


class CityStep(StrEnum):
    """What an operator does to a city's state."""

    SUSPEND = "suspend"
    RESUME = "resume"
    SCHEDULE_DROP = "schedule_drop"
    CANCEL_DROP = "cancel_drop"
    DROP = "drop"


# Cancelling a drop leaves the city suspended: whoever takes it back says separately that it may be written again.
_NEXT: dict[tuple[CityState, CityStep], CityState | None] = {
    (CityState.ACTIVE, CityStep.SUSPEND): CityState.SUSPENDED,
    (CityState.SUSPENDED, CityStep.SUSPEND): CityState.SUSPENDED,  # another message
    (CityState.SUSPENDED, CityStep.RESUME): CityState.ACTIVE,
    (CityState.ACTIVE, CityStep.SCHEDULE_DROP): CityState.TO_BE_DROPPED,
    (CityState.SUSPENDED, CityStep.SCHEDULE_DROP): CityState.TO_BE_DROPPED,
    (CityState.TO_BE_DROPPED, CityStep.CANCEL_DROP): CityState.SUSPENDED,
    (CityState.TO_BE_DROPPED, CityStep.DROP): None,
}
_NAMES_ZH = {
    CityState.ACTIVE: "正常",
    CityState.SUSPENDED: "已暂停",
    CityState.TO_BE_DROPPED: "待注销",
}
_STEPS_ZH = {
    CityStep.SUSPEND: "暂停",
    CityStep.RESUME: "恢复",
    CityStep.SCHEDULE_DROP: "申请注销",
    CityStep.CANCEL_DROP: "撤销注销",
    CityStep.DROP: "注销",
}
DEFAULT_MESSAGE = "该城市已暂停服务，目前只读"
# Posting here writes the visitor's own session and no data of the city, so people can sign in to read.
_OPEN_WHILE_READ_ONLY = (
    "/api/v1/sessions",
    "/api/v1/sessions/",
    "/sign-in",
    "/sign-out",
)
# For so long a process may take the city for what it was before; a second is for the requests it has let in by then.
LEARNT_WITHIN_S = 5.0
_LET_IN_S = 1.0
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Standing:
    """What the registry keeps of a city's state."""

    suspended_at: datetime | None
    drop_after: datetime | None
    message: str = ""

    @property
    def state(self) -> CityState:
        """The state these moments mean."""
        if self.drop_after is not None:
            return CityState.TO_BE_DROPPED
        return CityState.ACTIVE if self.suspended_at is None else CityState.SUSPENDED


def next_state(state: CityState, step: CityStep) -> CityState | None:
    """Where the step leads, None for gone; raises 409 INVALID_TRANSITION."""
    if (state, step) in _NEXT:
        return _NEXT[state, step]
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"城市当前状态为“{_NAMES_ZH[state]}”，不能{_STEPS_ZH[step]}",
        en=f"a city that is {state} cannot take the step {step}",
        status=409,
        facts={"state": state.value, "step": step.value},
        how_to_fix_zh="请先查看城市状态；待注销的城市须先撤销注销",
        how_to_fix_en="look at the city's state first; a city to be dropped must first have its drop cancelled",
    )


def check_confirmation(typed: str, slug: str) -> None:
    """Raise 422 CONFIRMATION_MISMATCH unless the city's short name was typed exactly."""
    if typed == slug:
        return
    raise RuleBroken(
        "CONFIRMATION_MISMATCH",
        zh=f"输入的简称与城市简称“{slug}”不一致，未执行",
        en=f"what was typed is not the city's short name “{slug}”; nothing was done",
        field="typed_slug",
        how_to_fix_zh="请原样输入城市简称以确认",
        how_to_fix_en="type the short name exactly to confirm",
    )


def drop_moment(now: datetime, grace_days: int) -> datetime:
    """When the grace period of a drop asked for now ends."""
    return now + timedelta(days=grace_days)


def time_to_learn(suspended_at: datetime, now: datetime) -> timedelta:
    """How long it may still take until nothing writes to a city that was suspended then; never negative."""
    whole = timedelta(seconds=LEARNT_WITHIN_S + _LET_IN_S)
    return max(timedelta(0), min(whole, suspended_at + whole - now))


def check_grace_over(drop_after: datetime | None, now: datetime) -> None:
    """Raise 409 GRACE_NOT_OVER while the city may still be taken back."""
    if drop_after is not None and drop_after <= now:
        return
    until = drop_after.isoformat() if drop_after else ""
    raise RuleBroken(
        "GRACE_NOT_OVER",
        zh=f"注销宽限期未满（{until or '尚未申请注销'}），不能注销",
        en=f"the grace period is not over ({until or 'no drop was asked for'})",
        status=409,
        facts={"drop_after": until},
        how_to_fix_zh="请先申请注销并等待宽限期结束",
        how_to_fix_en="ask for the drop and wait until its grace period ends",
    )


def is_refused_while_read_only(method: str, path: str) -> bool:
    """Whether a request would write data of a read-only city; signing in and out stays possible."""
    if method in _SAFE:
        return False
    return not (path in _OPEN_WHILE_READ_ONLY or path.startswith(("/api/v1/sessions/", "/sign-in/")))


def read_only_refusal(standing: Standing) -> RuleBroken:
    """What a write to a city that is suspended or to be dropped is told: 403 CITY_SUSPENDED."""
    zh, en = standing.message or DEFAULT_MESSAGE, "this city is suspended and read-only"
    facts: dict[str, object] = {"state": standing.state.value}
    if standing.drop_after is not None:
        day = standing.drop_after.date().isoformat()
        zh, en = f"{zh}（将于 {day} 之后注销）", f"{en}; it will be dropped after {day}"
        facts["drop_after"] = standing.drop_after.isoformat()
    if standing.message:
        en = f"{en}: {standing.message}"
    return RuleBroken(
        "CITY_SUSPENDED",
        zh=zh,
        en=en,
        status=403,
        facts=facts,
        how_to_fix_zh="目前只能查看；需要修改请联系平台运维",
        how_to_fix_en="reading is possible; ask the operator when writing will be",
    )
