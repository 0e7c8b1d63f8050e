"""Five wrong passwords within fifteen minutes close the door for fifteen minutes after the last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy, check_may_try
from wangge.errors import RuleBroken

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POLICY = ThrottlePolicy()


def _failed(*minutes_ago: float) -> list[datetime]:
    return [NOW - timedelta(minutes=ago) for ago in minutes_ago]


def test_four_failures_still_may_try():
    check_may_try(_failed(1, 2, 3, 4), NOW, POLICY)


def test_the_fifth_closes_the_door_and_says_for_how_long():
    with pytest.raises(RuleBroken) as refused:
        check_may_try(_failed(5, 1, 2, 3, 4), NOW, POLICY)
    assert (refused.value.code, refused.value.status) == ("SIGN_IN_LOCKED", 429)
    assert refused.value.facts["retry_after_s"] == 14 * 60
    assert "14 分钟" in refused.value.zh


@pytest.mark.parametrize(("ago", "may"), [(15, True), (14.99, False)])
def test_a_failure_is_forgotten_exactly_after_the_window(ago, may):
    failures = _failed(ago, 0.5, 1, 2, 3)
    if may:
        check_may_try(failures, NOW, POLICY)
    else:
        with pytest.raises(RuleBroken):
            check_may_try(failures, NOW, POLICY)
