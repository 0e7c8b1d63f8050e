"""Policy through its services and its face: dated, owned by the bureau, explained."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.accounts.models import AuditEvent
from tenants.bureau.models import PolicyParameterVersion
from tenants.bureau.queries.policy import policy_label, policy_number
from tenants.bureau.rules.policy_defaults import definitions
from tenants.bureau.services.policy import write_default_policy

pytestmark = pytest.mark.django_db
KEY = "order.lead_workdays"
VERSIONS = f"policy-parameters/{KEY}/versions"
JANUARY = date(2027, 1, 1)


@pytest.fixture
def bureau(alpha, make_user, api):
    return api(alpha, make_user(alpha, "bureau", ["policy.view", "policy.edit"]))


def test_every_parameter_is_listed_with_clause_and_value(bureau):
    listed = bureau.get("policy-parameters").json()
    assert listed["next"] is None
    assert [row["key"] for row in listed["results"]] == list(definitions())
    lead = next(row for row in listed["results"] if row["key"] == KEY)
    assert (lead["value"], lead["version"], lead["rule"]) == (10, 1, "S35")
    assert "10个工作日" in lead["clause"]


def test_a_new_value_meets_the_standing_one_until_that_is_ended(bureau, in_alpha):
    given = {"value": 12, "effective_from": "2027-01-01", "reason": "试行"}
    clash = bureau.post(VERSIONS, given)
    assert (clash.status_code, clash.json()["code"]) == (422, "POLICY_OVERLAP")
    assert clash.json()["rule"]["id"] == "S03"
    made = bureau.post(VERSIONS, given | {"ends_predecessor": True})
    assert (made.status_code, made.json()["number"]) == (201, 2)
    connection.set_tenant(in_alpha)
    assert policy_number(KEY, date(2026, 12, 31)) == 10
    assert policy_number(KEY, JANUARY) == 12
    assert policy_label([KEY], JANUARY) == f"{KEY}@2"
    history = bureau.get(f"policy-parameters/{KEY}?on=2027-01-01").json()
    assert (history["value"], [row["effective_to"] for row in history["versions"]]) == (
        12,
        ["2026-12-31", None],
    )
    connection.set_tenant(in_alpha)
    audit = AuditEvent.objects.get(action="policy.set")
    assert (audit.policy_version, audit.after["value"], audit.reason) == (f"{KEY}@2", 12, "试行")


def test_the_list_costs_the_same_whatever_it_holds(bureau):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert bureau.get("policy-parameters").status_code == 200
        return len(captured)

    statements()
    assert statements() <= 6


def test_a_refused_value_changes_nothing(bureau, in_alpha):
    for given, code in [
        ({"value": 0}, "POLICY_VALUE"),
        ({"value": 10.5}, "POLICY_VALUE"),
        ({"value": 12, "effective_to": "2026-12-31"}, "POLICY_PERIOD"),
    ]:
        answer = bureau.post(VERSIONS, {"effective_from": "2027-01-01", "ends_predecessor": True} | given)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    connection.set_tenant(in_alpha)
    assert PolicyParameterVersion.objects.filter(key=KEY).count() == 1


def test_only_the_bureau_sets_policy_and_others_are_told_whose_it_is(alpha, make_user, api):
    town = api(alpha, make_user(alpha, "town", ["policy.view"]))
    answer = town.post(VERSIONS, {"value": 12, "effective_from": "2027-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (403, "POLICY_OWNER_ONLY")
    assert answer.json()["rule"]["id"] == "S01"


def test_an_unknown_parameter_is_not_found(bureau):
    assert bureau.get("policy-parameters/no.such").status_code == 404
    assert (
        bureau.post(
            "policy-parameters/no.such/versions", {"value": 1, "effective_from": "2027-01-01"}
        ).status_code
        == 404
    )


def test_a_retried_post_sets_the_value_once(bureau, in_alpha):
    given = {"value": 12, "effective_from": "2027-01-01", "ends_predecessor": True}
    first = bureau.post(VERSIONS, given, Idempotency_Key="retry-1")
    second = bureau.post(VERSIONS, given, Idempotency_Key="retry-1")
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    connection.set_tenant(in_alpha)
    assert PolicyParameterVersion.objects.filter(key=KEY).count() == 2


def test_an_upgrade_adds_what_is_missing_and_keeps_what_is_set(in_alpha):
    PolicyParameterVersion.objects.filter(key=KEY).delete()
    assert write_default_policy(acting_user=None) == 1
    assert write_default_policy(acting_user=None) == 0


def grid(name: str) -> str:
    return f"policy-parameters/grid.{name}/versions"


def test_bounds_that_contradict_are_refused_with_both_names(bureau, in_alpha):
    given = {"effective_from": "2027-01-01", "ends_predecessor": True}
    answer = bureau.post(grid("hard_minimum"), given | {"value": 5000})
    assert (answer.status_code, answer.json()["code"]) == (422, "POLICY_CONTRADICTION")
    facts = answer.json()["facts"]
    assert (facts["lower"], facts["upper"]) == ("grid.hard_minimum", "grid.soft_minimum")
    connection.set_tenant(in_alpha)
    assert PolicyParameterVersion.objects.get(key="grid.hard_minimum").effective_to is None


def test_a_row_is_raised_from_its_upper_end(bureau):
    given = {"effective_from": "2027-01-01", "ends_predecessor": True}
    assert bureau.post(grid("soft_maximum"), given | {"value": 900}).status_code == 422
    for name, value in (("hard_maximum", 1200), ("soft_maximum", 900), ("target_households", 600)):
        assert bureau.post(grid(name), given | {"value": value}).status_code == 201
    lowered = bureau.post(grid("hard_maximum"), given | {"value": 800, "effective_from": "2028-01-01"})
    assert lowered.json()["facts"]["lower"] == "grid.soft_maximum"


def test_what_returns_when_a_value_ends_counts_too(bureau):
    wide = {"effective_from": "2027-01-01", "ends_predecessor": True}
    assert bureau.post(grid("hard_maximum"), wide | {"value": 2000}).status_code == 201
    assert bureau.post(grid("soft_maximum"), wide | {"value": 1500}).status_code == 201
    short = {"effective_from": "2028-01-01", "effective_to": "2028-01-31", "ends_predecessor": True}
    answer = bureau.post(grid("hard_maximum"), short | {"value": 1600})
    assert (answer.status_code, answer.json()["facts"]["day"]) == (422, "2028-02-01")
