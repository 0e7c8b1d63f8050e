"""Fitness tests over HTTP: recorded under a consent, scored, sealed, read for a purpose and logged: J17."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import FULL, today

pytestmark = pytest.mark.django_db


def test_j17_consent_required(way: Any, client: Any) -> None:
    answer = client("tester").post(f"wellness/citizens/{way.citizen}/tests", way.entry())
    assert answer.status_code == 403
    assert answer.json()["code"] == "CONSENT_REQUIRED"
    assert answer.json()["message"]["zh"] == "体质数据属敏感个人信息，需单独同意"
    assert answer.json()["facts"] == {"missing": ["fitness_test"]}
    way.consent("fitness_test")
    assert way.test()["result"]["grade"] == "good"


def test_j17_a_missing_item_means_no_total_grade(way: Any) -> None:
    way.consent("fitness_test")
    recorded = way.test(grip="43.0", one_leg_stand="31")
    assert recorded["is_complete"] is False
    assert recorded["result"] == {
        "points": {"grip": "4", "one_leg_stand": "4"}, "missing": ["sit_and_reach"], "total": None, "grade": None,
        "note": "不完整：缺少坐位体前屈",
    }  # fmt: skip


def test_values_are_refused_by_their_range(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    path = f"wellness/citizens/{way.citizen}/tests"
    answer = client("tester").post(path, way.entry(grip="430"))
    assert (answer.status_code, answer.json()["code"]) == (422, "VALUE_IMPLAUSIBLE")
    assert answer.json()["message"]["zh"] == "“握力”超出合理范围 1–120 kg"
    twice = way.entry()
    twice["values"] *= 2
    assert client("tester").post(path, twice).json()["code"] == "INDICATOR_TWICE"
    future = way.entry(today() + timedelta(days=1))
    assert client("tester").post(path, future).json()["code"] == "TEST_DAY"
    assert client("tester").post(path, {**way.entry(), "standard_id": 999}).status_code == 404
    assert client("tester").post(path, {**way.entry(), "remarks": "x"}).json()["code"] == "UNKNOWN_FIELD"


def test_a_test_is_entered_once_and_may_be_struck_out(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    first = way.test()
    path = f"wellness/citizens/{way.citizen}/tests"
    answer = client("tester").post(path, way.entry())
    assert (answer.status_code, answer.json()["code"]) == (409, "TEST_TWICE")
    assert way.post("tester", f"fitness-tests/{first['id']}/void")["is_void"] is True
    assert client("tester").get(path).json()["results"] == []
    way.test()


def test_a_compared_test_is_not_struck_out(way: Any, client: Any) -> None:
    way.to_prescribed()
    test = client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"][0]
    answer = client("tester").post(f"wellness/fitness-tests/{test['id']}/void")
    assert (answer.status_code, answer.json()["code"]) == (409, "TEST_IN_USE")


def test_j17_every_reading_has_a_purpose_and_is_logged(alpha: Any, way: Any, client: Any) -> None:
    from tenants.accounts.models import AuditEvent

    way.consent("fitness_test")
    test = way.test()["id"]
    path = f"wellness/fitness-tests/{test}/read"
    refused = client("tester").post(path, {"purpose": "curiosity"})
    assert (refused.status_code, refused.json()["code"]) == (422, "PURPOSE_REQUIRED")
    denied = client("tester").post(path, {"purpose": "prescribing"})
    assert (denied.status_code, denied.json()["code"]) == (403, "PERMISSION_DENIED")
    without = client("prescriber").post(path, {"purpose": "prescribing"})
    assert (without.status_code, without.json()["code"]) == (403, "CONSENT_REQUIRED")
    assert without.json()["facts"] == {"missing": ["exercise_case"]}
    read = way.post("tester", f"fitness-tests/{test}/read", {"purpose": "testing"})
    assert {row["indicator"]: row["value"] for row in read["values"]} == FULL
    assert (read["result"]["total"], read["result"]["grade"]) == ("12", "good")
    with schema_context(alpha.schema_name):
        logged = AuditEvent.objects.get(action="wellness.read")
    assert (logged.actor_label, logged.after) == ("tester", {"purpose": "testing"})


def test_a_list_shows_no_values(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    test = way.test()["id"]
    listed = client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"][0]
    assert set(listed) == {"id", "citizen_id", "standard", "tested_on", "is_complete", "is_void"}
    assert client("tester").get(f"wellness/fitness-tests/{test}").json() == listed


def _everything_stored() -> str:
    """Every column of every row of the city that a value could have slipped into, as text."""
    told = []
    for model in apps.get_models():
        if model._meta.app_label in ("wellness", "accounts", "bureau"):
            told.append(str(list(model.objects.values())))
    return "\n".join(told)


def test_values_stand_nowhere_unsealed(alpha: Any, way: Any, client: Any) -> None:
    """Not in the tables, not in the audit log, not among the answers kept for retries."""
    way.consent("fitness_test", "exercise_case")
    way.screen()
    way.clear()
    keyed = client("tester").post(
        f"wellness/citizens/{way.citizen}/tests",
        way.entry(grip="47.9", sit_and_reach="-13.7", one_leg_stand="213"),
        idempotency_key="wellness-test-1",
    )
    assert keyed.status_code == 201
    assert keyed.json()["result"]["total"] == "10"
    again = client("tester").post(
        f"wellness/citizens/{way.citizen}/tests",
        way.entry(grip="47.9", sit_and_reach="-13.7", one_leg_stand="213"),
        idempotency_key="wellness-test-1",
    )
    assert again["Idempotent-Replayed"] == "true"
    assert "result" not in again.json()
    for number in range(2):
        read = client("tester").post(
            f"wellness/fitness-tests/{keyed.json()['id']}/read",
            {"purpose": "testing"},
            idempotency_key=f"read-key-{number}",
        )
        assert "-13.7" in str(read.json()["values"])
    way.prescribe(minutes=37, volume_minutes_per_week=111)
    way.train(exertion=17)
    with schema_context(alpha.schema_name):
        stored = _everything_stored()
    assert "赵演示001" in stored  # the search does find what stands in the rows
    for value in (
        "47.9",
        "-13.7",
        "'good'",
        '"good"',
        "tai_chi",
        "walking",
        "13900000001",
        "exertion",
    ):
        assert value not in stored.replace(str(today().year), ""), value


def test_statements_do_not_grow_with_people(
    alpha: Any, way: Any, invite: Any, client: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(2, 12):
        invite(name=f"钱演示{number:03}", phone=f"139000001{number:02}", kind="fitness_test")
    way.consent("fitness_test", "share_with_health_centre")
    for path in (
        "wellness/citizens",
        "wellness/invitations",
        "wellness/communities",
        "wellness/cases",
        "wellness/cases?retest_due=true",
        "wellness/standards",
        f"wellness/citizens/{way.citizen}/consents",
    ):
        with django_assert_max_num_queries(8):
            assert client("prescriber").get(path).status_code == 200
    assert len(client("tester").get("wellness/citizens").json()["results"]) == 11


def test_no_column_takes_free_text() -> None:
    """Every text column is a closed vocabulary, a name, a code of some form, or a document loaded by the bureau."""
    from django.db import models

    named = {
        "Citizen": {"name", "phone_digest", "phone_masked"},
        "AccessCode": {"digest"},
        "HealthShare": {"institution"},
        "ExerciseCase": {"note_reference", "note_institution", "policy_version"},
        "FitnessTotals": {"period", "policy_version"},
    }
    for model in apps.get_app_config("wellness").get_models():
        if model.__name__ in ("TestStandard", "ScreeningForm"):
            continue
        free = {
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, models.CharField | models.TextField) and not field.choices
        }
        assert free == named.get(model.__name__, set()), model.__name__
