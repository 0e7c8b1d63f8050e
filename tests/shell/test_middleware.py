"""A session lasts while it is used and ends when it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from wangge.shell.middleware import SlidingSessionMiddleware


@pytest.mark.django_db
def test_a_busy_session_outlives_its_first_half_hour(api, alpha, make_user, monkeypatch):
    from django.contrib.sessions.models import Session
    from django_tenants.utils import schema_context

    from tenants.accounts.models import User

    make_user(alpha, "busy")
    city = api(alpha)
    with schema_context(alpha.schema_name):
        city.client.force_login(User.objects.get(username="busy"))
    assert city.get("me").status_code == 200
    with schema_context(alpha.schema_name):
        soon = timezone.now() + timedelta(minutes=1)
        Session.objects.update(expire_date=soon)
    monkeypatch.setattr(SlidingSessionMiddleware, "EVERY_S", 0)
    assert city.get("me").status_code == 200
    with schema_context(alpha.schema_name):
        assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=25)


@pytest.mark.django_db
def test_a_request_within_five_minutes_writes_no_session(
    api, alpha, make_user, django_assert_max_num_queries
):
    from django_tenants.utils import schema_context

    from tenants.accounts.models import User

    make_user(alpha, "busy")
    city = api(alpha)
    with schema_context(alpha.schema_name):
        city.client.force_login(User.objects.get(username="busy"))
    city.get("me")
    with django_assert_max_num_queries(3):  # host, session, user
        assert city.get("me").status_code == 200
