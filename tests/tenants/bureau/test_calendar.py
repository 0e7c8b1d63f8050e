"""The working calendar: its source is always told, a notice replaces a provisional year, never the other way."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from tenants.bureau.models import CalendarDay, CalendarNotice
from tenants.bureau.queries.calendar import work_calendar
from tenants.bureau.services.calendar import fill_calendar_from_library

pytestmark = pytest.mark.django_db
# An invented notice: 2027's was not published when this was written.
NOTICE_2027 = {
    "year": 2027,
    "notice_number": "测试文号〔2026〕1号",
    "published_on": "2026-11-30",
    "days": [
        {"day": "2027-01-01", "kind": "rest", "name": "元旦"},
        {"day": "2027-01-03", "kind": "workday"},
    ],
}


@pytest.fixture
def bureau(alpha, make_user, api):
    return api(alpha, make_user(alpha, "bureau", ["calendar.view", "calendar.edit"]))


def test_a_known_year_names_its_notice(bureau):
    year = bureau.get("work-calendar/2026").json()
    assert (year["notice_number"], year["provisional"]) == ("国办发明电〔2025〕7号", False)
    assert year["source"].startswith("chinesecalendar ")
    worked = [row["day"] for row in year["days"] if row["kind"] == "workday"]
    assert worked == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_an_unknown_year_is_provisional_and_empty(bureau):
    year = bureau.get("work-calendar/2027").json()
    assert (year["provisional"], year["notice_number"], year["days"]) == (True, "", [])
    assert bureau.get("work-calendar/1999").status_code == 404


def test_a_notice_makes_its_year_official_and_tells_what_changed(bureau, in_alpha):
    entered = bureau.post("work-calendar/notices", NOTICE_2027)
    assert entered.status_code == 201, entered.content
    assert entered.json()["changed_days"] == ["2027-01-01", "2027-01-03"]
    connection.set_tenant(in_alpha)
    assert work_calendar().is_official(2027)
    assert bureau.get("work-calendar/2027").json()["notice_number"] == "测试文号〔2026〕1号"


def test_a_provisional_year_gives_way_to_a_notice_and_not_the_other_way(bureau, in_alpha):
    provisional = {"year": 2027, "provisional": True, "days": [{"day": "2027-02-05", "kind": "rest"}]}
    assert bureau.post("work-calendar/notices", provisional).status_code == 201
    connection.set_tenant(in_alpha)
    assert not work_calendar().is_official(2027)
    assert bureau.post("work-calendar/notices", NOTICE_2027).json()["changed_days"] == [
        "2027-01-01",
        "2027-01-03",
        "2027-02-05",
    ]
    back = bureau.post("work-calendar/notices", provisional)
    assert (back.status_code, back.json()["code"]) == (409, "CALENDAR_OFFICIAL_EXISTS")
    connection.set_tenant(in_alpha)
    assert CalendarNotice.objects.filter(year=2027).count() == 2


def test_every_fault_of_a_notice_is_told_and_nothing_entered(bureau, in_alpha):
    days = [{"day": "2027-01-04", "kind": "workday"}, {"day": "2028-01-01", "kind": "rest"}]
    answer = bureau.post("work-calendar/notices", NOTICE_2027 | {"notice_number": "", "days": days})
    assert answer.status_code == 422
    codes = [entry["code"] for entry in answer.json()["errors"]]
    assert codes == ["CALENDAR_NOTICE_NUMBER", "CALENDAR_ROW_NOT_WEEKEND", "CALENDAR_ROW_YEAR"]
    connection.set_tenant(in_alpha)
    assert not CalendarNotice.objects.filter(year=2027).exists()


def test_a_later_notice_has_the_last_word_on_the_december_before(bureau, in_alpha):
    days = [*NOTICE_2027["days"], {"day": "2026-12-31", "kind": "rest"}]
    entered = bureau.post("work-calendar/notices", NOTICE_2027 | {"days": days})
    assert entered.json()["changed_days"][0] == "2026-12-31"
    connection.set_tenant(in_alpha)
    assert not work_calendar().is_workday(date(2026, 12, 31))


def test_the_library_fills_known_years_once(in_alpha):
    assert fill_calendar_from_library(acting_user=None) == []
    CalendarNotice.objects.filter(year=2026).delete()
    assert fill_calendar_from_library(acting_user=None) == [2026]
    assert CalendarDay.objects.filter(notice__year=2026, kind="rest").count() == 33


@pytest.mark.parametrize(
    ("query", "earliest", "provisional"),
    [
        ("submitted_on=2026-03-02", "2026-03-14", False),
        ("submitted_on=2026-03-02&clear_days=true", "2026-03-17", False),
        ("submitted_on=2026-03-02&workdays=1", "2026-03-03", False),
        ("submitted_on=2026-12-28", "2027-01-09", True),
    ],
)
def test_the_earliest_date_and_the_calendar_it_rests_on(bureau, query, earliest, provisional):
    answer = bureau.get(f"work-calendar/earliest-date?{query}").json()
    assert (answer["earliest_date"], answer["provisional"]) == (earliest, provisional)
    assert answer["notices"] == ["国办发明电〔2025〕7号"]


@pytest.mark.parametrize("query", ["submitted_on=9999-12-31", "workdays=0", "workdays=251", "colour=red"])
def test_what_cannot_be_reckoned_is_refused(bureau, query):
    assert bureau.get(f"work-calendar/earliest-date?{query}").status_code == 400
