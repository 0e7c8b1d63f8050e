"""`./dev load --scale tiny` makes a whole city of one street, kept unless it is asked for again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import Building, FitnessSite
from grids.interest.models import Attendance, GridMember, InterestGrid, Participant
from grids.interest.queries.indicators import indicators_of, terms_on
from grids.interest.queries.indicators_organised import base_grids_on
from grids.interest.queries.indicators_places import Places
from grids.interest.queries.standing import interest_grids_visible_to
from grids.interest.services.phones import opened_phone
from grids.units.models import Grid, GridPlan
from grids.units.queries.leaders import grids_led_by
from grids.units.services import dividing, drawing
from instructors.assignment.models import AssignmentRun, Booking, GapStudy, Site
from instructors.people.models import Instructor, RegisterImport
from tenants.accounts.models import User
from tenants.bureau.models import CityProfile, OrgUnit, Population
from tenants.bureau.rules.local_time import local_date
from tenants.registry.models import City
from wangge.shell.demo import scale_attendance, scale_work
from wangge.shell.demo.scale import SCALES, missing_stages
from wangge.shell.demo.scale_steps import Scale

pytestmark = pytest.mark.django_db


def _load(folder: Path, *more: str) -> None:
    call_command("load_city", "--scale", "tiny", "--folder", str(folder), *more)


def test_a_tiny_city_holds_everything_that_is_measured_and_is_made_once(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scale = SCALES["tiny"]
    _load(tmp_path)
    city = City.objects.get(slug=scale.slug)
    assert city.data_label.startswith("生成数据")
    with schema_context(city.schema_name):
        assert CityProfile.objects.get().data_label == city.data_label
        assert Population.objects.count() == 2  # the city and its county
        assert Building.objects.filter(households__gt=0).count() > 20
        assert FitnessSite.objects.count() == Site.objects.count() == scale.ground.sites
        assert RegisterImport.objects.get().counts["added"] == scale.instructors
        assert all(name.startswith("测试") for name in Instructor.objects.values_list("name", flat=True))
        run = AssignmentRun.objects.get(state="adopted")
        assert run.figures["covered_places"] > 0
        assert Booking.objects.filter(is_active=True).count() == run.figures["covered_places"]
        assert GapStudy.objects.get().state == "ready"
        _holds_a_network(scale)
    said = capsys.readouterr().out
    assert "http://tinyscale.localhost:8000" in said
    _load(tmp_path)
    assert "--again" in capsys.readouterr().out
    assert City.objects.get(slug=scale.slug).pk == city.pk


def test_a_city_left_half_made_is_made_to_its_end(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenOff(BaseException):  # as when the process is killed
        pass

    def break_off(*wanted: object) -> None:
        raise BrokenOff

    made = []
    draw = dividing.divide_all

    def draw_some(ids: list[int], *wanted: Any, **more: Any) -> Any:
        for number, division in enumerate(draw(ids, *wanted, **more)):
            if number == 2:
                raise BrokenOff
            made.append(division.community_id)
            yield division

    monkeypatch.setattr(scale_work, "book_duties", break_off)
    with pytest.raises(BrokenOff):
        _load(tmp_path, "--slug", "halfscale")
    monkeypatch.undo()
    monkeypatch.setattr(drawing, "divide_all", draw_some)
    with pytest.raises(BrokenOff):
        _load(tmp_path, "--slug", "halfscale")
    city = City.objects.get(slug="halfscale")
    with schema_context(city.schema_name):
        first = dict(GridPlan.objects.values_list("community_id", "pk"))
        assert sorted(first) == sorted(made) and len(made) == 2
    monkeypatch.setattr(drawing, "divide_all", draw)
    monkeypatch.setattr(scale_attendance, "_insert_attendances", break_off)
    with pytest.raises(BrokenOff):
        _load(tmp_path, "--slug", "halfscale")
    assert missing_stages(city) == ["attend", "measure_reach"]
    monkeypatch.undo()
    _load(tmp_path, "--slug", "halfscale")
    said = capsys.readouterr().out
    assert "接着上次未完成的步骤" in said and "attend" in said and "--slug halfscale --again" in said
    with schema_context(city.schema_name):
        again = dict(GridPlan.objects.values_list("community_id", "pk"))
        assert {each: again[each] for each in first} == first and len(again) > len(first)
        assert Instructor.objects.count() == SCALES["tiny"].instructors
        run = AssignmentRun.objects.get()  # computed once
        assert Booking.objects.filter(is_active=True).count() == run.figures["covered_places"] > 0
        _holds_a_network(SCALES["tiny"])


def _holds_a_network(scale: Scale) -> None:
    """Base grids in force and led, interest grids with members, participants, and as many attendances as were asked for."""
    today = local_date(timezone.now())
    assert Grid.objects.count() == base_grids_on(today).count() > 3
    assert InterestGrid.objects.count() == scale.interest_grids
    assert Participant.objects.count() == scale.participants
    assert 0 < Attendance.objects.count() <= scale.attendances
    leader = User.objects.get(username="leader")
    assert set(grids_led_by(leader, today)) <= set(Grid.objects.values_list("pk", flat=True))
    assert interest_grids_visible_to(leader).exists()
    root = OrgUnit.objects.get(parent=None)
    one = indicators_of(Places("city", ids=(root.pk,)), terms_on(today, None))[root.pk]
    assert one.organised.led_in_office > 0 and one.organised.members > 0
    assert one.active.regular_activities > 0 and one.active.attendances > 0
    assert one.served.participants > 0 and one.coverage.covered > 0
    assert one.served.reached_households > 0 and one.served.reached_by_activities > 0
    firsts = Attendance.objects.filter(is_first_time=True).values("participant").distinct().count()
    assert firsts == Attendance.objects.values("participant").distinct().count()
    member = GridMember.objects.order_by("id").first()
    assert opened_phone(member) == "19900000000" and member.name.startswith("测试")


def test_a_real_city_of_that_name_is_left_alone(alpha: City, tmp_path: Path) -> None:
    City.objects.filter(pk=alpha.pk).update(slug=SCALES["tiny"].slug)
    with pytest.raises(CommandError, match="left alone"):
        _load(tmp_path, "--again")
