"""X07: a person who asks is erased: everywhere by an office, else where one is in charge, and the rest is handed up."""

from __future__ import annotations

from typing import Any

import pytest

from grids.interest.models import Participant, Participation
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OutboxMessage

pytestmark = pytest.mark.django_db

WISH = {"reason": "本人要求"}
PHONE = ("孙演示020", "13900000020")


@pytest.fixture
def twice_joined(neighbourhood: Any, enrol: Any) -> tuple[Any, Any]:
    """One person in the dance and, outside the leader's charge, in the ball."""
    return enrol(*PHONE), enrol("老孙演示", PHONE[1], neighbourhood.ball, by="neighbour_leader")


@pytest.mark.parametrize("office", ["town", "county", "bureau"])
def test_x07_an_office_erases_a_person_everywhere(
    speak: Any, twice_joined: tuple[Any, Any], in_city: Any, office: str
) -> None:
    path = f"participations/{twice_joined[0].pk}/erase"
    assert speak("member").post(path, WISH).status_code == 403
    for _ in range(2):
        assert speak(office).post(path, WISH).status_code == 204
    with in_city():
        person = Participant.objects.get()
        assert (person.name, person.phone_sealed, person.phone_digest, person.phone_masked) == (
            "（已删除）", None, None, "",
        )  # fmt: skip
        rows = Participation.objects.all()
        assert {(row.left_on is None, row.shown_name, row.shown_phone) for row in rows} == {
            (False, "（已删除）", "")
        }
        logged = AuditEvent.objects.get(action="participant.erase")
    assert logged.reason == "本人要求" and "孙演示020" not in str(logged.after)


def test_x07_a_leader_erases_whom_nobody_else_has(
    speak: Any, twice_joined: tuple[Any, Any], in_city: Any
) -> None:
    own, other = twice_joined
    assert speak("neighbour_leader").post(f"participations/{other.pk}/leave", {}).status_code == 200
    assert speak("leader").post(f"participations/{own.pk}/erase", WISH).status_code == 204
    with in_city():
        assert Participant.objects.get().erased_on is not None
        assert not Participation.objects.exclude(name="").exists()


def test_x07_a_leader_does_not_erase_a_person_whom_others_have(
    speak: Any, twice_joined: tuple[Any, Any], in_city: Any
) -> None:
    answer = speak("leader").post(f"participations/{twice_joined[0].pk}/erase", WISH)
    assert (answer.status_code, answer.json()["code"]) == (403, "PARTICIPANT_ELSEWHERE")
    assert answer.json()["message"]["zh"] == (
        "该参与者还参加您管理范围之外的1个兴趣网格，您不能删除其全部个人信息"
    )
    assert answer.json()["facts"] == {"elsewhere": 1}
    with in_city():
        assert Participant.objects.get().name == "孙演示020"
        assert Participation.objects.filter(left_on=None).count() == 2
        assert not AuditEvent.objects.filter(action="participant.erase").exists()


def test_x07_a_leader_erases_what_the_own_interest_grids_hold_and_the_rest_is_handed_up(
    neighbourhood: Any, speak: Any, twice_joined: tuple[Any, Any], in_city: Any
) -> None:
    own, other = twice_joined
    path = f"participations/{own.pk}/erase"
    for _ in range(2):  # the same wish twice is one message a day
        answer = speak("leader").post(path, WISH | {"own_grids_only": True})
        assert (answer.status_code, answer.json()["elsewhere"]) == (200, 1)
    listed = f"interest-grids/{neighbourhood.dance.pk}/participants?left=true"
    (row,) = speak("leader").get(listed).json()["results"]
    assert (row["name"], row["phone"]) == ("（已删除）", "")
    assert row["left_on"] == neighbourhood.today.isoformat()
    with in_city():
        kept = Participation.objects.get(pk=other.pk)
        assert (kept.left_on, kept.shown_name, kept.shown_phone) == (None, "老孙演示", "139****0020")
        assert "孙演示020" not in str(list(Participant.objects.values())), "only the dance was told that name"
        told = OutboxMessage.objects.filter(template="participant.erase_asked")
        # Both interest grids lie in the county; the ball alone lies in the other town.
        assert [each.recipient for each in told] == [
            f"accounts.user:{neighbourhood.people[_nearest(neighbourhood)].pk}"
        ]
        assert told.get().facts["erasure_request"] == answer.json()["request_id"]
        assert "孙演示020" not in str(told.get().facts)
        assert AuditEvent.objects.filter(action="participation.erase").count() == 2
    # Who was told may carry it out.
    office = speak(_nearest(neighbourhood))
    assert office.post(f"participations/{other.pk}/erase", WISH).status_code == 204
    with in_city():
        assert Participant.objects.get().phone_digest is None


def _nearest(neighbourhood: Any) -> str:
    """The office with the right at the lowest unit over the ball's home."""
    path = neighbourhood.ball.unit_path
    for name, unit in (("town", "town"), ("other_town", "other_town"), ("county", "county")):
        if path.startswith(neighbourhood.city.units[unit].path):
            return name
    raise AssertionError(path)


def test_x07_where_nobody_else_has_the_person_the_own_grids_are_all(
    speak: Any, enrol: Any, in_city: Any
) -> None:
    row = enrol(*PHONE)
    answer = speak("leader").post(f"participations/{row.pk}/erase", WISH | {"own_grids_only": True})
    assert (answer.status_code, answer.json()) == (200, {"elsewhere": 0, "request_id": None, "due_on": None})
    with in_city():
        assert Participant.objects.get().name == "（已删除）"


def test_x07_the_nearest_office_is_the_lowest_over_all(neighbourhood: Any, in_city: Any) -> None:
    from grids.interest.queries.participants import nearest_office_over
    from grids.interest.rules.standing import Act

    units, people = neighbourhood.city.units, neighbourhood.people
    with in_city():
        below = {name: f"{units[name].path}9/" for name in ("town", "other_town")}
        assert nearest_office_over([below["town"]], Act.STAFF) == [people["town"].pk]
        assert nearest_office_over(list(below.values()), Act.STAFF) == [people["county"].pk]
        assert nearest_office_over(["/0/"], Act.STAFF) == []
