"""What was noted without a network says when; not in the time to come, and not too long ago.

Rules: J13, X05
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken


def check_noted_at(noted_at: datetime, now: datetime, days: int) -> None:
    """Refuse with 422 NOTED_AT a time to come, or one more than so many days ago.

    Rules: J13, X05
    """
    earliest = now - timedelta(days=days)
    if earliest <= noted_at <= now:
        return
    is_to_come = noted_at > now
    shown = noted_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    raise RuleBroken(
        "NOTED_AT",
        zh=f"记录时间{shown}晚于当前时间" if is_to_come else f"记录时间{shown}已超过{days}天，不能补录",
        en=f"the time noted, {shown}, is to come"
        if is_to_come
        else f"what was noted at {shown} is over {days} days old",
        rule="J13",
        facts={"noted_at": noted_at.isoformat(), "now": now.isoformat(), "days": days},
        how_to_fix_zh="请核对手机时间" if is_to_come else f"离线记录请在{days}天内上传",
        how_to_fix_en="check the phone's clock"
        if is_to_come
        else f"send what was noted offline within {days} days",
        field="noted_at",
    )
