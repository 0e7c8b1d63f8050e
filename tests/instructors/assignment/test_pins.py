"""S07: a pin that no longer holds is announced when it comes to that, shown in the list, and named by the computation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.assignment.models import AssignmentPin
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db
RUNS = "assignment-runs"
PLACE = "测试甲固定在“测试站点S1”周一 06:00–07:30（太极拳）"
ELSEWHEN = {"times": [{"weekday": 2, "from_minute": 0, "to_minute": 1440}]}


@pytest.fixture
def pinned(speaker: Any, make_need: Any, make_site: Any, make_instructor: Any) -> Any:
    """Somebody who is pinned."""
    person, need = make_instructor(), make_need(make_site())
    answer = speaker.post("assignment-pins", {"need": need.pk, "instructor": person.pk})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["is_holding"], answer.json()["obstacles"]) == (True, [])
    return person


def failure(alpha: Any, speaker: Any, run_jobs: Any) -> dict[str, Any]:
    assert speaker.post(RUNS, {}).status_code == 202
    job = run_jobs(alpha)[-1]
    assert (job.state, job.problem["code"]) == ("failed", "ASSIGNMENT_PIN")
    found: dict[str, Any] = job.problem
    return found


def listed(speaker: Any, query: str = "") -> list[tuple[bool, list[str]]]:
    rows = speaker.get(f"assignment-pins{query}").json()["results"]
    return [(row["is_holding"], [each["zh"] for each in row["obstacles"]]) for row in rows]


def test_s07_other_free_times_warn_of_the_pin_and_the_computation_names_it(
    alpha: Any, speaker: Any, run_jobs: Any, pinned: Any
) -> None:
    assert listed(speaker) == [(True, [])]
    answer = speaker.put(f"instructors/{pinned.pk}/free-times", ELSEWHEN, if_match="*")
    assert answer.status_code == 200, answer.content
    (warning,) = answer.json()["warnings"]
    assert warning["code"] == "PIN_CONTRADICTED"
    assert warning["message"]["zh"].startswith(f"{PLACE}的安排已不成立：周一 06:00–07:30不空闲")
    assert warning["facts"]["instructor"] == pinned.pk
    problem = failure(alpha, speaker, run_jobs)
    assert problem["detail"] == f"{PLACE}，已不成立：周一 06:00–07:30不空闲"
    assert listed(speaker, "?is_holding=false") == [(False, ["周一 06:00–07:30不空闲"])]
    assert listed(speaker, "?is_holding=true") == []


def test_s07_a_pin_that_is_released_lets_the_computation_go_on(
    speaker: Any, compute: Any, pinned: Any
) -> None:
    speaker.put(f"instructors/{pinned.pk}/free-times", ELSEWHEN, if_match="*")
    (row,) = speaker.get("assignment-pins?is_holding=false").json()["results"]
    assert speaker.delete(f"assignment-pins/{row['id']}").status_code == 204
    assert compute()


def test_s07_a_limit_of_nothing_is_told_as_what_it_is(
    alpha: Any, speaker: Any, run_jobs: Any, pinned: Any
) -> None:
    answer = speaker.patch(f"instructors/{pinned.pk}", {"weekly_limit": 0}, if_match="*")
    assert answer.status_code == 200, answer.content
    (warning,) = answer.json()["warnings"]
    assert (warning["code"], warning["field"]) == ("PIN_CONTRADICTED", "weekly_limit")
    assert "每周次数上限为0" in warning["zh"]
    assert "每周次数上限为0" in failure(alpha, speaker, run_jobs)["detail"]


def test_s07_an_item_and_a_grade_that_end_warn_of_the_pin(alpha: Any, speaker: Any, pinned: Any) -> None:
    item = {"item_code": "taiji", "teaching_role": "skill_coach", "valid_from": "2024-01-01"}
    path = f"instructors/{pinned.pk}/items"
    assert speaker.put(path, item).json()["warnings"] == []
    (warning,) = speaker.put(path, {**item, "valid_to": "2025-01-01"}).json()["warnings"]
    assert (warning["code"], warning["facts"]["site"]) == ("PIN_CONTRADICTED", "测试站点S1")
    speaker.put(path, item)
    with schema_context(alpha.schema_name):
        number = pinned.grades.get().certificate_number
    grade = {
        "grade": "grade3", "certificate_number": number, "valid_from": "2024-01-01", "valid_to": "2025-01-01",
    }  # fmt: skip
    answer = speaker.put(f"instructors/{pinned.pk}/grades", grade)
    assert answer.status_code == 200, answer.content
    (warning,) = answer.json()["warnings"]
    assert "没有有效的等级证书或授课项目" in warning["zh"]


def test_j12_who_leaves_is_pinned_no_longer_and_the_audit_log_keeps_it(
    alpha: Any, speaker: Any, compute: Any, pinned: Any
) -> None:
    left = {"left_on": "2026-11-22", "reason": "迁出"}
    answer = speaker.post(f"instructors/{pinned.pk}/leave", left)
    assert (answer.status_code, answer.json()["pins_ended"]) == (200, 1)
    with schema_context(alpha.schema_name):
        assert not AssignmentPin.objects.exists()
        kept = AuditEvent.objects.get(action="assignment.unpin")
        assert (kept.before["instructor"], kept.reason) == (pinned.pk, "指导员离册")
    assert compute()
    back = speaker.post(f"instructors/{pinned.pk}/leave", {**left, "left_on": None})
    assert back.json()["pins_ended"] == 0


def test_s07_who_left_otherwise_is_told_by_the_day(
    alpha: Any, speaker: Any, run_jobs: Any, pinned: Any
) -> None:
    with schema_context(alpha.schema_name):
        type(pinned).objects.filter(pk=pinned.pk).update(left_on=date(2025, 1, 1))
    assert failure(alpha, speaker, run_jobs)["detail"] == f"{PLACE}，已不成立：已于2025-01-01离册"


def test_s07_every_broken_pin_is_named_at_once_and_limits_count_the_other_pins(
    alpha: Any, speaker: Any, run_jobs: Any, pinned: Any, make_need: Any, make_site: Any
) -> None:
    second = make_need(make_site("S2"), when=(2, 360, 450))
    assert speaker.post("assignment-pins", {"need": second.pk, "instructor": pinned.pk}).status_code == 201
    with schema_context(alpha.schema_name):
        type(pinned).objects.filter(pk=pinned.pk).update(weekly_limit=1)
    problem = failure(alpha, speaker, run_jobs)
    assert [each["message"]["zh"].split("：", 1)[1] for each in problem["errors"]] == [
        "每周最多1次，已安排1次（“测试站点S2”周二 06:00–07:30）",
        "每周最多1次，已安排1次（“测试站点S1”周一 06:00–07:30）",
    ]


def test_s07_a_refused_pin_names_the_session_it_clashes_with(
    speaker: Any, pinned: Any, make_need: Any, make_site: Any
) -> None:
    clash = make_need(make_site("S2", unit="xinhua"), when=(1, 420, 480))
    refused = speaker.post("assignment-pins", {"need": clash.pk, "instructor": pinned.pk})
    assert refused.json()["detail"] == "不能固定：同一时间服务“测试站点S1”周一 06:00–07:30"


def test_s11_an_onlooker_sees_that_a_pin_no_longer_holds_without_the_name(
    alpha: Any, api: Any, staff: Any, speaker: Any, pinned: Any
) -> None:
    speaker.put(f"instructors/{pinned.pk}/free-times", ELSEWHEN, if_match="*")
    (row,) = api(alpha, staff.clerk).get("assignment-pins").json()["results"]
    assert (row["is_holding"], row["instructor"]["name"]) == (False, "测*")
    assert "测试甲" not in str(row)


def test_s07_pins_are_judged_in_the_same_statements_for_any_number(
    speaker: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    counts, made = [], 0
    for size in (2, 8):
        for number in range(made, made + size):
            pin = {"need": make_need(make_site(f"S{number}")).pk, "instructor": make_instructor().pk}
            assert speaker.post("assignment-pins", pin).status_code == 201
        made += size
        with CaptureQueriesContext(connection) as read:
            assert len(speaker.get("assignment-pins").json()["results"]) == made
        counts.append(len(read))
    assert counts[0] == counts[1]
