"""Five wrong tries within fifteen minutes close the door for fifteen minutes after the last of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.accounts.rules.sign_in_throttle import (
    ThrottlePolicy,
    address_key,
    check_address_may_try,
    check_may_try,
)
from wangge.errors import RuleBroken

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POLICY = ThrottlePolicy()


def _failed(*minutes_ago: float) -> list[datetime]:
    return [NOW - timedelta(minutes=ago) for ago in minutes_ago]


def _is_locked(*minutes_ago: float) -> bool:
    try:
        check_may_try(_failed(*minutes_ago), NOW, POLICY)
    except RuleBroken:
        return True
    return False


def test_four_failures_still_may_try():
    check_may_try(_failed(1, 2, 3, 4), NOW, POLICY)


def test_the_fifth_closes_the_door_and_says_for_how_long():
    with pytest.raises(RuleBroken) as refused:
        check_may_try(_failed(5, 1, 2, 3, 4), NOW, POLICY)
    assert (refused.value.code, refused.value.status) == ("SIGN_IN_LOCKED", 429)
    assert refused.value.facts["retry_after_s"] == 14 * 60
    assert "14 分钟" in refused.value.zh


@pytest.mark.parametrize(("first", "locked"), [(15.5, False), (15.49, True)])
def test_five_count_only_within_one_window(first, locked):
    assert _is_locked(first, 0.5, 1, 2, 3) is locked


@pytest.mark.parametrize(("last", "locked"), [(14.99, True), (15, False)])
def test_the_door_opens_a_whole_window_after_the_last_failure(last, locked):
    """Also when the first failures have long left the window: the promise of Retry-After is kept."""
    assert _is_locked(28, 27, 26, 20, last) is locked


def test_what_failed_after_the_door_opened_again_does_not_close_it_at_once():
    assert not _is_locked(29, 28, 27, 26, 25, 1)


def test_an_address_is_closed_after_its_own_number_whatever_the_names():
    policy = ThrottlePolicy(address_failures=6)
    check_address_may_try(_failed(1, 2, 3, 4, 5), NOW, policy)
    with pytest.raises(RuleBroken) as refused:
        check_address_may_try(_failed(1, 2, 3, 4, 5, 6), NOW, policy)
    assert (refused.value.code, refused.value.status) == ("ADDRESS_LOCKED", 429)
    assert refused.value.facts["retry_after_s"] == 14 * 60


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address, key):
    assert address_key(address) == key
