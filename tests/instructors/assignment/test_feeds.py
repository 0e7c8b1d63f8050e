"""S07: bookings leave as iCalendar under a secret address that its owner opens and revokes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context
from icalendar import Calendar

from instructors.assignment.models import Booking, CalendarFeed
from instructors.assignment.services.bookings import book, cancel_booking
from instructors.assignment.services.feeds import MOST_FEEDS
from instructors.people.models import Instructor
from tenants.accounts.models import AuditEvent, User
from tenants.bureau.rules.local_time import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture
def teacher(alpha: Any, booked_world: Any, make_user: Any) -> User:
    """The account of `person`, without any right."""
    user: User = make_user(alpha, "teacher")
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=booked_world.person.pk).update(user=user)
    return user


@pytest.fixture
def booked(alpha: Any, booked_world: Any) -> Booking:
    """A class of Tai Chi at `here` in two days, 9 to 10 o'clock."""
    day = timezone.now().astimezone(SHANGHAI).date() + timedelta(days=2)
    world = booked_world
    order = world.order(
        datetime(day.year, day.month, day.day, 9, tzinfo=SHANGHAI), item_id=world.items["taiji"].pk
    )
    with schema_context(alpha.schema_name):
        return book(order=order, acting_user=world.acting)


def opened(speaker: Any, **body: Any) -> str:
    """The path of a new feed."""
    answer = speaker.post("calendar-feeds", body)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["address"].split("/api/v1/")[1])


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_s07_the_own_bookings_are_read_by_whoever_knows_the_address(alpha, teacher, booked, api):
    path = opened(api(alpha, teacher), note="手机")
    [event] = events(api(alpha).get(path))  # a calendar programme does not sign in
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (booked.starts_at, booked.ends_at)
    assert str(event["SUMMARY"]) == "太极拳 · 课程"
    assert str(event["LOCATION"]) == "测试站点S1"
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert event["GEO"].latitude == pytest.approx(booked.site.geometry.y)


def test_s07_a_sites_timetable_names_people_masked(alpha, booked_world, booked, staff, api):
    path = opened(api(alpha, staff.dispatcher), site_id=booked_world.here.pk)
    [event] = events(api(alpha).get(path))
    assert str(event["SUMMARY"]) == "太极拳 · 课程 · 测*"
    assert events(api(alpha).get(opened(api(alpha, staff.dispatcher), site_id=booked_world.there.pk))) == []


def test_s07_what_has_not_changed_is_not_sent_again(alpha, teacher, booked, booked_world, api):
    path, stranger = opened(api(alpha, teacher)), api(alpha)
    first = stranger.get(path)
    again = stranger.get(path, if_none_match=f'"other", {first["ETag"]}')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert first["Cache-Control"] == again["Cache-Control"] == "private, no-cache"
    with schema_context(alpha.schema_name):
        cancel_booking(booking_id=booked.pk, reason="下雨", acting_user=booked_world.acting)
    changed = stranger.get(path, if_none_match=first["ETag"])
    [event] = events(changed)
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)
    assert changed["ETag"] != first["ETag"]


def test_s07_a_revoked_address_answers_no_more(alpha, teacher, api):
    speaker = api(alpha, teacher)
    path = opened(speaker)
    [shown] = speaker.get("calendar-feeds").json()["results"]
    assert "address" not in shown
    assert speaker.delete(f"calendar-feeds/{shown['id']}").status_code == 204
    assert api(alpha).get(path).status_code == 404
    assert speaker.delete(f"calendar-feeds/{shown['id']}").status_code == 404
    with schema_context(alpha.schema_name):
        actions = AuditEvent.objects.filter(action__startswith="calendar_feed").order_by("id")
        assert [row.action for row in actions] == ["calendar_feed.open", "calendar_feed.revoke"]
        kept = CalendarFeed.objects.get()
        assert path.removeprefix("calendars/").removesuffix(".ics") not in str(kept.__dict__)
        assert path.removeprefix("calendars/").removesuffix(".ics") not in str(
            [row.__dict__ for row in actions]
        )


def test_s07_a_feed_ends_with_what_its_owner_may_see(alpha, booked_world, teacher, staff, api):
    from tenants.bureau.models import Grant

    own = opened(api(alpha, teacher))
    of_site = opened(api(alpha, staff.dispatcher), site_id=booked_world.here.pk)
    stranger = api(alpha)
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=booked_world.person.pk).update(user=None)
        Grant.objects.filter(user=staff.dispatcher, permission="booking.view").delete()
    assert [stranger.get(path).status_code for path in (own, of_site)] == [404, 404]


def test_s07_a_feed_ends_with_its_owners_account(alpha, teacher, api):
    path = opened(api(alpha, teacher))
    with schema_context(alpha.schema_name):
        User.objects.filter(pk=teacher.pk).update(is_active=False)
    assert api(alpha).get(path).status_code == 404


def test_s07_nobody_opens_or_revokes_what_is_not_ones_own(alpha, booked_world, teacher, staff, api):
    assert api(alpha, staff.nobody).post("calendar-feeds", {}).status_code == 404
    assert api(alpha, teacher).post("calendar-feeds", {"site_id": booked_world.here.pk}).status_code == 404
    opened(api(alpha, teacher))
    with schema_context(alpha.schema_name):
        feed = CalendarFeed.objects.get()
    assert api(alpha, staff.bureau).delete(f"calendar-feeds/{feed.pk}").status_code == 404
    assert api(alpha, staff.bureau).get("calendar-feeds").json()["results"] == []
    assert api(alpha).get("calendars/nobody.ics").status_code == 404
    assert api(alpha).get("calendar-feeds").status_code == 401


def test_s07_a_replayed_request_does_not_show_the_address_again(alpha, teacher, api):
    speaker = api(alpha, teacher)
    first, again = (speaker.post("calendar-feeds", {}, idempotency_key="k1") for _ in range(2))
    assert "address" in first.json() and "address" not in again.json()
    assert first.json()["id"] == again.json()["id"]


def test_s07_one_person_has_so_many_feeds_and_not_one_more(alpha, teacher, api):
    speaker = api(alpha, teacher)
    for _ in range(MOST_FEEDS):
        opened(speaker)
    refused = speaker.post("calendar-feeds", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "TOO_MANY_FEEDS")
    assert refused.json()["message"]["zh"] == f"每人最多{MOST_FEEDS}个日历订阅，已有{MOST_FEEDS}个"


def test_s07_a_feed_takes_few_statements_however_many_bookings(
    alpha, booked_world, teacher, api, django_assert_max_num_queries
):
    path, world = opened(api(alpha, teacher)), booked_world
    day = timezone.now().astimezone(SHANGHAI).date() + timedelta(days=3)
    begins = datetime(day.year, day.month, day.day, 9, tzinfo=SHANGHAI)
    with schema_context(alpha.schema_name):
        for at in range(12):
            book(order=world.order(begins + timedelta(days=at)), acting_user=world.acting)
    with django_assert_max_num_queries(8):
        assert len(events(api(alpha).get(path))) == 12
