"""J07: silence of sixty days is rest, of sixty-one is sleep; an activity as recent wakes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.interest.rules.dormancy import last_day_of_silence, wakes

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(("ago", "sleeps"), [(0, False), (59, False), (60, False), (61, True), (400, True)])
def test_j07_sixty_days_are_awake_and_sixty_one_sleep(ago: int, sleeps: bool) -> None:
    met = DAY - timedelta(days=ago)
    assert (met <= last_day_of_silence(DAY, 60)) is sleeps
    assert wakes(met, DAY, 60) is not sleeps


def test_j07_the_policy_may_say_other_days() -> None:
    assert last_day_of_silence(DAY, 1) == date(2026, 11, 20)
