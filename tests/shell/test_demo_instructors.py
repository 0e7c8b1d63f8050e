"""The demo's invented instructors, what its sites ask for, and the assignment that is in force there. Rule: S07"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from rich.console import Console

from gis.layers.models import Building, Community, LayerImport
from instructors.assignment.models import AssignmentRun, Booking, GapStudy, Site, SiteAssignment, SiteNeed
from instructors.people.models import Instructor, InstructorIdentity
from tenants.bureau.models import OrgUnit, OutboxMessage
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.shell.demo.instructors import make_instructors
from wangge.shell.demo.steps import Steps

pytestmark = pytest.mark.django_db


def _ground(acting: Any) -> None:
    """A community with twenty houses and two sites."""
    root = OrgUnit.objects.get(parent=None)
    unit = OrgUnit.objects.create(level="village", name="测试社区", parent=root, valid_from=date(2020, 1, 1))
    unit.path = f"{root.path}{unit.pk}/"
    unit.save(update_fields=["path"])
    brought = LayerImport.objects.create(
        kind="communities", status="applied", file_name="x.gpkg", sha256="0" * 64, imported_by=acting
    )
    ring = GEOSGeometry(
        "POLYGON((114.21 35.21, 114.22 35.21, 114.22 35.22, 114.21 35.22, 114.21 35.21))", srid=4490
    )
    community = Community.objects.create(
        unit=unit, code="410802001777", name="测试社区", geometry=ring, frame=ring, layer_import=brought
    )
    Building.objects.bulk_create(
        Building(
            ref=f"b{at}", community=community, households=10, layer_import=brought,
            geometry=GEOSGeometry(f"POINT({114.211 + at * 0.0004:.4f} 35.215)", srid=4490),
        )
        for at in range(20)
    )  # fmt: skip
    for at in range(2):
        Site.objects.create(
            ref=f"S{at}", name=f"测试站点{at}", unit=unit, town=root,
            geometry=GEOSGeometry(f"POINT({114.212 + at * 0.004:.4f} 35.215)", srid=4490),
        )  # fmt: skip


def test_s07_the_demo_has_an_assignment_in_force_and_duties_of_the_coming_week(
    in_alpha: Any, make_user: Any
) -> None:
    dispatcher = make_user(in_alpha, "dispatcher", sorted(ROLE_TEMPLATES["dispatcher"].permissions))
    phone = make_user(in_alpha, "instructor")
    _ground(dispatcher)
    make_instructors(40, {"dispatcher": dispatcher, "instructor": phone}, Steps(Console(quiet=True), "测试"))
    assert Instructor.objects.count() == 40
    assert all(name.startswith("测试") for name in Instructor.objects.values_list("name", flat=True))
    assert Instructor.objects.get(user=phone).home is not None
    masked = InstructorIdentity.objects.order_by("instructor_id").values_list("phone_masked", flat=True)
    assert (len(masked), masked[7]) == (40, "139****0007")
    run = AssignmentRun.objects.get(state="adopted")
    served = SiteAssignment.objects.filter(run=run).count()
    assert 0 < served <= sum(SiteNeed.objects.values_list("wanted", flat=True))
    assert Booking.objects.filter(kind="site_duty", is_active=True).count() == served
    (told,) = OutboxMessage.objects.all()
    assert (told.channel, told.recipient) == ("in_app", f"accounts.user:{phone.pk}"), (
        "nothing goes to invented phones"
    )
    hall = Site.objects.get(site_kind="lecture_hall")
    assert (hall.capacity, len(hall.opening_hours)) == (200, 7)
    study = GapStudy.objects.get()
    assert study.state == "ready", study.figures
