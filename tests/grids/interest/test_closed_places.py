"""J07, J09, J13: a fitness site is retired: who meets there hears of it, nothing is cancelled, nothing new begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from grids.interest.models import Activity, InterestGrid, Occurrence
from grids.interest.services.activities import extend_activities
from grids.interest.services.interest_grids import propose_interest_grid
from instructors.assignment.models import Booking, Site
from tenants.bureau.models import OutboxMessage
from tests.grids.interest.activities.conftest import at
from tests.grids.interest.conftest import Neighbourhood, order_of
from tests.grids.interest.site_layer import Layer, square_layer  # noqa: F401

pytestmark = pytest.mark.django_db
DAILY = "FREQ=DAILY"


@pytest.fixture
def at_square(neighbourhood: Neighbourhood, in_city: Any) -> None:
    """The dance usually meets at the square."""
    with in_city():
        InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(site=neighbourhood.site)


@pytest.fixture
def planned_there(neighbourhood: Neighbourhood, speak: Any) -> Callable[..., dict[str, Any]]:
    """`planned_there(recurrence="FREQ=DAILY")`: the member plans it at the square, from tomorrow 20:00 on."""

    def plan(**changes: Any) -> dict[str, Any]:
        body = {
            "interest_grid_id": neighbourhood.dance.pk, "title": "晨光广场舞", "starts_at": at(1, 20).isoformat(),
            "ends_at": at(1, 21).isoformat(), "site_id": neighbourhood.site.pk, **changes,
        }  # fmt: skip
        answer = speak("member").post("activities", body)
        assert answer.status_code == 201, answer.content
        told: dict[str, Any] = answer.json()
        return told

    return plan


def messages(template: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template=template).order_by("recipient"))


def readers(made: Neighbourhood, *names: str) -> list[str]:
    return sorted(f"accounts.user:{made.people[name].pk}" for name in names)


# --- told to whoever imports --------------------------------------------------------------------------------


def test_j13_a_file_that_drops_a_place_to_meet_is_refused_naming_who_meets_there(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, in_city: Any
) -> None:
    planned_there()
    with in_city():
        (refused,) = layer.drop(lets_go=False).refusals
    name = f"晨光广场舞队（{neighbourhood.dance.code}）"
    assert (
        f"胜利广场（每周需求0项、今后值守0次、其他安排0次、兴趣网格1个、今后活动1次；兴趣网格：{name}）"
        in refused.zh
    )
    with in_city():
        assert messages("place.closed") == []


def test_j13_without_a_booking_or_a_meeting_an_interest_grid_is_a_use_too(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, in_city: Any
) -> None:
    with in_city():
        (refused,) = layer.drop(lets_go=False).refusals
    assert (refused.facts["interest_grid_count"], refused.facts["meetings"]) == (1, 0)


def test_j13_a_closed_interest_grid_is_no_use(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, speak: Any, in_city: Any
) -> None:
    closed = speak("leader").post(f"interest-grids/{neighbourhood.dance.pk}/close", {"reason": "队伍解散"})
    assert closed.status_code == 200, closed.content
    with in_city():
        found = layer.drop(lets_go=False)
    assert (list(found.refusals), list(found.told)) == ([], [])


# --- told to whoever runs it --------------------------------------------------------------------------------


def test_j07_its_leader_and_members_are_told_once_and_nothing_is_cancelled(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    planned_there(recurrence="FREQ=DAILY;COUNT=3")
    with in_city():
        told = layer.drop()
        assert [finding.code for finding in told.told] == ["SITES_IN_USE"]
        assert "活动没有取消" in told.told[0].zh
        sent = messages("place.closed")
        assert sorted(each.recipient for each in sent) == readers(neighbourhood, "leader", "member")
        assert sent[0].facts["title"] == "兴趣网格“晨光广场舞队”的活动地点已停用，请另选地点"
        assert "已安排的3次活动没有取消" in sent[0].facts["text"]
        assert not OutboxMessage.objects.filter(
            channel="sms"
        ).exists()  # what becomes of them is not decided yet
        assert set(Occurrence.objects.values_list("state", flat=True)) == {"planned"}
        assert Booking.objects.filter(kind="activity", is_active=True).count() == 3


def test_j07_the_interest_grid_and_its_meetings_say_that_the_place_is_closed(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, speak: Any, in_city: Any
) -> None:
    activity = planned_there()
    path, day = f"interest-grids/{neighbourhood.dance.pk}", neighbourhood.today.isoformat()
    before = speak("member").get(path).json()
    assert (before["warnings"], before["site"]["closed_after"]) == ([], None)
    with in_city():
        layer.drop()
    found = speak("member").get(path).json()
    assert found["state"] == "active" and found["site"]["closed_after"] == day
    (warned,) = found["warnings"]
    assert (warned["code"], warned["zh"]) == (
        "PLACE_CLOSED",
        f"活动地点“胜利广场”自{day}后不再使用，请另选地点",
    )
    (meeting,) = speak("leader").get(f"occurrences?interest_grid={neighbourhood.dance.pk}").json()["results"]
    assert [each["code"] for each in meeting["warnings"]] == ["PLACE_CLOSED"]
    assert meeting["place"]["closed_after"] == day
    assert speak("leader").get(f"activities/{activity['id']}").json()["place"]["closed_after"] == day
    community = neighbourhood.city.community("shengli").pk
    (public,) = speak("bureau").get(f"communities/{community}/activities").json()["results"]
    assert public["place"]["closed_after"] == day
    calendar = speak("member").get(f"{path}/calendar.ics").content.decode().replace("\r\n ", "")
    assert "后不再使用；这次活动没有取消" in calendar.replace("\\;", "；").replace("\\,", "，")


def test_j09_a_meeting_on_the_last_day_is_not_warned_of(
    neighbourhood: Neighbourhood, layer: Layer, planned_there: Any, speak: Any, in_city: Any
) -> None:
    planned_there()
    with in_city():
        layer.drop()
        Occurrence.objects.update(starts_at=at(0, 23, 58), ends_at=at(0, 23, 59))
    (meeting,) = speak("leader").get(f"occurrences?interest_grid={neighbourhood.dance.pk}").json()["results"]
    assert meeting["warnings"] == []


def test_j07_the_leader_finds_it_among_the_tasks_and_the_office_in_its_list(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, speak: Any, in_city: Any
) -> None:
    with in_city():
        layer.drop()
    tasks = {row["kind"]: row for row in speak("leader").get("me/leader-tasks").json()["tasks"]}
    task = tasks["interest_grid_place_closed"]
    assert (task["count"], task["alert"], task["subjects"]) == (1, True, [neighbourhood.dance.pk])
    assert task["zh"] == "1个兴趣网格的活动地点已停用，请另选地点"
    assert "place_closed" not in str(speak("second_leader").get("me/leader-tasks").json())

    def listed(name: str) -> list[int]:
        return [row["id"] for row in speak(name).get("interest-grids?place_closed=true").json()["results"]]

    assert listed("town") == listed("bureau") == listed("member") == [neighbourhood.dance.pk]
    assert listed("other_town") == listed("neighbour_member") == []


def test_j07_a_meeting_elsewhere_than_usual_counts_too(
    neighbourhood: Neighbourhood, layer: Layer, planned_there: Any, speak: Any, in_city: Any
) -> None:
    planned_there()
    with in_city():
        layer.drop()
    found = speak("leader").get("interest-grids?place_closed=true").json()["results"]
    assert [(row["id"], row["warnings"]) for row in found] == [(neighbourhood.dance.pk, [])]
    assert "interest_grid_place_closed" in str(speak("leader").get("me/leader-tasks").json())


def test_j07_who_chooses_another_place_is_done_with_it(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, enrol: Any, speak: Any,
    in_city: Any,
) -> None:  # fmt: skip
    enrol("孙演示020", "13900000020")
    activity = planned_there()
    with in_city():
        layer.drop()
    leader, path = speak("leader"), f"interest-grids/{neighbourhood.dance.pk}"
    moved = leader.patch(
        path, {"site_id": None, "place_name": "河边步道"}, if_match=leader.get(path).headers["ETag"]
    )
    assert (moved.status_code, moved.json()["warnings"]) == (200, [])
    assert "interest_grid_place_closed" in str(
        leader.get("me/leader-tasks").json()
    )  # the meeting is still there
    where = f"activities/{activity['id']}"
    done = leader.patch(
        where, {"site_id": None, "place_name": "河边步道"}, if_match=leader.get(where).headers["ETag"]
    )
    assert done.status_code == 200, done.content
    assert "interest_grid_place_closed" not in str(leader.get("me/leader-tasks").json())
    with in_city():
        assert not Booking.objects.filter(kind="activity", is_active=True).exists()
        assert [each.recipient for each in messages("activity.changed") if each.channel == "sms"] == [
            "13900000020"
        ]


def test_j07_a_place_that_comes_back_is_told_and_no_longer_warned_of(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, speak: Any, in_city: Any
) -> None:
    planned_there()
    with in_city():
        layer.drop()
        layer.undo()
        sent = messages("place.opened")
        assert sorted(each.recipient for each in sent) == readers(neighbourhood, "leader", "member")
    assert speak("leader").get(f"interest-grids/{neighbourhood.dance.pk}").json()["warnings"] == []
    assert "interest_grid_place_closed" not in str(speak("leader").get("me/leader-tasks").json())


# --- nothing new there --------------------------------------------------------------------------------------


@pytest.fixture
def gone(layer: Layer, in_city: Any) -> None:
    """The square was retired yesterday."""
    with in_city():
        layer.drop()
        Site.objects.update(valid_to=layer.made.today - timedelta(days=1))


def test_j13_no_interest_grid_is_proposed_at_or_moved_to_a_retired_site(
    neighbourhood: Neighbourhood, gone: None, speak: Any
) -> None:
    order = {
        "name": "夕阳红健步走队", "item": "walking", "community_id": neighbourhood.city.community("shengli").pk,
        "base_grid_ids": [neighbourhood.grids["shengli1"].pk], "site_id": neighbourhood.site.pk,
    }  # fmt: skip
    refused = speak("leader").post("interest-grids", order)
    assert (refused.status_code, refused.json()["code"]) == (409, "SITE_RETIRED")
    last = (neighbourhood.today - timedelta(days=1)).isoformat()
    assert refused.json()["message"]["zh"] == f"该站点自{last}后已不在图层中"
    path = f"interest-grids/{neighbourhood.dance.pk}"
    version = speak("leader").get(path).headers["ETag"]
    moved = speak("leader").patch(path, {"site_id": neighbourhood.site.pk}, if_match=version)
    assert (moved.status_code, moved.json()["code"]) == (409, "SITE_RETIRED")


def test_j07_one_that_meets_there_already_goes_on_and_may_be_changed(
    neighbourhood: Neighbourhood, at_square: None, gone: None, speak: Any
) -> None:
    path = f"interest-grids/{neighbourhood.dance.pk}"
    version = speak("leader").get(path).headers["ETag"]
    change = {"name": "晨光舞队", "site_id": neighbourhood.site.pk}
    changed = speak("leader").patch(path, change, if_match=version)
    assert (changed.status_code, changed.json()["name"]) == (200, "晨光舞队")
    assert [each["code"] for each in changed.json()["warnings"]] == ["PLACE_CLOSED"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"recurrence": DAILY}, {"skip_conflicts": True}, {"recurrence": DAILY, "skip_conflicts": True}],
)
def test_j13_no_activity_is_planned_at_a_retired_site(
    neighbourhood: Neighbourhood, gone: None, speak: Any, in_city: Any, changes: dict[str, Any]
) -> None:
    body = {
        "interest_grid_id": neighbourhood.dance.pk, "title": "晨光广场舞", "starts_at": at(1, 20).isoformat(),
        "ends_at": at(1, 21).isoformat(), "site_id": neighbourhood.site.pk, **changes,
    }  # fmt: skip
    refused = speak("member").post("activities", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "SITE_RETIRED")
    with in_city():
        assert not Activity.objects.exists()


def test_j09_an_activity_there_changes_its_words_but_not_its_hour(
    neighbourhood: Neighbourhood, layer: Layer, planned_there: Any, speak: Any, in_city: Any
) -> None:
    path = f"activities/{planned_there()['id']}"
    with in_city():
        layer.drop()
    member = speak("member")
    named = member.patch(path, {"title": "晨光舞"}, if_match=member.get(path).headers["ETag"])
    assert named.status_code == 200, named.content
    change = {"starts_at": at(2, 20).isoformat()}
    moved = member.patch(path, change, if_match=member.get(path).headers["ETag"])
    assert (moved.status_code, moved.json()["code"]) == (409, "SITE_RETIRED")
    with in_city():
        assert Occurrence.objects.get().state == "planned"


def test_j09_a_series_there_waits_for_another_place_and_makes_no_meetings_to_be_cancelled(
    neighbourhood: Neighbourhood, layer: Layer, planned_there: Any, speak: Any, in_city: Any
) -> None:
    path = f"activities/{planned_there(recurrence=DAILY)['id']}"
    with in_city():
        layer.drop()
        last = Activity.objects.get().expanded_to
        early = last - timedelta(days=20)
        Activity.objects.update(expanded_to=early)
        Occurrence.objects.filter(starts_at__date__gt=early).delete()
        for _ in range(2):
            assert extend_activities() == 0
        stuck = messages("activity.stuck")
        assert sorted(each.recipient for each in stuck) == readers(neighbourhood, "member")
        assert "已不在图层中" in stuck[0].facts["text"]
        assert set(Occurrence.objects.values_list("state", flat=True)) == {"planned"}
    member = speak("member")
    moved = member.patch(
        path, {"site_id": None, "place_name": "河边步道"}, if_match=member.get(path).headers["ETag"]
    )
    assert moved.status_code == 200, moved.content
    assert moved.json()["expanded_to"] == last.isoformat()


# --- how much it takes ---------------------------------------------------------------------------------------


def test_statements_do_not_grow_with_the_interest_grids_there(
    neighbourhood: Neighbourhood, layer: Layer, at_square: None, planned_there: Any, in_city: Any, statements: Any,
    speak: Any,
) -> None:  # fmt: skip
    planned_there()

    def told() -> tuple[int, int, int]:
        with in_city():
            dropped = statements(layer.drop)
            OutboxMessage.objects.filter(template__startswith="place.").delete()
        leader = speak("leader")
        leader.get("me/leader-tasks")  # the token's last use is noted once
        tasks = statements(lambda: leader.get("me/leader-tasks"))
        listed = statements(lambda: leader.get("interest-grids?place_closed=true"))
        with in_city():
            layer.undo()
            OutboxMessage.objects.filter(template__startswith="place.").delete()
        return dropped, tasks, listed

    few = told()
    with in_city():
        for number in range(4):
            order = order_of(neighbourhood, name=f"第{number}队")
            propose_interest_grid(order=order, acting_user=neighbourhood.people["leader"])
    assert min(few) > 0
    assert told() == few
