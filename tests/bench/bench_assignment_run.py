"""A city of Jiaozuo's size through its job: 30,000 instructors, 2,050 sites, computed, kept, adopted, asked why.

Homes and sites are those of bench_assignment (invented); no households and no streets stand, so that needs bear their own
weight. Prints wall time, this process's CPU time, statements and peak memory; run with `./dev bench assignment_run`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django_tenants.utils import schema_context
from pyproj import Transformer

from instructors.assignment.models import AssignmentRun, Site, SiteAssignment, SiteNeed, UnservedNeed
from instructors.assignment.queries.run_exports import export_run
from instructors.assignment.queries.why import why_pair
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.adopting import adopt_run
from instructors.assignment.services.runs import start_assignment
from instructors.people.models import ActivityItem, FreeTime, GradeAward, Instructor, TeachingItem
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import root_unit
from tests.bench.bench_assignment import Town, town_of
from tests.bench.measuring import measured

PEOPLE, SITES, SEED = 30_000, 2_050, 1
ORIGIN = (470_000.0, 3_880_000.0)  # in Gauss-Krüger zone 114 of the test city
SINCE = date(2024, 1, 1)
BULK = 2_000
RIGHTS = ("assignment.view", "assignment.run", "assignment.adopt", "site.view", "instructor.view")

pytestmark = pytest.mark.bench


def _points(xy: np.ndarray) -> list[Point]:
    lon, lat = Transformer.from_crs(4547, 4490, always_xy=True).transform(*(xy + ORIGIN).T)
    return [Point(x, y, srid=4490) for x, y in zip(lon, lat, strict=True)]


def _items(town: Town) -> dict[int, ActivityItem]:
    keys = sorted(
        {need.item for need in town.needs} | {item for one in town.instructors for item in one.items}
    )
    made = ActivityItem.objects.bulk_create(
        ActivityItem(code=f"bench-{key}", name=f"项目{key}") for key in keys
    )
    return dict(zip(keys, made, strict=True))


def _fill(town: Town) -> None:
    """Rows of the town in the schema we stand in."""
    root, items = root_unit(), _items(town)
    units = {}
    for key in sorted({need.town for need in town.needs}):
        unit = OrgUnit.objects.create(
            level="town", name=f"街镇{key}", parent=root, valid_from=date(2020, 1, 1)
        )
        OrgUnit.objects.filter(pk=unit.pk).update(path=f"{root.path}{unit.pk}/")
        units[key] = unit
    homes = _points(np.array([(one.home_x_m, one.home_y_m) for one in town.instructors]))
    people = Instructor.objects.bulk_create(
        (
            Instructor(name=f"测试{one.key}", unit=root, home=home, weekly_limit=one.weekly_limit)
            for one, home in zip(town.instructors, homes, strict=True)
        ),
        batch_size=BULK,
    )
    GradeAward.objects.bulk_create(
        (
            GradeAward(
                instructor=person, grade="grade3", award_level="county", certificate_number=f"B-{at}", valid_from=SINCE
            )
            for at, person in enumerate(people)
        ),
        batch_size=BULK,
    )  # fmt: skip
    TeachingItem.objects.bulk_create(
        (
            TeachingItem(instructor=person, item=items[item], teaching_role="skill_coach", valid_from=SINCE)
            for person, one in zip(people, town.instructors, strict=True)
            for item in one.items
        ),
        batch_size=BULK,
    )
    FreeTime.objects.bulk_create(
        (
            FreeTime(
                instructor=person,
                weekday=span.weekday,
                from_minute=span.from_minute,
                to_minute=span.to_minute,
            )
            for person, one in zip(people, town.instructors, strict=True)
            for span in one.free
        ),
        batch_size=BULK,
    )
    spots = {need.site: need for need in town.needs}
    places = _points(np.array([(need.x_m, need.y_m) for need in spots.values()]))
    sites = Site.objects.bulk_create(
        Site(ref=f"S{key}", name=f"站点{key}", geometry=place, unit=units[need.town], town=units[need.town])
        for (key, need), place in zip(spots.items(), places, strict=True)
    )
    at = dict(zip(spots, sites, strict=True))
    SiteNeed.objects.bulk_create(
        (
            SiteNeed(
                site=at[need.site], item=items[need.item], weekday=need.when.weekday, wanted=need.wanted,
                from_minute=need.when.from_minute, to_minute=need.when.to_minute, weight=need.weight,
            )
            for need in {
                (need.site, need.item, need.when.weekday, need.when.from_minute): need for need in town.needs
            }.values()
        ),
        batch_size=BULK,
    )  # fmt: skip


def _compute(alpha: Any, run_jobs: Any, user: User) -> AssignmentRun:
    run = start_assignment(order=RunOrder(), acting_user=user)
    job = run_jobs(alpha)[-1]
    assert job.state == "succeeded", job.problem
    return AssignmentRun.objects.get(pk=run.pk)


def test_a_city_of_jiaozuos_size(alpha: Any, make_user: Any, run_jobs: Any) -> None:
    user = make_user(alpha, "bench", RIGHTS)
    town = town_of(PEOPLE, SITES, SEED)
    with schema_context(alpha.schema_name):
        measured(f"{len(town.instructors)} people, {len(town.needs)} needs written", lambda: _fill(town))
        run = measured("computed and kept", lambda: _compute(alpha, run_jobs, user))
        told = {
            name: run.figures[name]
            for name in ("asked_weight", "covered_weight", "gap", "covered_places", "is_proven")
        }
        print(told)
        measured("adopted", lambda: adopt_run(run_id=run.pk, acting_user=user))
        for form in ("xlsx", "geojson"):
            content = measured(f"exported as {form}", lambda form=form: export_run(user, run, form))
            print(f"{len(content) / 1e6:.1f} MB")
        pair = SiteAssignment.objects.filter(run=run).select_related("need__site", "need__item")[0]
        measured("why, of a pair", lambda: why_pair(run, pair.need, pair.instructor_id, run.asked_by))
        missing = UnservedNeed.objects.filter(run=run).select_related("need__site", "need__item").first()
        if missing is not None:
            measured(
                "why not, of a pair", lambda: why_pair(run, missing.need, pair.instructor_id, run.asked_by)
            )
