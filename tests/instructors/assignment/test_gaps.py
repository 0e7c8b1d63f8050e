"""Instructors and sites per head, who lives without a site, and where the next ones should stand."""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.assignment.models import GapStudy
from instructors.assignment.queries.staffing import staffing_visible_to
from instructors.people.models import ServiceRecord, WorkRegistration
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.days import today
from tenants.bureau.services.population import record_populations

CENSUS = date(2020, 11, 1)


@pytest.fixture
def counted(alpha, small_city):
    """The county and its two towns have residents by the census."""
    units = small_city.units
    with schema_context(alpha.schema_name):
        residents = {units["county"].pk: 3000, units["town"].pk: 2000, units["other_town"].pk: 1000}
        record_populations(residents=residents, counted_on=CENSUS, source="人口普查", acting_user=None)
    return units


def _registered(person, year=None):
    year = year or today().year
    WorkRegistration.objects.create(instructor=person, year=year, registered_on=date(year, 1, 5))


def _served(person, by, on=None, verified=True):
    on = on or today()
    ServiceRecord.objects.create(
        instructor=person, served_on=on, minutes=60, service_kind="volunteer", source=f"hand:{on}",
        verified_by=by if verified else None, verified_on=on if verified else None,
    )  # fmt: skip


def _lines(alpha, user, level="town", on=None):
    with schema_context(alpha.schema_name):
        found = staffing_visible_to(user, level, on or today())
    return {row.name: (row.certified, row.registered, row.active, row.sites) for row in found.rows}


def test_j20_registered_and_active_are_each_a_part_of_the_certified(
    alpha, counted, staff, make_instructor, make_site
):
    first, second, third = (make_instructor(name) for name in ("测试甲", "测试乙", "测试丙"))
    make_instructor("测试丁", grade=None)
    make_instructor("测试戊", valid_to=today() - timedelta(1))
    make_instructor("测试己", left_on=today() - timedelta(1))
    make_instructor("测试庚", unit="xinhua")
    make_site("S1")
    with schema_context(alpha.schema_name):
        _registered(first)
        _registered(second)
        _registered(third, today().year - 1)
        _served(first, staff.bureau)
        _served(second, staff.bureau, verified=False)
        _served(third, staff.bureau)  # served, and not registered this year: active all the same
    assert _lines(alpha, staff.bureau) == {"town": (3, 2, 2, 1), "other_town": (1, 0, 0, 0)}
    assert _lines(alpha, staff.bureau, "county") == {"county": (4, 2, 2, 1)}
    assert list(_lines(alpha, staff.bureau, "city").values()) == [(4, 2, 2, 1)]


def test_j12_who_is_active_at_the_end_of_a_year_is_so_on_new_years_day(
    alpha, counted, staff, make_instructor
):
    """Work registrations begin anew each January; what was served in December was served."""
    person = make_instructor("测试甲")
    with schema_context(alpha.schema_name):
        _registered(person, 2025)
        _served(person, staff.bureau, on=date(2025, 12, 20))
    assert _lines(alpha, staff.bureau, on=date(2025, 12, 31))["town"] == (1, 1, 1, 0)
    assert _lines(alpha, staff.bureau, on=date(2026, 1, 1))["town"] == (1, 0, 1, 0)


def test_j12_active_is_a_verified_service_in_the_last_twelve_months(alpha, counted, staff, make_instructor):
    person, other = make_instructor("测试甲"), make_instructor("测试乙")
    with schema_context(alpha.schema_name):
        for each, on in ((person, date(2025, 11, 21)), (other, date(2025, 11, 20))):
            _registered(each, 2026)
            _served(each, staff.bureau, on=on)
    assert _lines(alpha, staff.bureau, on=date(2026, 11, 20))["town"] == (2, 2, 1, 0)


def test_j20_who_sees_one_town_is_told_of_one(alpha, counted, staff, make_instructor):
    make_instructor("测试甲", unit="xinhua")
    assert list(_lines(alpha, staff.clerk)) == ["town"]


def test_j20_staffing_is_answered_with_the_count_it_rests_on(alpha, counted, staff, make_instructor, api):
    for name in ("测试甲", "测试乙", "测试丙"):
        make_instructor(name)
    told = api(alpha, staff.bureau).get("staffing?level=county").json()
    assert (told["counted_on"], told["source"], told["target_per_1000"]) == ("2020-11-01", "人口普查", "2.16")
    (county,) = told["units"]
    assert (county["certified_per_1000"], county["sites_per_10000"], county["short_of_target"]) == (
        "1.00",
        "0.00",
        4,
    )
    city = api(alpha, staff.bureau).get("staffing?level=city").json()["units"][0]
    assert (city["residents"], city["certified_per_1000"]) == (None, None)
    answer = api(alpha, staff.bureau).get("staffing?level=county&form=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["指导员与站点"].iter_rows(values_only=True))
    assert rows[1][1:4] == ("county", 3000, 3)
    assert "人口普查" in str(list(book["说明"].iter_rows(values_only=True)))
    assert api(alpha, staff.nobody).get("staffing").status_code == 403


def test_staffing_takes_as_many_statements_for_one_unit_as_for_many(alpha, counted, staff, make_instructor):
    counts = []
    with schema_context(alpha.schema_name):
        staffing_visible_to(
            staff.bureau, "city", today()
        )  # what is remembered for the next time is read once
        for level in ("county", "village"):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                staffing_visible_to(staff.bureau, level, today())
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


@pytest.fixture
def studied(alpha, small_city, staff, make_site, api, run_jobs):
    """A study of two new places, computed, with one site in shengli today."""
    make_site("S1")
    answer = api(alpha, staff.bureau).post("gap-studies", {"places": 2})
    assert answer.status_code == 202
    (job,) = run_jobs(alpha)
    assert job.state == "succeeded", job.problem
    return answer.json()["study"]["id"]


def test_j20_a_study_says_who_is_within_a_walk_and_by_which_measure(alpha, studied, staff, api):
    told = api(alpha, staff.bureau).get(f"gap-studies/{studied}").json()
    figures = told["figures"]
    assert (told["state"], figures["households"], figures["sites"]) == ("ready", 600, 1)
    assert figures["households_by_method"] == {"radius": 600}
    assert 0 < figures["covered_today"] <= figures["covered_then"] <= figures["bound"] <= 600
    assert sum(row["covered"] for row in told["towns"]) == figures["covered_today"]
    assert {row["town"] for row in told["towns"]} == {"town", "other_town"}
    covered = figures["covered_today"]
    for number, step in enumerate(told["steps"], 1):
        covered += step["gained"]
        assert (step["step"], step["covered"]) == (number, covered)
    assert covered == figures["covered_then"]


def test_j20_without_homes_a_study_is_refused(alpha, small_city, staff, make_site, api, run_jobs):
    from gis.layers.models import Building

    with schema_context(alpha.schema_name):
        Building.objects.all().delete()
    api(alpha, staff.bureau).post("gap-studies", {})
    (job,) = run_jobs(alpha)
    assert (job.state, job.problem["code"]) == ("failed", "NO_HOUSEHOLDS")
    with schema_context(alpha.schema_name):
        assert GapStudy.objects.get().state == "failed"


def test_j20_one_study_at_a_time(alpha, small_city, staff, api):
    here = api(alpha, staff.bureau)
    first = here.post("gap-studies", {"places": 3}).json()["study"]["id"]
    second = here.post("gap-studies", {"places": 3})
    assert (second.status_code, second.json()["code"], second.json()["facts"]) == (
        409,
        "STUDY_RUNNING",
        {"study_id": first},
    )
    early = here.get(f"gap-studies/{first}/export")
    assert (early.status_code, early.json()["code"]) == (404, "STUDY_NOT_READY")
    with schema_context(alpha.schema_name):
        BackgroundJob.objects.update(state="cancelled")
    assert here.get(f"gap-studies/{first}").json()["state"] == "cancelled"
    assert here.post("gap-studies", {"places": 3}).status_code == 202


@pytest.mark.parametrize("places", [0, 51, "x"])
def test_a_study_of_an_impossible_number_of_places_is_refused(alpha, small_city, staff, api, places):
    assert api(alpha, staff.bureau).post("gap-studies", {"places": places}).status_code == 400


def test_j20_who_may_not_compute_may_not_start_a_study(alpha, small_city, staff, api):
    assert api(alpha, staff.clerk).post("gap-studies", {}).status_code == 403
