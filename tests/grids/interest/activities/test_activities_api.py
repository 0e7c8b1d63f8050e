"""J09, J16: activities are planned once or again and again, changed without losing what was held, and called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from grids.interest.models import Activity, InterestGrid, Occurrence
from instructors.assignment.models import Booking
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.local_time import SHANGHAI
from tests.grids.interest.activities.conftest import at

pytestmark = pytest.mark.django_db

DAILY = "FREQ=DAILY"


def _codes(answer: Any) -> set[str]:
    body = answer.json()
    return {each["code"] for each in body.get("errors", [body])}


def _if_match(body: dict[str, Any]) -> dict[str, str]:
    return {"if_match": f'"{body["version"]}"'}


def test_a_member_plans_an_activity_of_the_own_interest_grid(speak: Any, plan: Any, in_city: Any) -> None:
    answer = speak("member").post(
        "activities", plan(assist_themes=["tourism", "health"], welcomes_visitors=True)
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert answer["ETag"] == '"1"'
    assert answer["Location"] == f"/api/v1/activities/{body['id']}"
    assert (body["title"], body["skipped"], body["warnings"]) == ("晨光广场舞", [], [])
    assert body["assist_themes"] == ["health", "tourism"] and body["welcomes_visitors"] is True
    rows = speak("member").get(f"occurrences?activity={body['id']}").json()["results"]
    assert [(row["state"], row["named"], row["starts_at"]) for row in rows] == [
        ("planned", 0, at(1, 9).isoformat())
    ]
    with in_city():
        event = AuditEvent.objects.filter(action="activity.plan").get()
        assert event.after["title"] == "晨光广场舞"


def test_j09_end_before_start_is_refused_with_both_times(speak: Any, plan: Any) -> None:
    answer = speak("member").post("activities", plan(ends_at=at(1, 8).isoformat()))
    assert (answer.status_code, answer.json()["code"]) == (422, "ACTIVITY_TIMES")
    told = answer.json()["message"]["zh"]
    assert f"{at(1, 8):%Y-%m-%d %H:%M}" in told and f"{at(1, 9):%Y-%m-%d %H:%M}" in told
    assert answer.json()["rule"]["id"] == "J09"
    same = speak("member").post("activities", plan(ends_at=at(1, 9).isoformat()))
    assert same.json()["code"] == "ACTIVITY_TIMES"


def test_j09_all_that_is_wrong_with_a_plan_is_told_together(speak: Any, plan: Any) -> None:
    body = plan(
        ends_at=at(1, 8).isoformat(), place_name="", recurrence=DAILY, until=at(-3, 0).date().isoformat()
    )
    answer = speak("member").post("activities", body)
    assert answer.status_code == 422
    assert _codes(answer) == {"ACTIVITY_TIMES", "ACTIVITY_UNTIL", "ACTIVITY_PLACE"}


@pytest.mark.parametrize(("days", "status"), [(-7, 201), (-8, 422)])
def test_j09_what_has_taken_place_is_recorded_for_a_week(
    speak: Any, plan: Any, days: int, status: int
) -> None:
    body = plan(starts_at=at(days, 0, 10).isoformat(), ends_at=at(days, 0, 40).isoformat())
    answer = speak("member").post("activities", body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "ACTIVITY_PAST" and "7天" in answer.json()["message"]["zh"]


def test_j09_longer_than_a_day_is_refused(speak: Any, plan: Any) -> None:
    answer = speak("member").post("activities", plan(ends_at=at(2, 9, 1).isoformat()))
    assert answer.json()["code"] == "ACTIVITY_TIMES"
    assert speak("member").post("activities", plan(ends_at=at(2, 9).isoformat())).status_code == 201


def test_j09_a_bad_recurrence_is_refused(speak: Any, plan: Any) -> None:
    answer = speak("member").post("activities", plan(recurrence="FREQ=HOURLY"))
    assert (answer.status_code, answer.json()["code"]) == (422, "RECURRENCE")


def test_an_unknown_field_is_refused(speak: Any, plan: Any) -> None:
    answer = speak("member").post("activities", plan(recurence=DAILY))
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_FIELD")


def test_a_series_stands_up_to_the_horizon_and_no_further(planned: Any, in_city: Any) -> None:
    body = planned(recurrence=DAILY)
    with in_city():
        rows = list(Occurrence.objects.filter(activity_id=body["id"]).order_by("starts_at"))
    # From tomorrow as many days ahead as policy says, both counted.
    assert len(rows) == 61
    assert {row.starts_at.astimezone(SHANGHAI).hour for row in rows} == {9}
    assert body["expanded_to"] == (at(1, 9).date() + timedelta(days=60)).isoformat()


def test_the_regular_job_extends_a_series_once(planned: Any, in_city: Any) -> None:
    from grids.interest.services.activities import extend_activities

    body = planned(recurrence=DAILY)
    with in_city():
        assert extend_activities() == 0
        short = at(20, 0).date()
        Occurrence.objects.filter(activity_id=body["id"], starts_at__gt=at(21, 0)).delete()
        Activity.objects.filter(pk=body["id"]).update(expanded_to=short)
        assert extend_activities() == 1
        assert extend_activities() == 0
        times = Occurrence.objects.filter(activity_id=body["id"]).values_list("starts_at", flat=True)
        days = sorted(each.astimezone(SHANGHAI).date() for each in times)
    assert days == [at(1, 9).date() + timedelta(days=number) for number in range(67)]


def test_a_series_whose_place_is_out_of_reach_stops_no_other_and_is_told_once(
    planned: Any, in_city: Any, neighbourhood: Any
) -> None:
    from grids.interest.services.activities import extend_activities
    from instructors.assignment.models import Site

    stuck = planned(recurrence=DAILY, site_id=neighbourhood.site.pk)["id"]
    other = {"by": "neighbour_member", "interest_grid_id": neighbourhood.ball.pk}
    fine = planned(recurrence=DAILY, **other)["id"]
    with in_city():
        stood = at(10, 0).date()
        Occurrence.objects.filter(starts_at__gt=at(11, 0)).delete()
        Activity.objects.filter(pk__in=[stuck, fine]).update(expanded_to=stood)
        elsewhere = neighbourhood.city.community("wangcun").unit
        Site.objects.filter(pk=neighbourhood.site.pk).update(unit=elsewhere)
        for extended in (1, 0):
            assert extend_activities() == extended
        assert Activity.objects.get(pk=stuck).expanded_to == stood
        assert Activity.objects.get(pk=fine).expanded_to > stood
        told = OutboxMessage.objects.get(template="activity.stuck")
        assert told.recipient == f"accounts.user:{neighbourhood.people['member'].pk}"
        assert f"{stood}之后的场次未能生成" in told.facts["text"]


def test_an_ended_series_is_not_extended(planned: Any, in_city: Any) -> None:
    from grids.interest.services.activities import extend_activities

    body = planned(recurrence=DAILY, until=at(5, 0).date().isoformat())
    with in_city():
        assert Occurrence.objects.filter(activity_id=body["id"]).count() == 5
        Activity.objects.filter(pk=body["id"]).update(expanded_to=at(10, 0).date())
        assert extend_activities() == 0


def test_a_change_of_hour_moves_what_is_to_come_and_keeps_what_was_held(
    speak: Any, planned: Any, in_city: Any
) -> None:
    body = planned(recurrence=DAILY, starts_at=at(-2, 9).isoformat(), ends_at=at(-2, 10).isoformat())
    with in_city():
        first = Occurrence.objects.filter(activity_id=body["id"]).earliest("starts_at")
        held, place = first.pk, first.place_name
        assert first.starts_at == at(-2, 9)
    assert speak("member").post(f"occurrences/{held}/finish", {"headcount": 12}).status_code == 200
    later = {"starts_at": at(-2, 19).isoformat(), "place_name": "文化站"}
    answer = speak("member").patch(f"activities/{body['id']}", later, **_if_match(body))
    assert answer.status_code == 200, answer.content
    assert answer.json()["ends_at"] == at(-2, 20).isoformat()
    with in_city():
        kept = Occurrence.objects.get(pk=held)
        assert (kept.state, kept.starts_at, kept.place_name) == ("held", at(-2, 9), place)
        coming = Occurrence.objects.filter(
            activity_id=body["id"], state="planned", starts_at__gt=timezone.now()
        )
        assert {row.starts_at.astimezone(SHANGHAI).hour for row in coming} == {19}
        assert {row.place_name for row in coming} == {"文化站"}
        dropped = Occurrence.objects.filter(activity_id=body["id"], state="cancelled")
        assert {row.cancel_category for row in dropped} == {"rescheduled"}


def test_a_change_keeps_the_ids_of_times_that_stay_and_coming_back_revives(
    speak: Any, planned: Any, in_city: Any
) -> None:
    body = planned(recurrence=DAILY)
    path = f"activities/{body['id']}"

    def ids() -> dict[Any, int]:
        with in_city():
            rows = Occurrence.objects.filter(activity_id=body["id"], state="planned")
            return {row.starts_at: row.pk for row in rows}

    before = ids()
    changed = speak("member").patch(path, {"recurrence": "FREQ=WEEKLY"}, **_if_match(body)).json()
    weekly = ids()
    assert len(weekly) == 9 and weekly.items() <= before.items()
    back = speak("member").patch(path, {"recurrence": DAILY}, **_if_match(changed)).json()
    assert ids().items() >= before.items()
    again = speak("member").patch(path, {"title": "夜光广场舞"}, **_if_match(back))
    assert again.status_code == 200 and ids().items() >= before.items()


def test_what_somebody_cancelled_stays_cancelled_when_the_series_changes(
    speak: Any, planned: Any, in_city: Any
) -> None:
    body = planned(recurrence=DAILY)
    with in_city():
        one = Occurrence.objects.filter(activity_id=body["id"]).order_by("starts_at")[3]
    rain = {"category": "weather", "reason": "预报有雨"}
    assert speak("member").post(f"occurrences/{one.pk}/cancel", rain).status_code == 200
    answer = speak("member").patch(f"activities/{body['id']}", {"place_name": "文化站"}, **_if_match(body))
    assert answer.status_code == 200
    with in_city():
        one.refresh_from_db()
        assert (one.state, one.cancel_category) == ("cancelled", "weather")


def test_a_stale_change_is_refused_and_without_a_version_too(speak: Any, planned: Any) -> None:
    body = planned()
    path = f"activities/{body['id']}"
    assert speak("member").patch(path, {"title": "新"}).status_code == 428
    assert speak("member").patch(path, {"title": "新"}, **_if_match(body)).status_code == 200
    stale = speak("leader").patch(path, {"title": "旧"}, **_if_match(body))
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert stale.json()["facts"]["current"]["title"] == "新"


def test_a_one_off_moves_and_leaves_nothing_behind(speak: Any, planned: Any, in_city: Any) -> None:
    body = planned()
    answer = speak("member").patch(
        f"activities/{body['id']}", {"starts_at": at(3, 15).isoformat()}, **_if_match(body)
    )
    assert answer.status_code == 200, answer.content
    with in_city():
        rows = Occurrence.objects.filter(activity_id=body["id"]).order_by("starts_at")
        assert [(row.state, row.starts_at) for row in rows] == [
            ("cancelled", at(1, 9)), ("planned", at(3, 15)),
        ]  # fmt: skip


def test_a_one_off_that_was_held_does_not_move(speak: Any, under_way: Any) -> None:
    row = under_way()
    assert speak("member").post(f"occurrences/{row.pk}/finish", {"headcount": 3}).status_code == 200
    answer = speak("member").patch(
        f"activities/{row.activity_id}", {"starts_at": at(3, 15).isoformat()}, if_match='"1"'
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_TRANSITION")


def test_calling_an_activity_off_cancels_what_is_to_come_and_tells_people_once(
    speak: Any, planned: Any, in_city: Any, enrol: Any
) -> None:
    enrol("孙演示020", "13900000020")
    enrol("没有手机的周演示")
    body = planned(recurrence=DAILY)
    path = f"activities/{body['id']}/cancel"
    order = {"category": "place", "reason": "广场维修"}
    answer = speak("leader").post(path, order)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = speak("leader").post(path, order)
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    with in_city():
        states = set(Occurrence.objects.filter(activity_id=body["id"]).values_list("state", flat=True))
        assert states == {"cancelled"}
        told = OutboxMessage.objects.filter(template="activity.cancelled")
        assert sorted(told.values_list("channel", flat=True)) == ["in_app", "sms"]
        text = told.get(channel="sms")
        assert text.recipient == "13900000020" and "广场维修" in text.facts["text"]


@pytest.mark.parametrize(
    ("start", "end", "outdoors", "warned"),
    [
        (6, 22, True, False), (5, 22, True, True), (21, 22, True, False), (22, 23, True, True), (22, 23, False, False),
    ],
)  # fmt: skip
def test_j09_quiet_hours_warn_and_do_not_refuse(
    planned: Any, start: int, end: int, outdoors: bool, warned: bool
) -> None:
    body = planned(starts_at=at(1, start).isoformat(), ends_at=at(1, end).isoformat(), is_outdoors=outdoors)
    codes = [each["code"] for each in body["warnings"]]
    assert codes == (["QUIET_HOURS"] if warned else [])
    if warned:
        assert "22:00–06:00" in body["warnings"][0]["zh"]
        assert "噪声污染防治法" in body["warnings"][0]["facts"]["clause"]


def test_only_an_active_interest_grid_plans(speak: Any, plan: Any, neighbourhood: Any, in_city: Any) -> None:
    with in_city():
        InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(state="closed")
    answer = speak("leader").post("activities", plan())
    assert (answer.status_code, answer.json()["code"]) == (409, "INTEREST_GRID_NOT_ACTIVE")


class TestBookings:
    """The place and the instructor are taken through the one table of bookings."""

    def _taken(self) -> list[Booking]:
        return list(Booking.objects.filter(kind="activity", is_active=True).order_by("busy"))

    def test_a_member_takes_the_site_of_the_served_community_without_a_right_to_book(
        self, planned: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        body = planned(site_id=neighbourhood.site.pk, place_name="")
        with in_city():
            [row] = self._taken()
            one = Occurrence.objects.get(activity_id=body["id"])
            assert (row.reference, row.site_id) == (f"occurrence:{one.pk}", neighbourhood.site.pk)
            assert row.booked_by_id == neighbourhood.people["member"].pk

    def test_a_site_elsewhere_needs_the_right_to_book(
        self, speak: Any, plan: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        from instructors.assignment.models import Site
        from tests.grids.interest.conftest import city_point

        with in_city():
            units = neighbourhood.city.units
            far = Site.objects.create(
                ref="S9", name="新华球馆", geometry=city_point(500, 100), unit=units["xinhua"],
                town=units["other_town"],
            )  # fmt: skip
        answer = speak("member").post("activities", plan(site_id=far.pk))
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        with in_city():
            assert not self._taken() and not Activity.objects.exists()

    def test_conflicts_of_a_series_are_refused_together_and_nothing_stays(
        self, speak: Any, plan: Any, planned: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        planned(site_id=neighbourhood.site.pk)
        planned(site_id=neighbourhood.site.pk, starts_at=at(2, 9).isoformat(), ends_at=at(2, 10).isoformat())
        series = plan(site_id=neighbourhood.site.pk, recurrence=DAILY, title="太极拳")
        answer = speak("leader").post("activities", series)
        assert answer.status_code == 409
        assert [each["code"] for each in answer.json()["errors"]] == ["SITE_TIME_CONFLICT"] * 2
        with in_city():
            assert Activity.objects.count() == 2 and len(self._taken()) == 2

    def test_conflicts_may_be_skipped_and_are_told(
        self, speak: Any, plan: Any, planned: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        planned(site_id=neighbourhood.site.pk)
        series = plan(
            site_id=neighbourhood.site.pk,
            recurrence="FREQ=DAILY;COUNT=3",
            title="太极拳",
            skip_conflicts=True,
        )
        answer = speak("leader").post("activities", series)
        assert answer.status_code == 201, answer.content
        [skipped] = answer.json()["skipped"]
        assert skipped["starts_at"] == at(1, 9).isoformat()
        assert [each["code"] for each in skipped["errors"]] == ["SITE_TIME_CONFLICT"]
        with in_city():
            states = Occurrence.objects.filter(activity_id=answer.json()["id"]).order_by("starts_at")
            assert [(row.state, row.cancel_category) for row in states] == [
                ("cancelled", "conflict"), ("planned", ""), ("planned", ""),
            ]  # fmt: skip
            assert len(self._taken()) == 3

    def test_a_change_of_time_takes_the_new_times_and_gives_back_the_old(
        self, speak: Any, planned: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        body = planned(site_id=neighbourhood.site.pk, recurrence="FREQ=DAILY;COUNT=3")
        answer = speak("member").patch(
            f"activities/{body['id']}", {"starts_at": at(1, 9, 30).isoformat()}, **_if_match(body)
        )
        assert answer.status_code == 200, answer.content
        with in_city():
            assert [row.starts_at for row in self._taken()] == [at(day, 9, 30) for day in (1, 2, 3)]

    def test_cancelling_gives_the_time_back(
        self, speak: Any, planned: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        body = planned(site_id=neighbourhood.site.pk, recurrence="FREQ=DAILY;COUNT=3")
        with in_city():
            one = Occurrence.objects.filter(activity_id=body["id"]).earliest("starts_at")
        order = {"category": "weather", "reason": "下雨"}
        assert speak("member").post(f"occurrences/{one.pk}/cancel", order).status_code == 200
        with in_city():
            assert [row.starts_at for row in self._taken()] == [at(2, 9), at(3, 9)]
        assert speak("member").post(f"activities/{body['id']}/cancel", order).status_code == 200
        with in_city():
            assert not self._taken()
            assert Booking.objects.filter(is_called_off=True).count() == 3

    def test_an_instructor_who_serves_in_the_interest_grid_is_booked_and_others_are_not(
        self, speak: Any, plan: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        from datetime import date

        from grids.interest.models import GridMember
        from instructors.people.models import GradeAward, Instructor

        with in_city():
            person = Instructor.objects.create(name="李演示教练", unit=neighbourhood.city.units["shengli"])
            GradeAward.objects.create(
                instructor=person, grade="grade3", award_level="county", certificate_number="TEST-1",
                valid_from=date(2024, 1, 1),
            )  # fmt: skip
        refused = speak("member").post("activities", plan(instructor_id=person.pk))
        assert refused.status_code == 404
        with in_city():
            GridMember.objects.filter(pk=neighbourhood.member.pk).update(instructor=person)
        answer = speak("member").post("activities", plan(instructor_id=person.pk))
        assert answer.status_code == 201, answer.content
        assert answer.json()["instructor"] == {"id": person.pk, "name": "李*"}
        with in_city():
            assert [row.instructor_id for row in self._taken()] == [person.pk]
        clash = speak("member").post("activities", plan(instructor_id=person.pk, title="另一场"))
        assert (clash.status_code, clash.json()["code"]) == (409, "INSTRUCTOR_TIME_CONFLICT")
