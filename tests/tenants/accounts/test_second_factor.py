"""The second factor by API: enrolling, signing in with a code, recovery codes, who must have one, who may take it away.

Rule: X07
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django_tenants.utils import schema_context

from tenants.accounts.models import (
    AuditEvent,
    IdempotencyRecord,
    RecoveryCode,
    SignInFailure,
    TotpDevice,
    User,
)
from tenants.accounts.services import create_user, issue_token, sign_in
from tenants.bureau.models import Grant, PolicyParameterVersion
from tenants.bureau.queries.org_units import root_unit
from wangge.kernel.sealing import NotOpened

PASSWORD = "invented-Pass-2026"
MINE = "me/second-factor"


class Person:
    """Somebody of a city with a client of their own, and an app once enrolled."""

    def __init__(self, city, client, username):
        self.city, self.client, self.username = city, client, username
        self.app, self.codes = None, []

    def sign_in(self, code="", password=PASSWORD):
        given = {"username": self.username, "password": password} | ({"code": code} if code else {})
        answer = self.client.post("sessions", given)
        if answer.status_code == 201:
            self.client.client.defaults["HTTP_X_CSRFTOKEN"] = answer.cookies["wangge_session_csrf"].value
        return answer

    def enrol(self):
        begun = self.client.post(MINE, {})
        assert begun.status_code == 201, begun.content
        self.app = pyotp.TOTP(begun.json()["secret"])
        done = self.client.post(f"{MINE}/confirmation", {"code": self.app.now()})
        assert done.status_code == 201, done.content
        self.codes = done.json()["recovery_codes"]
        self.forget_step()

    def forget_step(self):
        """Let the app's present code count again: no test waits half a minute."""
        with schema_context(self.city.schema_name):
            TotpDevice.objects.update(last_step=0)


@pytest.fixture
def person(alpha, api):
    """`person("zhang", ["user.administer"])`: somebody of alpha with rights at the root."""

    def make(username="zhang", rights=()):
        with schema_context(alpha.schema_name):
            user = create_user(username=username, display_name="测试", password=PASSWORD, acting_user=None)
            Grant.objects.bulk_create(
                [Grant(user=user, permission=right, unit=root_unit()) for right in rights]
            )
        made = Person(alpha, api(alpha), username)
        made.user = user
        return made

    return make


@pytest.fixture
def insist(settings):
    """As in production."""
    settings.WANGGE_REQUIRE_SECOND_FACTOR = True


def code_of(answer):
    return answer.status_code, answer.json()["code"]


pytestmark = pytest.mark.django_db


def test_enrolling_shows_secret_and_codes_once_and_keeps_them_nowhere(person, alpha):
    zhang = person()
    zhang.sign_in()
    begun = zhang.client.post(MINE, {}, Idempotency_Key="e1")
    shown = begun.json()
    assert shown["uri"].startswith("otpauth://totp/") and shown["secret"] in shown["uri"]
    assert shown["qr_svg"].startswith("<svg") and "style" not in shown["qr_svg"]
    assert shown["secret_in_groups"].replace(" ", "") == shown["secret"]
    assert zhang.client.get(MINE).json()["is_enrolled"] is False
    code = pyotp.TOTP(shown["secret"]).now()
    done = zhang.client.post(f"{MINE}/confirmation", {"code": code}, Idempotency_Key="e2")
    codes = done.json()["recovery_codes"]
    state = zhang.client.get(MINE).json()
    assert (state["is_enrolled"], state["recovery_codes_left"], len(codes)) == (True, 10, 10)
    again = zhang.client.post(f"{MINE}/confirmation", {"code": code}, Idempotency_Key="e2")
    assert code_of(again) == (409, "SECOND_FACTOR_NOT_BEGUN"), "tries are counted, so no answer is kept"
    with schema_context(alpha.schema_name):
        kept = json.dumps(
            [
                *AuditEvent.objects.values("before", "after", "reason"),
                *IdempotencyRecord.objects.values("body"),
            ]
        )
        device = TotpDevice.objects.get()
        rows = list(RecoveryCode.objects.values_list("digest", flat=True))
    for secret in (shown["secret"], code, *codes, *(text.replace("-", "") for text in codes)):
        assert (
            secret not in kept and secret.encode() not in bytes(device.sealed_secret) and secret not in rows
        )
    assert state.get("secret") is None


def test_a_sealed_secret_opens_for_its_own_person_only(person, alpha):
    one, other = person("a1"), person("b1")
    for somebody in (one, other):
        somebody.sign_in()
        somebody.enrol()
    with schema_context(alpha.schema_name):
        stolen = TotpDevice.objects.get(user=one.user).sealed_secret
        TotpDevice.objects.filter(user=other.user).update(sealed_secret=stolen)
        with pytest.raises(NotOpened):
            sign_in(
                username="b1", password=PASSWORD, code=one.app.now(), remote_address="", now=datetime.now(UTC)
            )


def test_the_right_password_alone_opens_nothing(person):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    stranger = Person(zhang.city, type(zhang.client)(zhang.client.host), "zhang")
    asked = stranger.sign_in()
    assert code_of(asked) == (401, "SECOND_FACTOR_REQUIRED")
    assert asked["Content-Type"] == "application/problem+json" and not asked.cookies
    assert stranger.client.get("me").status_code == 401
    assert stranger.sign_in(zhang.app.now()).status_code == 201
    assert stranger.client.get("me").status_code == 200


def test_a_wrong_password_tells_nothing_whatever_the_code(person, alpha):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    right = zhang.app.now()
    answers = [zhang.sign_in(code, password="wrong").json() for code in ("", "000000", right)]
    for answer in answers:
        answer.pop("request_id")
    assert answers[0]["code"] == "WRONG_CREDENTIALS" and answers.count(answers[0]) == 3
    assert zhang.sign_in(right).status_code == 201, "the code was not used up by a wrong password"


def test_wrong_codes_lock_the_door_as_wrong_passwords_do(person):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    for _ in range(5):
        assert code_of(zhang.sign_in("000000")) == (401, "SECOND_FACTOR_WRONG")
        assert code_of(zhang.sign_in()) in {(401, "SECOND_FACTOR_REQUIRED"), (429, "SIGN_IN_LOCKED")}
    locked = zhang.sign_in(zhang.app.now())
    assert code_of(locked) == (429, "SIGN_IN_LOCKED") and int(locked["Retry-After"]) > 0


def test_a_code_opens_once(person):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    code = zhang.app.now()
    assert zhang.sign_in(code).status_code == 201
    assert code_of(zhang.sign_in(code)) == (401, "SECOND_FACTOR_WRONG")


def test_a_recovery_code_opens_once_and_is_audited(person, alpha):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    assert zhang.sign_in(zhang.codes[3].upper().replace("-", " ")).status_code == 201
    assert code_of(zhang.sign_in(zhang.codes[3])) == (401, "SECOND_FACTOR_WRONG")
    assert zhang.client.get(MINE).json()["recovery_codes_left"] == 9
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.get(action="second_factor.use_recovery_code").after == {"left": 9}


def test_new_recovery_codes_void_the_old_ones(person):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    assert code_of(zhang.client.post(f"{MINE}/recovery-codes", {"code": "000000"})) == (
        422,
        "SECOND_FACTOR_WRONG",
    )
    renewed = zhang.client.post(f"{MINE}/recovery-codes", {"code": zhang.app.now()})
    assert renewed.status_code == 201 and not set(renewed.json()["recovery_codes"]) & set(zhang.codes)
    assert code_of(zhang.sign_in(zhang.codes[0])) == (401, "SECOND_FACTOR_WRONG")
    assert zhang.sign_in(renewed.json()["recovery_codes"][0]).status_code == 201


def test_a_new_phone_takes_over_only_once_it_has_proved_itself(person):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    old = zhang.app
    assert code_of(zhang.client.post(MINE, {})) == (409, "SECOND_FACTOR_ENROLLED")
    begun = zhang.client.post(MINE, {"code": old.now()})
    assert begun.status_code == 201
    new = pyotp.TOTP(begun.json()["secret"])
    zhang.forget_step()
    assert zhang.sign_in(old.now()).status_code == 201, "the old one counts until the new one is proved"
    assert zhang.client.post(f"{MINE}/confirmation", {"code": new.now()}).status_code == 201
    zhang.forget_step()
    assert code_of(zhang.sign_in(old.now())) == (401, "SECOND_FACTOR_WRONG")
    assert zhang.sign_in(new.now()).status_code == 201


def test_the_code_of_a_new_phone_cannot_be_guessed_in_a_stolen_session(person):
    """Its answer holds recovery codes, by which the thief would be let in for good."""
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    for _ in range(6):
        not_begun = zhang.client.post(f"{MINE}/confirmation", {"code": "000000"})
        assert code_of(not_begun) == (409, "SECOND_FACTOR_NOT_BEGUN"), "nothing to guess, nothing counted"
    new = pyotp.TOTP(zhang.client.post(MINE, {"code": zhang.app.now()}).json()["secret"])
    for number in range(5):
        refused = zhang.client.post(f"{MINE}/confirmation", {"code": "000000"}, Idempotency_Key=f"k{number}")
        assert code_of(refused) == (422, "SECOND_FACTOR_WRONG")
    assert code_of(zhang.client.post(f"{MINE}/confirmation", {"code": new.now()})) == (429, "SIGN_IN_LOCKED")


def test_removal_needs_a_code_and_wrong_ones_are_counted_even_under_a_key(person, alpha):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    for number in range(5):
        refused = zhang.client.post(f"{MINE}/removal", {"code": "000000"}, Idempotency_Key=f"k{number}")
        assert code_of(refused) == (422, "SECOND_FACTOR_WRONG")
    locked = zhang.client.post(f"{MINE}/removal", {"code": zhang.app.now()})
    assert code_of(locked) == (429, "SIGN_IN_LOCKED")
    with schema_context(alpha.schema_name):
        SignInFailure.objects.all().delete()
    assert zhang.client.post(f"{MINE}/removal", {"code": zhang.app.now()}).status_code == 204
    assert zhang.sign_in().status_code == 201


# --- who must ---------------------------------------------------------------------------------------------------


def test_an_administrator_must_enrol_before_anything_else(person, insist, alpha):
    root = person("admin", ["user.administer", "user.view"])
    opened = root.sign_in()
    assert opened.status_code == 201 and opened.json()["owed"] == ["second_factor"]
    assert root.client.get("me").json()["owed"] == ["second_factor"]
    for method, path in (
        ("get", "users"), ("get", "me/rights"), ("get", "tokens"), ("post", "tokens"), ("get", "me/sessions"),
        ("post", "me/password"), ("get", "users/987654321"), ("post", f"{MINE}/removal"),
    ):  # fmt: skip
        refused = getattr(root.client, method)(path, None if method == "get" else {})
        assert code_of(refused) == (403, "SECOND_FACTOR_NOT_ENROLLED"), path
    assert refused.json()["how_to_fix"]["zh"]
    root.enrol()
    assert root.client.get("users").status_code == 200
    assert code_of(root.client.post(f"{MINE}/removal", {"code": root.app.now()})) == (
        403,
        "SECOND_FACTOR_MANDATORY",
    )


def test_who_owes_it_may_sign_out(person, insist):
    root = person("admin", ["user.administer"])
    root.sign_in()
    assert root.client.delete("sessions/current").status_code == 204
    assert root.client.get("me").status_code == 401


def test_pages_lead_to_the_enrolment(person, insist):
    root = person("admin", ["user.administer"])
    root.sign_in()
    led = root.client.client.get("/bureau?x=1", HTTP_HOST="alpha.test")
    assert (led.status_code, led.url) == (302, "/account/second-factor?next=%2Fbureau%3Fx%3D1")
    assert root.client.client.get("/account/second-factor", HTTP_HOST="alpha.test").status_code == 200


def test_a_token_issued_before_goes_on(person, insist, api, alpha):
    """A machine has no phone: its token, issued by somebody fully signed in, is a key of its own."""
    root = person("admin", ["user.administer", "user.view"])
    with schema_context(alpha.schema_name):
        _, root.user.secret = issue_token(acting_user=root.user, name="job", now=datetime.now(UTC))
    assert api(alpha, root.user).get("users").status_code == 200


def test_a_token_begets_no_token_and_changes_no_door(person, api, alpha):
    zhang = person()
    with schema_context(alpha.schema_name):
        _, zhang.user.secret = issue_token(acting_user=zhang.user, name="job", now=datetime.now(UTC))
    machine = api(alpha, zhang.user)
    for path in (
        "tokens",
        MINE,
        f"{MINE}/confirmation",
        f"{MINE}/removal",
        f"{MINE}/recovery-codes",
        "me/password",
    ):
        assert code_of(machine.post(path, {"name": "x", "code": "1"})) == (403, "SESSION_NEEDED"), path


def test_in_development_and_for_others_nothing_is_owed(person, settings):
    root = person("admin", ["user.administer", "user.view"])
    assert root.sign_in().json()["owed"] == []
    assert root.client.get("users").status_code == 200
    settings.WANGGE_REQUIRE_SECOND_FACTOR = True
    assert person("li", ["grid.view"]).sign_in().json()["owed"] == []


def test_a_city_may_want_it_of_everybody(person, insist, alpha):
    with schema_context(alpha.schema_name):
        PolicyParameterVersion.objects.filter(key="second_factor.required_of").update(value="everybody")
    assert person("li", ["grid.view"]).sign_in().json()["owed"] == ["second_factor"]


def test_operators_must_enrol_too(db, insist, api):
    create_user(username="keeper", display_name="运维", password=PASSWORD, acting_user=None)
    client = api("operator.test")
    opened = client.post("sessions", {"username": "keeper", "password": PASSWORD})
    assert opened.status_code == 201, opened.content
    assert opened.json()["owed"] == ["second_factor"]
    assert code_of(client.get("cities")) == (403, "SECOND_FACTOR_NOT_ENROLLED")
    client.client.defaults["HTTP_X_CSRFTOKEN"] = opened.cookies["wangge_session_csrf"].value
    begun = client.post(MINE, {})
    assert begun.status_code == 201
    code = pyotp.TOTP(begun.json()["secret"]).now()
    assert client.post(f"{MINE}/confirmation", {"code": code}).status_code == 201
    assert client.get("cities").status_code == 200


# --- administrators ---------------------------------------------------------------------------------------------


def test_an_administrator_resets_somebody_elses_and_nobody_the_own(person, insist, alpha):
    root, li = (
        person("admin", ["user.administer", "user.manage", "user.view"]),
        person("li", ["user.administer"]),
    )
    for somebody in (root, li):
        somebody.sign_in()
        somebody.enrol()
    reset = {"reason": "手机遗失，当面核验身份"}
    own = root.client.post(f"users/{root.user.pk}/second-factor-reset", reset)
    assert code_of(own) == (403, "SELF_APPROVAL")
    assert root.client.post(f"users/{li.user.pk}/second-factor-reset", reset).status_code == 204
    assert li.client.get("me").status_code == 401, "the sessions end with it"
    assert li.sign_in().json()["owed"] == ["second_factor"]
    with schema_context(alpha.schema_name):
        row = AuditEvent.objects.get(action="second_factor.reset")
        assert (row.actor_label, row.subject_id, row.reason) == ("admin", str(li.user.pk), reset["reason"])
        assert not RecoveryCode.objects.filter(user=li.user).exists()


def test_only_who_administers_accounts_resets(person, insist):
    manager, li = person("manager", ["user.manage", "user.view"]), person("li", ["grid.view"])
    manager.sign_in()
    refused = manager.client.post(f"users/{li.user.pk}/second-factor-reset", {"reason": "x"})
    assert code_of(refused) == (403, "PERMISSION_DENIED")


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_code_page_is_closed_without_a_proved_password(person, alpha, settings):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    browser = type(zhang.client)(zhang.client.host).client

    def page(path, data=None):
        ask = browser.get if data is None else browser.post
        return ask(path, *(() if data is None else (data,)), HTTP_HOST="alpha.test")

    assert page("/sign-in/code").url == "/sign-in"
    assert page("/sign-in/code", {"code": zhang.app.now()}).url == "/sign-in"
    assert (
        page("/sign-in", {"username": "zhang", "password": PASSWORD, "next": "/map"}).url == "/sign-in/code"
    )
    assert page("/map").status_code == 302
    with schema_context(alpha.schema_name):
        User.objects.filter(username="zhang").update(password=zhang.user.password + "x")
    assert page("/sign-in/code").url == "/sign-in", "the password has changed since"
    with schema_context(alpha.schema_name):
        User.objects.filter(username="zhang").update(password=zhang.user.password)
    assert page("/sign-in/code", {"code": "000000"}).status_code == 401
    before = browser.cookies["wangge_session"].value
    assert page("/sign-in/code", {"code": zhang.app.now()}).url == "/map"
    assert browser.cookies["wangge_session"].value != before
    assert page("/sign-in/code").url == "/sign-in"


def test_a_proved_password_is_remembered_for_five_minutes(person, alpha, monkeypatch):
    zhang = person()
    zhang.sign_in()
    zhang.enrol()
    browser = type(zhang.client)(zhang.client.host).client
    browser.post("/sign-in", {"username": "zhang", "password": PASSWORD}, HTTP_HOST="alpha.test")
    later = datetime.now(UTC) + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert browser.get("/sign-in/code", HTTP_HOST="alpha.test").url == "/sign-in"
