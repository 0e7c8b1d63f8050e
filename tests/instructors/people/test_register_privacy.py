"""What the register does not give away: by its search, in its log, and in what is refused. Rules: X07, S11"""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from instructors.people.models import Instructor
from instructors.people.services.identity import reveal_instructor
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import Grant
from wangge.errors import RuleBroken

from .conftest import HEADER, as_csv, invented_phone, line

pytestmark = pytest.mark.django_db


def test_X07_a_masked_name_is_not_guessed_letter_by_letter(alpha, small_city, make_user, api, enter):
    enter(1, unit="shengli", name="甲乙丙")
    enter(2, unit="xinhua", name="甲乙丁")
    views = make_user(alpha, "views", ["instructor.view"], unit=small_city.units["city"])

    def found(name: str) -> list[str]:
        asking = api(alpha, views)
        rows = [row["name"] for row in asking.get(f"instructors?name={name}").json()["results"]]
        table = asking.get(f"instructors/export?format=csv&name={name}")
        assert len(b"".join(table.streaming_content).decode().splitlines()) == 1 + len(rows)
        return rows

    assert found("甲") == found("甲乙") == found("乙丙") == []
    assert found("甲乙丙") == ["甲*"]
    with schema_context(alpha.schema_name):
        Grant.objects.create(user=views, permission="instructor.edit", unit=small_city.units["town"])
    assert found("甲乙") == ["甲乙丙"], "in full where one keeps the record, and only there"


def test_X07_the_log_of_an_export_does_not_tell_whose_name_was_looked_for(alpha, api, staff, bring):
    bring(as_csv([line(1)]))
    answer = api(alpha, staff.dispatcher).get(
        "instructors/export?format=csv&name=测试1&certificate=T3-000001&grade=grade3"
    )
    assert answer.status_code == 200
    with schema_context(alpha.schema_name):
        told = AuditEvent.objects.get(action="instructor.export").after["filters"]
    assert (told["has_name"], told["has_certificate"], told["grade"]) == (True, True, "grade3")
    assert "测试1" not in str(told) and "T3-000001" not in str(told)


def test_S01_whose_numbers_one_may_not_see_is_told_before_what_is_wrong_with_the_request(
    alpha, small_city, make_user, enter
):
    near, far = enter(1, unit="shengli"), enter(2, unit="xinhua")
    local = make_user(
        alpha, "local", ["instructor.view", "personal.full_value"], unit=small_city.units["town"]
    )
    views = make_user(alpha, "views", ["instructor.view"], unit=small_city.units["city"])
    for person, asking, status in ((near, local, 422), (far, local, 404), (far, views, 403)):
        with schema_context(alpha.schema_name), pytest.raises(RuleBroken) as refused:
            reveal_instructor(
                instructor_id=person.pk, items=["id_number"], purpose="", note="", acting_user=asking
            )
        assert refused.value.status == status


def test_X07_a_change_by_import_leaves_a_masked_trace_of_each_person(alpha, bring, staff):
    header = (*HEADER, "银行账号")
    old, new = "6222020000000000001", "6222020000000000019"
    bring(as_csv([[*line(1), old], [*line(2), old]], header=header))
    given = {"手机号": invented_phone(77), "有效期至": "2031-01-01", "注册年度": 2026, "经度": 114.2141}
    done = bring(as_csv([[*line(1, **given), new], [*line(2), old]], header=header))
    with schema_context(alpha.schema_name):
        (trace,) = AuditEvent.objects.filter(action="instructor.import")
        person = Instructor.objects.get(name="测试1")
    assert (trace.subject_type, trace.subject_id) == ("people.instructor", str(person.pk))
    assert trace.actor_id == staff.dispatcher.pk
    assert (trace.after["register_import"], trace.after["row"]) == (done.pk, 2)
    assert [(told["phone"], told["bank_account"]) for told in (trace.before, trace.after)] == [
        ("199****0001", "****0001"),
        ("199****0077", "****0019"),
    ]
    assert [told["grade3"]["valid_to"] for told in (trace.before, trace.after)] == [None, "2031-01-01"]
    assert (trace.before["has_home"], trace.after["has_home"], trace.after["years"]) == (
        True,
        True,
        {"2026": None},
    )
    for secret in (old, new, invented_phone(1), invented_phone(77), "114.21", "测试1"):
        assert secret not in str((trace.before, trace.after))


def test_X07_a_dry_run_leaves_no_trace_of_a_person(alpha, bring):
    bring(as_csv([line(1)]))
    bring(as_csv([line(1, 手机号=invented_phone(77))]), dry_run=True)
    with schema_context(alpha.schema_name):
        assert not AuditEvent.objects.filter(action="instructor.import").exists()
