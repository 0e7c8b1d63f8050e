"""One's own password and sessions: changed by who knows the old one, ended at once, never fixed by a stranger.

Rule: X07
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, FormerPassword, SignedInSession
from tenants.accounts.services import create_user, issue_token
from tenants.bureau.models import Grant, PolicyParameterVersion
from tenants.bureau.queries.org_units import root_unit

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"
NEXT = "another-Pass-2027"


@pytest.fixture
def enter(alpha, api):
    """`enter("zhang")`: a client of alpha signed in as that person; made at the first call."""
    known = {}

    def make(username, rights=(), password=PASSWORD):
        if username not in known:
            with schema_context(alpha.schema_name):
                user = create_user(
                    username=username, display_name="测试", password=PASSWORD, acting_user=None
                )
                Grant.objects.bulk_create(
                    [Grant(user=user, permission=name, unit=root_unit()) for name in rights]
                )
            known[username] = user
        client = api(alpha)
        client.user = known[username]
        client.answer = client.post("sessions", {"username": username, "password": password})
        if client.answer.status_code == 201:
            client.client.defaults["HTTP_X_CSRFTOKEN"] = client.client.cookies["wangge_session_csrf"].value
        return client

    return make


def change(client, old=PASSWORD, new=NEXT, **headers):
    return client.post("me/password", {"old_password": old, "password": new}, **headers)


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def set_policy(city, key, value):
    with schema_context(city.schema_name):
        PolicyParameterVersion.objects.filter(key=key).update(value=value)


# --- password ---------------------------------------------------------------------------------------------------


def test_a_changed_password_ends_the_other_sessions_and_all_tokens(enter, alpha, api):
    one, other = enter("zhang"), enter("zhang")
    with schema_context(alpha.schema_name):
        _, one.user.secret = issue_token(acting_user=one.user, name="t", now=timezone.now())
    assert change(one).status_code == 204
    assert one.get("me").status_code == 200, "the present session goes on"
    assert other.get("me").status_code == 401
    assert api(alpha, one.user).get("me").json()["code"] == "TOKEN_NOT_VALID"
    assert enter("zhang").answer.status_code == 401
    assert enter("zhang", password=NEXT).answer.status_code == 201
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.filter(action="user.change_password").count() == 1


def test_the_old_password_is_needed_and_guesses_are_counted_even_under_a_key(enter):
    one = enter("zhang")
    for number in range(5):
        assert code_of(change(one, old="wrong", Idempotency_Key=f"k{number}")) == (422, "OLD_PASSWORD_WRONG")
    assert code_of(change(one)) == (429, "SIGN_IN_LOCKED")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("short-A1", "PASSWORD_TOO_WEAK"),
        ("onlysmallletters", "PASSWORD_TOO_WEAK"),
        ("zhang-zhang-1", None),
        (PASSWORD, "PASSWORD_USED"),
        (NEXT, None),
    ],
)
def test_a_new_password_is_held_against_the_policy(enter, new, code):
    answer = change(enter("zhang"), new=new)
    assert (answer.json()["code"] if answer.content else None) == code


def test_the_citys_own_numbers_govern(enter, alpha):
    one = enter("zhang")
    set_policy(alpha, "password.shortest", 20)
    refused = change(one)
    assert refused.json()["code"] == "PASSWORD_TOO_WEAK" and "20" in refused.json()["message"]["zh"]
    set_policy(alpha, "password.shortest", 8)
    set_policy(alpha, "password.character_classes", 4)
    assert change(one, new="small-1-x").json()["code"] == "PASSWORD_TOO_WEAK"
    assert change(one, new="Small-1-x").status_code == 204


def test_as_many_former_passwords_as_the_policy_says_do_not_return(enter, alpha):
    set_policy(alpha, "password.no_reuse_of", 2)
    one, last = enter("zhang"), PASSWORD
    for new, status in ((NEXT, 204), (PASSWORD, 422), ("third-Pass-2028", 204), (PASSWORD, 204)):
        assert change(one, old=last, new=new).status_code == status
        last = new if status == 204 else last
    with schema_context(alpha.schema_name):
        assert FormerPassword.objects.filter(user=one.user).count() == 3


def test_an_administrators_old_password_must_be_changed_first(enter, alpha):
    enter("root2", ["user.administer", "user.view"])
    with schema_context(alpha.schema_name):
        FormerPassword.objects.update(set_at=timezone.now() - timedelta(days=91))
    root = enter("root2")
    assert root.answer.json()["owed"] == ["password"]
    assert code_of(root.get("users")) == (403, "PASSWORD_TOO_OLD")
    assert root.client.get("/map", HTTP_HOST="alpha.test").url.startswith("/account/password?next=")
    assert change(root).status_code == 204
    assert root.get("users").status_code == 200
    assert root.get("me").json()["owed"] == []


def test_others_keep_theirs(enter, alpha):
    enter("li", ["grid.view"])
    with schema_context(alpha.schema_name):
        FormerPassword.objects.update(set_at=timezone.now() - timedelta(days=900))
    assert enter("li").answer.json()["owed"] == []


# --- sessions ---------------------------------------------------------------------------------------------------


def test_a_session_key_known_before_is_worth_nothing_after(alpha, enter, api):
    stranger = api(alpha)
    stranger.client.get("/sign-in", HTTP_HOST="alpha.test")
    with schema_context(alpha.schema_name):
        planted = stranger.client.session  # makes and stores a session that is nobody's
        planted["x"] = 1
        planted.save()
    enter("zhang")
    stranger.client.cookies["wangge_session"] = planted.session_key
    opened = stranger.post("sessions", {"username": "zhang", "password": PASSWORD})
    assert opened.status_code == 201
    fresh = opened.cookies["wangge_session"].value
    assert fresh != planted.session_key
    thief = api(alpha)
    thief.client.cookies["wangge_session"] = planted.session_key
    assert thief.get("me").status_code == 401


def test_signing_in_again_ends_the_session_before(alpha, enter, api):
    one = enter("zhang")
    before = one.client.cookies["wangge_session"].value
    assert one.post("sessions", {"username": "zhang", "password": PASSWORD}).status_code == 201
    thief = api(alpha)
    thief.client.cookies["wangge_session"] = before
    assert thief.get("me").status_code == 401
    assert len(one.get("me/sessions").json()["results"]) == 1


def test_sessions_are_listed_and_ended_one_by_one(enter):
    one, other = enter("zhang"), enter("zhang")
    stranger = enter("li")
    listed = one.get("me/sessions").json()["results"]
    assert [row["is_current"] for row in listed] == [True, False]
    assert {"opened_at", "seen_at", "remote_address", "agent"} <= set(listed[0])
    assert stranger.delete(f"me/sessions/{listed[1]['id']}").status_code == 404
    assert one.delete(f"me/sessions/{listed[1]['id']}").status_code == 204
    assert (other.get("me").status_code, one.get("me").status_code) == (401, 200)


def test_signing_out_everywhere_else(enter, alpha):
    one, other = enter("zhang"), enter("zhang")
    assert one.delete("me/sessions").status_code == 204
    assert (other.get("me").status_code, one.get("me").status_code) == (401, 200)
    assert one.delete("sessions/current").status_code == 204
    with schema_context(alpha.schema_name):
        assert not SignedInSession.objects.exists()
        assert AuditEvent.objects.filter(action="session.close").count() == 1


# --- administrators ---------------------------------------------------------------------------------------------


def test_who_is_shut_out_is_out_at_once_and_for_good(enter, alpha, api):
    root, li = enter("root2", ["user.administer", "user.manage", "user.view"]), enter("li")
    with schema_context(alpha.schema_name):
        _, li.user.secret = issue_token(acting_user=li.user, name="t", now=timezone.now())
    for is_active in (False, True):
        version = root.get(f"users/{li.user.pk}")["ETag"]
        assert (
            root.patch(f"users/{li.user.pk}", {"is_active": is_active}, If_Match=version).status_code == 200
        )
        assert li.get("me").status_code == 401
        assert api(alpha, li.user).get("me").json()["code"] == "TOKEN_NOT_VALID"
    assert enter("li").answer.status_code == 201


def test_an_administrator_opens_a_locked_door_and_signs_out_everywhere(enter, alpha):
    root, li = enter("root2", ["user.administer", "user.manage", "user.view"]), enter("li")
    for _ in range(5):
        enter("li", password="wrong")
    assert code_of(enter("li").answer) == (429, "SIGN_IN_LOCKED")
    assert root.delete(f"users/{li.user.pk}/sign-in-lock").status_code == 204
    assert enter("li").answer.status_code == 201
    assert root.delete(f"users/{li.user.pk}/sessions").status_code == 204
    assert li.get("me").status_code == 401
    with schema_context(alpha.schema_name):
        told = set(AuditEvent.objects.filter(subject_id=str(li.user.pk)).values_list("action", flat=True))
    assert {"sign_in.lock", "sign_in.unlock", "session.end_all"} <= told


def test_a_district_does_not_open_the_bureaus_door(enter, alpha):
    root = enter("root2", ["user.administer", "user.manage", "user.view"])
    manager = enter("manager", ["user.manage", "user.view"])
    assert code_of(manager.delete(f"users/{root.user.pk}/sign-in-lock")) == (403, "USER_HOLDS_MORE")
    assert code_of(manager.delete(f"users/{root.user.pk}/sessions")) == (403, "USER_HOLDS_MORE")
