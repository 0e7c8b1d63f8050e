"""Signing in: by password with a throttle, by token in three dresses, and never with another city's."""

from __future__ import annotations

import base64

import pytest
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent
from tenants.accounts.services import create_user
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"


@pytest.fixture
def zhang(alpha):
    with schema_context(alpha.schema_name):
        return create_user(username="Zhang", display_name="张测试", password=PASSWORD, acting_user=None)


def test_sign_in_opens_a_session_and_signs_out(alpha, zhang, api):
    city = api(alpha)
    answer = city.post("sessions", {"username": "zhang", "password": PASSWORD})
    assert answer.status_code == 201, answer.content
    assert city.get("me").json()["username"] == "zhang"
    csrf = city.client.cookies["wangge_session_csrf"].value
    assert city.delete("sessions/current", X_CSRFToken=csrf).status_code == 204
    assert city.get("me").status_code == 401


def test_five_wrong_passwords_lock_the_door(alpha, zhang, api):
    city = api(alpha)
    for _ in range(5):
        answer = city.post("sessions", {"username": "zhang", "password": "wrong"})
        assert (answer.status_code, answer.json()["code"]) == (401, "WRONG_CREDENTIALS")
    locked = city.post("sessions", {"username": "zhang", "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "SIGN_IN_LOCKED")
    assert int(locked["Retry-After"]) > 0


def test_token_works_as_bearer_basic_and_api_key_in_its_own_city_only(alpha, beta, make_user, api):
    user = make_user(alpha, "li")
    assert api(alpha, user).get("me").status_code == 200
    assert api(beta, user).get("me").status_code == 401
    basic = base64.b64encode(f"li:{user.secret}".encode()).decode()
    assert api(alpha).get("me", Authorization=f"Basic {basic}").status_code == 200
    assert api(alpha).get("me", X_API_KEY=user.secret).status_code == 200
    assert api(alpha).get("me").status_code == 401


def test_session_of_one_city_is_nobody_in_the_other(alpha, beta, zhang, api):
    city = api(alpha)
    city.post("sessions", {"username": "zhang", "password": PASSWORD})
    city.host = "beta.test"
    assert city.get("me").status_code == 401


def test_revoked_token_is_refused(alpha, make_user, api):
    user = make_user(alpha, "wang")
    speaker = api(alpha, user)
    token_id = speaker.get("tokens").json()["results"][0]["id"]
    assert speaker.delete(f"tokens/{token_id}").status_code == 204
    assert speaker.get("me").json()["code"] == "TOKEN_NOT_VALID"


def test_token_of_another_person_is_not_found(alpha, make_user, api):
    mine, other = make_user(alpha, "a1"), make_user(alpha, "b1")
    token_id = api(alpha, mine).get("tokens").json()["results"][0]["id"]
    assert api(alpha, other).delete(f"tokens/{token_id}").status_code == 404


def test_weak_password_and_taken_name_are_refused(in_alpha, zhang):
    with pytest.raises(RuleBroken) as weak:
        create_user(username="x1", display_name="测试", password="123", acting_user=None)
    assert (weak.value.code, weak.value.status) == ("PASSWORD_TOO_WEAK", 422)
    with pytest.raises(RuleBroken) as taken:
        create_user(username="ZHANG", display_name="测试", password=PASSWORD, acting_user=None)
    assert (taken.value.code, taken.value.status) == ("USERNAME_TAKEN", 409)


def test_creating_a_user_leaves_an_audit_row(in_alpha, zhang):
    row = AuditEvent.objects.get(action="user.create", subject_id=str(zhang.pk))
    assert (row.subject_id, row.after) == (str(zhang.pk), {"username": "zhang"})


def signed_in(city):
    """The city's client after signing in, with the CSRF token of its page on every write."""
    assert city.post("sessions", {"username": "zhang", "password": PASSWORD}).status_code == 201
    city.client.defaults["HTTP_X_CSRFTOKEN"] = city.client.cookies["wangge_session_csrf"].value
    return city


def test_same_key_same_request_is_done_once(alpha, zhang, api):
    speaker = signed_in(api(alpha))
    first = speaker.post("tokens", {"name": "phone"}, Idempotency_Key="k-1")
    again = speaker.post("tokens", {"name": "phone"}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true" and again.json()["id"] == first.json()["id"]
    assert "secret" in first.json() and "secret" not in again.json(), (
        "a secret is shown once and never stored"
    )
    assert len(speaker.get("tokens").json()["results"]) == 1
    other = speaker.post("tokens", {"name": "another"}, Idempotency_Key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_unknown_host_is_not_found(db, api):
    answer = api("nobody.test").get("me")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("expires_at", "status", "code"),
    [
        ("2000-01-01T00:00:00Z", 422, "TOKEN_EXPIRY"),
        ("2099-01-01T00:00:00Z", 422, "TOKEN_EXPIRY"),
        ("2999-01-01T00:00:00Z", 400, "DAY_OUT_OF_RANGE"),
        ("2030-01-01T00:00:00", 400, "NAIVE_DATETIME"),
        ("2030-01-01T00:00:00+08:00", 201, None),
    ],
)
def test_a_token_expires_in_time_to_come_with_an_offset(alpha, zhang, api, expires_at, status, code):
    answer = signed_in(api(alpha)).post("tokens", {"name": "n", "expires_at": expires_at})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_key_does_not_open_the_locked_door(alpha, zhang, api):
    city = api(alpha)
    for number in range(5):
        city.post("sessions", {"username": "zhang", "password": "wrong"}, Idempotency_Key=f"k{number}")
    locked = city.post("sessions", {"username": "zhang", "password": "wrong"}, Idempotency_Key="k6")
    assert (locked.status_code, locked.json()["code"]) == (429, "SIGN_IN_LOCKED")


def test_a_page_without_its_token_is_told_so(alpha, zhang, api):
    from rest_framework.test import APIClient

    city = api(alpha)
    city.client = APIClient(enforce_csrf_checks=True)
    city.post("sessions", {"username": "zhang", "password": PASSWORD})
    refused = city.delete("sessions/current")
    assert (refused.status_code, refused.json()["code"]) == (403, "CSRF_FAILED")
