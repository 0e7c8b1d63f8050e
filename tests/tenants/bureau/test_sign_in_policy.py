"""How many wrong passwords close a door, and for how long, is the city's policy of the day.

Rule: X07
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tenants.accounts.models import SignInFailure
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy
from tenants.accounts.services import sign_in
from tenants.bureau.models import PolicyParameterVersion
from tenants.bureau.queries.sign_in_policy import DatedSignInPolicy
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"
throttle_policy = DatedSignInPolicy().throttle
NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
def stricter(alpha, make_user, api, in_alpha):
    """Two wrong passwords lock for an hour, from March 2027 in Shanghai."""
    bureau = api(alpha, make_user(alpha, "bureau", ["policy.view", "policy.edit"]))
    for name, value in (("failures", 2), ("lock_minutes", 60)):
        given = {"value": value, "effective_from": "2027-03-01", "ends_predecessor": True}
        assert bureau.post(f"policy-parameters/sign_in.{name}/versions", given).status_code == 201
    connection.set_tenant(in_alpha)


def try_to_sign_in(password: str, now: datetime, policy: ThrottlePolicy | None = None) -> str:
    try:
        sign_in(username="root", password=password, remote_address="", now=now, policy=policy)
    except RuleBroken as refused:
        return refused.code
    return "in"


def test_the_policy_of_the_day_counts(stricter):
    eve = datetime(2027, 2, 28, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert throttle_policy(eve) == ThrottlePolicy()
    assert throttle_policy(eve + timedelta(minutes=1)) == ThrottlePolicy(2, timedelta(hours=1))


def test_the_citys_own_number_and_minutes_lock_the_door(stricter):
    assert [try_to_sign_in("wrong", NOW) for _ in range(2)] == ["WRONG_CREDENTIALS"] * 2
    assert try_to_sign_in(PASSWORD, NOW) == "SIGN_IN_LOCKED"
    assert try_to_sign_in(PASSWORD, NOW + timedelta(minutes=59)) == "SIGN_IN_LOCKED"
    assert try_to_sign_in(PASSWORD, NOW + timedelta(minutes=60)) == "in"


def test_a_city_that_set_nothing_and_the_operators_have_the_default(in_alpha):
    assert throttle_policy(NOW) == ThrottlePolicy(5, timedelta(minutes=15))
    PolicyParameterVersion.objects.filter(key="sign_in.failures").delete()
    assert throttle_policy(NOW).failures == 5
    connection.set_schema_to_public()
    assert throttle_policy(NOW) == ThrottlePolicy()


def test_a_policy_given_goes_before_the_citys(stricter):
    SignInFailure.objects.create(username="root", remote_address="", failed_at=NOW)
    assert try_to_sign_in(PASSWORD, NOW, ThrottlePolicy(failures=1)) == "SIGN_IN_LOCKED"
    assert try_to_sign_in(PASSWORD, NOW) == "in"


def test_nobody_can_be_locked_out_for_ever_by_a_number(alpha, make_user, api):
    bureau = api(alpha, make_user(alpha, "bureau", ["policy.view", "policy.edit"]))
    for name, value in (("failures", 21), ("lock_minutes", 1441), ("lock_minutes", 10**11)):
        given = {"value": value, "effective_from": "2027-03-01", "ends_predecessor": True}
        answer = bureau.post(f"policy-parameters/sign_in.{name}/versions", given)
        assert (answer.status_code, answer.json()["code"]) == (422, "POLICY_VALUE")
