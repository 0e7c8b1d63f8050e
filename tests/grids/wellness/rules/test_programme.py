"""J18: sessions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.wellness.rules.programme import Session, check_not_stopped, check_session
from wangge.errors import RuleBroken

FIRST, LAST, TODAY = date(2026, 3, 2), date(2026, 5, 24), date(2026, 4, 1)


@pytest.mark.parametrize("day", [FIRST, TODAY])
@pytest.mark.parametrize("exertion", [6, 20])
def test_at_the_limits(day: date, exertion: int) -> None:
    check_session(Session(day, True, exertion, False), FIRST, LAST, TODAY)


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), TODAY + timedelta(days=1)])
def test_j18_session_day(day: date) -> None:
    with pytest.raises(RuleBroken, match="SESSION_DAY") as refused:
        check_session(Session(day, True, 12, False), FIRST, LAST, TODAY)
    assert refused.value.facts == {"from": "2026-03-02", "to": "2026-04-01"}


def test_a_prescription_runs_out() -> None:
    check_session(Session(LAST, True, 12, False), FIRST, LAST, LAST + timedelta(days=9))
    with pytest.raises(RuleBroken, match="SESSION_DAY"):
        check_session(
            Session(LAST + timedelta(days=1), True, 12, False), FIRST, LAST, LAST + timedelta(days=9)
        )


@pytest.mark.parametrize(
    ("attended", "exertion", "stopped"),
    [(True, None, False), (True, 5, False), (True, 21, False), (False, 12, False), (False, None, True)],
)
def test_j18_session_exertion(attended: bool, exertion: int | None, stopped: bool) -> None:
    with pytest.raises(RuleBroken, match="SESSION_EXERTION"):
        check_session(Session(FIRST, attended, exertion, stopped), FIRST, LAST, TODAY)


def test_who_did_not_come_says_nothing() -> None:
    check_session(Session(FIRST, False, None, False), FIRST, LAST, TODAY)


def test_j18_review_required() -> None:
    check_not_stopped(was_stopped=False)
    with pytest.raises(RuleBroken, match="REVIEW_REQUIRED"):
        check_not_stopped(was_stopped=True)
