"""Coverage of the whole city: households within a walk of a site or of a regular activity, per grid, community and city.

Rule: J11
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction

from gis.layers.queries.features import current_communities
from grids.units.models import CommunityCoverage, CoverageRun, GridCoverage
from grids.units.queries.coverage import homes_as_of
from grids.units.queries.policy import PolicyInForce, coverage_policy
from grids.units.services.measuring import Measured
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.days import today
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.services.jobs import JobProgress, start_job
from wangge.kernel.permissions import require

COVERAGE_JOB = "units.run_coverage"
RUN = "coverage.run"
BULK = 1000
STAGES = 4
OnProgress = Callable[[int, int, str], None]


@transaction.atomic
def start_coverage(*, acting_user: User) -> BackgroundJob:
    """Start the job that computes the city's coverage. 403 without the right, 422 NO_HOUSEHOLDS without homes."""
    root = root_unit()
    require(acting_user, RUN)
    return start_job(kind=COVERAGE_JOB, arguments={}, unit_path=root.path, acting_user=acting_user)


def run_coverage(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of the job; run again after its worker died it finds what it had written."""
    run = compute_coverage(
        acting_user=job.started_by, job_id=job.pk, on_progress=progress, hold=progress.hold
    )
    return {
        "coverage_run_id": run.pk,
        "households": run.households,
        "covered_households": run.covered_households,
        "site_households": run.site_households,
        "activity_households": run.activity_households,
        "share": None if not run.households else round(run.covered_households / run.households, 4),
        "method_counts": run.method_counts,
    }


def compute_coverage(
    *,
    acting_user: User,
    job_id: int | None = None,
    on_progress: OnProgress | None = None,
    hold: Callable[[], None] | None = None,
) -> CoverageRun:
    """Measure every home's walk to its nearest site and to its nearest regular activity; keep the sums at the end.

    Along streets where there are streets within reach of the home, as the crow flies elsewhere; every row says which.
    Activities are regular as of today. `hold` is called at the end of the transaction that writes: it raises when the
    job is another worker's by now.
    """
    done_before = None if job_id is None else CoverageRun.objects.filter(job_id=job_id).first()
    if done_before is not None:
        return done_before
    tell = on_progress or (lambda done, total, stage: None)
    tell(0, STAGES, "读取图层")
    on = today()
    policy = coverage_policy(on)
    measured = Measured(policy, on)
    tell(1, STAGES, "计算步行距离")
    measured.walk()
    tell(2, STAGES, "汇总可达站点")
    sites = measured.sites_by_grid()
    tell(3, STAGES, "保存结果")
    with transaction.atomic():
        run = _keep(measured, sites, policy, acting_user, job_id)
        if hold is not None:
            hold()
    tell(STAGES, STAGES, "完成")
    return run


def _keep(
    measured: Measured,
    sites: Mapping[int, list[dict[str, Any]]],
    policy: PolicyInForce,
    acting_user: User,
    job_id: int | None,
) -> CoverageRun:
    city = measured.reached(None).iloc[0]
    by_method = measured.homes["households"].groupby(measured.walks["method"]).sum()
    run = CoverageRun.objects.create(
        started_by=acting_user, job_id=job_id, parameters=asdict(measured.rules), policy_version=policy.version,
        method_counts={str(method): int(count) for method, count in by_method.items()},
        sites=len(measured.sites), activity_places=len(measured.places) + measured.places_left_out,
        places_left_out=measured.places_left_out, homes_as_of=homes_as_of(), **_counts(city),
    )  # fmt: skip
    _keep_grids(run, measured, sites)
    known = set(current_communities().values_list("pk", flat=True))
    CommunityCoverage.objects.bulk_create(
        (
            CommunityCoverage(run=run, community_id=int(community), method=row.method, **_counts(row))
            for community, row in measured.reached("community_id").iterrows()
            if int(community) in known
        ),
        batch_size=BULK,
    )
    record_audit(
        acting_user=acting_user, action="coverage.run", subject=run, policy_version=policy.version,
        after=_counts(run),
    )  # fmt: skip
    return run


_COUNTS = ("households", "covered_households", "activity_households", "activity_only_households")


def _counts(row: Any) -> dict[str, int]:
    """The four counts of a row of sums, or of a run."""
    return {name: int(getattr(row, name)) for name in _COUNTS}


def _keep_grids(run: CoverageRun, measured: Measured, sites: Mapping[int, list[dict[str, Any]]]) -> None:
    """One row per grid in force, also for a grid without homes."""
    sums = {int(row.Index): row for row in measured.reached("grid_id").itertuples()}
    rows = []
    for grid_id, plan_id in measured.plan_of_grid.items():
        found = sums.get(grid_id)
        counts = dict.fromkeys(_COUNTS, 0) if found is None else _counts(found)
        rows.append(
            GridCoverage(
                run=run, grid_id=grid_id, plan_id=plan_id, method="none" if found is None else found.method,
                sites_in_reach=sites.get(grid_id, []), **counts,
            )
        )  # fmt: skip
    GridCoverage.objects.bulk_create(rows, batch_size=BULK)
