"""X07: a request to be erased that a leader hands up waits for an office, is answered there, and is told back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from grids.interest.models import ErasureRequest, InterestGrid, Participant, Participation
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import Grant, OutboxMessage

from .conftest import EVERYBODY

pytestmark = pytest.mark.django_db

WISH = {"reason": "本人来电要求", "own_grids_only": True}
ERASE = {"answer": "erased"}
REFUSE = {"answer": "refused", "reason": "本人表示继续参加"}
PHONE = ("孙演示020", "13900000020")


@pytest.fixture
def joined(neighbourhood: Any, enrol: Any) -> tuple[Any, Any]:
    """One person in the dance and, in the other town, in the ball."""
    return enrol(*PHONE), enrol("老孙演示", PHONE[1], neighbourhood.ball, by="neighbour_leader")


@pytest.fixture
def ask(speak: Any, joined: tuple[Any, Any]) -> Any:
    """`ask()` lets the dance's leader hand the person's request up; returns what is answered."""

    def hand_up(at: int = 0, by: str = "leader") -> Any:
        answer = speak(by).post(f"participations/{joined[at].pk}/erase", WISH)
        assert answer.status_code == 200
        return answer.json()

    return hand_up


def waiting(speaker: Any) -> list[Any]:
    return list(speaker.get("erasure-requests?to_answer=true").json()["results"])


def test_x07_a_request_waits_once_with_its_day_for_whoever_may_answer(
    neighbourhood: Any, speak: Any, ask: Any, in_city: Any
) -> None:
    first, again = ask(), ask()
    due = (neighbourhood.today + timedelta(days=15)).isoformat()
    assert first == again == {"elsewhere": 1, "request_id": first["request_id"], "due_on": due}
    for office in ("other_town", "county", "bureau"):
        (row,) = waiting(speak(office))
        assert row == {
            "id": first["request_id"], "state": "waiting", "asked_on": neighbourhood.today.isoformat(), "due_on": due,
            "is_overdue": False, "may_answer": True, "name": "老孙演示", "phone": "139****0020",
            "asks": [{
                "interest_grid_id": neighbourhood.dance.pk, "interest_grid_name": "晨光广场舞队",
                "asked_on": neighbourhood.today.isoformat(), "reason": "本人来电要求",
            }],
            "still_in": [{"id": neighbourhood.ball.pk, "name": "新华乒乓球队"}],
            "answered_on": None, "answer_reason": "",
        }  # fmt: skip
    with in_city():
        assert ErasureRequest.objects.get().asks.count() == 1
        logged = AuditEvent.objects.get(action="erasure_request.ask")
    assert logged.policy_version == "erasure.answer_days@1"
    assert "演示" not in f"{logged.before}{logged.after}"


def test_x07_who_asked_sees_where_it_stands_and_neither_name_nor_other_interest_grids(
    neighbourhood: Any, speak: Any, ask: Any
) -> None:
    ask()
    for name in ("leader", "town"):  # the town over the dance does not manage the ball
        (row,) = speak(name).get(f"erasure-requests?interest_grid={neighbourhood.dance.pk}").json()["results"]
        assert (row["state"], row["may_answer"], row["name"], row["phone"]) == ("waiting", False, "", "")
        assert row["still_in"] == [] and len(row["asks"]) == 1
        assert "新华" not in str(row) and "孙" not in str(row)
        assert waiting(speak(name)) == []
        refused = speak(name).post(f"erasure-requests/{row['id']}/answer", ERASE)
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
    for name in ("second_leader", "neighbour_leader", "member", "neighbour_member", "citizen"):
        assert speak(name).get("erasure-requests").json()["results"] == []
        assert speak(name).post(f"erasure-requests/{row['id']}/answer", ERASE).status_code == 404


@pytest.mark.parametrize("office", ["other_town", "county", "bureau"])
def test_x07_an_office_erases_by_its_answer_and_the_leader_sees_it(
    speak: Any, ask: Any, in_city: Any, office: str, neighbourhood: Any
) -> None:
    key = ask()["request_id"]
    answer = speak(office).post(f"erasure-requests/{key}/answer", ERASE)
    assert (answer.status_code, answer.json()["state"], answer.json()["name"]) == (200, "erased", "")
    assert waiting(speak(office)) == []
    with in_city():
        person = Participant.objects.get()
        assert (person.name, person.phone_digest) == ("（已删除）", None)
        assert not Participation.objects.filter(left_on=None).exists()
        told = OutboxMessage.objects.get(template="participant.erase_answered")
        leader = neighbourhood.people["leader"].pk
        assert (told.recipient, told.facts["state"]) == (f"accounts.user:{leader}", "erased")
        assert told.facts["title"] == f"删除个人信息的请求（编号{key}）：已删除"
        assert ErasureRequest.objects.get().answered_by_id == neighbourhood.people[office].pk
        logged = AuditEvent.objects.get(action="erasure_request.erased")
        assert "演示0" not in f"{logged.before}{logged.after}"
    assert speak("leader").get(f"erasure-requests/{key}").json()["state"] == "erased"


def test_x07_an_office_refuses_with_a_reason_and_the_person_may_ask_anew(
    speak: Any, ask: Any, in_city: Any
) -> None:
    key = ask()["request_id"]
    path = f"erasure-requests/{key}/answer"
    mute = speak("county").post(path, {"answer": "refused", "reason": " "})
    assert (mute.status_code, mute.json()["code"]) == (422, "REASON_REQUIRED")
    assert mute.json()["message"]["zh"] == "不同意删除的，请说明理由"
    assert speak("county").post(path, REFUSE).json()["state"] == "refused"
    row = speak("leader").get(f"erasure-requests/{key}").json()
    assert (row["state"], row["answer_reason"]) == ("refused", "本人表示继续参加")
    with in_city():
        assert Participant.objects.get().phone_digest is not None
        assert Participation.objects.filter(left_on=None).count() == 1
        told = OutboxMessage.objects.get(template="participant.erase_answered")
        assert told.facts["text"] == "本人表示继续参加"
    assert ask()["request_id"] != key
    assert len(waiting(speak("county"))) == 1


def test_x07_a_request_is_answered_once(speak: Any, ask: Any, neighbourhood: Any) -> None:
    path = f"erasure-requests/{ask()['request_id']}/answer"
    assert speak("county").post(path, REFUSE).status_code == 200
    late = speak("bureau").post(path, ERASE)
    assert (late.status_code, late.json()["code"]) == (409, "ERASURE_ANSWERED")
    assert late.json()["message"]["zh"] == (
        f"该删除请求已于{neighbourhood.today.isoformat()}办理：未同意删除"
    )
    assert speak("county").post(path, {"answer": "waiting"}).status_code == 400
    assert speak("county").post(path, ERASE | {"name": "x"}).status_code == 422


def test_x07_where_a_town_has_no_clerk_the_next_above_is_told_and_decides(
    neighbourhood: Any, speak: Any, ask: Any, in_city: Any
) -> None:
    with in_city():
        Grant.objects.filter(user=neighbourhood.people["other_town"]).delete()
    key = ask()["request_id"]
    with in_city():
        told = OutboxMessage.objects.get(template="participant.erase_asked")
    assert told.recipient == f"accounts.user:{neighbourhood.people['county'].pk}"
    assert told.facts["due_on"] in told.facts["title"]
    assert speak("other_town").get(f"erasure-requests/{key}").status_code == 404
    assert [row["id"] for row in waiting(speak("county"))] == [key]


def test_x07_a_request_that_nobody_could_be_told_of_waits_for_the_clerk_who_comes(
    neighbourhood: Any, speak: Any, ask: Any, in_city: Any, make_user: Any, alpha: Any, api: Any
) -> None:
    with in_city():
        Grant.objects.filter(permission="member.edit").delete()
    key = ask()["request_id"]
    assert waiting(speak("bureau")) == []
    clerk = make_user(alpha, "new_clerk", ["member.edit"], unit=neighbourhood.city.units["other_town"])
    assert [row["id"] for row in waiting(api(alpha, clerk))] == [key]


def test_x07_whoever_erases_the_person_elsewhere_answers_the_request(
    speak: Any, ask: Any, joined: tuple[Any, Any]
) -> None:
    key = ask()["request_id"]
    answer = speak("neighbour_leader").post(f"participations/{joined[1].pk}/erase", {"reason": "本人要求"})
    assert answer.status_code == 204
    assert speak("leader").get(f"erasure-requests/{key}").json()["state"] == "erased"


def test_x07_two_leaders_hand_one_person_up_and_neither_learns_of_the_other(
    neighbourhood: Any, speak: Any, joined: tuple[Any, Any], ask: Any, enrol: Any, in_city: Any
) -> None:
    from tests.grids.interest.conftest import order_of

    with in_city():
        from grids.interest.services.interest_grid_states import confirm_interest_grid
        from grids.interest.services.interest_grids import propose_interest_grid
        from grids.interest.services.members import MemberOrder, add_member
        from grids.interest.services.posts import PostOrder, confirm_post
        from grids.interest.services.sources import SourceOrder

        county = neighbourhood.people["county"]
        order = order_of(
            neighbourhood, name="二网格象棋队", item_code="table_tennis",
            base_grid_ids=[neighbourhood.grids["shengli2"].pk],
        )  # fmt: skip
        chess = propose_interest_grid(order=order, acting_user=county)
        source = SourceOrder(source="backbone", proof="三年（演示）")
        entry = MemberOrder(name="钱演示031", phone="13900000031", post=PostOrder(chess.pk, source))
        post = add_member(order=entry, acting_user=county).posts.get()
        confirm_post(post_id=post.pk, acting_user=county)
        chess = confirm_interest_grid(interest_grid_id=chess.pk, acting_user=county)
    third = enrol("孙演示020", PHONE[1], chess, by="county")
    first = ask()
    assert first["elsewhere"] == 2
    second = speak("second_leader").post(f"participations/{third.pk}/erase", WISH).json()
    assert second["request_id"] == first["request_id"]
    for name, own in (("leader", neighbourhood.dance.pk), ("second_leader", chess.pk)):
        row = speak(name).get(f"erasure-requests/{first['request_id']}").json()
        assert [each["interest_grid_id"] for each in row["asks"]] == [own]
        for other in {neighbourhood.dance.pk, chess.pk} - {own}:
            assert speak(name).get(f"erasure-requests?interest_grid={other}").json()["results"] == []
    (row,) = waiting(speak("county"))
    assert len(row["asks"]) == 2
    assert waiting(speak("other_town")) == []  # the dance, asked first, left two that only the county is over
    assert speak("county").post(f"erasure-requests/{row['id']}/answer", REFUSE).status_code == 200
    with in_city():
        told = OutboxMessage.objects.filter(template="participant.erase_answered")
        assert {each.recipient for each in told} == {
            f"accounts.user:{neighbourhood.people[name].pk}" for name in ("leader", "second_leader")
        }


def test_x07_a_request_that_waits_too_long_is_overdue_from_the_day_after(
    neighbourhood: Any, speak: Any, ask: Any, in_city: Any
) -> None:
    ask()
    for due_on, is_overdue in ((neighbourhood.today, False), (neighbourhood.today - timedelta(days=1), True)):
        with in_city():
            ErasureRequest.objects.update(due_on=due_on, asked_on=due_on)
        assert waiting(speak("county"))[0]["is_overdue"] is is_overdue
    speak("county").post(f"erasure-requests/{waiting(speak('county'))[0]['id']}/answer", REFUSE)
    (row,) = speak("county").get("erasure-requests?state=refused").json()["results"]
    assert row["is_overdue"] is False


def test_the_list_of_requests_takes_as_many_statements_for_many_as_for_few(
    neighbourhood: Any, speak: Any, enrol: Any, statements: Any
) -> None:
    counts = []
    for first in (100, 200):
        for number in range(first, first + 3):
            row = enrol(f"孙演示{number}", f"13900000{number}")
            enrol(f"孙演示{number}", f"13900000{number}", neighbourhood.ball, by="neighbour_leader")
            assert speak("leader").post(f"participations/{row.pk}/erase", WISH).status_code == 200
        for name in ("county", "leader"):
            counts.append(statements(lambda: speak(name).get("erasure-requests")))  # noqa: B023
    assert len(waiting(speak("county"))) == 6
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize("name", EVERYBODY)
def test_x07_an_answer_changes_nothing_for_who_may_not(
    speak: Any, ask: Any, in_city: Any, name: str | None
) -> None:
    may = {"bureau": 200, "county": 200, "other_town": 200, "town": 403, "leader": 403, None: 401}
    key = ask()["request_id"]
    assert speak(name).post(f"erasure-requests/{key}/answer", REFUSE).status_code == may.get(name, 404)
    with in_city():
        assert (ErasureRequest.objects.get().state == "refused") is (may.get(name) == 200)
        assert InterestGrid.objects.get(name="晨光广场舞队").state == "active"
