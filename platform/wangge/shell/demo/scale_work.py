"""What sites ask for in a city made for measuring, the assignment in force there, and a study of its gaps."""

from __future__ import annotations

import numpy as np
from django.db import transaction

from gis.layers.services.bulk import insert_rows
from instructors.assignment.models import AssignmentRun, GapStudy, RunState, Site, SiteNeed, StudyState
from instructors.assignment.models.sites import SiteKind
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.adopting import DUTIES_JOB, DutyOrder, adopt_run, book_duties
from instructors.assignment.services.runs import run_assignment, start_assignment
from instructors.assignment.services.studies import start_study, study_gaps
from instructors.people.models import ActivityItem
from tenants.bureau.models import BackgroundJob
from tenants.bureau.services.jobs import UNENDED
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.scale_frames import SEED
from wangge.shell.demo.scale_people import DAY, EVENING, MORNING
from wangge.shell.demo.scale_steps import Making
from wangge.shell.demo.texts import drop_texts

# More items are asked for than most people teach, so that some places stay empty with a reason.
ASKED = 22
# Where people exercise together they do so before work: assumed, as everything here.
AT_NODES, AT_FACILITIES = (0.68, 0.0, 0.32), (0.45, 0.25, 0.3)
SPANS = (MORNING, DAY, EVENING)
MINUTES = 60


def ask_for_instructors(making: Making) -> None:
    """Four to twelve hours a week at every site, the morning from six to eight fullest, few items asked for most."""
    rng = np.random.default_rng(SEED + 3)
    items = list(ActivityItem.objects.order_by("id").values_list("id", flat=True)[:ASKED])
    sites = Site.objects.filter(valid_to=None).order_by("ref").values_list("id", "site_kind")
    needs: dict[tuple[int, int, int, int], int] = {}
    for site, kind in sites:
        hours = AT_NODES if kind == SiteKind.EXERCISE_NODE else AT_FACILITIES
        for _ in range(int(rng.choice([4, 7, 12], p=[0.5, 0.35, 0.15]))):
            needs[_need(site, items, hours, rng)] = int(rng.choice([1, 2, 3], p=[0.7, 0.22, 0.08]))
    site_ids, item_ids, weekdays, begins = zip(*needs, strict=True)
    with making.step(f"登记 {len(needs)} 项站点需求（{sum(needs.values())} 个名额）"):
        insert_rows(
            SiteNeed,
            {
                "site_id": site_ids, "item_id": item_ids, "weekday": weekdays, "from_minute": begins,
                "to_minute": [begin + MINUTES for begin in begins], "wanted": list(needs.values()),
            },
        )  # fmt: skip


def _need(
    site: int, items: list[int], hours: tuple[float, float, float], rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Site, item, weekday and first minute, on the half hour."""
    begin, end = SPANS[int(rng.choice(len(SPANS), p=hours))]
    start = begin + 30 * int(rng.integers(0, (end - begin - MINUTES) // 30 + 1))
    share = 1 / np.arange(1, len(items) + 1) ** 1.2
    item = items[int(rng.choice(len(items), p=share / share.sum()))]
    return site, item, int(rng.integers(1, 8)), start


def assign_sites(making: Making) -> None:
    """One assignment computed, put into force, and its duties of the coming weeks booked; taken up where it stood."""
    dispatcher, weeks = making.people["dispatcher"], making.scale.booked_weeks
    if not AssignmentRun.objects.filter(state=RunState.ADOPTED).exists():
        run = _computed_run(making)
        with making.step("采用分配"), transaction.atomic():
            adopt_run(run_id=run.pk, acting_user=dispatcher, duties=DutyOrder(weeks))
            drop_texts()
    with making.step(f"登记 {weeks} 周值班") as listen:
        job = BackgroundJob.objects.filter(kind=DUTIES_JOB, state__in=UNENDED).first()
        booked = making.run(job, book_duties, listen)
    making.steps.say(f"值班 {booked['duties']}，登记 {booked['booked']}，冲突 {booked['conflicts']}")


def _computed_run(making: Making) -> AssignmentRun:
    found = AssignmentRun.objects.filter(state__in=(RunState.COMPUTING, RunState.READY)).first()
    run = found or start_assignment(order=RunOrder(), acting_user=making.people["dispatcher"])
    if run.state == RunState.COMPUTING:
        with making.step("计算站点指导员分配") as listen:
            making.run(run.job, run_assignment, listen)
        run.refresh_from_db()
    told = ("asked_places", "covered_places", "asked_weight", "covered_weight", "gap", "is_proven")
    making.steps.say("分配：" + "，".join(f"{name}={run.figures.get(name)}" for name in told))
    return run


def study_where_sites_lack(making: Making) -> None:
    """One study of where the next sites should stand."""
    begun = GapStudy.objects.filter(state=StudyState.COMPUTING).first()
    with making.step(f"站点缺口分析（{making.scale.new_places} 处）") as listen:
        study = begun or start_study(places=making.scale.new_places, acting_user=making.people[ADMIN])
        making.run(study.job, study_gaps, listen)
