"""What may become of a computed assignment, and the refusals on the way. Rule: S07"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from wangge.errors import RuleBroken


class RunAction(StrEnum):
    """What somebody does to a run."""

    ADOPT = "adopt"
    WITHDRAW = "withdraw"


NAMES_ZH = {
    "computing": "计算中",
    "ready": "待采用",
    "adopted": "执行中",
    "replaced": "已停止执行",
    "failed": "计算出错",
    "cancelled": "已取消",
}
NAMES_EN = {
    "computing": "being computed",
    "ready": "ready to be adopted",
    "adopted": "in force",
    "replaced": "no longer in force",
    "failed": "one whose computation failed",
    "cancelled": "cancelled",
}
DONE_EN = {RunAction.ADOPT: "adopted", RunAction.WITHDRAW: "withdrawn"}
NEXT = {("ready", RunAction.ADOPT): "adopted", ("adopted", RunAction.WITHDRAW): "replaced"}
JOB_ENDS = ("cancelled", "failed")
MOST_DAYS_OFF = 31
MOST_TOLD = 20


def standing_state(state: str, job_state: str) -> str:
    """The state; of a run that was never decided because its job has ended, how the job ended."""
    return job_state if state == "computing" and job_state in JOB_ENDS else state


def next_state(state: str, action: RunAction) -> str:
    """The state after the action; 409 INVALID_TRANSITION where the run is not one for it."""
    if (state, action) in NEXT:
        return NEXT[state, action]
    verb_zh = "采用" if action is RunAction.ADOPT else "撤回"
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"该次分配{NAMES_ZH[state]}，不能{verb_zh}",
        en=f"this assignment is {NAMES_EN[state]}: it cannot be {DONE_EN[action]}",
        status=409,
        rule="S07",
        facts={"state": state, "action": action.value},
        how_to_fix_zh="请选择待采用的计算结果" if action is RunAction.ADOPT else "请选择正在执行的分配",
        how_to_fix_en="choose a ready run" if action is RunAction.ADOPT else "choose the run in force",
    )


def check_none_computing(running: int | None) -> None:
    """One computation at a time: 409 ASSIGNMENT_RUNNING, naming the one that runs."""
    if running is None:
        return
    raise RuleBroken(
        "ASSIGNMENT_RUNNING",
        zh=f"分配 {running} 正在计算",
        en=f"assignment {running} is being computed",
        status=409,
        rule="S07",
        facts={"run": running},
        how_to_fix_zh="请等待其完成，或先取消该任务",
        how_to_fix_en="wait for it, or cancel its job first",
    )


def check_same_base(standing: int | None, base: int | None) -> None:
    """A run is adopted onto the run it was computed from: 409 ANOTHER_RUN_ADOPTED when that is not in force now."""
    if standing == base:
        return
    zh = "无" if standing is None else f"分配 {standing}"
    raise RuleBroken(
        "ANOTHER_RUN_ADOPTED",
        zh=f"计算之后执行中的分配已变为：{zh}",
        en=f"since the computation the run in force has become {standing or 'none'}",
        status=409,
        rule="S07",
        facts={"standing": standing, "computed_from": base},
        how_to_fix_zh="请重新计算，使结果与现行分配衔接",
        how_to_fix_en="compute anew, so that the answer keeps to the run in force",
    )


_KINDS_ZH = {"instructors": "指导员", "needs": "需求", "pins": "固定"}
_WORDS_ZH = {"added": "新增", "removed": "减少", "changed": "变动"}


def check_same_inputs(changes: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """A run is adopted while what its pairs rest on holds: 409 ASSIGNMENT_INPUTS_CHANGED says all that changed."""
    if not changes:
        return
    zh = "，".join(
        f"{_KINDS_ZH[kind]}{_WORDS_ZH[how]}{told['count']}"
        for kind, found in changes.items()
        for how, told in found.items()
    )
    en = ", ".join(
        f"{told['count']} {kind} {how}" for kind, found in changes.items() for how, told in found.items()
    )
    raise RuleBroken(
        "ASSIGNMENT_INPUTS_CHANGED",
        zh=f"计算之后数据已变化：{zh}",
        en=f"what it was computed from has changed: {en}",
        status=409,
        rule="S07",
        facts=dict(changes),
        how_to_fix_zh="请重新计算；现行分配中的安排会尽量保留",
        how_to_fix_en="compute anew: what is in force is kept as far as it can be",
    )


def check_day(as_of: date, today: date) -> None:
    """A run is adopted near the day it was computed for: 409 RUN_TOO_OLD when that is more than 31 days off."""
    days = abs((today - as_of).days)
    if days <= MOST_DAYS_OFF:
        return
    raise RuleBroken(
        "RUN_TOO_OLD",
        zh=f"该次分配按{as_of.isoformat()}计算，与今天相差{days}天，超过{MOST_DAYS_OFF}天",
        en=f"this run was computed for {as_of}, {days} days off today; {MOST_DAYS_OFF} at most",
        status=409,
        rule="S07",
        facts={"as_of": as_of.isoformat(), "days": days, "most": MOST_DAYS_OFF},
        how_to_fix_zh="请按今天重新计算",
        how_to_fix_en="compute anew for today",
    )


def check_papers(pairs: Collection[tuple[int, int]], day: date) -> None:
    """Pairs (instructor, need) whose person may not serve on the day: 409 ASSIGNMENT_NOT_QUALIFIED, if there are any."""
    if not pairs:
        return
    raise RuleBroken(
        "ASSIGNMENT_NOT_QUALIFIED",
        zh=f"{len(pairs)}项安排的指导员在{day.isoformat()}不具备所需资格",
        en=f"in {len(pairs)} pairs the instructor may not teach what is asked for on {day}",
        status=409,
        rule="S07",
        facts={
            "day": day.isoformat(),
            "count": len(pairs),
            "pairs": [{"instructor": who, "need": need} for who, need in sorted(pairs)[:MOST_TOLD]],
        },
        how_to_fix_zh="请更新证书与项目，或按今天重新计算",
        how_to_fix_en="renew certificates and items, or compute anew for today",
    )


def withdrawn_before(replaced: int) -> RuleBroken:
    """The 409 for taking up a run again that is not there any more."""
    return RuleBroken(
        "NO_RUN_BEFORE", zh=f"分配 {replaced} 之前的分配已不存在", status=409, rule="S07",
        en=f"the run before {replaced} exists no more",
    )  # fmt: skip


def check_computed(state: str) -> None:
    """Only what has been computed can be explained and exported: 404 NOT_COMPUTED."""
    if state in ("ready", "adopted", "replaced"):
        return
    raise RuleBroken(
        "NOT_COMPUTED", zh=f"该次分配{NAMES_ZH[state]}，没有结果", status=404, rule="S07",
        en=f"this run is {state}: there is no answer yet", facts={"state": state},
    )  # fmt: skip
