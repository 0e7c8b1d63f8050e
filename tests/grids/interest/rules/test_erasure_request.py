"""X07: a request to be erased is answered once, in time, and refused only with a reason."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from grids.interest.rules.erasure_request import (
    NEXT,
    STATE_WORDS,
    ErasureState,
    answer_due_on,
    check_answer,
    check_refusal_reason,
)
from wangge.errors import RuleBroken


def test_x07_a_request_is_due_so_many_days_later() -> None:
    assert answer_due_on(date(2026, 2, 20), 15) == date(2026, 3, 7)


@pytest.mark.parametrize(("now", "wanted"), list(product(ErasureState, ErasureState)))
def test_x07_only_what_waits_is_answered(now: ErasureState, wanted: ErasureState) -> None:
    if now is ErasureState.WAITING and wanted is not ErasureState.WAITING:
        check_answer(now, wanted, None)
        return
    with pytest.raises(RuleBroken) as refused:
        check_answer(now, wanted, date(2026, 3, 1))
    assert (refused.value.code, refused.value.status) == ("ERASURE_ANSWERED", 409)
    assert STATE_WORDS[now] in refused.value.zh and "2026-03-01" in refused.value.zh
    assert refused.value.facts == {"state": now.value, "answered_on": "2026-03-01"}


def test_x07_every_state_has_its_words_and_its_next_states() -> None:
    assert set(NEXT) == set(STATE_WORDS) == set(ErasureState)


def test_x07_who_refuses_says_why() -> None:
    check_refusal_reason("本人撤回")
    for reason in ("", "  "):
        with pytest.raises(RuleBroken) as refused:
            check_refusal_reason(reason)
        assert (refused.value.code, refused.value.field) == ("REASON_REQUIRED", "reason")
        assert refused.value.zh == "不同意删除的，请说明理由"
