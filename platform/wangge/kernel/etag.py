"""ETags from an object's version, and If-Match on edits: a stale edit sees both values and overwrites nothing.

Rule: X06
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wangge.errors import RuleBroken


def etag_of(version: int) -> str:
    """The ETag of an object's version."""
    return f'"{version}"'


def check_if_match(
    header: str | None, *, version: int, current: Mapping[str, Any], sent: Mapping[str, Any]
) -> None:
    """Raise 428 without an If-Match, 412 STALE_VERSION when it names another version; both values are in the facts."""
    if not header:
        raise RuleBroken(
            "IF_MATCH_REQUIRED",
            zh="修改需要 If-Match 请求头",
            en="an edit needs the If-Match header",
            status=428,
            rule="X06",
            how_to_fix_zh="先读取该对象，把返回的 ETag 放入 If-Match",
            how_to_fix_en="read the object first and send its ETag as If-Match",
        )
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    if "*" in tags or etag_of(version) in tags:
        return
    raise RuleBroken(
        "STALE_VERSION",
        zh="数据已被他人更新",
        en="somebody else has changed this meanwhile",
        status=412,
        rule="X06",
        facts={"current_version": version, "current": dict(current), "sent": dict(sent)},
        how_to_fix_zh="请对照两份内容，重新读取后再提交",
        how_to_fix_en="compare both values, read the object again and resubmit",
    )
