"""Free times: one's own without a right, others' with `instructor.edit`; what they contradict is named and stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking
from instructors.assignment.rules.booking_orders import BookingOrder
from instructors.assignment.services.bookings import book
from instructors.people.models import FreeTime, TimeException
from instructors.people.services.free_times import MOST_EXCEPTIONS
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import SHANGHAI

pytestmark = pytest.mark.django_db
TUESDAY = {"weekday": 2, "from_minute": 540, "to_minute": 660}


@pytest.fixture
def own(alpha, make_user):
    """The user who is the instructor."""
    return make_user(alpha, "teacher")


@pytest.fixture
def person(make_instructor, own):
    """An instructor who never said when."""
    return make_instructor(free=[], user=own)


@pytest.fixture
def at(person):
    """The address of the person's times."""
    return f"instructors/{person.pk}/free-times"


def test_a_week_is_replaced_whole_under_its_version(alpha, api, own, person, at):
    speaker = api(alpha, own)
    first = speaker.get(at)
    assert first.json() == {"times": [], "exceptions": [], "warnings": []} and first["ETag"] == '"1"'
    assert speaker.put(at, {"times": [TUESDAY]}).status_code == 428
    done = speaker.put(at, {"times": [TUESDAY, TUESDAY | {"weekday": 4}]}, if_match='"1"')
    assert (done.status_code, done["ETag"]) == (200, '"2"')
    assert [each["weekday"] for each in done.json()["times"]] == [2, 4]
    stale = speaker.put(at, {"times": []}, if_match='"1"')
    assert stale.status_code == 412 and stale.json()["facts"]["current"]["times"][0]["from"] == "09:00"
    assert (
        speaker.put(at, {"times": [TUESDAY | {"weekday": 5}]}, if_match='"2"').json()["times"][0]["weekday"]
        == 5
    )
    with schema_context(alpha.schema_name):
        assert FreeTime.objects.filter(instructor=person).count() == 1
        told = AuditEvent.objects.filter(action="instructor.free_times").order_by("id").last()
        assert [each["weekday"] for each in told.before["times"]] == [2, 4]


def test_s07_times_that_overlap_are_refused_and_nothing_changes(alpha, api, own, at):
    speaker = api(alpha, own)
    speaker.put(at, {"times": [TUESDAY]}, if_match="*")
    bad = speaker.put(
        at, {"times": [TUESDAY, TUESDAY | {"from_minute": 600, "to_minute": 720}]}, if_match="*"
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "FREE_TIME_OVERLAP")
    assert len(speaker.get(at).json()["times"]) == 1
    for wrong in ({"to_minute": 500}, {"valid_from": "2026-03-02", "valid_to": "2026-03-01"}):
        assert speaker.put(at, {"times": [TUESDAY | wrong]}, if_match="*").json()["code"] == "TIME_SPAN"
    assert speaker.put(at, {"times": [TUESDAY | {"weekday": 8}]}, if_match="*").status_code == 400


def test_who_may_change_whose_times(alpha, api, own, at, staff, make_instructor):
    other = make_instructor("测试乙", unit="xinhua")
    week = {"times": [TUESDAY]}

    def change(user, where):
        return api(alpha, user).put(where, week, if_match="*").status_code

    elsewhere = f"instructors/{other.pk}/free-times"
    assert (change(own, at), change(own, elsewhere)) == (200, 404)
    assert (change(staff.dispatcher, at), change(staff.officer, elsewhere)) == (200, 200)
    assert (change(staff.clerk, at), change(staff.clerk, elsewhere)) == (403, 404)
    assert (change(staff.nobody, at), change(None, at)) == (404, 401)


def test_an_exception_is_added_and_taken_back(alpha, api, own, at, staff):
    speaker = api(alpha, own)
    day = {"on": "2030-03-05", "is_free": False, "note": "家中有事"}
    added = speaker.post(f"{at}/exceptions", day)
    assert added.status_code == 201, added.content
    [shown] = added.json()["exceptions"]
    assert (shown["from_minute"], shown["to_minute"], shown["note"]) == (0, 1440, "家中有事")
    assert added["Location"] == f"/api/v1/time-exceptions/{shown['id']}"
    again = speaker.post(f"{at}/exceptions", day | {"from_minute": 600, "is_free": True})
    assert (again.status_code, again.json()["code"]) == (422, "EXCEPTION_OVERLAP")
    seen = api(alpha, staff.clerk).get(at).json()["exceptions"]
    assert [each["note"] for each in seen] == [""]  # the reason is nobody's business who cannot change it
    with schema_context(alpha.schema_name):
        told = AuditEvent.objects.get(action="instructor.time_exception")
        assert "家中有事" not in str(told.after)
    there = f"time-exceptions/{shown['id']}"
    assert api(alpha, staff.clerk).delete(there).status_code == 403
    assert api(alpha, staff.nobody).delete(there).status_code == 404
    assert speaker.delete(there).json()["exceptions"] == []
    assert speaker.delete(there).status_code == 404
    with schema_context(alpha.schema_name):
        assert not TimeException.objects.exists()


def test_S07_one_exception_more_than_there_may_be_is_refused_with_TOO_MANY_EXCEPTIONS(
    alpha, api, own, person, at
):
    speaker, first = api(alpha, own), date(2030, 1, 1)
    with schema_context(alpha.schema_name):
        TimeException.objects.bulk_create(
            TimeException(
                instructor=person,
                on=first + timedelta(days=day),
                from_minute=0,
                to_minute=1440,
                is_free=False,
            )
            for day in range(MOST_EXCEPTIONS - 1)
        )
    assert speaker.post(f"{at}/exceptions", {"on": "2029-12-30", "is_free": False}).status_code == 201
    answer = speaker.post(f"{at}/exceptions", {"on": "2029-12-31", "is_free": False})
    assert (answer.status_code, answer.json()["code"]) == (422, "TOO_MANY_EXCEPTIONS")
    assert answer.json()["facts"] == {"most": MOST_EXCEPTIONS, "count": MOST_EXCEPTIONS}
    with schema_context(alpha.schema_name):
        assert TimeException.objects.count() == MOST_EXCEPTIONS


def test_s07_a_change_names_the_bookings_it_contradicts_and_leaves_them(
    alpha, api, own, person, at, staff, make_site
):
    begins = (timezone.now().astimezone(SHANGHAI) + timedelta(days=8)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    site = make_site()
    with schema_context(alpha.schema_name):
        row = book(
            order=BookingOrder(
                "course", "class-1", begins, begins + timedelta(hours=1), instructor_id=person.pk, site_id=site.pk
            ),
            acting_user=staff.dispatcher, override_reason="本人电话同意",
        )  # fmt: skip
    day = begins.isoweekday()
    speaker = api(alpha, own)
    good = speaker.put(at, {"times": [TUESDAY | {"weekday": day}]}, if_match="*").json()
    assert good["warnings"] == []
    bad = speaker.put(at, {"times": [TUESDAY | {"weekday": day, "from_minute": 570}]}, if_match="*")
    [warning] = bad.json()["warnings"]
    assert bad.status_code == 200 and warning["booking_id"] == row.pk
    assert warning["code"] == "BOOKING_OUTSIDE_FREE_TIMES" and "安排仍然有效" in warning["message"]["zh"]
    speaker.put(at, {"times": [TUESDAY | {"weekday": day}]}, if_match="*")
    ill = {"on": begins.date().isoformat(), "is_free": False}
    told = speaker.post(f"{at}/exceptions", ill).json()
    assert [each["booking_id"] for each in told["warnings"]] == [row.pk]
    assert speaker.delete(f"time-exceptions/{told['exceptions'][0]['id']}").json()["warnings"] == []
    with schema_context(alpha.schema_name):
        assert Booking.objects.get(pk=row.pk).is_active
