"""Operators are made and looked after from the command line; a password stands in no command line."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pyotp
import pytest
from django.core.management import CommandError, call_command

from tenants.accounts.management.asking import PASSWORD_VARIABLE
from tenants.accounts.models import AuditEvent, TotpDevice, User
from tenants.accounts.services import sign_in
from tenants.accounts.services.second_factor import begin_enrolment, confirm_enrolment
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"


@pytest.fixture
def keeper(monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    call_command("create_operator", "Keeper", "--name", "值班运维", stdout=io.StringIO())
    return User.objects.get(username="keeper")


def try_password(password):
    try:
        return sign_in(
            username="keeper", password=password, remote_address="", now=datetime.now(UTC)
        ).username
    except RuleBroken as refused:
        return refused.code


def test_an_operator_is_made_and_may_sign_in(keeper):
    assert keeper.display_name == "值班运维"
    assert try_password(PASSWORD) == "keeper"


def test_a_password_may_be_piped_in(db, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command("create_operator", "keeper", stdout=io.StringIO())
    assert try_password(PASSWORD) == "keeper"


@pytest.mark.parametrize(
    ("name", "password", "code"), [("keeper", PASSWORD, "TAKEN"), ("other", "weak", "TOO_WEAK")]
)
def test_a_refusal_is_told_in_both_languages(keeper, monkeypatch, name, password, code):
    monkeypatch.setenv(PASSWORD_VARIABLE, password)
    with pytest.raises(CommandError, match=code) as refused:
        call_command("create_operator", name)
    assert "/" in str(refused.value)


def test_a_lost_second_factor_is_reset_and_audited(keeper):
    now = datetime.now(UTC)
    app = pyotp.TOTP(begin_enrolment(acting_user=keeper, issuer="t", now=now).secret)
    confirm_enrolment(acting_user=keeper, code=app.now(), now=now)
    assert try_password(PASSWORD) == "SECOND_FACTOR_REQUIRED"
    call_command("reset_second_factor", "--operator", "keeper", "--reason", "手机遗失", stdout=io.StringIO())
    assert try_password(PASSWORD) == "keeper"
    assert not TotpDevice.objects.exists()
    assert AuditEvent.objects.get(action="second_factor.reset").reason == "手机遗失"


def test_an_operator_is_unlocked_shut_out_let_in_and_given_a_password(keeper, monkeypatch):
    def change(option):
        call_command("change_operator", "keeper", option, stdout=io.StringIO())

    for _ in range(5):
        try_password("wrong")
    assert try_password(PASSWORD) == "SIGN_IN_LOCKED"
    change("--unlock")
    assert try_password(PASSWORD) == "keeper"
    change("--shut-out")
    assert try_password(PASSWORD) == "WRONG_CREDENTIALS"
    change("--let-in")
    monkeypatch.setenv(PASSWORD_VARIABLE, "another-Pass-2026")
    change("--password")
    assert (try_password(PASSWORD), try_password("another-Pass-2026")) == ("WRONG_CREDENTIALS", "keeper")


@pytest.mark.parametrize(
    "command", [["reset_second_factor", "--operator", "nobody"], ["change_operator", "nobody", "--unlock"]]
)
def test_an_unknown_operator_is_told(db, command):
    with pytest.raises(CommandError, match="nobody"):
        call_command(*command)
