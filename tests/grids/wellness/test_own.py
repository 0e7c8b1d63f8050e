"""The own record: by code or linked account, exported, taken back, erased; and what is deleted in time: J17."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody(alpha: Any, api: Any) -> Any:
    """Somebody who is not signed in."""
    return api(alpha)


def _code(way: Any) -> str:
    return str(way.post("tester", f"citizens/{way.citizen}/access-code", None, 201)["code"])


def test_a_code_opens_the_own_record_once(alpha: Any, way: Any, nobody: Any) -> None:
    from tenants.accounts.models import AuditEvent

    way.to_prescribed()
    code = _code(way)
    answer = nobody.post("wellness/by-code/record", {"code": code.lower()})
    assert answer.status_code == 200
    record = answer.json()
    assert record["format"] == "wangge.wellness.record/1"
    assert (record["citizen"]["name"], record["citizen"]["birth_month"]) == ("赵演示001", 5)
    assert record["tests"][0]["result"]["grade"] == "good"
    assert record["tests"][0]["standard"]["source"].startswith("示例")
    assert record["cases"][0]["prescriptions"][0]["frequency_per_week"] == 3
    assert [row["purpose"] for row in record["consents"]] == ["fitness_test", "exercise_case"]
    again = nobody.post("wellness/by-code/record", {"code": code})
    assert (again.status_code, again.json()["code"]) == (422, "ACCESS_CODE")
    assert again.json()["message"]["zh"] == "查询码无效、已使用或已过期"
    with schema_context(alpha.schema_name):
        logged = AuditEvent.objects.get(action="wellness.read")
    assert (logged.actor_label, logged.after) == ("system", {"purpose": "own"})


def test_a_code_ends_in_a_week_and_with_the_next(alpha: Any, way: Any, nobody: Any) -> None:
    from grids.wellness.models import AccessCode

    first, second = _code(way), _code(way)
    assert nobody.post("wellness/by-code/record", {"code": first}).status_code == 422
    with schema_context(alpha.schema_name):
        assert second not in str(list(AccessCode.objects.values()))
        AccessCode.objects.update(expires_at=timezone.now())
    assert nobody.post("wellness/by-code/record", {"code": second}).status_code == 422
    assert nobody.post("wellness/by-code/record", {"code": ""}).status_code == 400


def test_a_consent_is_taken_back_by_code(way: Any, nobody: Any, client: Any) -> None:
    way.consent("fitness_test")
    way.test()
    body = {"code": _code(way), "purpose": "fitness_test"}
    assert nobody.post("wellness/by-code/withdraw", body).json()["withdrawn_at"] is not None
    assert client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"] == []
    body = {"code": _code(way), "purpose": "fitness_test"}
    assert nobody.post("wellness/by-code/withdraw", body).status_code == 404


def test_a_refused_act_leaves_the_code_good(way: Any, nobody: Any) -> None:
    code = _code(way)
    assert (
        nobody.post("wellness/by-code/withdraw", {"code": code, "purpose": "fitness_test"}).status_code == 404
    )
    assert nobody.post("wellness/by-code/record", {"code": code}).status_code == 200


def test_a_linked_account_sees_the_own_record_and_no_other(
    alpha: Any, way: Any, client: Any, api: Any, make_user: Any
) -> None:
    way.to_prescribed()
    stranger = client("stranger")
    assert stranger.get("wellness/me").status_code == 404
    assert stranger.post("wellness/me/record").status_code == 404
    assert stranger.post("wellness/me/link", {"code": _code(way)}).status_code == 204
    assert stranger.get("wellness/me").json()["open_case_id"] == way.case
    record = stranger.post("wellness/me/record").json()
    assert record["tests"][0]["result"]["total"] == "12"
    other = api(alpha, make_user(alpha, "other"))
    answer = other.post("wellness/me/link", {"code": _code(way)})
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_LINKED")
    assert other.post("wellness/me/record").status_code == 404


def test_one_consents_and_withdraws_oneself(way: Any, client: Any) -> None:
    stranger = client("stranger")
    stranger.post("wellness/me/link", {"code": _code(way)})
    body = {"purpose": "exercise_case", "text_version": "2026-1"}
    assert stranger.post("wellness/me/consents", body).status_code == 201
    assert client("tester").get(f"wellness/cases/{way.case}").json()["state"] == "consented"
    assert stranger.post("wellness/me/consents/withdraw", {"purpose": "exercise_case"}).status_code == 200
    assert client("tester").get(f"wellness/cases/{way.case}").status_code == 404


def test_one_leaves_a_case_that_one_never_agreed_to(way: Any, client: Any) -> None:
    stranger = client("stranger")
    stranger.post("wellness/me/link", {"code": _code(way)})
    assert stranger.post("wellness/me/case/withdraw").status_code == 204
    assert client("tester").get(f"wellness/cases/{way.case}").status_code == 404
    assert stranger.post("wellness/me/case/withdraw").status_code == 404


def test_an_export_hides_what_a_consent_no_longer_covers(way: Any, nobody: Any) -> None:
    way.to_prescribed()
    way.withdraw("exercise_case")
    record = nobody.post("wellness/by-code/record", {"code": _code(way)}).json()
    assert record["cases"] == []
    assert len(record["tests"]) == 1
    way.withdraw("fitness_test")
    record = nobody.post("wellness/by-code/record", {"code": _code(way)}).json()
    assert record["tests"] == []
    assert all(row["withdrawn_at"] for row in record["consents"])


@pytest.mark.parametrize("road", ["tester", "code", "account"])
def test_j17_erasure_keeps_the_consents_and_nothing_of_the_person(
    alpha: Any, way: Any, client: Any, nobody: Any, road: str
) -> None:
    from grids.wellness.models import (
        Citizen,
        ExerciseCase,
        ExercisePrescription,
        ExerciseSession,
        FitnessTest,
        Invitation,
    )
    from tenants.bureau.models import Consent

    way.to_prescribed()
    way.train()
    if road == "tester":
        way.post("tester", f"citizens/{way.citizen}/erase", None, 204)
    elif road == "code":
        assert nobody.post("wellness/by-code/erase", {"code": _code(way)}).status_code == 204
    else:
        client("stranger").post("wellness/me/link", {"code": _code(way)})
        assert client("stranger").post("wellness/me/erase").status_code == 204
    for path in (f"citizens/{way.citizen}", f"cases/{way.case}"):
        assert client("tester").get(f"wellness/{path}").status_code == 404
    assert client("inviter").get("wellness/invitations").json()["results"] == []
    assert client("stranger").get("wellness/me").status_code == 404
    with schema_context(alpha.schema_name):
        citizen = Citizen.objects.values().get(pk=way.citizen)
        assert {citizen[name] for name in ("name", "sex", "phone_masked")} == {""}
        kept = {"birth_year", "birth_month", "user_id", "phone_sealed", "phone_digest"}
        assert {citizen[name] for name in kept} == {None}
        for model in (FitnessTest, ExercisePrescription, ExerciseSession):
            assert [bytes(row.sealed or b"") for row in model.objects.all()] == [b""], model
        case = ExerciseCase.objects.get()
        assert (case.state, case.asks_for_doctor, case.clearance_basis) == ("withdrawn", None, "")
        assert not case.events.filter(action__in=("refer", "clear")).exists()
        assert not Invitation.objects.exists()
        consents = Consent.objects.filter(subject=f"wellness.citizen:{way.citizen}")
        assert consents.count() == 2
        assert all(row.withdrawn_at is not None for row in consents)


# --- what the regular job deletes ----------------------------------------------------------------------------------


def _keep(alpha: Any, now: Any) -> dict[str, int]:
    from grids.wellness.services.erasing import keep_wellness

    with schema_context(alpha.schema_name):
        return keep_wellness(now=now)


def test_values_go_thirty_days_after_a_withdrawal(alpha: Any, way: Any) -> None:
    from grids.wellness.models import FitnessTest

    way.consent("fitness_test")
    way.test()
    way.withdraw("fitness_test")
    now = timezone.now()
    assert _keep(alpha, now + timedelta(days=29, hours=23))["tests"] == 0
    assert _keep(alpha, now + timedelta(days=30, minutes=1))["tests"] == 1
    assert _keep(alpha, now + timedelta(days=31))["tests"] == 0
    with schema_context(alpha.schema_name):
        row = FitnessTest.objects.get()
        assert (row.sealed, row.grade_sealed, row.tested_on) == (None, None, today())


def test_values_go_after_the_years_of_policy_and_then_the_person(alpha: Any, way: Any, client: Any) -> None:
    from grids.wellness.models import Citizen, Invitation
    from grids.wellness.rules.retention import kept_since

    way.consent("fitness_test")
    way.test()
    first = kept_since(today(), 3)
    with schema_context(alpha.schema_name):
        from grids.wellness.models import FitnessTest

        FitnessTest.objects.update(tested_on=first)
        Citizen.objects.update(created_at=timezone.now() - timedelta(days=1200))
        Invitation.objects.update(invited_on=first)
    assert _keep(alpha, timezone.now()) == {"tests": 0, "cases": 0, "codes": 0, "people": 0}
    with schema_context(alpha.schema_name):
        FitnessTest.objects.update(tested_on=first - timedelta(days=1))
        Invitation.objects.update(invited_on=first - timedelta(days=1))
    done = _keep(alpha, timezone.now())
    assert (done["tests"], done["people"]) == (1, 1)
    assert client("tester").get(f"wellness/citizens/{way.citizen}").status_code == 404


def test_a_case_under_way_is_kept(alpha: Any, way: Any) -> None:
    from grids.wellness.models import Citizen, ExercisePrescription, Invitation

    way.to_prescribed()
    with schema_context(alpha.schema_name):
        Citizen.objects.update(created_at=timezone.now() - timedelta(days=1200))
        Invitation.objects.update(invited_on=today() - timedelta(days=1200))
    assert _keep(alpha, timezone.now())["people"] == 0
    with schema_context(alpha.schema_name):
        assert ExercisePrescription.objects.get().sealed is not None
        ExercisePrescription.objects.update(ends_on=today() - timedelta(days=1200))
    assert _keep(alpha, timezone.now())["cases"] == 1  # what it said years ago is not


def test_codes_that_ran_out_go(alpha: Any, way: Any) -> None:
    _code(way)
    assert _keep(alpha, timezone.now())["codes"] == 0
    assert _keep(alpha, timezone.now() + timedelta(days=8))["codes"] == 1
