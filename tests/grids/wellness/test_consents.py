"""Consents are separate and may be taken back, and what was entered under one goes out of sight with it: J17, J18."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

pytestmark = pytest.mark.django_db


def test_a_consent_is_one_purpose_once(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    body = {"purpose": "fitness_test", "text_version": "2026-1"}
    answer = client("tester").post(f"wellness/citizens/{way.citizen}/consents", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONSENT_EXISTS")
    shown = client("tester").get(f"wellness/citizens/{way.citizen}").json()
    assert (shown["consents"], shown["name"], shown["phone"]) == (
        ["fitness_test"],
        "赵演示001",
        "139****0001",
    )
    assert [row["name"] for row in client("tester").get("wellness/citizens").json()["results"]] == ["赵*"]


def test_other_purposes_are_none_of_ours(way: Any, client: Any) -> None:
    for purpose in ("portrait", "household_visit", "everything"):
        body = {"purpose": purpose, "text_version": "1"}
        assert client("tester").post(f"wellness/citizens/{way.citizen}/consents", body).status_code == 400


def test_j17_a_guardian_consents_for_under_14s(invite: Any, client: Any, example: Any) -> None:
    from tests.grids.wellness.conftest import today

    invite(name="孙演示003", birth_year=today().year - 10, birth_month=1, kind="fitness_test")
    child = client("tester").get("wellness/citizens").json()["results"][0]["id"]
    body = {"purpose": "fitness_test", "text_version": "2026-1"}
    answer = client("tester").post(f"wellness/citizens/{child}/consents", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "GUARDIAN_CONSENT_REQUIRED")
    assert answer.json()["message"]["zh"] == "未满14周岁，须由监护人同意"
    given = client("tester").post(f"wellness/citizens/{child}/consents", {**body, "given_by_guardian": True})
    assert (given.status_code, given.json()["given_by_guardian"]) == (201, True)


def test_j17_a_withdrawal_stops_everything(alpha: Any, way: Any, client: Any) -> None:
    way.consent("fitness_test")
    test = way.test()["id"]
    way.withdraw("fitness_test")
    tester = client("tester")
    assert (
        tester.post(f"wellness/citizens/{way.citizen}/tests", way.entry()).json()["code"]
        == "CONSENT_REQUIRED"
    )
    assert tester.get(f"wellness/fitness-tests/{test}").status_code == 404
    assert tester.post(f"wellness/fitness-tests/{test}/read", {"purpose": "testing"}).status_code == 404
    assert tester.get(f"wellness/citizens/{way.citizen}/tests").json()["results"] == []
    with pytest.raises(AssertionError, match="404"):
        way.withdraw("fitness_test")


def test_a_later_consent_does_not_bring_back_what_was_hidden(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    test = way.test()["id"]
    way.withdraw("fitness_test")
    way.consent("fitness_test")
    assert client("tester").get(f"wellness/fitness-tests/{test}").status_code == 404


def test_j18_a_case_ends_with_the_consent_it_stands_on(alpha: Any, way: Any, client: Any) -> None:
    from grids.wellness.models import ExerciseCase

    way.to_prescribed()
    way.train()
    way.withdraw("exercise_case")
    assert client("tester").get(f"wellness/cases/{way.case}").status_code == 404
    assert (
        client("prescriber").post(f"wellness/cases/{way.case}/prescriptions", way.order()).status_code == 404
    )
    with schema_context(alpha.schema_name):
        assert ExerciseCase.objects.get().state == "withdrawn"
    # The other purpose stands by itself: the test is still shown.
    assert len(client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"]) == 1
    shown = client("inviter").get("wellness/invitations").json()["results"]
    assert [row["done"] for row in shown] == [False]  # grid staff do not learn of it


def test_who_withdrew_may_begin_anew(way: Any, client: Any) -> None:
    way.consent("exercise_case")
    way.withdraw("exercise_case")
    way.consent("exercise_case")
    cases = client("tester").get("wellness/cases").json()["results"]
    assert [(row["id"] != way.case, row["state"]) for row in cases] == [(True, "consented")]


@pytest.mark.parametrize(
    "state", ["invited", "consented", "screened", "cleared", "prescribed", "in_programme"]
)
def test_withdrawing_is_possible_at_any_time(alpha: Any, way: Any, client: Any, state: str) -> None:
    from grids.wellness.models import ExerciseCase

    way.consent("fitness_test")
    way.test()
    steps = [
        ("consented", lambda: way.consent("exercise_case")), ("screened", way.screen), ("cleared", way.clear),
        ("prescribed", way.prescribe), ("in_programme", way.train),
    ]  # fmt: skip
    for name, step in steps:
        if state != "invited":
            step()
        if name == state:
            break
    way.post("tester", f"cases/{way.case}/withdraw", None, 204)
    assert "exercise_case" not in client("tester").get(f"wellness/citizens/{way.citizen}").json()["consents"]
    with schema_context(alpha.schema_name):
        assert ExerciseCase.objects.get(pk=way.case).state == "withdrawn"


def test_j17_sharing_needs_a_consent_of_its_own(alpha: Any, way: Any, client: Any) -> None:
    from grids.wellness.models import HealthShare
    from tenants.accounts.models import AuditEvent
    from tests.grids.wellness.conftest import CENTRE

    way.consent("fitness_test")
    way.test()
    path, body = f"wellness/citizens/{way.citizen}/share", {"institution": CENTRE}
    answer = client("tester").post(path, body)
    assert (answer.status_code, answer.json()["code"]) == (403, "CONSENT_REQUIRED")
    assert answer.json()["facts"] == {"missing": ["share_with_health_centre"]}
    way.consent("share_with_health_centre")
    assert client("tester").post(path, {"institution": "糖尿病门诊"}).status_code == 400
    copy = client("tester").post(path, body).json()
    assert copy["tests"][0]["result"]["grade"] == "good"
    assert copy["shared"][0]["institution"] == CENTRE
    way.withdraw("share_with_health_centre")
    assert client("tester").post(path, body).status_code == 403
    with schema_context(alpha.schema_name):
        assert HealthShare.objects.count() == 1
        logged = AuditEvent.objects.get(action="wellness.read")
    assert logged.after == {"purpose": "health_centre", "institution": CENTRE}


def test_j17_consents_are_listed_each_by_itself_also_those_taken_back(way: Any, client: Any) -> None:
    way.consent("fitness_test", "exercise_case")
    way.withdraw("fitness_test")
    way.consent("fitness_test")
    listed = client("tester").get(f"wellness/citizens/{way.citizen}/consents").json()["results"]
    assert [(row["purpose"], row["withdrawn_at"] is None) for row in listed] == [
        ("fitness_test", False), ("exercise_case", True), ("fitness_test", True),
    ]  # fmt: skip
    assert all(row["given_at"] and row["text_version"] == "2026-1" for row in listed)
