"""What was published about sport in a grid, and where.

Rule: J13
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from wangge.errors import RuleBroken


class Channel(StrEnum):
    """Where something was published. Rule: J13"""

    WECHAT = "wechat"  # 微信公众号、朋友圈、群
    WEIBO = "weibo"
    CLIENT_APP = "client_app"  # 客户端
    MINI_PROGRAM = "mini_program"
    NOTICE_BOARD = "notice_board"  # 公告栏
    LOUDSPEAKER = "loudspeaker"  # 村广播


def check_post_url(url: str) -> None:
    """Refuse with 422 POST_URL an address that is no http(s) address, or that bears a password. Nothing is fetched.

    Rule: J13
    """
    if not url:
        return
    try:
        at = urlsplit(url)
        is_address = at.scheme in ("http", "https") and bool(at.hostname) and at.username is None
    except ValueError:
        is_address = False
    if is_address:
        return
    raise RuleBroken(
        "POST_URL",
        zh="链接应以 http:// 或 https:// 开头",
        en="the link must begin with http:// or https://",
        rule="J13",
        how_to_fix_zh="请粘贴完整链接；线下公告可以不填",
        how_to_fix_en="paste the whole link; a notice on a board needs none",
        field="url",
    )


def check_posted_on(posted_on: date, today: date) -> None:
    """Refuse with 422 POST_DAY a day that has not come.

    Rule: J13
    """
    if posted_on <= today:
        return
    raise RuleBroken(
        "POST_DAY",
        zh=f"发布日期{posted_on.isoformat()}尚未到来",
        en=f"the day {posted_on} has not come",
        rule="J13",
        facts={"posted_on": posted_on.isoformat(), "today": today.isoformat()},
        how_to_fix_zh="请在发布后登记",
        how_to_fix_en="record it once it is published",
        field="posted_on",
    )


def post_twice(earlier: int, posted_on: date) -> RuleBroken:
    """409 CHANNEL_POST_TWICE: the same link of the same interest grid in the same channel is one post.

    Rule: J13
    """
    return RuleBroken(
        "CHANNEL_POST_TWICE",
        zh=f"该链接已于{posted_on.isoformat()}登记",
        en=f"this link was recorded on {posted_on}",
        status=409,
        rule="J13",
        facts={"channel_post": earlier, "posted_on": posted_on.isoformat()},
        how_to_fix_zh="无需重复登记",
        how_to_fix_en="it need not be recorded again",
        field="url",
    )
