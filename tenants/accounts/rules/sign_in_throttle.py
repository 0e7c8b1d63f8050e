"""Wrong passwords and codes in a row close a name's door for a while, whoever knocks, and an address's for all names.

Rule: X07
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil

from wangge.errors import RuleBroken


@dataclass(frozen=True)
class ThrottlePolicy:
    """`failures` wrong tries of one name within `window` close its door for `window` after the last of them.

    `address_failures` wrong tries from one address, whatever the names, close the door to that address alike.
    """

    failures: int = 5
    window: timedelta = timedelta(minutes=15)
    address_failures: int = 50


def closed_until(failed_at: Sequence[datetime], most: int, window: timedelta) -> datetime | None:
    """When the door opens again that these failures closed last; None when they never were enough in one window.

    `failed_at` must reach back two windows: a lock that began a window ago was earned in the window before it.
    """
    moments = sorted(failed_at)
    for last in range(len(moments) - 1, most - 2, -1):
        if moments[last] - moments[last - most + 1] < window:
            return moments[last] + window
    return None


def check_may_try(failed_at: Sequence[datetime], now: datetime, policy: ThrottlePolicy) -> None:
    """Raise 429 SIGN_IN_LOCKED while the name's door is closed; `failed_at` are its failures since the last success."""
    until = closed_until(failed_at, policy.failures, policy.window)
    if until is None or until <= now:
        return
    wait, minutes = _wait(until, now)
    raise RuleBroken(
        "SIGN_IN_LOCKED",
        zh=f"连续 {policy.failures} 次登录失败，请 {minutes} 分钟后再试",
        en=f"{policy.failures} failed sign-ins in a row; try again in {minutes} minutes",
        status=429,
        rule="X07",
        facts={"failures": policy.failures, "retry_after_s": wait},
        how_to_fix_zh="请稍后再试，或联系管理员解锁",
        how_to_fix_en="wait, or ask an administrator to unlock the name",
    )


def check_address_may_try(failed_at: Sequence[datetime], now: datetime, policy: ThrottlePolicy) -> None:
    """Raise 429 ADDRESS_LOCKED while the door is closed to an address from which too many names were tried."""
    until = closed_until(failed_at, policy.address_failures, policy.window)
    if until is None or until <= now:
        return
    wait, minutes = _wait(until, now)
    raise RuleBroken(
        "ADDRESS_LOCKED",
        zh=f"此网络地址登录失败过多，请 {minutes} 分钟后再试",
        en=f"too many failed sign-ins from this address; try again in {minutes} minutes",
        status=429,
        rule="X07",
        facts={"retry_after_s": wait},
        how_to_fix_zh="请稍后再试；若多人共用出口地址，请联系管理员调整上限",
        how_to_fix_en="wait; where many share one address an administrator may raise the limit",
    )


def _wait(until: datetime, now: datetime) -> tuple[int, int]:
    seconds = ceil((until - now).total_seconds())
    return seconds, ceil(seconds / 60)


def address_key(address: str) -> str:
    """What tries from an address are counted under: the address, or the /64 network of an IPv6 one.

    Whoever holds one IPv6 address holds all of its network. Text that is no address is taken as it is.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    mapped = getattr(found, "ipv4_mapped", None)
    if found.version == 4 or mapped:
        return str(mapped or found)
    return str(ip_network((found, 64), strict=False))
