"""What an instructor reads about the own work and standing, and nobody else. Rules: S07, J12"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.assignment.rules.duties import duty_reference, need_of_reference
from tenants.bureau.rules.local_time import SHANGHAI

pytestmark = pytest.mark.django_db
OWN = ("instructors/me/agenda", "instructors/me/promotion", "instructors/me/service-totals")


@pytest.fixture
def teacher(alpha: Any, make_user: Callable[..., Any], make_instructor: Callable[..., Any]) -> Any:
    """Somebody of the register with an account and no right."""
    return make_instructor("测试甲", user=make_user(alpha, "teacher"))


def _serve(city: Any, person: Any, **service: Any) -> None:
    from instructors.people.models import ServiceRecord

    with schema_context(city.schema_name):
        today = timezone.now().astimezone(SHANGHAI).date()
        ServiceRecord.objects.create(
            **{"instructor": person, "served_on": today, "minutes": 60, "service_kind": "volunteer"} | service
        )


@pytest.mark.parametrize("path", OWN)
def test_who_stands_in_no_register_has_no_record(alpha: Any, staff: Any, api: Any, path: str) -> None:
    assert api(alpha, staff.bureau).get(path).status_code == 404


@pytest.mark.parametrize("path", OWN)
def test_no_right_is_needed_for_the_own_record(alpha: Any, teacher: Any, api: Any, path: str) -> None:
    assert api(alpha, teacher.user).get(path).status_code == 200


def test_agenda_tells_place_item_and_whom_to_ask(
    alpha: Any, small_city: Any, staff: Any, teacher: Any, make_site: Callable[..., Any], api: Any
) -> None:
    from instructors.assignment.models import SiteNeed
    from instructors.assignment.rules.booking_orders import BookingOrder
    from instructors.assignment.services.bookings import book_series

    site = make_site("S1", address="测试路1号")
    day = timezone.now().astimezone(SHANGHAI).date() + timedelta(days=2)
    begin = datetime(day.year, day.month, day.day, 9, tzinfo=SHANGHAI)
    with schema_context(alpha.schema_name):
        need = SiteNeed.objects.create(
            site=site,
            item=small_city.items["taiji"],
            weekday=day.isoweekday(),
            from_minute=540,
            to_minute=600,
        )
        order = BookingOrder(
            kind="site_duty", reference=duty_reference(need.pk, teacher.pk, day), starts_at=begin,
            ends_at=begin + timedelta(hours=1), instructor_id=teacher.pk, site_id=site.pk,
        )  # fmt: skip
        book_series(orders=[order], acting_user=staff.dispatcher, are_duties=True)
    (told,) = api(alpha, teacher.user).get("instructors/me/agenda").json()["appointments"]
    assert told["item"] == "太极拳"
    assert told["place"]["address"] == "测试路1号"
    assert told["place"]["lon"] == pytest.approx(site.geometry.x)
    assert told["starts_at"] == begin.isoformat()
    assert told["arranged_by"]


def test_volunteer_and_paid_services_are_told_apart(alpha: Any, teacher: Any, api: Any) -> None:
    _serve(alpha, teacher, source="hand:1")
    _serve(alpha, teacher, source="hand:2", service_kind="paid", minutes=90)
    told = api(alpha, teacher.user).get("instructors/me/service-totals").json()
    assert (told["volunteer"]["count"], told["volunteer"]["minutes"]) == (1, 60)
    assert (told["paid"]["count"], told["paid"]["minutes"]) == (1, 90)


def test_promotion_names_what_is_missing_and_paid_services_do_not_count(
    alpha: Any, staff: Any, make_instructor: Callable[..., Any], make_user: Callable[..., Any], api: Any
) -> None:
    beginner = make_instructor("测试乙", grade=None, user=make_user(alpha, "beginner"))
    verified = {"verified_by": staff.officer, "verified_on": date.today()}  # noqa: DTZ011
    _serve(alpha, beginner, source="hand:1", **verified)
    _serve(alpha, beginner, source="hand:2", **verified, service_kind="paid")
    _serve(alpha, beginner, source="hand:3")
    told = api(alpha, beginner.user).get("instructors/me/promotion").json()
    assert told["sought"] == "grade3"
    assert not told["is_eligible"]
    assert {"condition": "services", "asked": 30, "found": 1}.items() <= told["requirements"][0].items()
    assert "1" in told["zh"]


def test_J12_promotion_is_told_as_of_the_day_that_is_asked_for(
    alpha: Any, staff: Any, make_instructor: Callable[..., Any], make_user: Callable[..., Any], api: Any
) -> None:
    beginner = make_instructor("测试丁", grade=None, user=make_user(alpha, "beginner"))
    today = timezone.now().astimezone(SHANGHAI).date()
    early, late = today - timedelta(days=40), today - timedelta(days=10)
    for source, served_on, verified_on in (("1", early, early), ("2", early, late), ("3", late, late)):
        _serve(
            alpha, beginner, source=f"hand:{source}", served_on=served_on, verified_by=staff.officer,
            verified_on=verified_on,
        )  # fmt: skip
    for path, who in (
        (f"instructors/{beginner.pk}/promotion", staff.bureau),
        ("instructors/me/promotion", beginner.user),
    ):
        ask = api(alpha, who)
        found = {}
        for day in (early - timedelta(days=1), early, late, today):
            told = ask.get(f"{path}?as_of={day}").json()
            assert told["as_of"] == day.isoformat()
            found[day] = told["requirements"][0]["found"]
        assert list(found.values()) == [0, 1, 3, 3]
        assert ask.get(path).json()["as_of"] == today.isoformat()
        refused = ask.get(f"{path}?as_of={today + timedelta(days=1)}")
        assert (refused.status_code, refused.json()["code"]) == (400, "AS_OF_TO_COME")
        unknown = ask.get(f"{path}?on={today}")
        assert (unknown.status_code, unknown.json()["code"]) == (400, "UNKNOWN_PARAMETER")


def test_J12_service_totals_begin_on_the_same_day_for_oneself_and_for_others(
    alpha: Any, staff: Any, teacher: Any, api: Any
) -> None:
    today = timezone.now().astimezone(SHANGHAI).date()
    _serve(alpha, teacher, source="hand:1", served_on=today.replace(month=1, day=1))
    _serve(alpha, teacher, source="hand:2", served_on=today.replace(month=1, day=1) - timedelta(days=1))
    own = api(alpha, teacher.user).get("instructors/me/service-totals").json()
    assert own == api(alpha, staff.bureau).get(f"instructors/{teacher.pk}/service-totals").json()
    assert (own["since"], own["until"]) == (f"{today.year}-01-01", today.isoformat())
    assert own["volunteer"]["count"] == 1
    assert own["zh"] == f"{today.year}年度：{today.year}-01-01至{today}（含首尾两日）"


def test_promotion_of_others_needs_the_right_and_the_reach(
    alpha: Any, staff: Any, teacher: Any, make_instructor: Callable[..., Any], api: Any
) -> None:
    far = make_instructor("测试丙", unit="xinhua")
    assert api(alpha, staff.clerk).get(f"instructors/{teacher.pk}/promotion").status_code == 200
    assert api(alpha, staff.clerk).get(f"instructors/{far.pk}/promotion").status_code == 404
    assert api(alpha, staff.nobody).get(f"instructors/{teacher.pk}/promotion").status_code == 404
    assert api(alpha, teacher.user).get(f"instructors/{far.pk}/promotion").status_code == 404


@pytest.mark.parametrize(
    ("reference", "need"),
    [("need-7-3-2026-11-24", 7), ("need-7-3-", 7), ("class-7", None), ("need-x-1", None)],
)
def test_a_duty_s_name_tells_its_need(reference: str, need: int | None) -> None:
    assert need_of_reference(reference) == need
