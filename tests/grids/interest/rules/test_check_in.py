"""J09: check-in opens before the start, lasts to the end, and what is refused says when it would be right."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from grids.interest.rules.check_in import (
    CheckInPolicy,
    CrowdPolicy,
    check_crowd,
    check_in_open,
    check_in_window,
    check_record_open,
    code_expired,
    name_needed,
    too_many_tries,
)
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

POLICY = CheckInPolicy(early_minutes=60, late_minutes=30, record_days=7)
START = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)


def test_j09_the_window_reaches_from_before_the_start_to_the_end() -> None:
    window = check_in_window(START, START + timedelta(hours=2), POLICY)
    assert window.opens_at == START - timedelta(hours=1)
    assert window.closes_at == START + timedelta(hours=2)
    assert f"{window.recorded_until:%Y-%m-%d %H:%M:%S}" == "2026-03-09 23:59:59"


def test_j09_a_short_one_stays_open_for_the_minutes_of_policy() -> None:
    window = check_in_window(START, START + timedelta(minutes=10), POLICY)
    assert window.closes_at == START + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (-timedelta(hours=1), None), (-timedelta(hours=1) - SECOND, "CHECK_IN_EARLY"),
        (timedelta(hours=2), None), (timedelta(hours=2) + SECOND, "CHECK_IN_CLOSED"),
    ],
)  # fmt: skip
def test_j09_check_in_at_the_edges(offset: timedelta, code: str | None) -> None:
    window = check_in_window(START, START + timedelta(hours=2), POLICY)
    if code is None:
        check_in_open(START + offset, window)
        return
    with pytest.raises(RuleBroken) as refused:
        check_in_open(START + offset, window)
    assert (refused.value.code, refused.value.status, refused.value.rule) == (code, 422, "J09")
    assert ("08:00" if code == "CHECK_IN_EARLY" else "11:00") in refused.value.zh


def test_j09_recording_ends_after_its_days() -> None:
    window = check_in_window(START, START + timedelta(hours=2), POLICY)
    check_record_open(window.recorded_until, window)
    with pytest.raises(RuleBroken, match="RECORD_CLOSED"):
        check_record_open(window.recorded_until + SECOND, window)
    with pytest.raises(RuleBroken, match="CHECK_IN_EARLY"):
        check_record_open(window.opens_at - SECOND, window)


def test_j09_refusals_say_what_to_do() -> None:
    assert "10分钟" in code_expired(10).zh
    assert name_needed().field == "name"
    many = too_many_tries(20, 15)
    assert (many.status, many.facts["retry_after_s"]) == (429, 900)


@pytest.mark.parametrize(
    ("by_code", "from_address", "code"),
    [(2, 4, None), (3, 4, "CHECK_IN_CODE_FULL"), (2, 5, "CHECK_IN_CROWD"), (9, 9, "CHECK_IN_CODE_FULL")],
)
def test_j09_a_crowd_is_taken_up_to_its_limit(by_code: int, from_address: int, code: str | None) -> None:
    policy = CrowdPolicy(most_per_code=3, most_per_minute=5)
    if code is None:
        check_crowd(by_code, from_address, policy)
        return
    with pytest.raises(RuleBroken) as refused:
        check_crowd(by_code, from_address, policy)
    assert refused.value.code == code
    assert refused.value.status == {"CHECK_IN_CODE_FULL": 409, "CHECK_IN_CROWD": 429}[code]
