"""J13: what was published about an interest grid is recorded once and counts as publicity work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import Activity, Occurrence, WorkLog
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db


def _post(street: Any, **more: Any) -> dict[str, Any]:
    return {
        "interest_grid_id": street.dances.pk, "channel": "wechat", "title": "晨光舞队周六公开课",
        "url": "https://example.org/posts/1", **more,
    }  # fmt: skip


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def test_j13_a_post_counts_as_publicity(alpha: Any, street: Any, speak: Any) -> None:
    answer = speak("member").post("channel-posts", _post(street))
    assert answer.status_code == 201
    assert answer.json()["posted_on"] == local_date(timezone.now()).isoformat()
    with schema_context(alpha.schema_name):
        log = WorkLog.objects.get()
        assert (log.kind, log.duty_role, log.is_typed) == ("channel_posted", "publicity", False)


def test_j13_a_post_tells_of_an_occurrence_of_its_interest_grid(alpha: Any, street: Any, speak: Any) -> None:
    at = timezone.now()

    def occurrence(of: Any) -> int:
        with schema_context(alpha.schema_name):
            activity = Activity.objects.create(
                interest_grid=of,
                title="演示活动",
                starts_at=at,
                minutes=60,
                planned_by=street.people["leader"],
            )
            row = Occurrence.objects.create(
                activity=activity, interest_grid=of, starts_at=at, ends_at=at + timedelta(hours=1)
            )
        return row.pk

    own, foreign = occurrence(street.dances), occurrence(street.chess)
    member = speak("member")
    assert member.post("channel-posts", _post(street, occurrence_id=own)).json()["occurrence_id"] == own
    assert member.post("channel-posts", _post(street, url="", occurrence_id=foreign)).status_code == 404
    assert len(member.get(f"channel-posts?occurrence={own}").json()["results"]) == 1


def test_j13_the_same_link_is_one_post(street: Any, speak: Any) -> None:
    first = speak("member").post("channel-posts", _post(street)).json()
    answer = speak("leader").post("channel-posts", _post(street, title="同一篇"))
    assert _code(answer) == (409, "CHANNEL_POST_TWICE")
    assert answer.json()["message"]["zh"] == f"该链接已于{first['posted_on']}登记"
    assert answer.json()["facts"] == {"channel_post": first["id"], "posted_on": first["posted_on"]}
    assert speak("leader").post("channel-posts", _post(street, channel="weibo")).status_code == 201
    for _ in range(2):  # two notices on a board are two
        assert (
            speak("leader").post("channel-posts", _post(street, channel="notice_board", url="")).status_code
            == 201
        )


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://example.org/x", "example.org", "https://a:b@example.org/", "http://[::1"],
)
def test_j13_a_link_is_a_web_address(street: Any, speak: Any, url: str) -> None:
    assert _code(speak("member").post("channel-posts", _post(street, url=url))) == (422, "POST_URL")


def test_j13_what_is_not_published_yet_is_not_recorded(street: Any, speak: Any) -> None:
    today = local_date(timezone.now())
    late = speak("member").post(
        "channel-posts", _post(street, posted_on=(today + timedelta(days=1)).isoformat())
    )
    assert _code(late) == (422, "POST_DAY")
    assert (
        speak("member").post("channel-posts", _post(street, posted_on=today.isoformat())).status_code == 201
    )
    assert speak("member").post("channel-posts", _post(street, channel="telepathy")).status_code == 400


@pytest.mark.parametrize(
    ("who", "status", "seen"),
    [
        ("member", 201, 1), ("leader", 201, 1), ("town", 201, 1), ("bureau", 201, 1), ("viewer", 404, 0),
        ("stranger", 404, 0), ("other_leader", 404, 0), ("other_town", 404, 0),
    ],
)  # fmt: skip
def test_j13_who_may_record_a_post_and_who_sees_it(
    street: Any, speak: Any, who: str, status: int, seen: int
) -> None:
    assert speak("member").post("channel-posts", _post(street)).status_code == 201
    assert len(speak(who).get("channel-posts").json()["results"]) == seen
    assert speak(who).post("channel-posts", _post(street, url="")).status_code == status


def test_j13_a_list_of_posts_costs_the_same_however_long(
    street: Any, speak: Any, django_assert_max_num_queries: Any
) -> None:
    member = speak("member")
    for number in range(6):
        member.post("channel-posts", _post(street, url=f"https://example.org/{number}"))
    with django_assert_max_num_queries(8):
        assert len(member.get("channel-posts").json()["results"]) == 6
