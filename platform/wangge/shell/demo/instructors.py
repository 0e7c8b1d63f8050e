"""Invented instructors of a demo city, what its sites ask for, and one computed assignment put into force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from gis.layers.models import Building
from instructors.assignment.models import Site, SiteNeed
from instructors.assignment.models.sites import SiteKind
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.adopting import DutyOrder, adopt_run, book_duties
from instructors.assignment.services.runs import run_assignment, start_assignment
from instructors.assignment.services.studies import start_study, study_gaps
from instructors.people.models import (
    ActivityItem,
    FreeTime,
    GradeAward,
    Instructor,
    ServiceRecord,
    TeachingItem,
    WorkRegistration,
)
from instructors.people.services.identity import Numbers, keep_numbers
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobBody, run_job
from wangge.shell.demo.steps import Steps, finish
from wangge.shell.demo.texts import drop_texts

SEED = 410802
SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
# Times of the day when people exercise, as weekday-independent minutes; morning and evening nodes live of the outer two.
MORNING, DAY, EVENING = (360, 480), (540, 660), (1110, 1260)
# Of the catalogue's first items; more are asked for than taught, so that some places stay empty with a reason.
TAUGHT, ASKED = 8, 10
# As many phones as 139000000xx has.
WITH_PHONE = 100
BOOKED_WEEKS = 1
# Of a hall whose layer names no number; and how many places the gap study looks for.
HALL_SEATS, NEW_PLACES = 200, 5
STORAGE_SRID = 4490
BULK = 1000


def make_instructors(count: int, people: Mapping[str, User], steps: Steps) -> None:
    """People, needs, a computation, its adoption by the dispatcher with the duties of the coming week, and a gap study."""
    rng = np.random.default_rng(SEED)
    items = list(ActivityItem.objects.order_by("id")[:ASKED])
    made = _make_people(count, items[:TAUGHT], people.get("instructor"), rng)
    _furnish_sites(rng)
    _give_a_past(people["dispatcher"], people.get("instructor"), items[0], rng)
    needs = _make_needs(items, rng)
    steps.say(f"生成指导员 {made} 名（均为虚构）、站点需求 {needs} 项")
    run = start_assignment(order=RunOrder(), acting_user=people["dispatcher"])
    _run(run.job, run_assignment, "计算站点指导员分配", steps)
    with transaction.atomic():  # no worker takes the texts out before they are dropped
        adopted = adopt_run(run_id=run.pk, acting_user=people["dispatcher"], duties=DutyOrder(BOOKED_WEEKS))
        drop_texts()
    _run(adopted.job, book_duties, "登记一周值班", steps)
    study = start_study(places=NEW_PLACES, acting_user=people["dispatcher"])
    _run(study.job, study_gaps, f"站点缺口分析（{NEW_PLACES} 处）", steps)


def _run(job: BackgroundJob | None, body: JobBody, title: str, steps: Steps) -> None:
    assert job is not None
    with steps.bar(title) as listen:
        finish(run_job(job_id=job.pk, body=body, listener=listen))


def _make_people(
    count: int, items: list[ActivityItem], account: User | None, rng: np.random.Generator
) -> int:
    """Living in homes of the city, with a grade since some years, one to three items and free times of a week."""
    homes = list(
        Building.objects.filter(retired_by=None, households__gt=0, community__isnull=False)
        .order_by("id")
        .values_list("geometry", "community__unit_id", "community__name")
    )
    today = local_date(timezone.now())
    since = today - timedelta(days=800)
    chosen = rng.choice(len(homes), size=count)
    rows = []
    for number, at in enumerate(chosen):
        shape, unit_id, community = homes[at]
        place = shape.point_on_surface
        name = f"测试{SIGNS[number % len(SIGNS)]}{number:03d}"
        rows.append(
            Instructor(
                ref=f"DEMO-{number:04d}", name=name, unit_id=unit_id, home=Point(place.x, place.y, srid=STORAGE_SRID),
                home_note=community, weekly_limit=int(rng.choice([1, 2, 3, 5], p=[0.35, 0.3, 0.25, 0.1])),
                user=account if number == 0 else None,
            )
        )  # fmt: skip
    people = Instructor.objects.bulk_create(rows, batch_size=BULK)
    for number, person in enumerate(people[:WITH_PHONE]):
        keep_numbers(person, Numbers(phone=f"139000000{number:02d}"))
    GradeAward.objects.bulk_create((_grade(person, since, rng) for person in people), batch_size=BULK)
    TeachingItem.objects.bulk_create(
        (
            TeachingItem(instructor=person, item=items[at], teaching_role=role, valid_from=since)
            for person in people
            for at in ([0, 1] if person is people[0] else _items_of(len(items), rng))
            for role in ("skill_coach", "lecturer")[: 1 + int(rng.random() < 0.2)]
        ),
        batch_size=BULK,
    )
    FreeTime.objects.bulk_create(
        (
            FreeTime(instructor=person, weekday=weekday, from_minute=begin, to_minute=end)
            for person in people
            for weekday in range(1, 8)
            for begin, end in (MORNING, DAY, EVENING)
            if person is people[0] or rng.random() < 0.22
        ),
        batch_size=BULK,
    )
    return len(people)


def _grade(person: Instructor, since: date, rng: np.random.Generator) -> GradeAward:
    grade, level = ("grade3", "county") if rng.random() < 0.8 else ("grade2", "city")
    return GradeAward(
        instructor=person, grade=grade, award_level=level, certificate_number=f"DEMO-{person.ref[-4:]}", valid_from=since
    )  # fmt: skip


def _items_of(known: int, rng: np.random.Generator) -> list[int]:
    share = 1 / np.arange(1, known + 1)
    size = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
    return sorted(int(at) for at in rng.choice(known, size, replace=False, p=share / share.sum()))


def _furnish_sites(rng: np.random.Generator) -> None:
    """Two thirds become exercise nodes with their hours, some with a head; the others keep long hours."""
    heads = list(Instructor.objects.order_by("id")[:: max(1, Instructor.objects.count() // 10)])
    sites = list(Site.objects.filter(valid_to=None).order_by("id"))
    for number, site in enumerate(sites):
        is_node = rng.random() < 0.67
        site.site_kind = SiteKind.EXERCISE_NODE if is_node else SiteKind.FACILITY
        site.opening_hours = [
            {"weekday": weekday, "from_minute": begin, "to_minute": end}
            for weekday in range(1, 8)
            for begin, end in ((MORNING, EVENING) if is_node else ((MORNING[0], EVENING[1]),))
        ]
        site.is_step_free = bool(rng.random() < 0.6)
        site.head = heads[number % len(heads)] if number % 5 == 0 else None
    if sites:
        _make_lecture_hall(max(sites, key=lambda site: (site.capacity or 0, -site.pk)))
    columns = ["site_kind", "opening_hours", "is_step_free", "head", "capacity"]
    Site.objects.bulk_update(sites, columns, batch_size=BULK)


def _make_lecture_hall(site: Site) -> None:
    """The largest site holds lectures, for as many as the layer says it takes."""
    site.site_kind = SiteKind.LECTURE_HALL
    site.opening_hours = [
        {"weekday": weekday, "from_minute": MORNING[0], "to_minute": EVENING[1]} for weekday in range(1, 8)
    ]
    site.capacity = site.capacity or HALL_SEATS


def _give_a_past(verifier: User, account: User | None, item: ActivityItem, rng: np.random.Generator) -> None:
    """Two registered years and twelve services, one in four of them paid, for the demo account; less for the others."""
    today = local_date(timezone.now())
    registered, served = [], []
    for person in Instructor.objects.order_by("id"):
        is_own = account is not None and person.user_id == account.pk
        years = 2 if is_own else int(rng.choice([0, 1, 2], p=[0.25, 0.35, 0.4]))
        registered += [WorkRegistration(instructor=person, year=today.year - back) for back in range(years)]
        for week in range(1, 13 if is_own else int(rng.choice([1, 3, 9], p=[0.4, 0.35, 0.25]))):
            served.append(_service(person, item, today - timedelta(weeks=week), week, verifier))
    WorkRegistration.objects.bulk_create(registered, batch_size=BULK)
    ServiceRecord.objects.bulk_create(served, batch_size=BULK)


def _service(person: Instructor, item: ActivityItem, on: date, week: int, verifier: User) -> ServiceRecord:
    return ServiceRecord(
        instructor=person, served_on=on, minutes=60, item=item, place="演示站点", verified_by=verifier, verified_on=on,
        service_kind="paid" if week % 4 == 3 else "volunteer", source=f"hand:demo-{week}",
    )  # fmt: skip


def _make_needs(items: list[ActivityItem], rng: np.random.Generator) -> int:
    """Some hours a week at every site, most of them in the morning and in the evening."""
    share = 1 / np.arange(1, len(items) + 1)
    needs: dict[tuple[int, int, int, int], SiteNeed] = {}
    for site in Site.objects.filter(valid_to=None).order_by("id"):
        for _ in range(int(rng.choice([6, 9, 14], p=[0.4, 0.4, 0.2]))):
            often = [0.5, 0.5, 0.0] if site.site_kind == SiteKind.EXERCISE_NODE else [0.4, 0.35, 0.25]
            begin, end = (MORNING, EVENING, DAY)[int(rng.choice(3, p=often))]
            start = begin + 30 * int(rng.integers(0, (end - begin - 60) // 30 + 1))
            item = items[int(rng.choice(len(items), p=share / share.sum()))]
            weekday = int(rng.integers(1, 8))
            needs[site.pk, item.pk, weekday, start] = SiteNeed(
                site=site, item=item, weekday=weekday, from_minute=start, to_minute=start + 60,
                wanted=int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])),
            )  # fmt: skip
    SiteNeed.objects.bulk_create(needs.values(), batch_size=BULK)
    return len(needs)
