"""Bookings and calendars over HTTP: who sees and does what, what is answered, in how many statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world(booked_world):
    """The rows to book with."""
    return booked_world


@pytest.fixture
def dispatcher(alpha, api, staff):
    """Speaks as the dispatcher."""
    return api(alpha, staff.dispatcher)


def body(world, start=0, **fields):
    begins = world.nine + timedelta(minutes=start)
    return {
        "kind": "course", "reference": f"class-{start}", "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(), "instructor_id": world.person.pk,
        "site_id": world.here.pk, **fields,
    }  # fmt: skip


def test_a_booking_is_made_read_moved_and_cancelled(alpha, api, staff, world, dispatcher):
    made = dispatcher.post("bookings", body(world))
    assert made.status_code == 201, made.content
    shown = made.json()
    assert made["Location"] == f"/api/v1/bookings/{shown['id']}" and made["ETag"] == '"1"'
    assert (shown["starts_at"], shown["padded_to"]) == (
        "2026-03-02T09:00:00+08:00",
        "2026-03-02T10:30:00+08:00",
    )
    assert shown["instructor"] == {"id": world.person.pk, "name": world.person.name}
    assert shown["town"]["name"] == "town" and shown["site"]["name"] == "测试站点S1"
    at = f"bookings/{shown['id']}"
    assert dispatcher.get(at).json() == shown
    onlooker = api(alpha, staff.clerk)
    assert onlooker.get(at).json()["instructor"]["name"] == "测*"
    later = {"starts_at": "2026-03-02T14:00:00+08:00", "ends_at": "2026-03-02T15:00:00+08:00"}
    assert dispatcher.patch(at, later).status_code == 428
    assert dispatcher.patch(at, later, if_match='"9"').json()["facts"]["current"]["site"] == world.here.pk
    moved = dispatcher.patch(at, later | {"site_id": world.there.pk, "hall": "东厅"}, if_match='"1"')
    assert (moved.status_code, moved["ETag"]) == (200, '"2"')
    assert (moved.json()["town"]["name"], moved.json()["hall"]) == ("other_town", "东厅")
    assert dispatcher.post(f"{at}/cancel", {}).status_code == 400
    gone = dispatcher.post(f"{at}/cancel", {"reason": "下雨"}).json()
    assert (gone["is_active"], gone["end_reason"]) == (False, "下雨")
    assert dispatcher.post(f"{at}/cancel", {"reason": "x"}).json()["code"] == "BOOKING_CANCELLED"


def test_s07_a_clash_is_a_problem_with_both_refusals_and_what_to_do(world, dispatcher):
    dispatcher.post("bookings", body(world))
    answer = dispatcher.post("bookings", body(world, 30))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "INSTRUCTOR_TIME_CONFLICT"
    assert problem["detail"] == "该教师2026-03-02 09:00–10:00已有课程"
    assert problem["rule"]["id"] == "S07" and problem["how_to_fix"]["zh"]
    assert [each["code"] for each in problem["errors"]] == ["INSTRUCTOR_TIME_CONFLICT", "SITE_TIME_CONFLICT"]


def test_bad_bodies_are_400_each_field_by_name(world, dispatcher):
    naive = dispatcher.post("bookings", body(world, starts_at="2026-03-02T09:00:00"))
    assert (naive.status_code, naive.json()["code"]) == (400, "NAIVE_DATETIME")
    bad = dispatcher.post("bookings", body(world, kind="party", instructor_id=0, hall="x" * 41))
    assert bad.status_code == 400
    assert {each["field"] for each in bad.json()["errors"]} == {"kind", "instructor_id", "hall"}
    assert dispatcher.post("bookings", {}).status_code == 400


@pytest.mark.parametrize("path", ["bookings", "bookings/series"])
@pytest.mark.parametrize(
    ("moment", "status"),
    [("9999-12-31T23:00:00+08:00", 400), ("2101-01-01T00:00:00Z", 400), ("1999-12-31T09:59:59Z", 400)],
)
def test_x02_a_moment_lies_between_2000_and_2100_as_a_day_does(world, dispatcher, path, moment, status):
    weeks = {"weeks": 2} if path.endswith("series") else {}
    answer = dispatcher.post(path, body(world, starts_at=moment, ends_at=moment, **weeks))
    assert (answer.status_code, answer.json()["code"]) == (status, "DAY_OUT_OF_RANGE")
    assert answer.json()["facts"] == {"day": moment[:10]}
    assert answer.json()["message"]["zh"] == f"日期 {moment[:10]} 超出范围（2000–2100年）"


def test_x02_the_last_evening_of_2100_is_taken_as_a_moment(world, dispatcher):
    times = {"starts_at": "2100-12-31T20:00:00+08:00", "ends_at": "2100-12-31T21:00:00+08:00", "weeks": 53}
    made = dispatcher.post("bookings/series", body(world, **times, instructor_id=None))
    assert made.status_code == 201, made.content


def test_s07_a_town_that_contradicts_the_site_is_refused(world, dispatcher):
    towns = {name: world.units[name].pk for name in ("town", "other_town")}
    refused = dispatcher.post("bookings", body(world, town_id=towns["other_town"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "TOWN_CONTRADICTS_SITE")
    assert refused.json()["message"]["zh"] == "所填街镇与场地所在街镇不一致"
    assert refused.json()["facts"]["town_of_site"] == towns["town"]
    made = dispatcher.post("bookings", body(world, town_id=towns["town"]))
    assert made.status_code == 201, made.content
    at = f"bookings/{made.json()['id']}"
    wrong = {"site_id": world.there.pk, "town_id": towns["town"]}
    assert dispatcher.patch(at, wrong, if_match="*").json()["code"] == "TOWN_CONTRADICTS_SITE"
    assert (
        dispatcher.patch(at, {"site_id": world.there.pk}, if_match="*").json()["town"]["name"] == "other_town"
    )


def test_s07_nobody_shares_a_place_that_is_not_shared(alpha, world, dispatcher):
    alone = body(world, is_exclusive=False)
    refused = dispatcher.post("bookings", alone)
    assert (refused.status_code, refused.json()["code"]) == (422, "SITE_NOT_SHARED")
    assert refused.json()["message"]["zh"] == "该场地同一时间只供一方使用，不能按共用登记"
    series = dispatcher.post("bookings/series", {**alone, "weeks": 2})
    assert (series.status_code, series.json()["code"]) == (422, "SITE_NOT_SHARED")
    with schema_context(alpha.schema_name):
        type(world.here).objects.filter(pk=world.here.pk).update(is_shared=True)
    shared = dispatcher.post("bookings", alone)
    assert (shared.status_code, shared.json()["is_exclusive"]) == (201, False)
    moved = dispatcher.patch(f"bookings/{shared.json()['id']}", {"site_id": world.there.pk}, if_match="*")
    assert (moved.status_code, moved.json()["is_exclusive"]) == (200, True), "as the new place is used"


def test_a_repeated_request_with_a_key_books_once(world, dispatcher):
    answers = [dispatcher.post("bookings", body(world), idempotency_key="k1") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    changed = dispatcher.post("bookings", body(world, 300), idempotency_key="k1")
    assert (changed.status_code, changed.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_a_weekly_series_leaves_days_out_and_tells_what_it_skipped(world, dispatcher):
    holiday, taken = world.nine + 7 * DAY, body(world, 14 * 1440, reference="other")
    dispatcher.post("bookings", taken)
    asked = body(world, weeks=4, without_days=[holiday.date().isoformat()])
    refused = dispatcher.post("bookings/series", asked)
    assert refused.status_code == 409 and refused.json()["errors"][0]["facts"]["occurrence"] == 2
    done = dispatcher.post("bookings/series", asked | {"skip_conflicts": True})
    assert done.status_code == 201, done.content
    assert [each["starts_at"][:10] for each in done.json()["bookings"]] == ["2026-03-02", "2026-03-23"]
    assert [each["reference"] for each in done.json()["bookings"]] == ["class-0#1", "class-0#4"]
    [skipped] = done.json()["skipped"]
    assert (skipped["occurrence"], skipped["starts_at"][:10]) == (2, "2026-03-16")
    assert [each["code"] for each in skipped["errors"]] == ["INSTRUCTOR_TIME_CONFLICT", "SITE_TIME_CONFLICT"]
    assert dispatcher.post("bookings/series", asked | {"weeks": 54}).status_code == 400


def test_lists_are_narrowed_by_whom_where_and_when(world, dispatcher):
    for start, fields in (
        (0, {}),
        (1440, {"site_id": world.there.pk}),
        (2880, {"instructor_id": world.other.pk}),
    ):
        dispatcher.post("bookings", body(world, start, **fields))
    gone = dispatcher.post("bookings", body(world, 4320)).json()["id"]
    dispatcher.post(f"bookings/{gone}/cancel", {"reason": "x"})

    def days(query):
        return [each["starts_at"][8:10] for each in dispatcher.get(f"bookings?{query}").json()["results"]]

    assert days("") == ["02", "03", "04"]
    assert days(f"instructor={world.person.pk}") == ["02", "03"]
    assert days(f"site={world.here.pk}") == ["02", "04"]
    assert days("from_day=2026-03-03&to_day=2026-03-03") == ["03"]
    assert days("from_day=2026-03-03") == ["03", "04"]
    assert days("cancelled=true&from_day=2026-03-05") == ["05"]
    assert days("reference=class-0&kind=course") == ["02"]
    assert dispatcher.get("bookings?unit=1").json()["code"] == "UNKNOWN_PARAMETER"


def test_each_sees_and_does_what_the_right_says(alpha, world, dispatcher, api, staff, make_user, small_city):
    own = make_user(alpha, "teacher")
    with schema_context(alpha.schema_name):
        world.person.user = own
        world.person.save()
    here = dispatcher.post("bookings", body(world)).json()["id"]
    there = dispatcher.post("bookings", body(world, 0, instructor_id=world.other.pk, site_id=world.there.pk))
    there = there.json()["id"]

    def statuses(user):
        speaker = api(alpha, user)
        calls = [
            speaker.get(f"bookings/{here}"), speaker.get(f"bookings/{there}"),
            speaker.patch(f"bookings/{here}", {}, if_match="*"), speaker.post(f"bookings/{there}/cancel", {"reason": "x"}),
            speaker.post("bookings", body(world, 600)),
        ]  # fmt: skip
        return [each.status_code for each in calls]

    def listed(user):
        return [each["id"] for each in api(alpha, user).get("bookings").json()["results"]]

    assert statuses(None) == [401] * 5
    assert statuses(staff.nobody) == [404, 404, 404, 404, 403] and listed(staff.nobody) == []
    assert statuses(own) == [200, 404, 403, 404, 403] and listed(own) == [here]
    assert statuses(staff.clerk) == [200, 404, 403, 404, 403] and listed(staff.clerk) == [here]
    assert statuses(staff.officer) == [200, 200, 200, 200, 201]


def test_s07_a_calendar_shows_free_and_busy_day_by_day(alpha, world, dispatcher, api, staff, make_instructor):
    person = make_instructor("测试丙", free=[(1, 540, 720)])
    dispatcher.post("bookings", body(world, instructor_id=person.pk))
    shown = dispatcher.get(f"instructors/{person.pk}/calendar?from_day=2026-03-02&to_day=2026-03-03").json()
    assert shown["is_said"] is True
    assert shown["days"] == [
        {"on": "2026-03-02", "weekday": 1, "free": [{"from_time": "09:00", "to_time": "12:00"}]},
        {"on": "2026-03-03", "weekday": 2, "free": []},
    ]
    assert [each["reference"] for each in shown["busy"]] == ["class-0"]
    assert len(dispatcher.get(f"instructors/{person.pk}/calendar").json()["days"]) == 14
    for query in ("from_day=2026-03-02&to_day=2026-05-03", "from_day=2026-03-02&to_day=2026-03-01"):
        answer = dispatcher.get(f"instructors/{person.pk}/calendar?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "CALENDAR_DAYS")
    assert api(alpha, staff.nobody).get(f"instructors/{person.pk}/calendar").status_code == 404


def test_a_sites_calendar_shows_hours_and_bookings(alpha, world, dispatcher, api, staff, make_site):
    site = make_site("S3", hours=[(1, 540, 720), (1, 720, 780)])
    dispatcher.post("bookings", body(world, site_id=site.pk))
    shown = dispatcher.get(f"sites/{site.pk}/calendar?from_day=2026-03-02&to_day=2026-03-02").json()
    assert shown["days"][0]["free"] == [{"from_time": "09:00", "to_time": "13:00"}]
    assert shown["is_said"] is True and len(shown["busy"]) == 1
    unknown = dispatcher.get(f"sites/{world.here.pk}/calendar?from_day=2026-03-02&to_day=2026-03-02").json()
    assert unknown["is_said"] is False and unknown["busy"] == []
    assert api(alpha, staff.nobody).get(f"sites/{site.pk}/calendar").status_code == 404


def test_lists_series_and_calendars_take_a_bounded_number_of_statements(
    alpha, world, dispatcher, django_assert_max_num_queries
):
    with django_assert_max_num_queries(34 + 40):  # an audit row for each
        assert dispatcher.post("bookings/series", body(world, weeks=40)).status_code == 201
    with schema_context(alpha.schema_name):
        assert Booking.objects.count() == 40
    with django_assert_max_num_queries(12):
        assert len(dispatcher.get("bookings?limit=200").json()["results"]) == 40
    with django_assert_max_num_queries(12):
        dispatcher.get(f"instructors/{world.person.pk}/calendar?from_day=2026-03-01&to_day=2026-05-01")


@pytest.mark.parametrize("route", ["bookings", "bookings/series"])
def test_who_may_not_see_a_person_is_told_nothing_of_the_rest(world, dispatcher, route):
    weeks = {} if route == "bookings" else {"weeks": 2}
    wrong = body(world, ends_at=world.nine.isoformat(), **weeks)
    assert dispatcher.post(route, wrong).json()["code"] == "BOOKING_TIMES"
    answer = dispatcher.post(route, wrong | {"instructor_id": 987654321})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("route", ["bookings", "bookings/series"])
@pytest.mark.parametrize("kind", ["site_duty", "course"])
def test_s07_names_of_duties_are_kept_for_duties(world, dispatcher, route, kind):
    weeks = {} if route == "bookings" else {"weeks": 2}
    name = f"need-7-{world.person.pk}-2027-03-01"
    answer = dispatcher.post(route, body(world, reference=name, kind=kind, **weeks))
    assert (answer.status_code, answer.json()["code"]) == (422, "REFERENCE_RESERVED")


def test_x07_the_audit_log_tells_in_whose_name_time_was_taken_and_given_back(alpha, world, dispatcher):
    made = dispatcher.post("bookings", body(world)).json()
    dispatcher.post(f"bookings/{made['id']}/cancel", {"reason": "下雨"})
    with schema_context(alpha.schema_name):
        rows = AuditEvent.objects.filter(action__startswith="booking.").order_by("id")
        assert [(row.action, row.organisation) for row in rows] == [
            ("booking.book", world.units["city"].name), ("booking.cancel", world.units["city"].name),
        ]  # fmt: skip
