"""Invented instructors of a demo city, what its sites ask for, and one computed assignment put into force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis.layers.models import Building
from instructors.assignment.models import Site, SiteNeed
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.adopting import DutyOrder, adopt_run, book_duties
from instructors.assignment.services.runs import run_assignment, start_assignment
from instructors.people.models import ActivityItem, FreeTime, GradeAward, Instructor, TeachingItem
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobBody, run_job
from wangge.shell.demo.steps import Steps, finish

SEED = 410802
SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
# Times of the day when people exercise, as weekday-independent minutes; morning and evening nodes live of the outer two.
MORNING, DAY, EVENING = (360, 480), (540, 660), (1110, 1260)
TAUGHT = 8  # of the catalogue's first items
BOOKED_WEEKS = 1
STORAGE_SRID = 4490
BULK = 1000


def make_instructors(count: int, people: Mapping[str, User], steps: Steps) -> None:
    """People, needs, a computation, and its adoption by the dispatcher, the duties of the coming week booked."""
    rng = np.random.default_rng(SEED)
    items = list(ActivityItem.objects.order_by("id")[:TAUGHT])
    made = _make_people(count, items, people.get("instructor"), rng)
    needs = _make_needs(items, rng)
    steps.say(f"生成指导员 {made} 名（均为虚构）、站点需求 {needs} 项")
    run = start_assignment(order=RunOrder(), acting_user=people["dispatcher"])
    _run(run.job, run_assignment, "计算站点指导员分配", steps)
    adopted = adopt_run(run_id=run.pk, acting_user=people["dispatcher"], duties=DutyOrder(BOOKED_WEEKS))
    _run(adopted.job, book_duties, "登记一周值班", steps)


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
    GradeAward.objects.bulk_create((_grade(person, since, rng) for person in people), batch_size=BULK)
    TeachingItem.objects.bulk_create(
        (
            TeachingItem(instructor=person, item=items[at], teaching_role=role, valid_from=since)
            for person in people
            for at in _items_of(len(items), rng)
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
            if rng.random() < 0.35
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


def _make_needs(items: list[ActivityItem], rng: np.random.Generator) -> int:
    """Some hours a week at every site, most of them in the morning and in the evening."""
    share = 1 / np.arange(1, len(items) + 1)
    needs: dict[tuple[int, int, int, int], SiteNeed] = {}
    for site in Site.objects.filter(valid_to=None).order_by("id"):
        for _ in range(int(rng.choice([2, 4, 6], p=[0.4, 0.4, 0.2]))):
            begin, end = (MORNING, EVENING, DAY)[int(rng.choice(3, p=[0.45, 0.4, 0.15]))]
            start = begin + 30 * int(rng.integers(0, (end - begin - 60) // 30 + 1))
            item = items[int(rng.choice(len(items), p=share / share.sum()))]
            weekday = int(rng.integers(1, 8))
            needs[site.pk, item.pk, weekday, start] = SiteNeed(
                site=site, item=item, weekday=weekday, from_minute=start, to_minute=start + 60,
                wanted=int(rng.choice([1, 2], p=[0.8, 0.2])),
            )  # fmt: skip
    SiteNeed.objects.bulk_create(needs.values(), batch_size=BULK)
    return len(needs)
