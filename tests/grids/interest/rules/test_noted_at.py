"""What was noted offline lies neither in the time to come nor too far back. Rules: J13, X05"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from grids.interest.rules.noted_at import check_noted_at
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

NOW = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("back", [timedelta(0), A_MOMENT, timedelta(days=7)])
def test_j13_within_the_days_of_policy(back: timedelta) -> None:
    check_noted_at(NOW - back, NOW, 7)


@pytest.mark.parametrize(
    ("back", "zh"),
    [
        (-A_MOMENT, "记录时间2026-11-20 09:00晚于当前时间"),
        (timedelta(days=7) + A_MOMENT, "记录时间2026-11-13 08:59已超过7天，不能补录"),
    ],
)
def test_j13_to_come_or_too_long_ago(back: timedelta, zh: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_noted_at(NOW - back, NOW, 7)
    assert (refused.value.code, refused.value.zh, refused.value.field) == ("NOTED_AT", zh, "noted_at")
    assert refused.value.facts["days"] == 7
