"""J07: an interest grid without activities falls asleep after the policy's days, is told of once, and wakes again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_met(neighbourhood: Any, in_city: Any) -> Any:
    """`last_met(61)`: the dance was founded long ago and last met so many days ago; None: it never met."""
    from grids.interest.models import InterestGrid

    def set_days(ago: int | None) -> None:
        day = None if ago is None else neighbourhood.today - timedelta(days=ago)
        with in_city():
            InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(
                active_since=neighbourhood.today - timedelta(days=300), last_activity_on=day
            )

    return set_days


@pytest.fixture
def sleep(in_city: Any) -> Any:
    """Run the city's daily round; returns the names of those that fell asleep."""
    from grids.interest.services.dormancy import let_silent_sleep

    def run() -> list[str]:
        with in_city():
            return [each.name for each in let_silent_sleep()]

    return run


@pytest.mark.parametrize(
    ("ago", "state"), [(0, "active"), (60, "active"), (61, "dormant"), (None, "dormant")]
)
def test_j07_it_sleeps_after_sixty_days_without_an_activity(
    neighbourhood: Any, speak: Any, last_met: Any, sleep: Any, ago: int | None, state: str
) -> None:
    last_met(ago)
    assert sleep() == (["晨光广场舞队"] if state == "dormant" else [])
    found = speak("leader").get(f"interest-grids/{neighbourhood.dance.pk}").json()
    assert found["state"] == state
    assert found["dormant_since"] == (neighbourhood.today.isoformat() if state == "dormant" else None)


def test_j07_a_new_one_has_its_days_too(neighbourhood: Any, sleep: Any) -> None:
    assert sleep() == []


def test_j07_the_days_are_the_citys_policy(
    neighbourhood: Any, last_met: Any, sleep: Any, in_city: Any
) -> None:
    from tenants.bureau.models import PolicyParameterVersion

    last_met(31)
    assert sleep() == []
    with in_city():
        versions = PolicyParameterVersion.objects.filter(key="interest_grid.dormant_days")
        versions.update(value=30)
    assert sleep() == ["晨光广场舞队"]


def test_j07_its_leader_is_told_once_and_the_log_tells_each(
    neighbourhood: Any, last_met: Any, sleep: Any, in_city: Any
) -> None:
    from tenants.accounts.models import AuditEvent
    from tenants.bureau.models import OutboxMessage

    last_met(61)
    sleep()
    assert sleep() == []
    with in_city():
        (message,) = OutboxMessage.objects.filter(template="interest_grid.dormant")
        logged = AuditEvent.objects.get(action="interest_grid.sleep")
    assert message.recipient == f"accounts.user:{neighbourhood.people['leader'].pk}"
    assert message.facts["title"] == "兴趣网格“晨光广场舞队”超过60天没有活动，已转为休眠"
    assert (logged.actor_label, logged.subject_id) == ("system", str(neighbourhood.dance.pk))
    assert logged.after["policy_version"].startswith("interest_grid ")


def test_j07_one_statement_lets_the_whole_city_sleep(
    neighbourhood: Any, last_met: Any, sleep: Any, in_city: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from grids.interest.models import InterestGrid

    last_met(61)
    with CaptureQueriesContext(connection) as one:
        assert len(sleep()) == 1
    with in_city():
        InterestGrid.objects.update(
            state="active", active_since=neighbourhood.today - timedelta(days=300), last_activity_on=None
        )
    with CaptureQueriesContext(connection) as both:
        assert len(sleep()) == 2
    assert len(one) == len(both)
    assert sum("SET state = 'dormant'" in query["sql"] for query in both) == 1


@pytest.mark.parametrize(("ago", "state"), [(0, "active"), (60, "active"), (61, "dormant")])
def test_j07_an_activity_held_lately_wakes_it(
    neighbourhood: Any, speak: Any, last_met: Any, sleep: Any, in_city: Any, ago: int, state: str
) -> None:
    from grids.interest.models import InterestGrid, InterestGridSpan
    from grids.interest.services.interest_grid_states import note_activity_held

    last_met(None)
    sleep()
    with in_city():
        note_activity_held(
            found=InterestGrid.objects.get(pk=neighbourhood.dance.pk), on=neighbourhood.today - timedelta(days=ago),
            acting_user=neighbourhood.people["member"],
        )  # fmt: skip
        present = InterestGridSpan.objects.get(interest_grid=neighbourhood.dance, until=None)
    found = speak("leader").get(f"interest-grids/{neighbourhood.dance.pk}").json()
    assert (found["state"], present.state) == (state, state)
    assert found["last_activity_on"] == (neighbourhood.today - timedelta(days=ago)).isoformat()
    assert sleep() == []


def test_j07_an_earlier_activity_told_late_does_not_turn_the_clock_back(
    neighbourhood: Any, last_met: Any, in_city: Any
) -> None:
    from grids.interest.models import InterestGrid
    from grids.interest.services.interest_grid_states import note_activity_held

    last_met(3)
    with in_city():
        note_activity_held(
            found=InterestGrid.objects.get(pk=neighbourhood.dance.pk),
            on=neighbourhood.today - timedelta(days=20),
            acting_user=None,
        )
        found = InterestGrid.objects.get(pk=neighbourhood.dance.pk)
    assert found.last_activity_on == neighbourhood.today - timedelta(days=3)


def test_j07_who_is_woken_by_hand_has_the_days_again(
    neighbourhood: Any, speak: Any, last_met: Any, sleep: Any
) -> None:
    last_met(90)
    sleep()
    leader, path = speak("leader"), f"interest-grids/{neighbourhood.dance.pk}"
    assert leader.post(f"{path}/wake", {}).json()["state"] == "active"
    assert sleep() == []
    assert leader.post(f"{path}/wake", {}).json()["code"] == "INVALID_TRANSITION"


def test_j07_nobody_wakes_it_without_a_member(
    neighbourhood: Any, speak: Any, last_met: Any, sleep: Any, in_city: Any
) -> None:
    last_met(90)
    sleep()
    from grids.interest.models import MemberPost

    yesterday = neighbourhood.today - timedelta(days=1)
    with in_city():
        posts = MemberPost.objects.filter(pk=neighbourhood.post.pk)
        posts.update(starts_on=yesterday - timedelta(days=9), ends_on=yesterday)
    refused = speak("leader").post(f"interest-grids/{neighbourhood.dance.pk}/wake", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "MEMBER_REQUIRED")
