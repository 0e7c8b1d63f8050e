"""The audit log is read by those who may, as far as they may, filtered, and taken out as a file that is told of."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, AuditLink
from tenants.bureau.models import Grant, OrgUnit
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.services import audit_exports

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def log(alpha, make_user):
    """Two people's acts, of which the first is sealed."""
    li, wang = make_user(alpha, "li", ["grid.view"]), make_user(alpha, "wang", ["grid.view"])
    with schema_context(alpha.schema_name):
        rows = [
            AuditEvent.objects.create(
                at=NOON.replace(hour=hour), actor_id=who.pk, actor_label=who.username, action=f"test.{act}",
                subject_type="test", subject_id=str(hour), after={"name": "=1+1"}, reason=reason,
            )
            for hour, who, act, reason in ((4, li, "draw", ""), (5, wang, "draw", "=cmd|'x'"), (6, li, "approve", ""))
        ]  # fmt: skip
        AuditLink.objects.create(sequence=1, event_id=rows[0].pk, digest=bytes(32), horizon=1)
    return li, wang


@pytest.fixture
def auditor(alpha, make_user, api):
    return api(alpha, make_user(alpha, "auditor", ["audit.view"]))


def hours(answer):
    return [row["at"][11:13] for row in answer.json()["results"] if row["action"].startswith("test.")]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("action=test.draw", ["12", "13"]),
        ("actor_label=li", ["12", "14"]),
        ("subject_type=test&subject_id=5", ["13"]),
        ("subject_type=test&since=2026-03-02T13:00:00%2B08:00", ["13", "14"]),
        ("subject_type=test&until=2026-03-02T05:00:00Z", ["12"]),
        ("subject_type=test&since=2026-03-02T13:00:00%2B08:00&until=2026-03-02T14:00:00%2B08:00", ["13"]),
    ],
)
def test_rows_are_found_by_who_what_and_when(log, auditor, query, wanted):
    assert hours(auditor.get(f"audit-events?{query}")) == wanted


@pytest.mark.parametrize("query", ["since=2026-03-02T13:00:00", "actor=li", "since=yesterday", "actor_id=0"])
def test_a_filter_that_is_none_is_refused(log, auditor, query):
    assert auditor.get(f"audit-events?{query}").status_code == 400


def test_a_row_tells_whether_it_is_sealed_at_no_further_cost(log, auditor):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows = auditor.get("audit-events?subject_type=test").json()["results"]
        assert [row["sequence"] for row in rows] == [1, None, None]
        return len(captured)

    statements()
    assert statements() <= 8
    row = auditor.get("audit-events?action=test.approve").json()["results"][0]
    assert auditor.get(f"audit-events/{row['id']}").json()["sequence"] is None


def test_a_district_reads_what_its_own_people_did_and_suffered(alpha, log, make_user, api):
    li, wang = log
    with schema_context(alpha.schema_name):
        root = root_unit()
        district = OrgUnit.objects.create(
            level="county", name="甲区", parent=root, valid_from=date(2020, 1, 1)
        )
        district.path = f"{root.path}{district.pk}/"
        district.save()
        Grant.objects.create(user=li, permission="grid.view", unit=district)
        AuditEvent.objects.create(
            at=NOON.replace(hour=7), actor_id=wang.pk, actor_label="wang", action="test.change",
            subject_type="accounts.user", subject_id=str(li.pk),
        )  # fmt: skip
        hidden = AuditEvent.objects.get(subject_id="5", subject_type="test").pk
    local = api(alpha, make_user(alpha, "local", ["audit.view"], district))
    assert hours(local.get("audit-events")) == ["12", "14", "15"]
    assert local.get(f"audit-events/{hidden}").status_code == 404
    assert "wang" not in local.get("audit-events/export?subject_type=test").content.decode()


def test_the_file_has_a_header_no_formulas_and_is_told_of(alpha, log, auditor):
    answer = auditor.get("audit-events/export?subject_type=test&action=test.draw")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    assert answer["Cache-Control"] == "no-store" and "audit-events.csv" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["sequence"], row["actor_label"], row["action"]) for row in rows] == [
        ("1", "li", "test.draw"),
        ("", "wang", "test.draw"),
    ]
    assert rows[1]["reason"] == "'=cmd|'x'" and rows[0]["at"] == NOON.isoformat()
    with schema_context(alpha.schema_name):
        told = AuditEvent.objects.get(action="audit.export")
    assert told.actor_label == "auditor"
    assert told.after == {"filters": {"subject_type": "test", "action": "test.draw"}, "rows": 2}


def test_too_much_is_refused_and_not_told_as_taken(alpha, log, auditor, monkeypatch):
    monkeypatch.setattr(audit_exports, "LIMIT", 1)
    answer = auditor.get("audit-events/export?subject_type=test")
    assert (answer.status_code, answer.json()["code"]) == (422, "EXPORT_TOO_LARGE")
    with schema_context(alpha.schema_name):
        assert not AuditEvent.objects.filter(action="audit.export").exists()


def test_who_may_not_read_takes_nothing_out(alpha, log, make_user, api):
    assert api(alpha, make_user(alpha, "nosy", ["user.view"])).get("audit-events/export").status_code == 403
