"""An exercise case from invitation to its end, and what it refuses on the way: J18."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db.models import F
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import CENTRE, today

pytestmark = pytest.mark.django_db
NOTE = {"reference": "MZ-2026-001", "institution": CENTRE}
BEST = {"grip": "49.0", "sit_and_reach": "16", "one_leg_stand": "61"}


def _refused(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]["zh"]


def test_j18_the_whole_way(alpha: Any, way: Any, client: Any) -> None:
    way.to_prescribed()
    way.train()
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(6)
    retested = way.post("tester", f"cases/{way.case}/re-test", way.entry(**BEST), 201)
    assert retested["result"]["grade"] == "excellent"
    assert way.post("prescriber", f"cases/{way.case}/close")["state"] == "closed"
    read = way.post("prescriber", f"cases/{way.case}/read", {"purpose": "comparing"})
    assert read["comparison"]["first"]["grade"] == "good"
    assert read["comparison"]["standard"]["is_example"] is True
    assert read["comparison"]["changes"] == {"grip": "6.0", "sit_and_reach": "3.5", "one_leg_stand": "30"}
    assert [row["number"] for row in read["prescriptions"]] == [1]
    assert read["prescriptions"][0]["types"] == ["walking", "tai_chi"]
    assert read["sessions"][0]["exertion"] == 12
    assert client("inviter").get("wellness/invitations").json()["results"][0]["done"] is True


def test_j18_clearance_required(way: Any, client: Any) -> None:
    """Prescribe without clearance: before the screening, after it, and after a referral."""
    way.consent("fitness_test", "exercise_case")
    way.test()
    wanted = (422, "CLEARANCE_REQUIRED", "请先完成风险筛查/医生评估")

    def prescribed() -> Any:
        return client("prescriber").post(f"wellness/cases/{way.case}/prescriptions", way.order())

    assert _refused(prescribed()) == wanted
    way.screen(chest_discomfort=True)
    assert _refused(prescribed()) == wanted
    way.post("tester", f"cases/{way.case}/refer")
    assert _refused(prescribed()) == wanted
    by_form = client("prescriber").post(f"wellness/cases/{way.case}/clear", {"basis": "questionnaire"})
    assert _refused(by_form) == wanted
    note = {"basis": "doctors_note", "note": {**NOTE, "dated_on": today().isoformat()}}
    assert way.post("prescriber", f"cases/{way.case}/clear", note)["state"] == "cleared"
    assert prescribed().status_code == 201


def test_a_stale_note_clears_nobody(way: Any, client: Any) -> None:
    way.consent("exercise_case")
    way.screen(lost_balance=True)
    dated = (today() - timedelta(days=181)).isoformat()
    body = {"basis": "doctors_note", "note": {**NOTE, "dated_on": dated}}
    answer = client("prescriber").post(f"wellness/cases/{way.case}/clear", body)
    assert _refused(answer)[:2] == (422, "DOCTORS_NOTE")


def test_of_a_screening_no_answer_is_kept(alpha: Any, way: Any) -> None:
    from grids.wellness.models import ExerciseCase

    way.consent("exercise_case")
    assert way.screen(chest_discomfort=True)["state"] == "screened"
    with schema_context(alpha.schema_name):
        row = ExerciseCase.objects.values().get()
    assert row["asks_for_doctor"] is True
    assert "chest" not in str(row)


def test_j18_consent_comes_first(way: Any, client: Any) -> None:
    """The consent to tests is none to an exercise case."""
    way.consent("fitness_test")
    for path, body, who in (
        ("screening", way.answers(), "tester"),
        ("refer", None, "tester"),
        ("clear", {"basis": "questionnaire"}, "prescriber"),
        ("prescriptions", way.order(), "prescriber"),
        ("read", {"purpose": "prescribing"}, "prescriber"),
    ):
        answer = client(who).post(f"wellness/cases/{way.case}/{path}", body)
        wanted = (403, "CONSENT_REQUIRED", "体质数据属敏感个人信息，需单独同意")
        assert _refused(answer) == wanted, path


def test_a_baseline_comes_before_a_prescription(way: Any, client: Any) -> None:
    way.consent("fitness_test", "exercise_case")
    way.screen()
    way.clear()
    answer = client("prescriber").post(f"wellness/cases/{way.case}/prescriptions", way.order())
    assert _refused(answer) == (422, "BASELINE_REQUIRED", "请先完成一次体质测试，作为干预前的基线")


def test_a_step_cannot_be_left_out(way: Any, client: Any) -> None:
    way.consent("fitness_test", "exercise_case")
    answer = client("tester").post(
        f"wellness/cases/{way.case}/sessions", {"held_on": today().isoformat(), "attended": False}
    )
    assert _refused(answer) == (409, "INVALID_TRANSITION", "当前状态“已同意”不能执行“记录运动”")
    assert answer.json()["facts"]["allowed"] == ["screen", "withdraw"]


def test_j18_nobody_clears_or_prescribes_for_oneself(alpha: Any, way: Any, people: Any, client: Any) -> None:
    from grids.wellness.models import Citizen

    way.consent("fitness_test", "exercise_case")
    way.test()
    way.screen()
    with schema_context(alpha.schema_name):
        Citizen.objects.update(user_id=people.prescriber.pk)
    for path, body in (("clear", {"basis": "questionnaire"}), ("prescriptions", way.order())):
        answer = client("prescriber").post(f"wellness/cases/{way.case}/{path}", body)
        assert _refused(answer)[:2] == (403, "SELF_APPROVAL")


def test_a_prescription_is_a_version_written_in_sight_of_the_last(way: Any, client: Any) -> None:
    way.to_prescribed()
    answer = client("prescriber").post(f"wellness/cases/{way.case}/prescriptions", way.order(minutes=20))
    assert _refused(answer)[:2] == (409, "PRESCRIPTION_CHANGED")
    assert way.prescribe(replaces=1)["number"] == 2
    past = way.order(replaces=2, starts_on=(today() - timedelta(days=1)).isoformat())
    answer = client("prescriber").post(f"wellness/cases/{way.case}/prescriptions", past)
    assert _refused(answer)[:2] == (422, "PRESCRIPTION_START")


def test_a_prescription_takes_closed_fields_only(way: Any, client: Any) -> None:
    way.to_prescribed()
    for changed in ({"remarks": "高血压"}, {"types": ["糖尿病操"]}):
        answer = client("prescriber").post(
            f"wellness/cases/{way.case}/prescriptions", way.order(replaces=1, **changed)
        )
        assert answer.status_code in (400, 422)
    answer = client("prescriber").post(
        f"wellness/cases/{way.case}/prescriptions", way.order(replaces=1, exertion_high=21, weeks=27)
    )
    assert {one["code"] for one in answer.json()["errors"]} == {"PRESCRIPTION_RANGE"}
    assert {one["field"] for one in answer.json()["errors"]} == {"exertion_high", "weeks"}


def test_after_a_stop_the_prescriber_looks_first(way: Any, client: Any, alpha: Any) -> None:
    way.to_prescribed()
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(1)
    way.train(held_on=(today() - timedelta(days=2)).isoformat(), stopped=True)
    body = {"held_on": today().isoformat(), "attended": True, "exertion": 12}
    answer = client("tester").post(f"wellness/cases/{way.case}/sessions", body)
    assert _refused(answer) == (422, "REVIEW_REQUIRED", "上次运动已中止，请先由处方师复核并开具新版处方")
    way.prescribe(replaces=1, exertion_high=12)
    way.train()


def test_who_did_not_come_has_not_begun(way: Any, client: Any) -> None:
    way.to_prescribed()
    way.train(attended=False, exertion=None)
    assert client("tester").get(f"wellness/cases/{way.case}").json()["state"] == "prescribed"
    answer = client("tester").post(
        f"wellness/cases/{way.case}/sessions",
        {"held_on": today().isoformat(), "attended": True, "exertion": 12},
    )
    assert _refused(answer)[:2] == (409, "SESSION_TWICE")


@pytest.mark.parametrize(("weeks", "days", "status"), [(6, 1, 422), (6, 0, 201), (12, 0, 201), (13, 0, 422)])
def test_j18_retest_in_its_weeks(
    alpha: Any, way: Any, client: Any, weeks: int, days: int, status: int
) -> None:
    """From the sixth to the twelfth week after the first session; a day before the sixth is too early."""
    way.to_prescribed()
    way.train()
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(weeks)
    entry = way.entry(today() - timedelta(days=days), **BEST)
    answer = client("tester").post(f"wellness/cases/{way.case}/re-test", entry)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "RETEST_WINDOW"
        first = today() - timedelta(weeks=weeks - 6)
        assert answer.json()["facts"] == {
            "first_day": first.isoformat(), "last_day": (first + timedelta(weeks=6)).isoformat(),
        }  # fmt: skip


@pytest.mark.parametrize(("weeks", "days", "due"), [(6, 1, False), (6, 0, True), (14, 0, True)])
def test_j18_who_is_due_for_a_retest_is_listed_with_the_days(
    alpha: Any, way: Any, client: Any, weeks: int, days: int, due: bool
) -> None:
    """From the first day of the window on, and beyond its last until somebody sees to it."""
    way.to_prescribed()
    assert client("tester").get("wellness/cases?retest_due=true").json()["results"] == []
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(2)
    way.train(held_on=(today() - timedelta(weeks=2)).isoformat())
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(weeks - 2)
        ExerciseCase = apps.get_model("wellness", "ExerciseCase")
        ExerciseCase.objects.update(programme_from=F("programme_from") + timedelta(days=days))
    listed = client("tester").get("wellness/cases?retest_due=true").json()["results"]
    assert [row["id"] for row in listed] == ([way.case] if due else [])
    shown = client("tester").get(f"wellness/cases/{way.case}").json()
    first = today() - timedelta(weeks=weeks - 6) + timedelta(days=days)
    assert (shown["retest_from"], shown["retest_to"]) == (
        first.isoformat(), (first + timedelta(weeks=6)).isoformat(),
    )  # fmt: skip
    assert client("tester").get("wellness/cases?state=closed").json()["results"] == []
    assert client("tester").get("wellness/cases?state=asleep").status_code == 400


def test_a_programme_whose_weeks_are_over_begins_anew(alpha: Any, way: Any, client: Any) -> None:
    way.to_prescribed()
    way.train()
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(13)
    way.prescribe(replaces=1)
    answer = client("tester").post(f"wellness/cases/{way.case}/re-test", way.entry(**BEST))
    assert _refused(answer)[1:] == ("RETEST_WINDOW", "新处方后尚无运动记录，复测周数未开始计算")
    way.train()
    assert client("tester").get(f"wellness/cases/{way.case}").json()["programme_from"] == today().isoformat()


def test_j18_only_one_version_of_a_standard_is_compared(alpha: Any, way: Any, client: Any) -> None:
    from pathlib import Path

    from grids.wellness.rules import standard as module
    from grids.wellness.services.standards import load_standard
    from tenants.accounts.models import User

    way.to_prescribed()
    way.train()
    text = (Path(module.__file__).parent / "example_standard.toml").read_text("utf-8")
    newer = text.replace('"2026-1"', '"2026-2"').replace(
        "2020-01-01", (today() - timedelta(days=3)).isoformat()
    )
    with schema_context(alpha.schema_name):
        way.let_weeks_pass(6)
        row = load_standard(form="toml", text=newer, acting_user=User.objects.get(username="bureau"))
    entry = {**way.entry(**BEST), "standard_id": row.pk}
    answer = client("tester").post(f"wellness/cases/{way.case}/re-test", entry)
    assert _refused(answer)[:2] == (422, "STANDARD_DIFFERS")
    way.post("tester", f"cases/{way.case}/re-test", way.entry(**BEST), 201)  # the older one still, here
    answer = client("tester").post(
        f"wellness/citizens/{way.citizen}/tests", way.entry(today() - timedelta(days=1))
    )
    assert _refused(answer)[:2] == (422, "STANDARD_SUPERSEDED")  # but nowhere else


def test_moves_are_kept_apart_from_the_audit_log(alpha: Any, way: Any) -> None:
    """Auditors read that something was decided; who was referred stands in the case."""
    from grids.wellness.models import CaseEvent
    from tenants.accounts.models import AuditEvent

    way.consent("exercise_case")
    way.screen(chest_discomfort=True)
    way.post("tester", f"cases/{way.case}/refer")
    with schema_context(alpha.schema_name):
        assert list(CaseEvent.objects.order_by("id").values_list("action", "state")) == [
            ("consent", "consented"), ("screen", "screened"), ("refer", "referred"),
        ]  # fmt: skip
        told = AuditEvent.objects.filter(subject_type="wellness.exercisecase").order_by("id")
        assert [row.action.partition(".")[2] for row in told] == ["consent", "screen", "decide"]
        assert {str(row.after) + str(row.before) for row in told} == {"NoneNone"}


def test_a_session_goes_by_the_version_of_its_day(alpha: Any, way: Any) -> None:
    """A version that begins next week leaves this week's to the one before."""
    from grids.wellness.models import ExerciseSession

    way.to_prescribed()
    way.prescribe(replaces=1, starts_on=(today() + timedelta(days=7)).isoformat())
    way.train()
    with schema_context(alpha.schema_name):
        assert ExerciseSession.objects.get().prescription.number == 1
