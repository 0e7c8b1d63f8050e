"""Moments carry their offset: a time without one could mean two things.

Rule: X02
"""

from __future__ import annotations

from datetime import datetime

from wangge.errors import RuleBroken


def check_aware(moment: datetime, field: str) -> None:
    """Refuse a time without an offset with 400 NAIVE_DATETIME.

    Rule: X02
    """
    if moment.utcoffset() is not None:
        return
    raise RuleBroken(
        "NAIVE_DATETIME",
        zh=f"时间“{moment.isoformat()}”缺少时区",
        en=f"the time {moment.isoformat()} has no offset",
        status=400,
        rule="X02",
        facts={"value": moment.isoformat()},
        how_to_fix_zh="请写明时区，例如 2026-03-02T09:00:00+08:00",
        how_to_fix_en="write the offset, for example 2026-03-02T09:00:00+08:00",
        field=field,
    )
