"""A session lasts while it is used, ends when it is not, and ends at last however busy, as the dated policy says.

Rule: X07
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.bureau.models import PolicyParameterVersion
from tenants.registry.models import City
from wangge.shell.middleware import forget_cities

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """`clock(minutes)` sets every Django clock to that much from now."""
    start = timezone.now()

    def go(minutes: float) -> None:
        moment = start + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return go


@pytest.fixture
def busy(alpha, make_user, api):
    """Somebody with a session in alpha."""
    make_user(alpha, "busy")
    city = api(alpha)
    with schema_context(alpha.schema_name):
        city.client.force_login(User.objects.get(username="busy"))
    assert city.get("me").status_code == 200
    return city


def set_policy(city, **values: int) -> None:
    with schema_context(city.schema_name):
        for name, value in values.items():
            PolicyParameterVersion.objects.filter(key=f"sign_in.{name}").update(value=value)


def expires_in(city) -> timedelta:
    with schema_context(city.schema_name):
        return Session.objects.get().expire_date - timezone.now()


def test_a_busy_session_outlives_its_first_half_hour(busy, clock):
    for minutes in (10, 25, 40, 65):
        clock(minutes)
        assert busy.get("me").status_code == 200


def test_a_request_within_a_tenth_of_the_idle_time_writes_no_session(
    busy, clock, django_assert_max_num_queries
):
    clock(2.9)
    with django_assert_max_num_queries(3):  # host, session, user
        assert busy.get("me").status_code == 200


@pytest.mark.parametrize(
    ("idle", "after", "status"), [(30, 29, 200), (30, 31, 401), (5, 4.9, 200), (5, 5.1, 401)]
)
def test_an_idle_session_ends_after_the_minutes_of_the_policy(alpha, busy, clock, idle, after, status):
    set_policy(alpha, idle_minutes=idle)
    clock(after)
    assert busy.get("me").status_code == status


def test_the_stored_session_and_its_cookie_end_with_the_idle_time(alpha, busy, clock):
    set_policy(alpha, idle_minutes=7)
    clock(3.1)  # wound now: the session learns of the new number
    answer = busy.get("me")
    assert timedelta(minutes=6) < expires_in(alpha) <= timedelta(minutes=7, seconds=5)
    assert answer.cookies["wangge_session"]["max-age"] == 7 * 60


def test_a_session_ends_after_its_longest_life_however_busy(alpha, busy, clock):
    set_policy(alpha, longest_hours=1)
    statuses = []
    for minutes in (20, 40, 59, 61):
        clock(minutes)
        statuses.append(busy.get("me").status_code)
    assert statuses == [200, 200, 200, 401]


def test_a_session_that_a_stricter_policy_ends_is_gone(alpha, busy, clock):
    set_policy(alpha, idle_minutes=5)
    clock(6)
    assert busy.get("me").status_code == 401
    with schema_context(alpha.schema_name):
        assert not Session.objects.exists()


def test_the_shortest_idle_time_of_the_policy_does_not_end_a_busy_session(alpha, make_user, api, clock):
    set_policy(alpha, idle_minutes=1)
    make_user(alpha, "hasty")
    city = api(alpha)
    with schema_context(alpha.schema_name):
        city.client.force_login(User.objects.get(username="hasty"))
    for seconds in range(0, 300, 50):
        clock(seconds / 60)
        assert city.get("me").status_code == 200
    clock(6.2)
    assert city.get("me").status_code == 401


@pytest.mark.django_db
def test_every_page_of_a_suspended_city_says_why_nothing_can_be_written(api, alpha):
    assert "系统维护" not in api(alpha).get("/sign-in").content.decode()
    City.objects.filter(pk=alpha.pk).update(
        suspended_at="2026-11-01T00:00Z", suspension_message="系统维护到八点"
    )
    forget_cities()
    assert "系统维护到八点" in api(alpha).get("/sign-in").content.decode()
    City.objects.filter(pk=alpha.pk).update(suspension_message="")
    forget_cities()
    assert "该城市已暂停服务，目前只读" in api(alpha).get("/sign-in").content.decode()
    assert "suspended and read-only" in api(alpha).get("/sign-in", Accept_Language="en").content.decode()
