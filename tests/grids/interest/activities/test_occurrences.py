"""J09: an occurrence is finished or cancelled; its interest grid, its people and the work log hear of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from grids.interest.models import InterestGrid, Occurrence, WorkLog
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.local_time import local_date
from tests.grids.interest.activities.conftest import at

pytestmark = pytest.mark.django_db

RAIN = {"category": "weather", "reason": "预报有雨"}


def test_finishing_tells_the_interest_grid_and_the_work_log(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any
) -> None:
    with in_city():
        InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(state="dormant")
    row = under_way(assist_themes=["governance"])
    answer = speak("member").post(f"occurrences/{row.pk}/finish", {"headcount": 8, "visitors": 1})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["state"], body["headcount"], body["visitors"], body["version"]) == ("held", 8, 1, 2)
    with in_city():
        found = InterestGrid.objects.get(pk=neighbourhood.dance.pk)
        assert (found.state, found.last_activity_on) == ("active", local_date(row.starts_at))
        log = WorkLog.objects.get(reference=f"occurrence:{row.pk}")
        assert (log.user_id, log.kind) == (neighbourhood.people["member"].pk, "activity_held")


def test_j09_nobody_there_was_not_held(speak: Any, under_way: Any) -> None:
    answer = speak("member").post(f"occurrences/{under_way().pk}/finish", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "OCCURRENCE_EMPTY")


def test_j09_what_has_not_begun_is_not_finished(speak: Any, planned: Any, in_city: Any) -> None:
    body = planned()
    with in_city():
        one = Occurrence.objects.get(activity_id=body["id"]).pk
    answer = speak("member").post(f"occurrences/{one}/finish", {"headcount": 3})
    assert (answer.status_code, answer.json()["code"]) == (422, "OCCURRENCE_NOT_BEGUN")
    assert f"{at(1, 9):%Y-%m-%d %H:%M}" in answer.json()["message"]["zh"]


def test_it_is_finished_once_and_what_was_held_is_not_cancelled(speak: Any, under_way: Any) -> None:
    row = under_way()
    path = f"occurrences/{row.pk}"
    assert speak("member").post(f"{path}/finish", {"headcount": 3}).status_code == 200
    for again in (
        speak("leader").post(f"{path}/finish", {"headcount": 4}),
        speak("leader").post(f"{path}/cancel", RAIN),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")


def test_what_nobody_finished_is_taken_as_held_after_two_hours(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any
) -> None:
    from grids.interest.services.occurrences import close_left_open

    counted, empty = under_way(), under_way(title="没人来")
    speak("member").post(f"occurrences/{counted.pk}/ticks", {"headcount": 3})
    ended = timezone.now() - timedelta(hours=2)
    with in_city():
        rows = Occurrence.objects.filter(pk__in=[counted.pk, empty.pk])
        rows.update(starts_at=ended - timedelta(hours=1), ends_at=ended + timedelta(minutes=1))
        assert close_left_open() == 0
        rows.update(ends_at=ended)
        assert close_left_open() == 1
        assert close_left_open() == 0
        assert set(rows.values_list("pk", "state")) == {(counted.pk, "held"), (empty.pk, "planned")}
        assert InterestGrid.objects.get(pk=neighbourhood.dance.pk).last_activity_on is not None


def test_cancelling_tells_participants_by_sms_and_members_in_the_product_once(
    speak: Any, planned: Any, enrol: Any, in_city: Any, neighbourhood: Any
) -> None:
    enrol("孙演示020", "13900000020")
    enrol("没有手机的周演示")
    body = planned()
    with in_city():
        one = Occurrence.objects.get(activity_id=body["id"]).pk
    answer = speak("member").post(f"occurrences/{one}/cancel", RAIN)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["cancel_category"]) == ("cancelled", "weather")
    assert speak("member").post(f"occurrences/{one}/cancel", RAIN).status_code == 409
    with in_city():
        told = OutboxMessage.objects.filter(template="activity.cancelled").order_by("channel")
        member = f"accounts.user:{neighbourhood.people['member'].pk}"
        assert [(each.channel, each.recipient) for each in told] == [
            ("in_app", member), ("sms", "13900000020"),
        ]  # fmt: skip
        assert f"{at(1, 9):%m月%d日 %H:%M}" in told[1].facts["text"] and "预报有雨" in told[1].facts["text"]


def test_what_has_begun_is_cancelled_without_a_message(
    speak: Any, under_way: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    assert speak("member").post(f"occurrences/{under_way().pk}/cancel", RAIN).status_code == 200
    with in_city():
        assert not OutboxMessage.objects.filter(channel="sms").exists()


def test_j09_what_people_have_checked_in_to_is_not_cancelled(speak: Any, under_way: Any, enrol: Any) -> None:
    person = enrol("周演示021").participant_id
    row = under_way()
    speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
    answer = speak("member").post(f"occurrences/{row.pk}/cancel", RAIN)
    assert (answer.status_code, answer.json()["code"]) == (409, "OCCURRENCE_ATTENDED")
    assert "1人" in answer.json()["message"]["zh"]


@pytest.mark.parametrize("category", ["rescheduled", "conflict", "whim"])
def test_only_a_persons_reasons_are_given(speak: Any, under_way: Any, category: str) -> None:
    order = {"category": category, "reason": "…"}
    assert speak("member").post(f"occurrences/{under_way().pk}/cancel", order).status_code == 400


def test_a_stale_cancellation_is_refused_where_a_version_is_sent(speak: Any, under_way: Any) -> None:
    row = under_way()
    path = f"occurrences/{row.pk}"
    speak("member").post(f"{path}/ticks", {"headcount": 2})
    assert speak("member").post(f"{path}/cancel", RAIN, if_match='"1"').status_code == 412
    assert speak("member").post(f"{path}/cancel", RAIN, if_match='"2"').status_code == 200


class TestAgenda:
    """The agenda: soonest first, by days, interest grid, community and the own ones."""

    def test_by_days_soonest_first_and_page_by_page(self, speak: Any, planned: Any) -> None:
        planned(title="后", starts_at=at(2, 8).isoformat(), ends_at=at(2, 9).isoformat())
        planned(title="先", recurrence="FREQ=DAILY;COUNT=3")
        day = at(2, 0).date().isoformat()
        rows = speak("member").get(f"occurrences?from={day}&to={day}").json()["results"]
        assert [row["title"] for row in rows] == ["后", "先"]
        titles, path = [], "occurrences?limit=1"
        while path:
            body = speak("member").get(path).json()
            titles += [row["title"] for row in body["results"]]
            path = body["next"].split("/api/v1/")[1] if body["next"] else ""
        assert titles == ["先", "后", "先", "先"]

    def test_what_goes_on_after_midnight_is_of_both_days(self, speak: Any, planned: Any) -> None:
        planned(title="过半夜", starts_at=at(2, 23, 30).isoformat(), ends_at=at(3, 0, 1).isoformat())
        planned(title="到半夜", starts_at=at(2, 23).isoformat(), ends_at=at(3, 0).isoformat())
        planned(title="一整天", starts_at=at(2, 0, 1).isoformat(), ends_at=at(3, 0, 1).isoformat())
        told = []
        for days in (1, 2, 3, 4):
            day = at(days, 0).date().isoformat()
            rows = speak("member").get(f"occurrences?from={day}&to={day}").json()["results"]
            told.append([row["title"] for row in rows])
        assert told == [[], ["一整天", "到半夜", "过半夜"], ["一整天", "过半夜"], []]

    @pytest.mark.parametrize("cursor", ["x", "cD0x", "cD0yMDI2"])
    def test_a_spoilt_cursor_is_refused(self, speak: Any, cursor: str) -> None:
        answer = speak("member").get(f"occurrences?cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_CURSOR")

    def test_filters(self, speak: Any, planned: Any, neighbourhood: Any) -> None:
        planned()
        ball = planned(by="neighbour_member", interest_grid_id=neighbourhood.ball.pk, title="球")
        xinhua = neighbourhood.city.community("xinhua").pk
        asked = {
            "": 2, f"?community={xinhua}": 1, f"?interest_grid={neighbourhood.dance.pk}": 1, "?state=held": 0,
            f"?activity={ball['id']}": 1, "?mine=true": 0,
        }  # fmt: skip
        county = speak("county")
        assert {query: len(county.get(f"occurrences{query}").json()["results"]) for query in asked} == asked
        mine = speak("neighbour_member").get("occurrences?mine=1").json()["results"]
        assert [row["title"] for row in mine] == ["球"]
        assert speak("county").get("occurrences?strange=1").status_code == 400

    def test_the_number_of_statements_does_not_grow(
        self, speak: Any, planned: Any, under_way: Any, django_assert_num_queries: Any, neighbourhood: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        planned(site_id=neighbourhood.site.pk)
        paths = ("occurrences", "activities")

        def counts() -> list[int]:
            found = []
            for path in paths:
                with CaptureQueriesContext(connection) as asked:
                    assert speak("county").get(path).status_code == 200
                found.append(len(asked))
            return found

        few = counts()
        planned(recurrence="FREQ=DAILY;COUNT=9", title="又一项")
        under_way()
        assert counts() == few
        assert max(few) <= 12


def _ago(row: Any, in_city: Any, **back: float) -> None:
    """Let a meeting have ended so long ago."""
    with in_city():
        ends_at = timezone.now() - timedelta(**back)
        Occurrence.objects.filter(pk=row.pk).update(starts_at=ends_at - timedelta(hours=1), ends_at=ends_at)


def test_j09_what_nobody_recorded_is_ended_after_the_days_of_policy(
    speak: Any, under_way: Any, enrol: Any, in_city: Any, django_assert_num_queries: Any
) -> None:
    from grids.interest.models import Attendance
    from grids.interest.services.occurrences import end_unrecorded
    from tenants.accounts.models import AuditEvent

    silent, recent, counted, attended, called_off = (under_way(title=f"第{at}项") for at in range(5))
    person = enrol("周演示021").participant_id
    speak("member").post(f"occurrences/{counted.pk}/ticks", {"headcount": 3})
    speak("member").post(f"occurrences/{attended.pk}/ticks", {"participant_ids": [person]})
    speak("member").post(f"occurrences/{called_off.pk}/cancel", RAIN)
    for row in (silent, counted, attended, called_off):
        _ago(row, in_city, days=16)
    _ago(recent, in_city, days=13)
    with in_city():
        with django_assert_num_queries(6):  # two of policy, one that ends them, the log and its savepoint
            assert end_unrecorded() == 1
        states = dict(Occurrence.objects.values_list("pk", "state"))
        assert states[silent.pk] == "unrecorded"
        assert (states[recent.pk], states[counted.pk], states[attended.pk]) == ("planned",) * 3
        assert states[called_off.pk] == "cancelled"
        assert Attendance.objects.filter(occurrence=attended).exists()
        told = AuditEvent.objects.get(action="occurrence.end_unrecorded")
        assert told.after["ended"] == 1
        assert end_unrecorded() == 0
        assert AuditEvent.objects.filter(action="occurrence.end_unrecorded").count() == 1
    shown = speak("member").get(f"occurrences/{silent.pk}").json()
    assert (shown["state"], shown["version"]) == ("unrecorded", 2)
    for act, body in (("finish", {"headcount": 3}), ("cancel", RAIN), ("ticks", {"headcount": 3})):
        answer = speak("member").post(f"occurrences/{silent.pk}/{act}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_TRANSITION")
        assert "本次活动未记录" in answer.json()["message"]["zh"]


def test_j09_the_hourly_job_ends_what_nobody_recorded(under_way: Any, in_city: Any) -> None:
    from grids.interest.services.keeping import keep_activities

    row = under_way()
    _ago(row, in_city, days=16)
    with in_city():
        keep_activities()
        assert Occurrence.objects.get(pk=row.pk).state == "unrecorded"


def test_j09_the_scan_for_what_nobody_recorded_has_an_index(under_way: Any, in_city: Any) -> None:
    """Among two thousand meetings that were held, the few that wait are found by their own index."""
    from django.db import connection

    from grids.interest.queries.activities import never_recorded

    row = under_way()
    with in_city():
        Occurrence.objects.bulk_create(
            Occurrence(
                activity=row.activity, interest_grid=row.interest_grid, state="held",
                starts_at=row.starts_at - timedelta(hours=number), ends_at=row.ends_at - timedelta(hours=number),
            )
            for number in range(1, 2001)
        )  # fmt: skip
    connection.set_schema_to_public()
    with connection.cursor() as cursor:  # a city may not, the database does so by itself
        cursor.execute("ANALYZE city_alpha.interest_occurrence")
    with in_city():
        plan = never_recorded(timezone.now()).explain()
    assert "occurrence_waiting" in plan


def test_j09_finishing_is_taken_back_with_its_work_and_its_day_and_done_again(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any
) -> None:
    from tenants.accounts.models import AuditEvent

    row = under_way()
    path = f"occurrences/{row.pk}"
    assert speak("member").post(f"{path}/reopen").status_code == 409  # it was not finished yet
    assert speak("member").post(f"{path}/finish", {"headcount": 8}).status_code == 200
    answer = speak("member").post(f"{path}/reopen")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["state"], body["held_at"], body["headcount"]) == ("planned", None, 8)
    with in_city():
        assert InterestGrid.objects.get(pk=neighbourhood.dance.pk).last_activity_on is None
        assert not WorkLog.objects.filter(reference=f"occurrence:{row.pk}").exists()
        told = AuditEvent.objects.get(action="occurrence.reopen")
        assert (told.before["state"], told.after["state"]) == ("held", "planned")
    assert speak("member").post(f"{path}/finish", {"headcount": 9}).json()["headcount"] == 9
    with in_city():
        assert WorkLog.objects.filter(reference=f"occurrence:{row.pk}").count() == 1


def test_j09_an_earlier_day_of_activity_is_the_last_again(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any
) -> None:
    earlier, later = under_way(title="昨天的"), under_way()
    for row in (earlier, later):
        assert speak("member").post(f"occurrences/{row.pk}/finish", {"headcount": 2}).status_code == 200
    before = earlier.starts_at - timedelta(days=1)
    with in_city():
        Occurrence.objects.filter(pk=earlier.pk).update(starts_at=before)
    assert speak("leader").post(f"occurrences/{later.pk}/reopen").status_code == 200
    with in_city():
        assert InterestGrid.objects.get(pk=neighbourhood.dance.pk).last_activity_on == local_date(before)


def test_j09_what_was_finished_long_ago_or_in_a_closed_interest_grid_stays_finished(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any
) -> None:
    row = under_way()
    path = f"occurrences/{row.pk}"
    assert speak("member").post(f"{path}/finish", {"headcount": 2}).status_code == 200
    with in_city():
        InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(state="closed")
    answer = speak("town").post(f"{path}/reopen")
    assert (answer.status_code, answer.json()["code"]) == (409, "INTEREST_GRID_CLOSED")
    long_ago = timezone.now() - timedelta(days=400)
    with in_city():
        InterestGrid.objects.filter(pk=neighbourhood.dance.pk).update(state="active")
        Occurrence.objects.filter(pk=row.pk).update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    answer = speak("leader").post(f"{path}/reopen")
    assert (answer.status_code, answer.json()["code"]) == (422, "RECORD_CLOSED")
