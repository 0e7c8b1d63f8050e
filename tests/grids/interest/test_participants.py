"""J07: people take part with a name, a phone where there is one, and their consent; they leave, and may be erased."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db

ENTRY = {"name": "孙演示020", "phone": "13900000020", "consent": True, "consent_version": "2026-1"}


def test_j07_one_person_in_several_interest_grids_is_one(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    from grids.interest.models import Participant

    for name, found in (("member", neighbourhood.dance), ("neighbour_member", neighbourhood.ball)):
        answer = speak(name).post(f"interest-grids/{found.pk}/participants", ENTRY)
        assert answer.status_code == 201
    with in_city():
        assert Participant.objects.count() == 1


def test_j07_a_phone_joins_an_interest_grid_under_one_name(
    neighbourhood: Any, speak: Any, enrol: Any
) -> None:
    enrol("孙演示020", "13900000020")
    path = f"interest-grids/{neighbourhood.dance.pk}/participants"
    answer = speak("member").post(path, ENTRY | {"name": "吴演示030"})
    assert (answer.status_code, answer.json()["code"]) == (409, "PARTICIPANT_NAME_DIFFERS")
    assert answer.json()["message"]["zh"] == "该手机号已在兴趣网格“晨光广场舞队”以其他姓名登记"
    assert "孙演示020" not in answer.content.decode()
    same = speak("member").post(path, ENTRY)
    assert (same.status_code, same.json()["code"]) == (409, "PARTICIPATION_TWICE")


def test_j07_nobody_learns_what_the_owner_of_a_phone_is_called_elsewhere(
    neighbourhood: Any, speak: Any, enrol: Any, in_city: Any
) -> None:
    """One person by the phone, for the counts; by the name told here, for those who run this interest grid."""
    from grids.interest.models import Participant

    enrol("孙演示020", "13900000020", neighbourhood.ball, by="neighbour_leader")
    path = f"interest-grids/{neighbourhood.dance.pk}/participants"
    known = speak("member").post(path, ENTRY | {"name": "吴演示030"})
    unknown = speak("member").post(path, ENTRY | {"name": "吴演示031", "phone": "13900000031"})
    assert known.status_code == unknown.status_code == 201
    assert set(known.json()) == set(unknown.json())
    assert known.json()["name"] == "吴演示030"
    assert "孙演示020" not in speak("leader").get(path).content.decode()
    theirs = speak("neighbour_leader").get(f"interest-grids/{neighbourhood.ball.pk}/participants").json()
    assert [row["name"] for row in theirs["results"]] == ["孙演示020"]
    with in_city():
        assert Participant.objects.filter(phone_masked="139****0020").count() == 1


def test_j07_older_people_join_without_a_phone_once_by_name(neighbourhood: Any, speak: Any) -> None:
    path, entry = f"interest-grids/{neighbourhood.dance.pk}/participants", ENTRY | {"phone": ""}
    assert speak("member").post(path, entry).json()["phone"] == ""
    twice = speak("member").post(path, entry)
    assert (twice.status_code, twice.json()["code"]) == (409, "PARTICIPATION_TWICE")
    assert twice.json()["message"]["zh"] == "该参与者已加入兴趣网格“晨光广场舞队”"
    assert speak("member").post(path, entry | {"name": "孙演示020（2号楼）"}).status_code == 201


@pytest.mark.parametrize("missing", [{"consent": False}, {"consent_version": " "}, {"consent_version": ""}])
def test_j07_nobody_joins_without_consent_to_a_wording(
    neighbourhood: Any, speak: Any, missing: dict[str, Any]
) -> None:
    answer = speak("member").post(f"interest-grids/{neighbourhood.dance.pk}/participants", ENTRY | missing)
    assert (answer.status_code, answer.json()["code"]) == (422, "CONSENT_REQUIRED")
    assert answer.json()["message"]["zh"] == "参与者须先同意个人信息告知书"


def test_x07_names_are_full_for_who_enrols_and_masked_for_who_only_looks(
    neighbourhood: Any, speak: Any, enrol: Any, make_user: Any, alpha: Any, api: Any
) -> None:
    enrol("孙演示020", "13900000020")
    path = f"interest-grids/{neighbourhood.dance.pk}/participants"
    for name in ("leader", "member", "town"):
        (row,) = speak(name).get(path).json()["results"]
        assert (row["name"], row["phone"]) == ("孙演示020", "139****0020")
    supervisor = make_user(alpha, "supervisor", ["interest.view"], unit=neighbourhood.city.units["county"])
    (row,) = api(alpha, supervisor).get(path).json()["results"]
    assert (row["name"], row["phone"]) == ("孙*", "139****0020")
    refused = api(alpha, supervisor).post(path, ENTRY)
    assert (refused.status_code, refused.json()["code"]) == (403, "POST_REQUIRED")


def test_j07_who_left_may_join_again(neighbourhood: Any, speak: Any, enrol: Any) -> None:
    row = enrol("孙演示020", "13900000020")
    member = speak("member")
    assert member.post(f"participations/{row.pk}/leave", {}).status_code == 200
    again = member.post(f"participations/{row.pk}/leave", {})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_LEFT")
    assert again.json()["message"]["zh"] == f"该参与者已于{neighbourhood.today.isoformat()}退出"
    path = f"interest-grids/{neighbourhood.dance.pk}/participants"
    assert member.post(path, ENTRY).status_code == 201


def test_x05_a_repeated_enrolment_is_one(neighbourhood: Any, speak: Any) -> None:
    path, key = (
        f"interest-grids/{neighbourhood.dance.pk}/participants",
        "3b1c9a52-0000-4000-8000-000000000002",
    )
    first = speak("member").post(path, ENTRY, idempotency_key=key)
    again = speak("member").post(path, ENTRY, idempotency_key=key)
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"


def test_the_list_of_participants_takes_as_many_statements_for_many_as_for_few(
    neighbourhood: Any, speak: Any, enrol: Any, statements: Any
) -> None:
    path, counts = f"interest-grids/{neighbourhood.dance.pk}/participants", []
    for first in (100, 200):
        for number in range(first, first + 5):
            enrol(f"孙演示{number}", f"13900000{number}")
        counts.append(statements(lambda: speak("member").get(path)))
    assert len(speak("member").get(path).json()["results"]) == 10
    assert counts[0] == counts[1]
