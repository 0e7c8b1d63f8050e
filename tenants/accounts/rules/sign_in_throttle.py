"""Wrong passwords in a row close an account's door for a while, whoever knocks.

Rule: X07
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from wangge.errors import RuleBroken


@dataclass(frozen=True)
class ThrottlePolicy:
    """`failures` wrong attempts within `window` close the door for `window` after the last of them."""

    failures: int = 5
    window: timedelta = timedelta(minutes=15)


def check_may_try(failed_at: Sequence[datetime], now: datetime, policy: ThrottlePolicy) -> None:
    """Raise 429 SIGN_IN_LOCKED while the door is closed; `failed_at` are the failures since the last success."""
    recent = sorted(moment for moment in failed_at if now - moment < policy.window)
    if len(recent) < policy.failures:
        return
    wait = ceil((recent[-1] + policy.window - now).total_seconds())
    minutes = ceil(wait / 60)
    raise RuleBroken(
        "SIGN_IN_LOCKED",
        zh=f"连续 {len(recent)} 次登录失败，请 {minutes} 分钟后再试",
        en=f"{len(recent)} failed sign-ins in a row; try again in {minutes} minutes",
        status=429,
        rule="X07",
        facts={"failures": len(recent), "retry_after_s": wait},
        how_to_fix_zh="请稍后再试，或联系管理员重置密码",
        how_to_fix_en="wait, or ask an administrator to reset the password",
    )
