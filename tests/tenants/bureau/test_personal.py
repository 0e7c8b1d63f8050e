"""Phone numbers are sealed, shown masked, and in full only for a purpose that the audit log has told before."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, IdempotencyRecord
from tenants.bureau.models import ContactPhone, OrgUnit
from tenants.bureau.queries.org_units import root_unit

pytestmark = pytest.mark.django_db

PHONE, MASKED = "13800000000", "138****0000"
WHY = {"purpose": "emergency", "note": "活动中受伤，联系本人"}
MANAGES = ["user.view", "user.manage", "user.administer"]


@pytest.fixture
def bureau(alpha, make_user, api):
    return api(alpha, make_user(alpha, "bureau", MANAGES))


@pytest.fixture
def looker(alpha, make_user, api):
    return api(alpha, make_user(alpha, "looker", ["user.view", "personal.full_value"]))


@pytest.fixture
def li(alpha, bureau):
    """A person with a phone; returns the id."""
    given = {
        "username": "li",
        "display_name": "测试人员",
        "password": "invented-Pass-2026",
        "phone": "+86 138-0000-0000",
    }
    made = bureau.post("users", given)
    assert made.status_code == 201, made.content
    assert made.json()["phone"] == MASKED
    return made.json()["id"]


def events(alpha, action):
    with schema_context(alpha.schema_name):
        return list(AuditEvent.objects.filter(action=action).order_by("id"))


def test_the_number_is_nowhere_in_the_clear(alpha, bureau, li):
    answers = [bureau.get("users"), bureau.get(f"users/{li}")]
    assert all(
        PHONE not in answer.content.decode() and MASKED in answer.content.decode() for answer in answers
    )
    with schema_context(alpha.schema_name), connection.cursor() as cursor:
        kept = ContactPhone.objects.get(user_id=li)
        assert PHONE.encode() not in bytes(kept.sealed) and PHONE not in kept.digest
        for table in (
            "accounts_user",
            "accounts_auditevent",
            "bureau_contactphone",
            "accounts_idempotencyrecord",
        ):
            cursor.execute(f"SELECT count(*) FROM {table} row WHERE row::text LIKE %s", [f"%{PHONE}%"])
            assert cursor.fetchone()[0] == 0, table
    assert events(alpha, "user.set_phone")[0].after == {"phone": MASKED}


def test_a_number_is_changed_and_removed(alpha, bureau, li):
    def change(phone):
        return bureau.patch(f"users/{li}", {"phone": phone}, If_Match=bureau.get(f"users/{li}")["ETag"])

    assert change("13900000001").json()["phone"] == "139****0001"
    assert change("").json()["phone"] is None
    assert bureau.get(f"users/{li}").json()["phone"] is None
    refused = change("123")
    assert (refused.status_code, refused.json()["code"]) == (422, "PHONE_FORMAT")
    stale = bureau.patch(f"users/{li}", {"phone": PHONE}, If_Match='"99"')
    assert stale.status_code == 412 and PHONE not in stale.content.decode()
    assert [row.after["phone"] for row in events(alpha, "user.set_phone")] == [MASKED, "139****0001", None]


def test_a_purpose_opens_the_full_number_once_and_is_told(alpha, looker, li):
    answer = looker.post(f"users/{li}/reveal", WHY, Idempotency_Key="one")
    assert (answer.status_code, answer.json()) == (200, {"phone": PHONE})
    assert answer["Cache-Control"] == "no-store"
    told = events(alpha, "personal.reveal")
    assert [(row.actor_label, row.subject_type, row.subject_id) for row in told] == [
        ("looker", "accounts.user", str(li))
    ]
    assert told[0].after == {"fields": ["phone"], "purpose": "emergency"}
    assert told[0].reason == "emergency: 活动中受伤，联系本人"
    assert PHONE not in json.dumps([told[0].before, told[0].after, told[0].reason])
    again = looker.post(f"users/{li}/reveal", WHY, Idempotency_Key="one")
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (200, {}, "true")
    assert len(events(alpha, "personal.reveal")) == 1
    with schema_context(alpha.schema_name):
        assert not IdempotencyRecord.objects.filter(body__contains=PHONE).exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "PURPOSE_REQUIRED"),
        ({"purpose": "emergency"}, 422, "PURPOSE_REQUIRED"),
        ({"purpose": "", "note": "联系本人处理"}, 422, "PURPOSE_REQUIRED"),
        ({"purpose": "curiosity", "note": "联系本人处理"}, 422, "PURPOSE_UNKNOWN"),
        (WHY | {"items": ["password"]}, 400, "INVALID_INPUT"),
        (WHY | {"items": []}, 400, "INVALID_INPUT"),
    ],
)
def test_without_a_purpose_nothing_leaves_and_nothing_is_told(alpha, looker, li, body, status, code):
    answer = looker.post(f"users/{li}/reveal", body)
    assert answer.status_code == status, answer.content
    assert code == "INVALID_INPUT" or answer.json()["code"] == code
    assert PHONE not in answer.content.decode()
    assert events(alpha, "personal.reveal") == []


def test_the_right_is_needed_for_that_person(alpha, bureau, li, make_user, api):
    assert bureau.post(f"users/{li}/reveal", WHY).status_code == 403, "administering is not looking"
    with schema_context(alpha.schema_name):
        root = root_unit()
        district = OrgUnit.objects.create(
            level="county", name="甲区", parent=root, valid_from=date(2020, 1, 1)
        )
        district.path = f"{root.path}{district.pk}/"
        district.save()
    make_user(alpha, "seer", ["user.view"])
    local = make_user(alpha, "local", ["personal.full_value"], district)
    from tenants.bureau.models import Grant

    with schema_context(alpha.schema_name):
        Grant.objects.create(user=local, permission="user.view", unit=root_unit())
    answer = api(alpha, local).post(f"users/{li}/reveal", WHY)
    assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
    with schema_context(alpha.schema_name):
        Grant.objects.create(user_id=li, permission="grid.view", unit=district)
    assert api(alpha, local).post(f"users/{li}/reveal", WHY).json() == {"phone": PHONE}


def test_the_value_stays_where_it_is_when_the_log_cannot_be_written(alpha, looker, li):
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE city_alpha.accounts_auditevent ADD CONSTRAINT silenced CHECK (action <> 'personal.reveal')"
        )
    looker.client.raise_request_exception = False
    answer = looker.post(f"users/{li}/reveal", WHY)
    assert answer.status_code >= 400 and PHONE not in answer.content.decode()


def test_a_person_without_a_number_has_none_to_show(alpha, looker, bureau, make_user):
    nobody = make_user(alpha, "nobody", ["grid.view"])
    assert looker.post(f"users/{nobody.pk}/reveal", WHY).status_code == 404
    assert events(alpha, "personal.reveal") == []


def test_a_sealed_number_opens_in_its_own_row_only(alpha, looker, bureau, li, make_user):
    other = make_user(alpha, "other", ["grid.view"])
    with schema_context(alpha.schema_name):
        kept = ContactPhone.objects.get(user_id=li)
        ContactPhone.objects.create(user=other, sealed=kept.sealed, digest=kept.digest, masked=kept.masked)
    looker.client.raise_request_exception = False
    assert looker.post(f"users/{other.pk}/reveal", WHY).status_code == 500


def test_people_are_found_by_their_number_however_it_is_typed(alpha, beta, bureau, li, make_user, api):
    found = bureau.post("users/look-up", {"phone": "138 0000 0000"})
    assert [row["id"] for row in found.json()["results"]] == [li]
    assert PHONE not in found.content.decode()
    assert bureau.post("users/look-up", {"phone": "13900000000"}).json()["results"] == []
    assert bureau.post("users/look-up", {"phone": "x"}).status_code == 422
    stranger = api(beta, make_user(beta, "stranger", MANAGES))
    assert stranger.post("users/look-up", {"phone": PHONE}).json()["results"] == []


def test_the_catalogue_of_purposes_is_told(alpha, looker):
    rows = looker.get("personal-purposes").json()
    assert {"name": "emergency", "zh": "紧急情况或救助", "en": "an emergency"} in rows
