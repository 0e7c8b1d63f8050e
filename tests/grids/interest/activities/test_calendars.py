"""J09: calendars of an interest grid and a community, read back with the library."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from grids.interest.models import CalendarFeed, Occurrence
from tests.grids.interest.activities.conftest import at

pytestmark = pytest.mark.django_db

RAIN = {"category": "weather", "reason": "预报有雨"}


def _events(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.content
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.fixture
def dance(neighbourhood: Any) -> str:
    return f"interest-grids/{neighbourhood.dance.pk}/calendar.ics"


def test_every_occurrence_is_an_event_at_its_moment(
    speak: Any, planned: Any, in_city: Any, dance: str, neighbourhood: Any
) -> None:
    body = planned(recurrence="FREQ=DAILY;COUNT=3", site_id=neighbourhood.site.pk, place_name="")
    answer = speak("member").get(dance)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = _events(answer)
    assert [each["dtstart"].dt for each in events] == [at(day, 9) for day in (1, 2, 3)]
    assert all(each["dtend"].dt - each["dtstart"].dt == timedelta(hours=1) for each in events)
    assert {each["dtstart"].dt.utcoffset() for each in events} == {timedelta(hours=8)}
    with in_city():
        ids = list(
            Occurrence.objects.filter(activity_id=body["id"])
            .order_by("starts_at")
            .values_list("pk", flat=True)
        )
    assert [str(each["uid"]) for each in events] == [f"occurrence-{key}@city_alpha.wangge" for key in ids]
    assert {(str(each["summary"]), str(each["location"])) for each in events} == {("晨光广场舞", "胜利广场")}
    assert {str(each["status"]) for each in events} == {"CONFIRMED"}
    point = neighbourhood.site.geometry
    assert events[0]["geo"].to_ical().split(";")[0].startswith(str(point.y)[:6])


def test_a_cancelled_one_stays_with_a_higher_sequence(
    speak: Any, planned: Any, in_city: Any, dance: str
) -> None:
    body = planned()
    [before] = _events(speak("member").get(dance))
    with in_city():
        one = Occurrence.objects.get(activity_id=body["id"]).pk
    speak("member").post(f"occurrences/{one}/cancel", RAIN)
    [after] = _events(speak("member").get(dance))
    assert (str(after["status"]), str(after["uid"])) == ("CANCELLED", str(before["uid"]))
    assert int(after["sequence"]) > int(before["sequence"])
    assert str(after["description"]) == "预报有雨"


def test_a_new_title_counts_the_sequence_up(speak: Any, planned: Any, dance: str) -> None:
    body = planned()
    [before] = _events(speak("member").get(dance))
    speak("member").patch(f"activities/{body['id']}", {"title": "夜光舞"}, if_match="*")
    [after] = _events(speak("member").get(dance))
    assert str(after["summary"]) == "夜光舞" and int(after["sequence"]) > int(before["sequence"])


def test_unchanged_it_is_304(speak: Any, planned: Any, dance: str) -> None:
    planned()
    first = speak("member").get(dance)
    again = speak("member").get(dance, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    planned(title="另一项")
    assert speak("member").get(dance, if_none_match=first["ETag"]).status_code == 200


def test_a_community_has_all_its_interest_grids(speak: Any, planned: Any, neighbourhood: Any) -> None:
    planned()
    planned(by="neighbour_member", interest_grid_id=neighbourhood.ball.pk, title="球")
    for community, titles in (("shengli", ["晨光广场舞"]), ("xinhua", ["球"])):
        path = f"communities/{neighbourhood.city.community(community).pk}/activities.ics"
        assert [str(each["summary"]) for each in _events(speak("county").get(path))] == titles


def test_who_reads_a_calendar_by_signing_in(speak: Any, planned: Any, dance: str, neighbourhood: Any) -> None:
    planned()
    whole = f"communities/{neighbourhood.city.community('shengli').pk}/activities.ics"
    for path in (dance, whole):
        statuses = {
            name: speak(name).get(path).status_code
            for name in ("bureau", "leader", "member", "neighbour_leader", "citizen", None)
        }
        assert statuses == {
            "bureau": 200, "leader": 200, "member": 200, "neighbour_leader": 404, "citizen": 404, None: 404,
        }  # fmt: skip


def test_a_secret_link_opens_until_it_is_revoked(
    api: Any, beta: Any, speak: Any, planned: Any, neighbourhood: Any, in_city: Any, dance: str
) -> None:
    planned()
    made = speak("member").post("activity-feeds", {"interest_grid_id": neighbourhood.dance.pk})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    path = made.json()["address"].split("/api/v1/")[1]
    assert len(_events(speak(None).get(path))) == 1
    assert speak(None).get(path)["Cache-Control"] == "private, no-cache"
    key = path.split("key=")[1]
    with in_city():
        assert key not in str(CalendarFeed.objects.values().get())
    other = f"interest-grids/{neighbourhood.ball.pk}/calendar.ics?key={key}"
    for closed in (other, dance, f"{dance}?key={key[:-1]}x", f"{dance}?key="):
        assert speak(None).get(closed).status_code == 404
    assert api(beta).get(path).status_code == 404
    [row] = speak("member").get("activity-feeds").json()["results"]
    assert "address" not in row
    assert speak("leader").delete(f"activity-feeds/{row['id']}").status_code == 404
    assert speak("member").delete(f"activity-feeds/{row['id']}").status_code == 204
    assert speak(None).get(path).status_code == 404
    assert speak("member").get("activity-feeds").json()["results"] == []


def test_a_link_dies_with_its_makers_account(
    speak: Any, planned: Any, neighbourhood: Any, in_city: Any
) -> None:
    planned()
    made = speak("member").post("activity-feeds", {"interest_grid_id": neighbourhood.dance.pk}).json()
    path = made["address"].split("/api/v1/")[1]
    assert speak(None).get(path).status_code == 200
    with in_city():
        neighbourhood.people["member"].is_active = False
        neighbourhood.people["member"].save(update_fields=["is_active"])
    assert speak(None).get(path).status_code == 404


def test_a_link_opens_nothing_once_its_makers_post_has_ended(
    speak: Any, planned: Any, neighbourhood: Any, in_city: Any
) -> None:
    from grids.interest.models import MemberPost

    planned()
    places = (
        {"interest_grid_id": neighbourhood.dance.pk},
        {"community_id": neighbourhood.city.community("shengli").pk},
    )
    made = [speak("member").post("activity-feeds", place).json()["address"] for place in places]
    paths = [each.split("/api/v1/")[1] for each in made]
    assert [speak(None).get(path).status_code for path in paths] == [200, 200]
    post = MemberPost.objects.filter(pk=neighbourhood.post.pk)
    with in_city():
        post.update(state="ended", ends_on=neighbourhood.today)
    assert [speak(None).get(path).status_code for path in paths] == [404, 404]
    assert speak("county").get(paths[0]).status_code == 200, "who sees it by right reads it with any link"
    with in_city():
        post.update(state="active", ends_on=None)
    assert [speak(None).get(path).status_code for path in paths] == [200, 200]


def test_a_leaders_link_ends_with_the_leadership(
    speak: Any, planned: Any, neighbourhood: Any, in_city: Any
) -> None:
    from grids.units.models import GridLeader

    planned()
    made = speak("leader").post("activity-feeds", {"interest_grid_id": neighbourhood.dance.pk}).json()
    path = made["address"].split("/api/v1/")[1]
    assert speak(None).get(path).status_code == 200
    with in_city():
        term = GridLeader.objects.filter(user=neighbourhood.people["leader"])
        term.update(ends_on=neighbourhood.today - timedelta(days=1))
    assert speak(None).get(path).status_code == 404


def test_a_link_is_of_one_thing_that_one_sees(speak: Any, neighbourhood: Any) -> None:
    assert speak("member").post("activity-feeds", {}).status_code == 400
    both = {
        "interest_grid_id": neighbourhood.dance.pk,
        "community_id": neighbourhood.city.community("shengli").pk,
    }
    assert speak("member").post("activity-feeds", both).status_code == 400
    foreign = {"interest_grid_id": neighbourhood.ball.pk}
    assert speak("member").post("activity-feeds", foreign).status_code == 404
    assert speak("member").post("activity-feeds", {"community_id": both["community_id"]}).status_code == 201


def test_a_calendar_takes_few_statements_however_long(speak: Any, planned: Any, dance: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    planned()

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert speak("member").get(dance).status_code == 200
        return len(asked)

    few = count()
    planned(recurrence="FREQ=DAILY;COUNT=20", title="多")
    assert count() == few


@pytest.fixture
def citizen(alpha: Any, api: Any, make_user: Any, neighbourhood: Any) -> Any:
    """Somebody who may look around in the city, as the citizen's role may."""
    return api(alpha, make_user(alpha, "resident", ["site.view"], unit=neighbourhood.city.units["city"]))


def test_a_citizen_reads_and_subscribes_to_what_goes_on_in_a_community_and_sees_nobody(
    citizen: Any, speak: Any, planned: Any, enrol: Any, neighbourhood: Any, statements: Any
) -> None:
    enrol("孙演示020", "13900000020")
    planned()
    home = neighbourhood.dance.community
    [found] = [row for row in citizen.get("activity-communities").json()["results"] if row["id"] == home.pk]
    assert found["name"] == home.name
    assert not citizen.get("activity-communities?name=没有这个").json()["results"]
    path = f"communities/{home.pk}/activities"
    [one] = citizen.get(path).json()["results"]
    assert (one["title"], one["state"], one["place"]["name"]) == ("晨光广场舞", "planned", "胜利广场东侧")
    assert set(one) == {
        "id", "title", "interest_grid", "starts_at", "ends_at", "place", "is_outdoors", "state", "cancel_reason",
    }  # fmt: skip
    assert not citizen.get(f"{path}?to={at(0, 9):%Y-%m-%d}").json()["results"]
    made = citizen.post("activity-feeds", {"community_id": home.pk}).json()
    assert _events(speak(None).get(made["address"].split("/api/v1/")[1]))
    assert citizen.get(f"occurrences/{one['id']}").status_code == 404
    few = statements(lambda: citizen.get(path))
    for number in range(3):
        planned(title=f"第{number}项")
    assert statements(lambda: citizen.get(path)) == few


def test_a_citizen_finds_what_goes_on_after_midnight_on_both_days(
    citizen: Any, planned: Any, neighbourhood: Any
) -> None:
    planned(title="守岁", starts_at=at(2, 23, 30).isoformat(), ends_at=at(3, 0, 30).isoformat())
    path = f"communities/{neighbourhood.dance.community_id}/activities"
    told = []
    for days in (1, 2, 3, 4):
        day = at(days, 0).date().isoformat()
        rows = citizen.get(f"{path}?from={day}&to={day}").json()["results"]
        told.append([row["title"] for row in rows])
    assert told == [[], ["守岁"], ["守岁"], []]


def test_a_community_is_closed_to_who_may_not_look_around_there(speak: Any, neighbourhood: Any) -> None:
    path = f"communities/{neighbourhood.dance.community_id}/activities"
    asked = {
        name: speak(name).get(path).status_code for name in ("town", "member", "other_town", "citizen", None)
    }
    assert asked == {"town": 200, "member": 200, "other_town": 404, "citizen": 404, None: 401}
