"""The operator's API: cities with figures, in any order; edits against a version; refusals in both languages."""

from __future__ import annotations

import pytest
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, User
from tenants.accounts.services import issue_token
from tenants.bureau.models import CityProfile
from tenants.registry.models import City
from tenants.registry.services import create_city

OPERATOR = "operator.test"


@pytest.fixture
def operator(alpha):
    """Somebody who operates the installation."""
    user = User.objects.create(username="ops", display_name="测试运维")
    _, user.secret = issue_token(acting_user=user, name="test", now=timezone.now())
    return user


@pytest.fixture
def speaker(operator, api):
    return api(OPERATOR, operator)


@pytest.fixture
def cities(alpha, beta):
    """Five cities: alpha, beta and three more."""
    more = [
        create_city(
            slug=slug, name=name, division_code="410100", gauss_kruger_epsg=4547, hosts=[f"{slug}.example.org"],
            acting_user=None,
        )
        for slug, name in (("opc", "丙市"), ("opd", "丁市"), ("ope", "戊市"))
    ]  # fmt: skip
    return [alpha, beta, *more]


def _slugs(answer):
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def test_the_list_tells_figures_and_never_a_person(speaker, cities):
    answer = speaker.get("cities")
    assert _slugs(answer) == ["alpha", "beta", "opc", "opd", "ope"]
    first = answer.json()["results"][0]
    assert first["figures"]["users"] == 1
    assert first["figures"]["is_migrated"]
    assert first["figures"]["table_bytes"] > 0
    assert first["hosts"] == ["alpha.test"]
    assert "backup_old" in first["concerns"]
    assert "测试管理员" not in answer.content.decode()


FOUND = [
    ({"text": "op"}, ["opc", "opd", "ope"]),
    ({"text": "丙"}, ["opc"]),
    ({"text": "example.org d"}, ["opd"]),
    ({"text": "31"}, ["beta"]),
    ({"text": "%"}, []),
    ({"state": "suspended"}, ["opd"]),
    ({"state": "to_be_dropped"}, ["ope"]),
    ({"state": "active"}, ["alpha", "beta", "opc"]),
    ({"sort": "-opened"}, ["ope", "opd", "opc", "beta", "alpha"]),
    ({"sort": "backup"}, ["beta", "opc", "opd", "ope", "alpha"]),
    ({"sort": "-users", "text": "a"}, ["alpha", "beta", "opc", "opd", "ope"]),
    ({"concern": "storage_over"}, ["opc"]),
    ({"concern": "storage_over", "sort": "name"}, ["opc"]),
    ({"sort": "-quota", "limit": "1"}, ["opc"]),
]


def test_cities_are_found_and_ordered(speaker, cities):
    now = timezone.now()
    City.objects.filter(slug="opd").update(suspended_at=now)
    City.objects.filter(slug="ope").update(suspended_at=now, drop_after=now)
    City.objects.filter(slug="alpha").update(backed_up_at=now)
    City.objects.filter(slug="opc").update(storage_quota_bytes=100)
    assert [(wanted, _slugs(speaker.get("cities", wanted))) for wanted, _ in FOUND] == FOUND


def test_pages_follow_each_other_in_any_order(speaker, cities):
    here = "http://operator.test"
    for sort in ("opened", "-name", "-size", "concerns"):
        seen, path = [], f"/api/v1/cities?limit=2&sort={sort}"
        while path:
            last = speaker.get(path).json()
            seen += [row["slug"] for row in last["results"]]
            path = last["next"] and last["next"].removeprefix(here)
        assert sorted(seen) == ["alpha", "beta", "opc", "opd", "ope"]
        back = speaker.get(last["previous"].removeprefix(here)).json()
        assert [row["slug"] for row in back["results"]] == seen[2:4]
        assert speaker.get(back["previous"].removeprefix(here)).json()["previous"] is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"sort": "colour"}, "INVALID_FIELD"),
        ({"state": "asleep"}, "INVALID_FIELD"),
        ({"cursor": "nowhere"}, "BAD_CURSOR"),
        ({"limit": "0"}, "BAD_LIMIT"),
        ({"size": "1"}, "UNKNOWN_PARAMETER"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(speaker, wanted, code):
    answer = speaker.get("cities", wanted)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("path", ["cities", "cities/alpha", "installation", "calendar-gaps"])
def test_strangers_and_people_of_a_city_see_nothing(alpha, make_user, api, path):
    person = make_user(alpha, "li", ["user.administer"])
    assert api(OPERATOR).get(path).status_code == 401
    assert api(OPERATOR, person).get(path).status_code == 401
    assert api(alpha, person).get(path).status_code == 404


def test_one_city_is_read_with_its_version_and_exact_size(speaker, alpha):
    answer = speaker.get("cities/alpha")
    assert answer.status_code == 200
    assert answer["ETag"]
    assert answer.json()["storage_quota_bytes"] == 20 * 1024**3
    assert answer.json()["state"] == "active"
    assert speaker.get("cities/nowhere").status_code == 404


def test_names_and_quotas_are_edited_against_the_version(speaker, alpha, operator):
    etag = speaker.get("cities/alpha")["ETag"]
    edited = speaker.patch(
        "cities/alpha",
        {"name": "阿尔法新市", "storage_quota_bytes": 10 * 1024**3, "job_slots": 4},
        if_match=etag,
    )
    assert edited.status_code == 200, edited.content
    assert (edited.json()["name"], edited.json()["job_slots"]) == ("阿尔法新市", 4)
    assert edited["ETag"] != etag
    with schema_context(alpha.schema_name):
        assert CityProfile.objects.get().storage_quota_bytes == 10 * 1024**3
    acts = AuditEvent.objects.filter(actor_label="ops").values_list("action", flat=True)
    assert set(acts) >= {"city.describe", "city.set_quotas"}


def test_a_stale_edit_sees_both_values_and_changes_nothing(speaker, alpha):
    etag = speaker.get("cities/alpha")["ETag"]
    speaker.patch("cities/alpha", {"job_slots": 4}, if_match=etag)
    stale = speaker.patch("cities/alpha", {"job_slots": 5}, if_match=etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert stale.json()["facts"]["current"]["job_slots"] == 4
    assert stale.json()["facts"]["sent"]["job_slots"] == 5
    assert City.objects.get(slug="alpha").job_slots == 4
    missing = speaker.patch("cities/alpha", {"job_slots": 5})
    assert (missing.status_code, missing.json()["code"]) == (428, "IF_MATCH_REQUIRED")


@pytest.mark.parametrize(
    "given",
    [{"job_slots": 0}, {"job_quota": 100_001}, {"storage_quota_bytes": -1}, {"name": ""}, {"job_slots": "x"}],
)
def test_an_edit_out_of_range_names_the_field(speaker, alpha, given):
    etag = speaker.get("cities/alpha")["ETag"]
    answer = speaker.patch("cities/alpha", given, if_match=etag)
    assert answer.status_code == 400
    assert answer.json()["field"] == next(iter(given))


def test_an_edit_without_a_change_writes_no_audit_row(speaker, alpha):
    etag = speaker.get("cities/alpha")["ETag"]
    assert speaker.patch("cities/alpha", {"job_slots": 2}, if_match=etag).status_code == 200
    assert not AuditEvent.objects.filter(action="city.set_quotas").exists()


def test_the_installation_tells_what_runs(speaker, alpha):
    told = speaker.get("installation").json()
    assert told["cities"] == 2
    assert told["migrations_missing"] == []
    assert told["postgresql_version"]
    assert told["postgis_version"].startswith("3.")
    assert told["workers"] == []


def test_calendar_gaps_name_the_years(speaker, alpha, beta):
    from tenants.bureau.models import CalendarNotice

    with schema_context(beta.schema_name):
        CalendarNotice.objects.all().delete()
    told = speaker.get("calendar-gaps").json()
    gaps = {row["slug"]: row["years"] for row in told["cities"]}
    assert gaps["beta"] == told["years_needed"]


@override_settings(WANGGE_LOGIN="web")
def test_the_web_process_does_not_answer_for_operators(speaker):
    assert speaker.get("cities").status_code == 404
