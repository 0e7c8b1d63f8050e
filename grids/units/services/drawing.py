"""Drawing plans: the map arithmetic divides communities, and each becomes a draft plan in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from gis.compute.refusal import InputRefused
from gis.compute.workers import cores
from gis.layers.models import Community
from grids.units.models import GridPlan
from grids.units.queries.plans import communities_to_draw
from grids.units.queries.policy import size_limits, size_policy
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.dividing import Division, divide_all
from grids.units.services.keeping import Drawing, keep_division
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import UNENDED, JobCancelled, JobProgress, start_job
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock

DRAW_JOB = "units.draw_plans"
# From so many communities on, starting a second process is worth its two seconds.
MANY = 8
OnProgress = Callable[[int, int, str], None]


@dataclass(slots=True)
class DrawingResult:
    """What came out: plans by community, communities that could not be drawn and why, and sums."""

    plan_ids: list[int] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    grids: int = 0
    households: int = 0

    def add(self, plan: GridPlan) -> None:
        """Count one plan."""
        self.plan_ids.append(plan.pk)
        summary = plan.quality.get("drawn", {})
        self.grids += int(summary.get("grids", 0))
        self.households += int(summary.get("households", 0))

    def missing_of(self, wanted: int) -> int:
        """How many of so many communities were neither drawn nor refused."""
        return wanted - len(self.plan_ids) - len(self.failed)

    def as_json(self) -> dict[str, Any]:
        """The job's result."""
        return {
            "plans": len(self.plan_ids),
            "plan_ids": self.plan_ids,
            "grids": self.grids,
            "households": self.households,
            "failed": self.failed,
        }


@transaction.atomic
def start_drawing(
    *, community_ids: Sequence[int] | None, order: DrawingOrder, acting_user: User
) -> BackgroundJob:
    """Start the job that draws plans for these communities, or for all in the user's reach when None.

    Who presses twice gets the job that runs already. 404 for a community outside the user's reach, 422 NOTHING_TO_DRAW
    when there is none, ORDER_LIMITS and POLICY_LIMITS.
    """
    communities = communities_to_draw(acting_user, community_ids)
    if not communities:
        raise RuleBroken(
            "NOTHING_TO_DRAW",
            zh="没有可以划分的社区",
            en="there is no community to draw",
            rule="J03",
            how_to_fix_zh="请先导入社区图层，或申请编制权限",
            how_to_fix_en="import the community layer first, or ask for the right to draft",
        )
    order.parameters(size_limits(size_policy(local_date(timezone.now())).values))
    arguments = {"community_ids": [community.pk for community in communities], **order.as_json()}
    hold_lock(f"draw:{acting_user.pk}")
    running = BackgroundJob.objects.filter(
        kind=DRAW_JOB, started_by=acting_user, state__in=UNENDED, arguments=arguments, cancel_requested=False
    ).first()
    if running is not None:
        return running
    return start_job(
        kind=DRAW_JOB, arguments=arguments, unit_path=_common_path(communities), acting_user=acting_user
    )


def _common_path(communities: Sequence[Community]) -> str:
    paths = [community.unit_path.strip("/").split("/") for community in communities]
    common: list[str] = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return f"/{'/'.join(common)}/" if common else "/"


def draw_plans(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of the job: every community once, also when the job is run again after its worker died."""
    arguments = dict(job.arguments)
    community_ids = arguments.pop("community_ids")
    result = DrawingResult()
    try:
        draw_communities(
            community_ids=community_ids,
            order=DrawingOrder(**arguments),
            acting_user=job.started_by,
            job_id=job.pk,
            on_progress=progress,
            hold=progress.hold,
            result=result,
        )
    except JobCancelled:
        progress.stop({**result.as_json(), "not_drawn": result.missing_of(len(community_ids))})
        raise
    return result.as_json()


def draw_communities(
    *,
    community_ids: Sequence[int],
    order: DrawingOrder,
    acting_user: User,
    job_id: int | None = None,
    on_progress: OnProgress | None = None,
    hold: Callable[[], None] | None = None,
    processes: int | None = None,
    result: DrawingResult | None = None,
) -> DrawingResult:
    """Draw these communities, each kept in a transaction of its own as soon as it is divided.

    A community that the same job has drawn before is not drawn again; `hold` is called at the
    end of each plan's transaction: it raises when the job is another worker's by now. One that cannot be drawn is
    reported in `failed` and does not stop the others. `processes` None: every core, for many communities. `result`:
    filled as the work goes on, for who wants to know how far it came when it is stopped.
    """
    result = DrawingResult() if result is None else result
    tell = on_progress or (lambda done, total, stage: None)
    done_before = _drawn_by(job_id)
    for plan in done_before.values():
        result.add(plan)
    waiting = [community_id for community_id in community_ids if community_id not in done_before]
    policy = size_policy(local_date(timezone.now()))
    drawing = Drawing(order, policy, acting_user, job_id)
    done, total = len(community_ids) - len(waiting), len(community_ids)
    tell(done, total, "划分网格")
    divisions = divide_all(
        waiting,
        order.parameters(size_limits(policy.values)),
        processes=_processes(len(waiting)) if processes is None else processes,
    )
    for division in divisions:
        _keep_or_tell(division, drawing, hold, result)
        done += 1
        tell(done, total, "划分网格")
    return result


def _keep_or_tell(
    division: Division, drawing: Drawing, hold: Callable[[], None] | None, result: DrawingResult
) -> None:
    """Keep the division as a plan in a transaction of its own, or tell why there is none."""
    refused = division.refused
    if refused is None:
        try:
            with transaction.atomic():
                plan = keep_division(division=division, drawing=drawing)
                if hold is not None:
                    hold()
        except RuleBroken as broken:
            refused = broken
        else:
            result.add(plan)
    if refused is not None:
        result.failed.append(_failure(division.community_id, refused))


def _processes(communities: int) -> int:
    return cores() if communities >= MANY else 1


def _drawn_by(job_id: int | None) -> dict[int, GridPlan]:
    if job_id is None:
        return {}
    return {plan.community_id: plan for plan in GridPlan.objects.filter(job_id=job_id)}


def _failure(community_id: int, refused: InputRefused | RuleBroken) -> dict[str, Any]:
    name = Community.objects.filter(pk=community_id).values_list("name", flat=True).first() or ""
    return {
        "community_id": community_id,
        "community": name,
        "code": refused.code,
        "zh": refused.zh,
        "en": refused.en,
    }


def draw_plan(
    *, community_id: int, order: DrawingOrder, acting_user: User, job_id: int | None = None
) -> GridPlan:
    """Divide one community and keep the result as its draft.

    Raises InputRefused for layers that cannot be divided, 404 for a community that does not exist or is closed.
    """
    policy = size_policy(local_date(timezone.now()))
    (division,) = divide_all([community_id], order.parameters(size_limits(policy.values)))
    if division.refused is not None:
        raise division.refused
    return keep_division(division=division, drawing=Drawing(order, policy, acting_user, job_id))
