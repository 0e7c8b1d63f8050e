"""J13: a link is a web address, a day has come, a post is one."""

from __future__ import annotations

from datetime import date

import pytest

from grids.interest.rules.channel_post import check_post_url, check_posted_on, post_twice
from wangge.errors import RuleBroken


@pytest.mark.parametrize(
    "url", ["", "http://example.org", "https://example.org/a?b=c#d", "https://演示.example/帖"]
)
def test_j13_a_web_address_or_none(url: str) -> None:
    check_post_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "javascript:alert(1)",
        "https://",
        "http://u:p@example.org",
        "http://[::1",
        "file:///etc/x",
    ],
)
def test_j13_no_web_address(url: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_post_url(url)
    assert (refused.value.code, refused.value.field) == ("POST_URL", "url")


def test_j13_a_day_that_has_come() -> None:
    check_posted_on(date(2026, 11, 20), date(2026, 11, 20))
    with pytest.raises(RuleBroken) as refused:
        check_posted_on(date(2026, 11, 21), date(2026, 11, 20))
    assert refused.value.zh == "发布日期2026-11-21尚未到来"


def test_j13_a_post_recorded_twice_tells_of_the_first() -> None:
    refused = post_twice(7, date(2026, 11, 20))
    assert (refused.code, refused.status, refused.facts["channel_post"]) == ("CHANNEL_POST_TWICE", 409, 7)
