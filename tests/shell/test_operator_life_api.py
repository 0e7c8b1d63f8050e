"""A city's life through the operator's API: every step, every refusal, the long work and its files, and who did it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from tenants.accounts.models import AuditEvent, User
from tenants.accounts.services import issue_token
from tenants.registry.models import City, CityOperation, Domain
from tenants.registry.services.receiving import own_receiving_key

OPERATOR = "operator.test"


@pytest.fixture
def speaker(alpha, api):
    """Somebody who operates the installation."""
    user = User.objects.create(username="ops", display_name="测试运维")
    _, user.secret = issue_token(acting_user=user, name="test", now=timezone.now())
    return api(OPERATOR, user)


def _acts() -> list[str]:
    return list(
        AuditEvent.objects.filter(actor_label="ops", action__startswith="city.")
        .order_by("id")
        .values_list("action", flat=True)
    )


def _refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer.json()["message"]["zh"]
    assert answer.json()["message"]["en"]


def test_a_city_is_suspended_with_a_message_and_resumed(speaker, alpha, api):
    suspended = speaker.post("cities/alpha/suspend", {"message": "系统升级"})
    assert suspended.status_code == 200, suspended.content
    assert (suspended.json()["state"], suspended.json()["suspension_message"]) == ("suspended", "系统升级")
    again = speaker.post("cities/alpha/suspend", {"message": "推迟到明日"})
    assert again.json()["suspension_message"] == "推迟到明日"
    assert speaker.post("cities/alpha/resume").json()["state"] == "active"
    assert _acts() == ["city.suspend", "city.suspend", "city.resume"]


def test_a_drop_is_confirmed_by_the_typed_name_and_can_be_taken_back(speaker, alpha):
    for typed in ("Alpha", "alpha ", "beta", "阿尔法"):
        refused = speaker.post("cities/alpha/drop", {"typed_slug": typed})
        _refused(refused, 422, "CONFIRMATION_MISMATCH")
        assert refused.json()["field"] == "typed_slug"
    assert City.objects.get(slug="alpha").drop_after is None
    scheduled = speaker.post("cities/alpha/drop", {"typed_slug": "alpha"})
    assert scheduled.json()["state"] == "to_be_dropped"
    assert scheduled.json()["drop_after"] > timezone.now().isoformat()
    assert speaker.post("cities/alpha/cancel-drop").json()["state"] == "suspended"
    assert _acts() == ["city.schedule_drop", "city.cancel_drop"]


@pytest.mark.parametrize(
    ("state", "step", "body"),
    [
        ("active", "resume", None),
        ("active", "cancel-drop", None),
        ("suspended", "cancel-drop", None),
        ("to_be_dropped", "suspend", {"message": "x"}),
        ("to_be_dropped", "resume", None),
        ("to_be_dropped", "drop", {"typed_slug": "alpha"}),
    ],
)
def test_a_step_that_does_not_follow_is_409_and_changes_nothing(speaker, alpha, state, step, body):
    now = timezone.now()
    moments = {"active": {}, "suspended": {"suspended_at": now}}.get(
        state, {"suspended_at": now, "drop_after": now}
    )
    City.objects.filter(slug="alpha").update(**moments)
    before = City.objects.filter(slug="alpha").values().get()
    _refused(speaker.post(f"cities/alpha/{step}", body), 409, "INVALID_TRANSITION")
    assert City.objects.filter(slug="alpha").values().get() == before
    assert _acts() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "suspend", {"message": "x"}),
        ("post", "resume", None),
        ("post", "drop", {"typed_slug": "nowhere"}),
        ("post", "cancel-drop", None),
        ("post", "domains", {"host": "x.example.org"}),
        ("patch", "domains/x.test", {"host": "x.example.org"}),
        ("delete", "domains/x.test", None),
        ("post", "backup", None),
        ("post", "export", {"receiver": "x"}),
        ("post", "restore", {"backup": "x", "typed_slug": "nowhere"}),
        ("get", "backups", None),
        ("get", "audit-events", None),
    ],
)
def test_a_city_that_is_not_there_is_404_and_a_stranger_is_401(speaker, alpha, api, method, path, body):
    assert getattr(speaker, method)(f"cities/nowhere/{path}", body).status_code == 404
    assert getattr(api(OPERATOR), method)(f"cities/alpha/{path}", body).status_code == 401
    assert _acts() == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("suspend", {}, "message"),
        ("suspend", {"message": "x" * 301}, "message"),
        ("drop", {}, "typed_slug"),
        ("domains", {}, "host"),
        ("export", {}, "receiver"),
        ("restore", {"typed_slug": "alpha"}, "backup"),
    ],
)
def test_what_is_missing_is_named(speaker, alpha, path, body, field):
    answer = speaker.post(f"cities/alpha/{path}", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_hosts_are_added_renamed_made_primary_and_removed(speaker, alpha):
    added = speaker.post("cities/alpha/domains", {"host": "sport.example.org:8443"})
    assert added.status_code == 201, added.content
    assert added.json()["hosts"] == ["alpha.test", "sport.example.org:8443"]
    renamed = speaker.patch("cities/alpha/domains/sport.example.org:8443", {"host": "ty.example.org"})
    assert renamed.json()["hosts"] == ["alpha.test", "ty.example.org"]
    assert speaker.post("cities/alpha/domains/ty.example.org/primary").json()["hosts"][0] == "ty.example.org"
    assert speaker.delete("cities/alpha/domains/alpha.test").json()["hosts"] == ["ty.example.org"]
    assert _acts() == [
        "city.add_domain",
        "city.rename_domain",
        "city.make_primary_domain",
        "city.remove_domain",
    ]


@pytest.mark.parametrize(
    ("method", "path", "host", "status", "code"),
    [
        ("post", "domains", "beta.test", 409, "CITY_EXISTS"),
        ("post", "domains", "a b", 422, "CITY_HOST"),
        ("patch", "domains/alpha.test", "beta.test", 409, "CITY_EXISTS"),
        ("patch", "domains/beta.test", "x.test", 404, "NOT_FOUND"),
        ("delete", "domains/beta.test", None, 404, "NOT_FOUND"),
    ],
)
def test_hosts_of_another_city_are_out_of_reach(speaker, alpha, beta, method, path, host, status, code):
    answer = getattr(speaker, method)(f"cities/alpha/{path}", None if host is None else {"host": host})
    _refused(answer, status, code)
    assert Domain.objects.count() == 2


def test_the_last_host_stays(speaker, alpha):
    assert speaker.delete("cities/alpha/domains/alpha.test").status_code in (409, 422)
    assert Domain.objects.filter(tenant=alpha).count() == 1


def test_a_backup_is_started_followed_and_fetched(speaker, alpha, settings, tmp_path):
    settings.WANGGE_BACKUP_DIR = tmp_path
    begun = speaker.post("cities/alpha/backup")
    assert begun.status_code == 202, begun.content
    assert (begun.json()["kind"], begun.json()["state"], begun.json()["has_file"]) == (
        "backup",
        "waiting",
        False,
    )
    assert begun["Location"] == f"/api/v1/operations/{begun.json()['id']}"
    _refused(speaker.post("cities/alpha/backup"), 409, "OPERATION_RUNNING")
    path = f"operations/{begun.json()['id']}"
    _refused(speaker.get(f"{path}/file"), 404, "NOT_FOUND")
    (tmp_path / "alpha").mkdir()
    name = "20261122T070000.000000Z.wangge"
    (tmp_path / "alpha" / name).write_bytes(b"content")
    CityOperation.objects.filter(pk=begun.json()["id"]).update(state="succeeded", result={"file": name})
    assert speaker.get(path).json()["has_file"]
    fetched = speaker.get(f"{path}/file")
    assert b"".join(fetched.streaming_content) == b"content"
    assert "attachment" in fetched["Content-Disposition"]
    assert fetched["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(action="city.download").after["file"] == name
    assert [row["name"] for row in speaker.get("cities/alpha/backups").json()["results"]] == [name]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", None, 7])
def test_a_file_name_that_leaves_its_folder_is_no_file(speaker, alpha, settings, tmp_path, name):
    settings.WANGGE_BACKUP_DIR = tmp_path / "backups"
    (tmp_path / "backups" / "alpha").mkdir(parents=True)
    row = CityOperation.objects.create(
        kind="backup", city_slug="alpha", state="succeeded", result={"file": name}
    )
    assert speaker.get(f"operations/{row.pk}/file").status_code == 404


def test_files_and_operations_are_for_operators_only(alpha, make_user, api, settings, tmp_path: Path):
    person = make_user(alpha, "li", ["user.administer"])
    row = CityOperation.objects.create(kind="backup", city_slug="alpha")
    for path in (f"operations/{row.pk}", f"operations/{row.pk}/file", "operations"):
        assert api(OPERATOR).get(path).status_code == 401
        assert api(OPERATOR, person).get(path).status_code == 401
        assert api(alpha, person).get(path).status_code == 404


def test_an_export_wants_the_receivers_key(speaker, alpha):
    _refused(speaker.post("cities/alpha/export", {"receiver": "wgr1-nonsense"}), 422, "RECEIVING_KEY")
    begun = speaker.post("cities/alpha/export", {"receiver": own_receiving_key()})
    assert (begun.status_code, begun.json()["kind"]) == (202, "export")
    assert speaker.get("installation").json()["receiving_key"] == own_receiving_key()


def test_a_restore_wants_the_typed_name_and_a_backup_that_is_there(speaker, alpha, settings, tmp_path):
    settings.WANGGE_BACKUP_DIR = tmp_path
    body = {"backup": "20261122T070000.000000Z.wangge", "typed_slug": "beta"}
    _refused(speaker.post("cities/alpha/restore", body), 422, "CONFIRMATION_MISMATCH")
    _refused(speaker.post("cities/alpha/restore", body | {"typed_slug": "alpha"}), 404, "NOT_FOUND")
    assert not CityOperation.objects.exists()


def test_operations_are_listed_by_city_and_state(speaker, alpha, beta):
    for slug, state in (("alpha", "succeeded"), ("alpha", "failed"), ("beta", "failed")):
        CityOperation.objects.create(kind="backup", city_slug=slug, state=state)
    rows = [
        (row["city_slug"], row["state"])
        for row in speaker.get("operations", {"city": "alpha"}).json()["results"]
    ]
    assert rows == [("alpha", "succeeded"), ("alpha", "failed")]
    assert len(speaker.get("operations", {"state": "failed"}).json()["results"]) == 2
    assert speaker.get("operations", {"state": "odd"}).status_code == 400
    assert speaker.get("operations/987654321").status_code == 404


def test_what_operators_did_is_told_by_city(speaker, alpha, beta):
    speaker.post("cities/alpha/suspend", {"message": "升级"})
    speaker.post("cities/beta/suspend", {"message": "升级"})
    rows = speaker.get("cities/alpha/audit-events").json()["results"]
    assert [row["action"] for row in rows][-1] == "city.suspend"
    assert {row["subject_id"] for row in rows} == {str(alpha.pk)}
