"""Computing who serves which site: asked for, computed in the background, written whole or not at all. Rule: S07"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from instructors.assignment.models import AssignmentRun, RunState, SiteAssignment, SiteNeed, UnservedNeed
from instructors.assignment.queries.gathering import Gathered, gather
from instructors.assignment.queries.left_out import left_out_teachers
from instructors.assignment.queries.neighbourhood import options_of
from instructors.assignment.queries.pins import Considered, pins_broken_in, pins_of_needs
from instructors.assignment.queries.reach import Reach, households_in_reach
from instructors.assignment.queries.runs import RUN
from instructors.assignment.rules.left_out_near import LeftOutNear
from instructors.assignment.rules.needs import is_within_hours
from instructors.assignment.rules.pin_words import pin_broken
from instructors.assignment.rules.run_orders import RunOrder, figures_json, parameters_of, prices_json
from instructors.assignment.rules.run_states import JOB_ENDS, check_none_computing
from instructors.assignment.rules.site_assignment import (
    AssignmentStopped,
    SiteAssignmentResult,
    WeeklyNeed,
    assign,
)
from instructors.people.rules.free_times import Span
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.policy import policy_label, policy_number
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobCancelled, JobProgress, end_told_to, start_job
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.permissions import require

ASSIGNMENT_JOB = "assignment.run_assignment"
BUFFER = "assignment.travel_buffer_minutes"
_POLICY = (BUFFER, "coverage.walk_minutes", "coverage.walk_speed_m_per_min", "coverage.radius_m")
BULK = 2000
# Gathering takes the first tenth of the bar, the solver the rest; a hundred steps in all.
_GATHERED, _ALL = 10, 100


def lock_runs() -> None:
    """Let one decision on runs at a time be taken in this city, to the end of the transaction."""
    hold_lock("assignment runs")


@transaction.atomic
def start_assignment(*, order: RunOrder, acting_user: User) -> AssignmentRun:
    """Start the job that computes the city's assignment. 403 without the right, 409 ASSIGNMENT_RUNNING."""
    root = root_unit()
    require(acting_user, RUN, root.path)
    lock_runs()
    settle_ended_runs()
    running = AssignmentRun.objects.filter(state=RunState.COMPUTING).values_list("id", flat=True).first()
    check_none_computing(running)
    as_of = order.as_of or local_date(timezone.now())
    run = AssignmentRun.objects.create(
        as_of=as_of,
        parameters=order.parameters(policy_number(BUFFER, as_of)),
        unit=root,
        asked_by=acting_user,
        policy_version=policy_label(_POLICY, as_of),
    )
    run.job = start_job(
        kind=ASSIGNMENT_JOB, arguments={"run_id": run.pk}, unit_path=root.path, acting_user=acting_user
    )
    run.save(update_fields=["job"])
    record_audit(
        acting_user=acting_user,
        action="assignment.start",
        subject=run,
        after={"as_of": as_of.isoformat(), **run.parameters},
        policy_version=run.policy_version,
    )
    return run


def settle_ended_runs() -> None:
    """A job that is cancelled while it waits, or dies for good, never comes to tell its run."""
    for state in JOB_ENDS:
        AssignmentRun.objects.filter(state=RunState.COMPUTING, job__state=state).update(state=state)


def run_assignment(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of the job; run again after its worker died it finds what was written, or computes anew.

    422 ASSIGNMENT_PIN for pins that break a hard rule, NOTHING_TO_ASSIGN without needs.
    """
    run = AssignmentRun.objects.get(pk=job.arguments["run_id"])
    if run.state != RunState.COMPUTING:
        return _result(run)
    with end_told_to(lambda state: _record_end(run.pk, RunState(state))):
        return _compute(run, progress)


def _record_end(run_id: int, state: RunState) -> None:
    AssignmentRun.objects.filter(pk=run_id, state=RunState.COMPUTING).update(state=state)


def _compute(run: AssignmentRun, progress: JobProgress) -> Mapping[str, Any]:
    began = time.process_time()
    progress(0, _ALL, "汇集指导员与需求 / gathering")
    gathered = gather(options_of(run))
    _check_any(gathered)
    _check_pins(run, gathered)
    left_out = LeftOutNear(left_out_teachers(gathered.left_out, run.as_of), run.parameters["reach_m"])
    progress(5, _ALL, "统计可达户数 / households in reach")
    reach = households_in_reach(gathered.sites, run.as_of)
    bar = _Bar(progress)
    needs = gathered.weekly_needs(reach.households)
    try:
        result = assign(
            gathered.instructors,
            needs,
            pins=gathered.pins,
            before=gathered.before,
            parameters=parameters_of(run.parameters),
            should_stop=bar.should_stop,
            progress=bar,
        )
    except AssignmentStopped as stopped:
        raise JobCancelled from stopped
    result = _with_left_out(result, needs, left_out)
    _keep(run, gathered, reach, result, began)
    with transaction.atomic():
        return _write(run, result, progress)


def _check_pins(run: AssignmentRun, gathered: Gathered) -> None:
    """422 ASSIGNMENT_PIN for every pin that no longer holds, by name, place and time, with the true reason."""
    inputs = Considered(
        {one.key: one for one in gathered.instructors},
        {key: reason for reason, keys in gathered.left_out.items() for key in keys},
        parameters_of(run.parameters),
    )
    pins = pins_of_needs([need.pk for need in gathered.needs]) if gathered.pins else []
    broken = pins_broken_in(pins, inputs, run.asked_by)
    refuse_all(pin_broken(each.said, each.reasons) for each in broken.values())


def _with_left_out(
    result: SiteAssignmentResult, needs: Sequence[WeeklyNeed], left_out: LeftOutNear
) -> SiteAssignmentResult:
    """The answer, its empty places with counts of those who teach it in reach and were left out."""
    need_of = {need.key: need for need in needs}
    unserved = [
        replace(row, facts={**row.facts, **left_out.counts(need_of[row.need])}) for row in result.unserved
    ]
    return replace(result, unserved=tuple(unserved))


class _Bar:
    """Hands the solver's progress to the job, and asks between solves whether the job is to stop."""

    def __init__(self, progress: JobProgress) -> None:
        self._progress = progress
        self._last = (_GATHERED, "分配 / assigning")

    def __call__(self, step: str, share: float) -> None:
        self._last = (_GATHERED + int(share * (_ALL - _GATHERED)), f"分配 / assigning: {step}")
        self._tell()

    def should_stop(self) -> bool:
        """Whether somebody cancelled the job."""
        try:
            self._tell()
        except JobCancelled:
            return True
        return False

    def _tell(self) -> None:
        done, stage = self._last
        self._progress(done, _ALL, stage)


def _check_any(gathered: Gathered) -> None:
    if gathered.needs:
        return
    raise RuleBroken(
        "NOTHING_TO_ASSIGN", zh="没有站点提出指导员需求", en="no site asks for instructors", rule="S07",
        how_to_fix_zh="请先在站点登记每周需求", how_to_fix_en="record what sites ask for each week first",
    )  # fmt: skip


def _keep(
    run: AssignmentRun, gathered: Gathered, reach: Reach, result: SiteAssignmentResult, began: float
) -> None:
    """Figures, inputs and prices on the run; not saved yet."""
    told = {name: value for name, value in asdict(reach).items() if name != "households"}
    run.figures = {
        **figures_json(result.figures),
        "instructors": len(gathered.instructors),
        "needs": len(gathered.needs),
        "needs_outside_hours": [need.pk for need in gathered.needs if _is_shut(need)],
        "left_out": {reason: len(ids) for reason, ids in gathered.left_out.items()},
        "before_run": gathered.before_run,
        "reach": told,
        "cpu_s": round(time.process_time() - began, 2),
    }
    run.inputs = {
        **gathered.seen().as_json(),
        "households": {str(site): count for site, count in reach.households.items()},
        "left_out": gathered.left_out,
    }
    run.prices = prices_json(result.prices)


def _is_shut(need: SiteNeed) -> bool:
    """Whether the site is not open then: an import may bring other hours than those the need was checked against."""
    span = Span(need.from_minute, need.to_minute)
    return not is_within_hours(need.site.opening_hours, need.weekday, span)


def _write(run: AssignmentRun, result: SiteAssignmentResult, progress: JobProgress) -> Mapping[str, Any]:
    """Everything the run found and the end of its job, in the caller's transaction."""
    SiteAssignment.objects.bulk_create(
        (
            SiteAssignment(
                run=run, need_id=pair.need, instructor_id=pair.instructor, travel_m=pair.travel_m,
                is_pinned=pair.is_pinned, is_kept=pair.is_kept,
            )
            for pair in result.pairs
        ),
        batch_size=BULK,
    )  # fmt: skip
    UnservedNeed.objects.bulk_create(
        (
            UnservedNeed(
                run=run, need_id=row.need, places=row.places, reason=row.reason.value, facts=dict(row.facts)
            )
            for row in result.unserved
        ),
        batch_size=BULK,
    )
    run.state = RunState.READY
    run.save(update_fields=["state", "figures", "inputs", "prices"])
    record_audit(
        acting_user=run.asked_by, action="assignment.computed", subject=run, policy_version=run.policy_version,
        after={name: run.figures[name] for name in ("covered_weight", "asked_weight", "covered_places", "gap")},
    )  # fmt: skip
    told = _result(run)
    progress.succeed(told)
    return told


def _result(run: AssignmentRun) -> dict[str, Any]:
    names = ("covered_weight", "asked_weight", "covered_places", "asked_places", "gap", "left_out")
    return {
        "assignment_run_id": run.pk,
        "state": str(run.state),
        **{name: run.figures[name] for name in names if name in run.figures},
    }
