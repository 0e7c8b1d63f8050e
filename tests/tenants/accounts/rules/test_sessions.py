"""A session ends after idle minutes and, however busy, after its longest life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.accounts.rules.sessions import SessionPolicy, ends_at, winding_interval

OPENED = datetime(2026, 11, 22, 9, tzinfo=UTC)
POLICY = SessionPolicy(idle=timedelta(minutes=30), longest=timedelta(hours=12))


@pytest.mark.parametrize(
    ("used_after_min", "ends_after_min"),
    [(0, 30), (45, 75), (11 * 60 + 29, 12 * 60 - 1), (11 * 60 + 50, 12 * 60)],
)
def test_the_earlier_of_the_two_ends_counts(used_after_min, ends_after_min):
    seen = OPENED + timedelta(minutes=used_after_min)
    assert ends_at(opened_at=OPENED, seen_at=seen, policy=POLICY) == OPENED + timedelta(
        minutes=ends_after_min
    )


def test_a_clock_is_wound_ten_times_in_the_idle_time():
    assert winding_interval(POLICY) == timedelta(minutes=3)
    assert winding_interval(SessionPolicy(idle=timedelta(minutes=1))) == timedelta(seconds=6)
