"""The network of a city made for measuring: base grids of every community in force, and who leads them.

Drawn by the real engine (preset `fast`); put in force in a few statements instead of by the review of every county,
whose checks alone would take a quarter of an hour. Names of people are invented.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Sum
from django.utils import timezone

from gis.layers.models import Community
from gis.layers.services.bulk import insert_rows
from grids.units.models import (
    CultureSportsOfficer,
    Grid,
    GridFitnessGroup,
    GridLeader,
    GridPlan,
    GridRelease,
    PlanGrid,
)
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.coverage import run_coverage, start_coverage
from grids.units.services.drawing import draw_plans, start_drawing
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.scale_frames import SEED
from wangge.shell.demo.scale_steps import Making

DAYS_IN_FORCE = 400
LED_SHARE, ACTING_SHARE, FOUNDED_SHARE = 0.9, 0.05, 0.7
BATCH = 2_000

_IDENTITIES = """
UPDATE units_plangrid AS drawn SET grid_id = own.id, code = own.code
FROM units_gridplan AS plan JOIN units_grid AS own ON own.community_id = plan.community_id
WHERE plan.id = ANY(%s) AND drawn.plan_id = plan.id AND own.sequence = drawn.sequence"""


def draw_grids(making: Making) -> None:
    """A plan for every community, drawn by the engine and put in force as if a year ago.

    Every plan is kept as soon as it is drawn: what a run that was broken off has drawn is not drawn again.
    """
    gis, failed = making.people["gis"], 0
    missing = Community.objects.filter(valid_to=None).exclude(
        Exists(GridPlan.objects.filter(community=OuterRef("pk")))
    )
    waiting = list(missing.order_by("id").values_list("pk", flat=True))
    if waiting:
        with making.step(f"划分 {len(waiting)} 个社区的网格（fast）") as listen:
            job = start_drawing(community_ids=waiting, order=DrawingOrder(preset="fast"), acting_user=gis)
            failed = len(making.run(job, draw_plans, listen)["failed"])
    plan_ids = list(GridPlan.objects.order_by("id").values_list("pk", flat=True))
    with making.step("生效网格方案（集合写入，不经逐级审核）"):
        put_in_force(plan_ids, local_date(timezone.now()), making.people[ADMIN])
    drawn = PlanGrid.objects.aggregate(grids=Count("id"), households=Sum("households"))
    told = f"{len(plan_ids)} 个社区、{drawn['grids']} 个网格、{drawn['households']} 户"
    making.steps.say(f"{told}，未能划分 {failed} 个")


@transaction.atomic
def put_in_force(plan_ids: list[int], today: date, acting_user: User) -> None:
    """Give every grid of these plans its identity and code, and publish them with one release."""
    since = today - timedelta(days=DAYS_IN_FORCE)
    release = GridRelease.objects.create(title="规模测试", effective_on=since, released_by=acting_user)
    rows = list(
        PlanGrid.objects.filter(plan__in=plan_ids)
        .order_by("id")
        .values_list("plan__community_id", "plan__community__code", "sequence")
    )
    communities, codes, sequences = zip(*rows, strict=True)
    insert_rows(
        Grid,
        {
            "code": [f"{code}{number:03d}" for code, number in zip(codes, sequences, strict=True)],
            "community_id": communities, "sequence": sequences, "valid_from": [since] * len(rows),
            "version": [1] * len(rows),
        },
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITIES, [plan_ids])
    GridPlan.objects.filter(pk__in=plan_ids).update(
        state="published", effective_on=since, release=release, submitted_by=F("drafted_by")
    )


def lead_grids(making: Making) -> None:
    """An invented official a community leads its grids; one in ten is vacant, some are led by an acting leader.

    The account `leader` leads the grids of the community that has most of them.
    """
    rng = np.random.default_rng(SEED + 10)
    today, admin = local_date(timezone.now()), making.people[ADMIN].pk
    grids = list(Grid.objects.order_by("id").values_list("id", "community_id"))
    communities = sorted({community for _, community in grids})
    with making.step(f"任命 {len(communities)} 个社区的网格长"):
        officers = _officers(communities, making.people["leader"], grids)
        since = today - timedelta(days=DAYS_IN_FORCE)
        insert_rows(
            CultureSportsOfficer,
            {
                "user_id": [officers[each] for each in communities], "community_id": communities,
                "valid_from": [since] * len(communities),
            },
        )  # fmt: skip
        led = [
            (grid, officers[community], bool(rng.random() < ACTING_SHARE))
            for grid, community in grids
            if rng.random() < LED_SHARE or officers[community] == making.people["leader"].pk
        ]
        acting_since = today - timedelta(days=30)
        for is_acting in (False, True):
            chosen = [(grid, user) for grid, user, acting in led if acting is is_acting]
            columns: dict[str, list[object]] = {
                "grid_id": [grid for grid, _ in chosen], "user_id": [user for _, user in chosen],
                "is_acting": [is_acting] * len(chosen), "end_reason": [""] * len(chosen),
                "starts_on": [acting_since if is_acting else since] * len(chosen),
                "appointed_by_id": [admin] * len(chosen), "confirmed_by_id": [admin] * len(chosen),
                "policy_version": [""] * len(chosen),
            }  # fmt: skip
            if is_acting:
                columns["ends_on"] = [acting_since + timedelta(days=89)] * len(chosen)
            insert_rows(GridLeader, columns)
    founded = [grid for grid, _ in grids if rng.random() < FOUNDED_SHARE]
    with making.step(f"成立 {len(founded)} 个网格健身组织"):
        insert_rows(
            GridFitnessGroup,
            {
                "grid_id": founded, "name": ["网格健身队"] * len(founded), "founded_by_id": [admin] * len(founded),
                "founded_on": [since + timedelta(days=int(rng.integers(0, 300))) for _ in founded],
                "dissolve_reason": [""] * len(founded), "policy_version": [""] * len(founded),
                "version": [1] * len(founded),
            },
        )  # fmt: skip
    making.steps.say(f"{len(led)} 个网格有网格长，{len(grids) - len(led)} 个空缺")


def _officers(communities: list[int], leader: User, grids: list[tuple[int, int]]) -> dict[int, int]:
    """Community → the account of its official; nobody can sign in as an invented one."""
    made = User.objects.bulk_create(
        (
            User(username=f"official{number:05d}", display_name=f"测试{number:05d}", password="!")
            for number in range(len(communities))
        ),
        batch_size=BATCH,
    )
    officers = dict(zip(communities, (user.pk for user in made), strict=True))
    sizes: dict[int, int] = {}
    for _, community in grids:
        sizes[community] = sizes.get(community, 0) + 1
    officers[max(sorted(sizes), key=lambda each: sizes[each])] = leader.pk
    return officers


def measure_reach(making: Making) -> None:
    """One coverage run: which households walk to a site or to a regular activity."""
    with making.step("测算步行可达户数") as listen:
        job = start_coverage(acting_user=making.people[ADMIN])
        reached = making.run(job, run_coverage, listen)
    parts = {name: reached[name] for name in ("covered_households", "site_households", "activity_households")}
    making.steps.say(f"{reached['households']} 户，可达 {parts}")
