"""Who may read indicators, of which places and days, and what the file and the pilots say. Rules: J01, J10, J12, J19, J21"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context
from openpyxl import load_workbook

from gis.layers.models import LayerImport
from grids.units.models import CoverageRun, GridLeader, Pilot, SportsBody
from instructors.assignment.models import AssignmentRun, Site, SiteAssignment, SiteNeed
from instructors.people.models import ActivityItem, GradeAward, Instructor, ServiceRecord
from tenants.bureau.models import OrgUnit
from tenants.bureau.rules.local_time import local_date
from tests.grids.interest.indicators.conftest import moment, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(alpha: Any, make_user: Any, chance_city: Any) -> Any:
    """Reads the indicators of the whole city."""
    return make_user(alpha, "reader", ["indicator.view", "grid.view", "instructor.view", "coverage.view"])


@pytest.mark.parametrize("path", ["indicators", "indicators/export", "indicators/pilots"])
def test_indicators_want_their_right(alpha: Any, api: Any, make_user: Any, reader: Any, path: str) -> None:
    nobody = make_user(alpha, "nobody", ["grid.view"])
    assert api(alpha).get(path).status_code == 401
    assert api(alpha, nobody).get(path).status_code == 403
    assert api(alpha, reader).get(path).status_code == 200


def test_j01_an_officer_sees_the_own_county_and_no_other(
    alpha: Any, api: Any, make_user: Any, chance_city: Any
) -> None:
    units = chance_city.units
    officer = make_user(alpha, "officer", ["indicator.view"], unit=units["county0"])
    speak = api(alpha, officer)
    counties = speak.get("indicators?level=county").json()["results"]
    assert [row["id"] for row in counties] == [units["county0"].pk]
    towns = speak.get(f"indicators?level=town&unit={units['county0'].pk}").json()["results"]
    assert {row["name"] for row in towns} == {"town00", "town01"}
    for foreign in ("county1", "city", "town10"):
        assert speak.get(f"indicators?unit={units[foreign].pk}").status_code == 404
    book = speak.get("indicators/export?level=town").content
    names = {row[2].value for row in load_workbook(io.BytesIO(book))["社区（村）"].iter_rows(min_row=2)}
    assert names == {"village000", "village001", "village010", "village011", "unmapped"}


def test_j01_pages_go_by_cursor_and_name_what_they_rest_on(alpha: Any, api: Any, reader: Any) -> None:
    speak = api(alpha, reader)
    first = speak.get("indicators?level=community&limit=5").json()
    second = speak.get(first["next"].partition("alpha.test")[2]).json()
    assert len(first["results"]) == 5 and len(second["results"]) == 4 and second["next"] is None
    ids = [row["id"] for page in (first, second) for row in page["results"]]
    assert ids == sorted(set(ids))
    assert first["denominator"]["communities"] == 9
    assert first["coverage_run"]["method_counts"] == {}
    assert first["policy_version"].startswith("activity 20")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("as_of=2026-01-31&since=2026-02-01", "PERIOD_BACKWARDS"),
        ("as_of=1999-01-01", "DAY_OUT_OF_RANGE"),
        ("as_of=2099-01-01", "AS_OF_TO_COME"),
        ("level=street", "invalid_choice"),
        ("unit=0", "min_value"),
        ("county=1", "UNKNOWN_PARAMETER"),
        ("limit=201", "BAD_LIMIT"),
    ],
)
def test_indicators_refuse_what_they_do_not_know(
    alpha: Any, api: Any, reader: Any, query: str, code: str
) -> None:
    answer = api(alpha, reader).get(f"indicators?{query}")
    assert answer.status_code == 400, answer.content
    assert code.lower() in answer.content.decode().lower()


def test_j21_coverage_counts_every_community_and_lists_what_each_lacks(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    speak = api(alpha, reader)
    city = speak.get("indicators?level=city").json()["results"][0]["coverage"]
    rows = speak.get("indicators?level=community").json()["results"]
    assert city["communities"] == len(rows) == 9
    assert city["covered"] == sum(not row["lacks"] for row in rows)
    lacks = {row["name"]: [lack["code"] for lack in row["lacks"]] for row in rows}
    assert lacks["unmapped"] == ["plan", "leader", "interest_grids"]
    assert "plan" in lacks["village111"], "the last community has no plan"
    assert city["with_plan"] == 7


def test_j21_the_denominator_of_an_earlier_day_is_that_of_then(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    speak, opened = api(alpha, reader), chance_city.today - timedelta(days=40)
    told = speak.get("indicators?level=city").json()["denominator"]
    assert told == {
        "communities": 9, "as_of": chance_city.today.isoformat(), "since": opened.isoformat()
    }  # fmt: skip
    before = speak.get(f"indicators?level=city&as_of={opened - timedelta(days=1)}").json()
    assert before["denominator"]["communities"] == 8
    assert before["results"][0]["coverage"]["communities"] == 8


def test_j21_a_community_is_covered_from_the_day_its_last_grid_is_led(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    community, led = chance_city.communities[0], chance_city.today - timedelta(days=5)
    with schema_context(alpha.schema_name):
        GridLeader.objects.filter(grid__community=community).delete()
        for grid in (grid for grid in chance_city.grids if grid.community_id == community.pk):
            GridLeader.objects.create(grid=grid, user_id=reader.pk, appointed_by_id=reader.pk, starts_on=led)

    def lacks(days_ago: int) -> list[str]:
        on = chance_city.today - timedelta(days=days_ago)
        town = chance_city.units["town00"].pk
        rows = api(alpha, reader).get(f"indicators?level=community&unit={town}&as_of={on}").json()["results"]
        (row,) = [row for row in rows if row["name"] == community.name]
        return [lack["code"] for lack in row["lacks"]]

    assert "leader" in lacks(6)
    assert "leader" not in lacks(5)
    assert "leader" not in lacks(0)


def test_numbers_are_those_of_the_other_pages(alpha: Any, api: Any, reader: Any, chance_city: Any) -> None:
    speak = api(alpha, reader)
    city = speak.get("indicators?level=city").json()["results"][0]
    summary = speak.get("grid-summary").json()
    assert city["organised"]["base_grids"] == summary["grids"]
    assert city["organised"]["households"] == summary["grid_households"]
    assert city["organised"]["without_leader"] == summary["leaders_missing"]
    assert city["served"]["reached_households"] == summary["coverage"]["covered_households"]
    assert city["served"]["reached_share"] == summary["coverage"]["share"]
    assert city["coverage"]["with_plan"] == summary["communities_published"]
    staffing = speak.get("staffing?level=city").json()["units"][0]
    assert city["instruction"]["certified"] == staffing["certified"]
    assert city["instruction"]["sites"] == staffing["sites"]


def test_satisfaction_is_hidden_where_few_have_rated(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    speak = api(alpha, reader)
    rows = speak.get("indicators?level=grid&limit=200").json()["results"]
    told = [row["active"]["satisfaction"] for row in rows]
    assert any(one["share"] is None for one in told) and any(one["share"] is not None for one in told)
    assert all((one["share"] is None) == (one["ratings"] < 5) for one in told)
    assert all("satisfied" not in row["active"] for row in rows)


def test_j01_the_workbook_has_the_level_every_community_and_its_notes(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    with schema_context(alpha.schema_name):
        OrgUnit.objects.filter(pk=chance_city.units["county1"].pk).update(name="=1+1")
    answer = api(alpha, reader).get("indicators/export?level=county")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["县（市、区）", "社区（村）", "体育组织", "说明"]
    counties = list(book["县（市、区）"].values)
    assert len(counties) == 3 and len(list(book["社区（村）"].values)) == 10
    assert len(counties[0]) == len(counties[1])
    rows = {row["name"]: row for row in api(alpha, reader).get("indicators?level=county").json()["results"]}
    named = dict(zip(counties[0], counties[1], strict=True))
    assert named["基础网格"] == rows["county0"]["organised"]["base_grids"]
    assert named["期内参与人"] == rows["county0"]["served"]["participants"]
    assert named["覆盖率"] == rows["county0"]["coverage"]["share"]
    assert counties[2][2] == "=1+1" and book["县（市、区）"]["C3"].data_type == "s"
    assert dict(row[:2] for row in book["说明"].values)["统计日"].date() == chance_city.today


def test_j01_the_notes_of_the_workbook_say_whose_data_and_how_measured_in_words(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    told = "演示数据：道路 © OpenStreetMap contributors"
    with schema_context(alpha.schema_name):
        LayerImport.objects.filter(status="applied").update(data_label=told)
        CoverageRun.objects.update(
            method_counts={"network": 400, "radius": 30}, parameters={"minutes": 15.0, "radius_m": 1000.0}
        )
    answer = api(alpha, reader).get("indicators/export?level=county")
    notes = dict(row[:2] for row in load_workbook(io.BytesIO(answer.content))["说明"].values)
    assert (notes["数据说明"], notes["署名"]) == (told, "© OpenStreetMap contributors, ODbL")
    assert notes["可达户数"].endswith("沿道路步行 15 分钟以内：400 户；直线 1000 米以内：30 户")
    assert "户数为户" in notes["单位"]


def test_j10_pilot_counties_stand_beside_the_rest(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    speak, since = api(alpha, reader), chance_city.today - timedelta(days=3)
    none = speak.get("indicators/pilots").json()
    assert none["pilots"]["counties"] == [] and none["others"]["counties"] == ["county0", "county1"]
    with schema_context(alpha.schema_name):
        Pilot.objects.create(
            unit=chance_city.units["county1"], features=["网格管理"], starts_on=since, decided_by_id=reader.pk
        )
    told = speak.get("indicators/pilots").json()
    rows = {row["name"]: row for row in speak.get("indicators?level=county").json()["results"]}
    for side, county in (("pilots", "county1"), ("others", "county0")):
        assert told[side]["counties"] == [county]
        for family in ("organised", "served", "active", "instruction", "coverage"):
            assert told[side]["indicators"][family] == rows[county][family]
    before = speak.get(f"indicators/pilots?as_of={since - timedelta(days=1)}").json()
    assert before["pilots"]["counties"] == []


def test_j19_bodies_are_counted_by_level_as_of_the_day(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    founded = chance_city.today - timedelta(days=9)
    with schema_context(alpha.schema_name):
        for name, kind, gone in (
            ("county0", "sports_federation", None),
            ("town00", "sports_federation", founded + timedelta(days=4)),
            ("town00", "fitness_organisation", None),
            ("village000", "fitness_organisation", None),
        ):
            SportsBody.objects.create(
                unit=chance_city.units[name], kind=kind, name=f"测试{name}", founded_on=founded, dissolved_on=gone,
                entered_by_id=reader.pk,
            )  # fmt: skip

    def told(days_ago: int) -> tuple[dict[tuple[str, str], tuple[int, int]], dict[str, Any]]:
        on = chance_city.today - timedelta(days=days_ago)
        answer = api(alpha, reader).get(f"indicators?level=county&as_of={on}").json()
        levels = {
            (row["kind"], row["level"]): (row["covered"], row["units"]) for row in answer["sports_bodies"]
        }
        return levels, answer["results"][0]["organised"]

    levels, county = told(0)
    assert levels == {
        ("sports_federation", "city"): (0, 1), ("sports_federation", "county"): (1, 2),
        ("sports_federation", "town"): (0, 4), ("fitness_organisation", "city"): (0, 1),
        ("fitness_organisation", "county"): (0, 2), ("fitness_organisation", "town"): (1, 4),
        ("fitness_organisation", "village"): (1, 9),
    }  # fmt: skip
    assert (county["federations"], county["fitness_organisations"]) == (1, 2)
    levels, county = told(5)
    assert levels["sports_federation", "town"] == (1, 4), "its last day still counts"
    assert county["federations"] == 2
    assert told(10)[1]["federations"] == 0


def test_j12_a_grid_tells_its_instructors_and_the_places_its_sites_lack(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    with schema_context(alpha.schema_name):
        people = _teach_in_the_first_grid(chance_city, reader)
    units, speak = chance_city.units, api(alpha, reader)
    rows = speak.get(f"indicators?level=grid&unit={units['village000'].pk}").json()["results"]
    first, *others = sorted(rows, key=lambda row: row["code"])
    expected = {"certified": 1, "active": 1, "sites": 1, "asked_places": 3, "filled_places": 1, "gap": 2}
    assert first["instruction"] == expected
    assert all(row["instruction"] == dict.fromkeys(expected, 0) for row in others)
    town = speak.get(f"indicators?level=town&unit={units['town00'].pk}").json()["results"][0]
    assert town["instruction"] == expected | {"certified": people}, "who lives elsewhere belongs to the unit"
    on = chance_city.today - timedelta(days=6)
    before = speak.get(f"indicators?level=town&unit={units['town00'].pk}&as_of={on}").json()["results"][0]
    assert before["instruction"]["filled_places"] == 0, "the assignment came into force later"


def _teach_in_the_first_grid(chance_city: Any, acting: Any) -> int:
    """A site with two needs in the first grid, one served since five days; two people, one of them living there."""
    unit, middle = chance_city.units["village000"], square(0, 0, 0.002)[0].centroid
    site = Site.objects.create(
        ref="S1", name="测试", geometry=middle, unit=unit, town=chance_city.units["town00"]
    )
    item = ActivityItem.objects.order_by("id").first()
    needs = SiteNeed.objects.bulk_create(
        SiteNeed(site=site, item=item, weekday=day, from_minute=400, to_minute=460, wanted=wanted)
        for day, wanted in ((1, 2), (2, 1))
    )
    people = Instructor.objects.bulk_create(
        Instructor(ref=ref, name="测试", unit=unit, home=home) for ref, home in (("A", middle), ("B", None))
    )
    since = chance_city.today - timedelta(days=400)
    for person in people:
        GradeAward.objects.create(
            instructor=person, grade="grade3", award_level="county", certificate_number=person.ref, valid_from=since
        )  # fmt: skip
    ServiceRecord.objects.create(
        instructor=people[0], served_on=chance_city.today - timedelta(days=9), minutes=60, item=item, place="测试",
        service_kind="volunteer", source="hand:test", verified_by_id=acting.pk, verified_on=chance_city.today,
    )  # fmt: skip
    run = AssignmentRun.objects.create(
        state="adopted", as_of=chance_city.today, unit=chance_city.units["city"], asked_by_id=acting.pk,
        adopted_at=moment(chance_city.today - timedelta(days=5)),
    )  # fmt: skip
    SiteAssignment.objects.create(run=run, need=needs[0], instructor=people[0], travel_m=0)
    return len(people)


@pytest.mark.parametrize("path", ["indicators", "indicators/export", "indicators/pilots"])
def test_j01_figures_are_told_of_days_that_have_come(alpha: Any, api: Any, reader: Any, path: str) -> None:
    """Tomorrow's figures would be today's under another date."""
    today = local_date(timezone.now())
    assert api(alpha, reader).get(f"{path}?as_of={today}").status_code == 200
    tomorrow = today + timedelta(days=1)
    answer = api(alpha, reader).get(f"{path}?as_of={tomorrow}")
    assert (answer.status_code, answer.json()["code"]) == (400, "AS_OF_TO_COME")
    assert answer.json()["message"]["zh"] == f"统计日{tomorrow}尚未到来（今天是{today}）"


def test_j08_a_post_in_a_mere_proposal_is_no_member_in_the_figures(
    alpha: Any, api: Any, reader: Any, chance_city: Any
) -> None:
    from grids.interest.models import GridMember, InterestGrid, InterestGridSpan, MemberPost

    def members() -> tuple[int, int]:
        (row,) = api(alpha, reader).get("indicators?level=city").json()["results"]
        return row["organised"]["members"], row["organised"]["posts"]

    before = members()
    with schema_context(alpha.schema_name):
        model = InterestGrid.objects.filter(state="active").first()
        assert model is not None
        proposal = InterestGrid.objects.create(
            code="提议演示", sequence=999, name="提议演示", proposed_by=model.proposed_by, item=model.item,
            community=model.community, state="proposed",
        )  # fmt: skip
        span = InterestGridSpan.objects.create(
            interest_grid=proposal, state="proposed", since=chance_city.today
        )
        person = GridMember.objects.create(name="赵演示901", community=model.community)
        MemberPost.objects.create(
            member=person, interest_grid=proposal, source="backbone", proof="演示", state="active",
            starts_on=chance_city.today, nominated_by=model.proposed_by, confirmed_by=model.proposed_by,
        )  # fmt: skip
    assert members() == before
    with schema_context(alpha.schema_name):
        InterestGridSpan.objects.filter(pk=span.pk).update(state="active")
    assert members() == (before[0] + 1, before[1] + 1)
