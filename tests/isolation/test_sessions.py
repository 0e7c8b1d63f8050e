"""A session, a token or a page's key of one city opens nothing in another.

Rule: X01
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django_tenants.utils import schema_context

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


@pytest.fixture
def people(alpha, beta, make_user) -> dict[str, Any]:
    """One person in each city."""
    return {city.slug: make_user(city, f"person-{city.slug}", ["user.manage"]) for city in (alpha, beta)}


def _signed_in(city: str, user: Any) -> Client:
    client = Client(HTTP_HOST=f"{city}.test")
    with schema_context(f"city_{city}"):
        client.force_login(user)
    return client


def test_a_token_is_known_in_its_own_city_only(people, api):
    for home in ("alpha", "beta"):
        for place in ("alpha", "beta", "operator"):
            status = api(f"{place}.test", people[home]).get("me").status_code
            assert status == (200 if place == home else 401), (home, place)


def test_a_token_as_basic_or_key_is_no_better(people, api, beta):
    import base64

    secret = people["alpha"].secret
    basic = base64.b64encode(f"person-alpha:{secret}".encode()).decode()
    assert api(beta).get("me", authorization=f"Basic {basic}").status_code == 401
    assert api(beta).get("me", x_api_key=secret).status_code == 401


def test_a_session_cookie_is_known_in_its_own_city_only(people):
    client = _signed_in("alpha", people["alpha"])
    assert client.get(ME).status_code == 200
    assert client.get(ME, HTTP_HOST="beta.test").status_code == 401
    assert client.get(ME, HTTP_HOST="operator.test").status_code == 401
    assert client.get("/bureau", HTTP_HOST="beta.test").status_code in (302, 403, 404)


def test_a_session_row_carried_over_by_hand_opens_nothing(people):
    """Key and content of alpha's session in beta's table, and a person of the same number there."""
    from django.contrib.sessions.models import Session

    from tenants.accounts.models import User

    user = people["alpha"]
    with schema_context("city_alpha"):
        user.set_password("invented-Pass-alpha")
        user.save(update_fields=["password"])
    client = _signed_in("alpha", user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    with schema_context("city_alpha"):
        row = Session.objects.get(session_key=key)
    with schema_context("city_beta"):
        if not User.objects.filter(pk=user.pk).exists():
            User.objects.create(pk=user.pk, username="same-number", display_name="x", password="!")
        Session.objects.create(session_key=key, session_data=row.session_data, expire_date=row.expire_date)
    assert client.get(ME).status_code == 200
    assert client.get(ME, HTTP_HOST="beta.test").status_code == 401


def test_a_key_that_a_stranger_chose_is_not_taken(people):
    """No session fixation: an unknown key gets no row, and signing in gives a new key."""
    client = Client(HTTP_HOST="alpha.test")
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get(ME).status_code == 401
    with schema_context("city_alpha"):
        user = people["alpha"]
        user.set_password("invented-Pass-2026")
        user.save(update_fields=["password"])
    client.post("/sign-in", {"username": user.username, "password": "invented-Pass-2026"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32


def test_a_pages_key_of_another_city_does_not_let_a_write_pass(people):
    """Cookie and token of alpha at beta fit each other; the page they come from is alpha's, so they do not pass."""
    client = Client(HTTP_HOST="beta.test", enforce_csrf_checks=True)
    with schema_context("city_beta"):
        client.force_login(people["beta"])
    key = "k" * 32
    client.cookies[settings.CSRF_COOKIE_NAME] = key
    allowed = {"HTTP_X_CSRFTOKEN": key, "HTTP_ORIGIN": "http://beta.test"}
    foreign = {"HTTP_X_CSRFTOKEN": key, "HTTP_ORIGIN": "http://alpha.test"}
    statuses = [
        client.post("/api/v1/tokens", {"name": "x"}, content_type="application/json", **headers).status_code
        for headers in (foreign, {}, allowed)
    ]
    assert statuses[:2] == [403, 403]
    assert statuses[2] != 403


def test_a_cookie_is_bound_to_its_host(people):
    """Without a Domain a browser sends it to no sibling host."""
    client = _signed_in("alpha", people["alpha"])
    for cookie in client.cookies.values():
        assert not cookie["domain"], cookie
    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.CSRF_COOKIE_DOMAIN is None


def test_the_operators_person_is_unknown_in_a_city(alpha, api):
    from django.utils import timezone

    from tenants.accounts.models import User
    from tenants.accounts.services import issue_token

    operator = User.objects.create(username="operator-person", display_name="运维")
    _, operator.secret = issue_token(acting_user=operator, name="test", now=timezone.now())
    assert api("operator.test", operator).get("me").status_code == 200
    assert api(alpha, operator).get("me").status_code == 401
