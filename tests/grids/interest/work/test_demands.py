"""J22: what people ask for is stored once, and becomes a wish for an order line in one call."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.interest.models import Demand, WorkLog
from grids.interest.rules.order_line_wish import ContactRole, CourseType, Crowd, OrderLineWish, TimeOfDay
from grids.interest.services.demand_steps import hand_up_demand
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db


def _ask(street: Any, **more: Any) -> dict[str, Any]:
    return {"item": "square-dance-t", "interest_grid_id": street.dances.pk, **more}


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def demand(speak: Any, street: Any) -> int:
    """An open demand of the dances."""
    answer = speak("member").post("demands", _ask(street, askers=4))
    assert answer.status_code == 201
    return int(answer.json()["demand"]["id"])


def test_j22_who_asks_too_raises_the_number_of_askers(alpha: Any, street: Any, speak: Any) -> None:
    first = speak("member").post("demands", _ask(street, askers=12, people=30, time_of_day="evening"))
    second = speak("leader").post(
        "demands",
        _ask(street, askers=5, people=20, time_of_day="morning", place_name="社区活动室", source="survey"),
    )
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["is_new"], second.json()["is_new"]) == (True, False)
    told = second.json()["demand"]
    assert told["id"] == first.json()["demand"]["id"]
    assert (told["askers"], told["people"]) == (17, 30)
    assert (told["community_name"], told["interest_grid_name"]) == ("east社区", street.dances.name)
    assert (told["time_of_day"], told["place_name"]) == (
        "evening",
        "社区活动室",
    )  # blanks are filled, no more
    with schema_context(alpha.schema_name):
        demand = Demand.objects.get()
        assert list(demand.asks.order_by("id").values_list("source", "askers")) == [
            ("interest_grid", 12), ("survey", 5),
        ]  # fmt: skip


def test_j22_another_item_another_grid_or_a_closed_one_is_another_demand(
    alpha: Any, street: Any, speak: Any, demand: int
) -> None:
    leader = speak("leader")
    assert leader.post("demands", _ask(street, item="board-games-t")).status_code == 201
    of_base_grid = {"item": "square-dance-t", "grid_id": street.grids["east_1"].pk}
    assert leader.post("demands", of_base_grid).status_code == 201
    assert leader.post("demands", of_base_grid).status_code == 200
    assert leader.post(f"demands/{demand}/close", {"reason": "已自行解决"}).status_code == 200
    assert leader.post("demands", _ask(street)).status_code == 201
    with schema_context(alpha.schema_name):
        assert Demand.objects.count() == 4


def test_j22_a_demand_is_handed_up_in_one_call(alpha: Any, street: Any, speak: Any, demand: int) -> None:
    answer = speak("leader").post(f"demands/{demand}/hand-up")
    assert answer.status_code == 200
    told = answer.json()
    assert told["demand"]["state"] == "handed_up"
    assert told["demand"]["town"] == {"id": street.units["town"].pk, "name": "town演示"}
    assert told["demand"]["handed_up_on"]
    assert told["order_line"] == {
        "demand_id": demand, "town_id": street.units["town"].pk, "town_name": "town演示",
        "community_id": street.communities["east"].pk, "community_name": "east社区",
        "interest_grid_id": street.dances.pk, "interest_grid_code": street.dances.code, "base_grid_code": "",
        "item_code": "square-dance-t", "item_name": "演示广场舞", "course_type": "skill_class", "people": 4,
        "has_basis": None, "crowd": "everybody", "weekdays": [1, 3, 5], "time_of_day": "evening", "place": "演示广场",
        "site_id": None, "contact_role": "applicant",
    }  # fmt: skip
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.get(action="demand.hand_up").after["town"] == street.units["town"].pk
        assert WorkLog.objects.get(kind="demand_handed_up").duty_role == "information"


def test_j22_what_is_handed_up_is_a_plain_value(alpha: Any, street: Any, speak: Any) -> None:
    """What was said stands before what the interest grid does as a rule."""
    body = _ask(
        street, people=40, course_type="lecture", has_basis=False, crowd="older", weekdays=[6, 6], time_of_day="morning",
        place_name="社区礼堂", contact_role="executor",
    )  # fmt: skip
    key = speak("member").post("demands", body).json()["demand"]["id"]
    with schema_context(alpha.schema_name):
        handed = hand_up_demand(demand_id=key, acting_user=street.people["leader"])
    assert handed.wish == OrderLineWish(
        demand_id=key, town_id=street.units["town"].pk, town_path=street.units["town"].path, town_name="town演示",
        community_id=street.communities["east"].pk, community_name="east社区", interest_grid_id=street.dances.pk,
        interest_grid_code=street.dances.code, base_grid_code="", item_code="square-dance-t", item_name="演示广场舞",
        course_type=CourseType.LECTURE, people=40, has_basis=False, crowd=Crowd.OLDER, weekdays=(6,),
        time_of_day=TimeOfDay.MORNING, place="社区礼堂", site_id=None, contact_role=ContactRole.EXECUTOR,
    )  # fmt: skip
    with pytest.raises(AttributeError):
        handed.wish.people = 1  # type: ignore[misc]


def test_j22_handing_up_twice_is_refused_with_the_facts(street: Any, speak: Any, demand: int) -> None:
    leader = speak("leader")
    leader.post(f"demands/{demand}/hand-up")
    answer = leader.post(f"demands/{demand}/hand-up")
    assert _code(answer) == (409, "DEMAND_STATE")
    told = answer.json()
    assert told["message"]["zh"] == "该需求已上报，不能改为“已上报”"
    assert told["facts"]["town"] == "town演示"
    assert told["facts"]["state"] == "handed_up"
    assert date.fromisoformat(told["facts"]["handed_up_on"])
    assert told["how_to_fix"]["zh"] == "请等待街镇答复"


def test_j22_who_asks_after_handing_up_opens_a_new_demand(street: Any, speak: Any, demand: int) -> None:
    speak("leader").post(f"demands/{demand}/hand-up")
    answer = speak("member").post("demands", _ask(street))
    assert (answer.status_code, answer.json()["demand"]["askers"]) == (201, 1)


def test_j22_the_town_takes_or_declines_with_a_reason(street: Any, speak: Any, demand: int) -> None:
    town = speak("town")
    assert _code(town.post(f"demands/{demand}/answer", {"answer": "taken"})) == (409, "DEMAND_STATE")
    speak("leader").post(f"demands/{demand}/hand-up")
    waiting = town.get("demands?state=handed_up").json()["results"]
    assert [row["id"] for row in waiting] == [demand]
    silent = town.post(f"demands/{demand}/answer", {"answer": "declined", "reason": " "})
    assert _code(silent) == (422, "REASON_REQUIRED")
    declined = town.post(f"demands/{demand}/answer", {"answer": "declined", "reason": "本周期已满"})
    assert (declined.json()["state"], declined.json()["answer_reason"]) == ("declined", "本周期已满")
    again = town.post(f"demands/{demand}/answer", {"answer": "taken"})
    assert _code(again) == (409, "DEMAND_STATE")
    assert speak("member").get(f"demands/{demand}").json()["answer_reason"] == "本周期已满"


def test_j22_a_demand_without_a_town_above_cannot_be_handed_up(
    alpha: Any, street: Any, speak: Any, demand: int
) -> None:
    with schema_context(alpha.schema_name):
        type(street.units["town"]).objects.filter(pk=street.units["town"].pk).update(level="county")
    answer = speak("leader").post(f"demands/{demand}/hand-up")
    assert _code(answer) == (422, "DEMAND_WITHOUT_TOWN")
    assert answer.json()["facts"] == {"community": "east社区"}


def test_j22_a_closed_interest_grid_asks_for_nothing(alpha: Any, street: Any, speak: Any) -> None:
    with schema_context(alpha.schema_name):
        type(street.dances).objects.filter(pk=street.dances.pk).update(state="closed")
    answer = speak("member").post("demands", _ask(street))
    assert _code(answer) == (409, "INTEREST_GRID_CLOSED")
    assert answer.json()["facts"] == {"interest_grid": street.dances.code}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"item": "square-dance-t"}, 422, "ONE_GRID"),
        ({"item": "square-dance-t", "grid_id": 1, "interest_grid_id": 1}, 422, "ONE_GRID"),
        ({"item": "no-such-item", "interest_grid_id": "dances"}, 404, "NOT_FOUND"),
        ({"item": "square-dance-t", "interest_grid_id": "dances", "site_id": 987654321}, 404, "NOT_FOUND"),
        (
            {"item": "square-dance-t", "interest_grid_id": "dances", "place_name": "13900000001"},
            422,
            "PERSONAL_NUMBER",
        ),
        ({"item": "square-dance-t", "interest_grid_id": "dances", "weekdays": [8]}, 400, "INVALID_FIELD"),
        ({"item": "square-dance-t", "interest_grid_id": "dances", "phone": "1"}, 422, "UNKNOWN_FIELD"),
    ],
)
def test_j22_a_demand_that_is_not_one_is_refused(
    street: Any, speak: Any, body: dict[str, Any], status: int, code: str
) -> None:
    if body.get("interest_grid_id") == "dances":
        body = {**body, "interest_grid_id": street.dances.pk}
    assert _code(speak("member").post("demands", body)) == (status, code)


# (may ask, may hand up, may close, may answer, sees it)
_TABLE = {
    "member": (201, 403, 403, 403, 200),
    "leader": (201, 200, 200, 403, 200),
    "town": (201, 200, 200, 200, 200),
    "bureau": (201, 200, 200, 200, 200),
    "viewer": (404, 403, 403, 403, 200),
    "stranger": (404, 404, 404, 404, 404),
    "other_leader": (404, 404, 404, 404, 404),
    "other_town": (404, 404, 404, 404, 404),
}


@pytest.mark.parametrize("who", _TABLE)
def test_j22_who_may_do_what_with_a_demand(street: Any, speak: Any, who: str) -> None:
    def open_one(item: str) -> int:
        return int(speak("town").post("demands", _ask(street, item=item)).json()["demand"]["id"])

    asks, hands_up, closes, answers, sees = _TABLE[who]
    person = speak(who)
    one = open_one("square-dance-t")
    other = open_one("board-games-t")
    assert person.get(f"demands/{one}").status_code == sees
    assert person.post(f"demands/{other}/close", {"reason": "演示"}).status_code == closes
    assert person.post(f"demands/{one}/hand-up").status_code == hands_up
    speak("town").post(f"demands/{one}/hand-up")
    assert person.post(f"demands/{one}/answer", {"answer": "taken"}).status_code == answers
    assert person.post("demands", _ask(street)).status_code == asks


def test_j22_the_right_to_answer_is_held_for_the_town_not_for_a_community(
    alpha: Any, street: Any, speak: Any, api: Any, make_user: Any, demand: int
) -> None:
    speak("leader").post(f"demands/{demand}/hand-up")
    village = make_user(alpha, "village", ["demand.view", "demand.edit"], unit=street.units["east"])
    assert api(alpha, village).post(f"demands/{demand}/answer", {"answer": "taken"}).status_code == 403


def test_j22_lists_are_narrowed(street: Any, speak: Any, demand: int) -> None:
    other = speak("bureau").post("demands", {"item": "board-games-t", "interest_grid_id": street.chess.pk})
    key = other.json()["demand"]["id"]
    bureau = speak("bureau")

    def listed(query: str) -> list[int]:
        return [row["id"] for row in bureau.get(f"demands?{query}").json()["results"]]

    assert listed("") == [demand, key]
    assert listed(f"community={street.communities['west'].pk}") == [key]
    assert listed(f"interest_grid={street.dances.pk}") == [demand]
    assert listed("item=board-games-t") == [key]
    assert listed("mine=true") == []
    assert [row["id"] for row in speak("member").get("demands?mine=true").json()["results"]] == [demand]
    assert [row["id"] for row in speak("leader").get("demands?mine=1").json()["results"]] == [demand]
    assert bureau.get("demands?colour=red").status_code == 400


def test_j22_a_list_of_demands_costs_the_same_however_long(
    alpha: Any, street: Any, speak: Any, django_assert_max_num_queries: Any
) -> None:
    from instructors.people.models import ActivityItem

    with schema_context(alpha.schema_name):
        for number in range(6):
            ActivityItem.objects.create(code=f"more-{number}", name=f"演示项目{number}")
    leader = speak("leader")
    for number in range(6):
        leader.post("demands", _ask(street, item=f"more-{number}"))
    with django_assert_max_num_queries(8):
        assert len(leader.get("demands").json()["results"]) == 6


def test_j22_an_open_demand_may_be_said_otherwise(alpha: Any, street: Any, speak: Any, demand: int) -> None:
    member = speak("member")
    at_first = member.get(f"demands/{demand}")
    change = {"people": 25, "weekdays": [7, 6, 6], "time_of_day": "morning"}
    assert member.patch(f"demands/{demand}", change).status_code == 428
    changed = member.patch(f"demands/{demand}", change, if_match=at_first["ETag"])
    assert changed.status_code == 200
    told = changed.json()
    assert (told["people"], told["weekdays"], told["time_of_day"], told["askers"]) == (
        25,
        [6, 7],
        "morning",
        4,
    )
    stale = member.patch(f"demands/{demand}", {"people": 5}, if_match=at_first["ETag"])
    assert _code(stale) == (412, "STALE_VERSION")
    askers = member.patch(f"demands/{demand}", {"askers": 99}, if_match=changed["ETag"])
    assert _code(askers) == (422, "UNKNOWN_FIELD")
    secret = member.patch(f"demands/{demand}", {"place_name": "找13900000001"}, if_match=changed["ETag"])
    assert _code(secret) == (422, "PERSONAL_NUMBER")
    assert speak("viewer").patch(f"demands/{demand}", change, if_match=changed["ETag"]).status_code == 403
    handed = speak("leader").post(f"demands/{demand}/hand-up").json()
    assert (handed["order_line"]["people"], handed["order_line"]["weekdays"]) == (25, [6, 7])
    late = member.patch(f"demands/{demand}", change, if_match=member.get(f"demands/{demand}")["ETag"])
    assert _code(late) == (409, "DEMAND_STATE")
    assert late.json()["message"]["zh"] == "该需求已上报，不能修改"
    with schema_context(alpha.schema_name):
        logged = AuditEvent.objects.get(action="demand.change")
        assert (logged.before["people"], logged.after["people"]) == (None, 25)


def test_j22_the_answer_is_told_to_whoever_asked(alpha: Any, street: Any, speak: Any, demand: int) -> None:
    from tenants.bureau.services.outbox import deliver_outbox

    speak("leader").post(f"demands/{demand}/hand-up")
    speak("town").post(f"demands/{demand}/answer", {"answer": "declined", "reason": "本周期已满"})
    with schema_context(alpha.schema_name):
        deliver_outbox()
    for who in ("leader", "member"):
        [message] = speak(who).get("messages").json()["results"]
        assert "演示广场舞需求：街镇未采纳" in str(message)
    assert speak("stranger").get("messages").json()["results"] == []
