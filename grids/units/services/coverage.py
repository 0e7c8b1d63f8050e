"""Coverage of the whole city: households within a walk of a fitness site, kept per grid, community and city."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import pandas as pd
from django.db import transaction
from django.utils import timezone

from gis.compute.coverage import WalkRules, coverage_by, sites_in_reach, walk_graph, walks_to_sites
from gis.layers.queries.features import current_communities
from gis.layers.queries.frames import all_streets, fitness_sites, homes
from grids.units.models import CommunityCoverage, CoverageRun, GridCoverage
from grids.units.queries.coverage import grid_of_home
from grids.units.queries.policy import PolicyInForce, coverage_policy
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, start_job
from wangge.errors import RuleBroken
from wangge.kernel.permissions import require

COVERAGE_JOB = "units.run_coverage"
RUN = "coverage.run"
SITES_ON_A_CARD = 5
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
    """Measure every home's walk to its nearest site and keep the sums in one transaction at the end.

    Along streets where there are streets within reach of the home, as the crow flies elsewhere; every row says which.
    `hold` is called at the end of the transaction that writes: it raises when the job is another worker's by now.
    """
    done_before = None if job_id is None else CoverageRun.objects.filter(job_id=job_id).first()
    if done_before is not None:
        return done_before
    tell = on_progress or (lambda done, total, stage: None)
    tell(0, STAGES, "读取图层")
    today = local_date(timezone.now())
    policy = coverage_policy(today)
    measured = _Measured(policy)
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


class _Measured:
    """The city's homes, sites and streets in metres, and each home's walk."""

    def __init__(self, policy: PolicyInForce) -> None:
        metric_crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
        self.rules = WalkRules(
            minutes=float(policy.values["walk_minutes"]),
            metres_per_minute=float(policy.values["walk_speed_m_per_min"]),
            radius_m=float(policy.values["radius_m"]),
        )
        found = homes()
        if found.empty:
            raise RuleBroken(
                "NO_HOUSEHOLDS", zh="没有带户数的建筑，无法计算覆盖率", rule="J11",
                en="there is no building with households: coverage cannot be computed",
                how_to_fix_zh="请先导入建筑图层", how_to_fix_en="import the building layer first",
            )  # fmt: skip
        self.grids = grid_of_home(found, local_date(timezone.now()))
        found["grid_id"] = self.grids["grid_id"]
        self.homes: gpd.GeoDataFrame = found.to_crs(metric_crs)
        self.sites: gpd.GeoDataFrame = fitness_sites().to_crs(metric_crs)
        self.sites["site_id"] = self.sites.index
        streets = all_streets()
        self.streets = None if streets.empty else walk_graph(streets.to_crs(metric_crs), self.rules)
        self.walks = pd.DataFrame()

    def walk(self) -> None:
        """Measure every home."""
        self.walks = walks_to_sites(self.homes, self.sites, self.streets, self.rules)

    def by(self, key: str | None) -> pd.DataFrame:
        """Sums per value of a column, homes without one left out."""
        known = self.homes if key is None else self.homes[self.homes[key].notna()]
        return coverage_by(known, self.walks, key)

    def sites_by_grid(self) -> dict[int, list[dict[str, Any]]]:
        """The nearest sites that homes of each grid reach, with metres."""
        placed = self.homes[self.homes["grid_id"].notna()]
        if placed.empty or self.sites.empty:
            return {}
        reach = sites_in_reach(placed, self.sites, self.streets, key="grid_id", rules=self.rules)
        names = self.sites["name"] if "name" in self.sites else self.sites["ref"]
        found: dict[int, list[dict[str, Any]]] = {}
        for row in reach.itertuples():
            listed = found.setdefault(int(row.grid_id), [])
            if len(listed) < SITES_ON_A_CARD:
                site = int(row.site_id)
                listed.append(
                    {"id": site, "name": str(names.at[site]), "distance_m": round(float(row.distance_m))}
                )
        return found


def _keep(
    measured: _Measured,
    sites: Mapping[int, list[dict[str, Any]]],
    policy: PolicyInForce,
    acting_user: User,
    job_id: int | None,
) -> CoverageRun:
    city = measured.by(None).iloc[0]
    by_method = measured.homes["households"].groupby(measured.walks["method"]).sum()
    run = CoverageRun.objects.create(
        started_by=acting_user, job_id=job_id, parameters=asdict(measured.rules), policy_version=policy.version,
        households=int(city.households), covered_households=int(city.covered_households),
        method_counts={str(method): int(count) for method, count in by_method.items()},
        sites=len(measured.sites),
    )  # fmt: skip
    _keep_grids(run, measured, sites)
    known = set(current_communities().values_list("pk", flat=True))
    CommunityCoverage.objects.bulk_create(
        (
            CommunityCoverage(
                run=run, community_id=int(community), households=int(row.households),
                covered_households=int(row.covered_households), method=row.method,
            )
            for community, row in measured.by("community_id").iterrows()
            if int(community) in known
        ),
        batch_size=BULK,
    )  # fmt: skip
    record_audit(
        acting_user=acting_user, action="coverage.run", subject=run, policy_version=policy.version,
        after={"households": run.households, "covered_households": run.covered_households},
    )  # fmt: skip
    return run


def _keep_grids(run: CoverageRun, measured: _Measured, sites: Mapping[int, list[dict[str, Any]]]) -> None:
    """One row per grid in force, also for a grid without homes."""
    sums = measured.by("grid_id")
    plan_of = measured.grids.attrs["plan_of_grid"]
    rows = []
    for grid_id, plan_id in plan_of.items():
        known = grid_id in sums.index
        rows.append(
            GridCoverage(
                run=run, grid_id=grid_id, plan_id=plan_id,
                households=int(sums.at[grid_id, "households"]) if known else 0,
                covered_households=int(sums.at[grid_id, "covered_households"]) if known else 0,
                method=str(sums.at[grid_id, "method"]) if known else "none",
                sites_in_reach=sites.get(grid_id, []),
            )
        )  # fmt: skip
    GridCoverage.objects.bulk_create(rows, batch_size=BULK)
