"""Guesses at one moment get no more tries than one after the other, and one code opens one door.

Rule: X07
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pyotp
import pytest
from django.db import connections
from django_tenants.utils import schema_context

from tenants.accounts.models import RecoveryCode, SignInFailure, TotpDevice, User
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy
from tenants.accounts.services import create_user, sign_in
from tenants.accounts.services.second_factor import begin_enrolment, confirm_enrolment
from wangge.errors import RuleBroken

PASSWORD = "invented-Pass-2026"


def at_once(schema, works):
    """Run them on connections of their own that start together; returns "in" or the refusal's code of each."""
    outcomes, gate = [], threading.Barrier(len(works))

    def one(work):
        try:
            with schema_context(schema):
                SignInFailure.objects.exists()  # the connection stands before the race begins
                gate.wait(20)
                work()
            outcomes.append("in")
        except RuleBroken as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(outcomes)


def guess(username="zhang", password="wrong", code="", address="203.0.113.7", policy=None):
    return lambda: sign_in(
        username=username,
        password=password,
        code=code,
        remote_address=address,
        now=datetime.now(UTC),
        policy=policy,
    )


@pytest.fixture
def zhang(committed_database, alpha):
    with schema_context(alpha.schema_name):
        return create_user(username="zhang", display_name="测试", password=PASSWORD, acting_user=None)


def enrolled(alpha, user):
    with schema_context(alpha.schema_name):
        app = pyotp.TOTP(begin_enrolment(acting_user=user, issuer="t", now=datetime.now(UTC)).secret)
        codes = confirm_enrolment(acting_user=user, code=app.now(), now=datetime.now(UTC))
        TotpDevice.objects.update(last_step=0)
    return app, codes


def test_parallel_guesses_get_no_more_tries_than_the_policy_has(alpha, zhang, monkeypatch):
    looked_at = []
    real = User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, raw: looked_at.append(raw) or real(user, raw))
    outcomes = at_once(alpha.schema_name, [guess(password=f"wrong-{number}") for number in range(12)])
    assert outcomes == ["SIGN_IN_LOCKED"] * 7 + ["WRONG_CREDENTIALS"] * 5
    assert len(looked_at) == 5
    with schema_context(alpha.schema_name):
        assert SignInFailure.objects.filter(username="zhang").count() == 5


def test_many_names_from_one_address_get_no_more_tries_than_the_address_has(alpha, zhang):
    policy = ThrottlePolicy(address_failures=6)
    works = [guess(f"nobody{number}", policy=policy) for number in range(10)]
    assert at_once(alpha.schema_name, works) == ["ADDRESS_LOCKED"] * 4 + ["WRONG_CREDENTIALS"] * 6
    with schema_context(alpha.schema_name), pytest.raises(RuleBroken, match="ADDRESS_LOCKED"):
        guess(password=PASSWORD, policy=policy)()
    with schema_context(alpha.schema_name):
        assert guess(password=PASSWORD, address="203.0.113.8", policy=policy)().username == "zhang"


def test_of_two_connections_with_one_code_one_gets_in(alpha, zhang):
    app, _ = enrolled(alpha, zhang)
    works = [guess(password=PASSWORD, code=app.now())] * 2
    assert at_once(alpha.schema_name, works) == ["SECOND_FACTOR_WRONG", "in"]


def test_of_two_connections_with_one_recovery_code_one_gets_in(alpha, zhang):
    _, codes = enrolled(alpha, zhang)
    works = [guess(password=PASSWORD, code=codes[0])] * 2
    assert at_once(alpha.schema_name, works) == ["SECOND_FACTOR_WRONG", "in"]
    with schema_context(alpha.schema_name):
        assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_two_beginnings_at_once_leave_one_secret(alpha, zhang):
    def begin():
        return begin_enrolment(acting_user=zhang, issuer="t", now=datetime.now(UTC))

    assert at_once(alpha.schema_name, [begin, begin]) == ["in", "in"]
    with schema_context(alpha.schema_name):
        assert TotpDevice.objects.count() == 1
