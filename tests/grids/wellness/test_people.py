"""People are found by their whole name or phone, and what was entered about them is corrected: J17."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

pytestmark = pytest.mark.django_db


def _found(client: Any, query: str) -> list[int]:
    return [row["id"] for row in client("tester").get(f"wellness/citizens?{query}").json()["results"]]


def test_a_person_is_found_by_the_whole_name_or_phone(way: Any, invite: Any, client: Any) -> None:
    invite(name="李演示002", phone="13900000002")
    assert _found(client, "name=赵演示001") == [way.citizen]
    assert _found(client, "phone=139 0000 0001") == [way.citizen]
    assert _found(client, "phone=13900000002&name=赵演示001") == []
    assert _found(client, "name=赵") == []
    assert client("tester").get("wellness/citizens?phone=1").json()["code"] == "PHONE_FORMAT"
    assert client("tester").get("wellness/citizens?born=1980").status_code == 400


def test_a_correction_needs_what_was_read(alpha: Any, way: Any, client: Any) -> None:
    from tenants.accounts.models import AuditEvent

    tester, path = client("tester"), f"wellness/citizens/{way.citizen}"
    tag = tester.get(path)["ETag"]
    changes = {"birth_month": 7, "phone": "13900000009"}
    assert tester.patch(path, changes).status_code == 428
    corrected = tester.patch(path, changes, if_match=tag)
    assert (corrected.json()["birth_month"], corrected.json()["phone"]) == (7, "139****0009")
    stale = tester.patch(path, {"phone": "13900000008"}, if_match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert "13900000008" not in stale.content.decode()
    assert _found(client, "phone=13900000009") == [way.citizen]
    with schema_context(alpha.schema_name):
        logged = AuditEvent.objects.get(action="wellness.correct_citizen")
    assert logged.after == {"name": "赵*", "phone": "139****0009", "fields": ["birth_month", "phone"]}


def test_a_correction_is_refused_like_an_invitation(way: Any, invite: Any, client: Any) -> None:
    invite(name="李演示002", phone="13900000002")
    tester, path = client("tester"), f"wellness/citizens/{way.citizen}"
    tag = tester.get(path)["ETag"]
    for changes, code in (
        ({"name": "赵演示（高血压）"}, "PERSON_NAME"),
        ({"birth_year": 2099}, "BIRTH_MONTH"),
        ({"phone": "12"}, "PHONE_FORMAT"),
        ({"name": "李演示002", "phone": "13900000002"}, "PERSON_KNOWN"),
        ({"community_id": 1}, "UNKNOWN_FIELD"),
    ):
        assert tester.patch(path, changes, if_match=tag).json()["code"] == code
    assert tester.patch(path, {"phone": ""}, if_match=tag).json()["phone"] == ""


def test_a_corrected_age_counts_from_the_next_test_on(way: Any, client: Any) -> None:
    way.consent("fitness_test")
    first = way.test(grip="31.0", sit_and_reach="12.5", one_leg_stand="31")
    assert first["result"]["points"]["grip"] == "2"  # under 60
    tester, path = client("tester"), f"wellness/citizens/{way.citizen}"
    tester.patch(path, {"birth_year": 1960}, if_match=tester.get(path)["ETag"])
    read = way.post("tester", f"fitness-tests/{first['id']}/read", {"purpose": "correction"})
    assert read["result"]["points"]["grip"] == "2"
    way.post("tester", f"fitness-tests/{first['id']}/void")
    again = way.test(grip="31.0", sit_and_reach="12.5", one_leg_stand="31")
    assert again["result"]["points"]["grip"] == "3"
