"""`./dev load --scale tiny` makes a whole city of one street, kept unless it is asked for again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from gis.layers.models import Building, FitnessSite
from instructors.assignment.models import AssignmentRun, Booking, GapStudy, Site
from instructors.people.models import Instructor, RegisterImport
from tenants.bureau.models import CityProfile, Population
from tenants.registry.models import City
from wangge.shell.demo.scale import SCALES

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
    said = capsys.readouterr().out
    assert "http://tinyscale.localhost:8000" in said
    _load(tmp_path)
    assert "--again" in capsys.readouterr().out
    assert City.objects.get(slug=scale.slug).pk == city.pk


def test_a_real_city_of_that_name_is_left_alone(alpha: City, tmp_path: Path) -> None:
    City.objects.filter(pk=alpha.pk).update(slug=SCALES["tiny"].slug)
    with pytest.raises(CommandError, match="left alone"):
        _load(tmp_path, "--again")
