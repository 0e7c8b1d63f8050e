"""What tests of activities share: a plan for tomorrow, an activity, an occurrence under way, and its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.bureau.rules.local_time import SHANGHAI

CONSENT = "2026-1"


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A moment on the clock in Shanghai, so many days from today."""
    today = timezone.now().astimezone(SHANGHAI)
    return (today + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)


@pytest.fixture
def plan(neighbourhood: Any) -> Callable[..., dict[str, Any]]:
    """`plan(title="…")` is the body of a one-off tomorrow from 9 to 10 at a named place, with changes."""

    def body(**changes: Any) -> dict[str, Any]:
        given = {
            "interest_grid_id": neighbourhood.dance.pk, "title": "晨光广场舞", "starts_at": at(1, 9).isoformat(),
            "ends_at": at(1, 10).isoformat(), "place_name": "胜利广场东侧",
        }  # fmt: skip
        return {**given, **changes}

    return body


@pytest.fixture
def planned(speak: Any, plan: Any) -> Callable[..., dict[str, Any]]:
    """`planned(by="member", title="…")` plans one and returns the answer's body."""

    def make(by: str = "member", **changes: Any) -> dict[str, Any]:
        answer = speak(by).post("activities", plan(**changes))
        assert answer.status_code == 201, answer.content
        body: dict[str, Any] = answer.json()
        return body

    return make


@pytest.fixture
def under_way(planned: Any, in_city: Any) -> Callable[..., Any]:
    """`under_way()` is an occurrence that began ten minutes ago and lasts an hour, as its row."""
    from grids.interest.models import Occurrence

    def make(began_minutes_ago: int = 10, minutes: int = 60, **changes: Any) -> Any:
        starts_at = timezone.now() - timedelta(minutes=began_minutes_ago)
        ends_at = starts_at + timedelta(minutes=minutes)
        body = planned(starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat(), **changes)
        with in_city():
            return Occurrence.objects.select_related("activity", "interest_grid").get(activity_id=body["id"])

    return make


@pytest.fixture
def code_of(speak: Any) -> Callable[..., str]:
    """`code_of(occurrence)` is a fresh check-in code of it, asked for by the member."""

    def ask(occurrence: Any, by: str = "member") -> str:
        answer = speak(by).get(f"occurrences/{occurrence.pk}/check-in-code")
        assert answer.status_code == 200, answer.content
        token: str = answer.json()["token"]
        return token

    return ask


def coming(number: int, **changes: Any) -> dict[str, Any]:
    """What an invented person types at the door."""
    return {
        "name": f"钱演示{number:03d}", "phone": f"139000{number:05d}", "consent": True, "consent_version": CONSENT,
        **changes,
    }  # fmt: skip
