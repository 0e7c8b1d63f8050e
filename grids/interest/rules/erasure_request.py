"""A request to be erased waits for an office, which erases the person or refuses with a reason, in time.

Rule: X07
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from wangge.errors import RuleBroken

_CLAUSE = "《个人信息保护法》第47、50条"


class ErasureState(StrEnum):
    """Where a request to be erased stands."""

    WAITING = "waiting"  # an office has not answered yet
    ERASED = "erased"
    REFUSED = "refused"  # with a reason; the person may ask anew


NEXT: dict[ErasureState, frozenset[ErasureState]] = {
    ErasureState.WAITING: frozenset({ErasureState.ERASED, ErasureState.REFUSED}),
    ErasureState.ERASED: frozenset(),
    ErasureState.REFUSED: frozenset(),
}
STATE_WORDS: dict[ErasureState, str] = {
    ErasureState.WAITING: "待办理",
    ErasureState.ERASED: "已删除",
    ErasureState.REFUSED: "未同意删除",
}


def answer_due_on(asked_on: date, days: int) -> date:
    """The last day on which a request is answered in time. Rule: X07"""
    return asked_on + timedelta(days=days)


def check_answer(now: ErasureState, wanted: ErasureState, answered_on: date | None) -> None:
    """Refuse with 409 ERASURE_ANSWERED to answer a request that was answered already. Rule: X07"""
    if wanted in NEXT[now]:
        return
    on = "" if answered_on is None else answered_on.isoformat()
    raise RuleBroken(
        "ERASURE_ANSWERED",
        zh=f"该删除请求已于{on}办理：{STATE_WORDS[now]}",
        en=f"this request was answered on {on} already: {now.value}",
        status=409,
        rule="X07",
        clause=_CLAUSE,
        facts={"state": now.value, "answered_on": on},
        how_to_fix_zh="无需再办；本人再次提出的，请由其网格长重新转来",
        how_to_fix_en="nothing is left to do; who asks once more is handed up anew by the leader",
    )


def check_refusal_reason(reason: str) -> None:
    """Refuse to refuse without a word with 422 REASON_REQUIRED: the law asks for the reason. Rule: X07"""
    if reason.strip():
        return
    raise RuleBroken(
        "REASON_REQUIRED",
        zh="不同意删除的，请说明理由",
        en="say why the person is not erased",
        rule="X07",
        clause=_CLAUSE,
        how_to_fix_zh="请用一句话写明理由，网格长据此答复本人",
        how_to_fix_en="give the reason in one sentence; the leader tells it to the person",
        field="reason",
    )
