"""Finding out where sites are missing: asked for, computed in the background, written whole or not at all.

Rule: J20
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from django.db import transaction
from django.utils import timezone

from gis.compute.coverage import RADIUS, walk_graph, walks_to_sites
from gis.compute.siting import Siting, SitingWish, site_places
from instructors.assignment.models import GapStudy, StudyState
from instructors.assignment.queries.studies import STORAGE_CRS, WALK, Ground, ground_of
from instructors.assignment.rules.run_states import JOB_ENDS
from instructors.assignment.services.study_picture import picture_of
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.policy import policy_label
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobCancelled, JobProgress, end_told_to, start_job
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.permissions import require

STUDY_JOB = "assignment.study_gaps"
RUN = "assignment.run"
STAGES = 4


@transaction.atomic
def start_study(*, places: int, acting_user: User) -> GapStudy:
    """Start the job that looks for the next `places` sites. 403 without the right, 409 STUDY_RUNNING."""
    root = root_unit()
    require(acting_user, RUN, root.path)
    hold_lock("gap studies")
    settle_ended_studies()
    running = GapStudy.objects.filter(state=StudyState.COMPUTING).values_list("id", flat=True).first()
    if running is not None:
        raise RuleBroken(
            "STUDY_RUNNING", zh=f"缺口分析 #{running} 正在计算", status=409, rule="J20",
            en=f"study {running} is being computed", facts={"study_id": running},
            how_to_fix_zh="请等待其完成，或先取消该任务", how_to_fix_en="wait for it, or stop its job first",
        )  # fmt: skip
    today = local_date(timezone.now())
    study = GapStudy.objects.create(
        places=places,
        as_of=today,
        unit=root,
        asked_by=acting_user,
        policy_version=policy_label(WALK, today),
    )
    study.job = start_job(
        kind=STUDY_JOB, arguments={"study_id": study.pk}, unit_path=root.path, acting_user=acting_user
    )
    study.save(update_fields=["job"])
    record_audit(
        acting_user=acting_user, action="gap_study.start", subject=study, after={"places": places},
        policy_version=study.policy_version,
    )  # fmt: skip
    return study


def settle_ended_studies() -> None:
    """A job that is cancelled while it waits, or dies for good, never comes to tell its study."""
    for state in JOB_ENDS:
        GapStudy.objects.filter(state=StudyState.COMPUTING, job__state=state).update(state=state)


def study_gaps(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of the job; run again after its worker died it finds what was written, or computes anew."""
    study = GapStudy.objects.get(pk=job.arguments["study_id"])
    if study.state != StudyState.COMPUTING:
        return _result(study)
    with end_told_to(lambda state: _record_end(study.pk, StudyState(state))):
        return _compute(study, progress)


def _record_end(study_id: int, state: StudyState) -> None:
    GapStudy.objects.filter(pk=study_id, state=StudyState.COMPUTING).update(state=state)


def _compute(study: GapStudy, progress: JobProgress) -> Mapping[str, Any]:
    progress(0, STAGES, "读取图层 / reading layers")
    ground = ground_of(study.as_of)
    if ground.homes.empty:
        raise RuleBroken(
            "NO_HOUSEHOLDS", zh="没有带户数的建筑，无法分析站点缺口", rule="J20",
            en="there is no building with households: nobody can be told to be without a site",
            how_to_fix_zh="请先导入建筑图层", how_to_fix_en="import the building layer first",
        )  # fmt: skip
    progress(1, STAGES, "计算步行距离 / walks to sites")
    graph = None if ground.streets is None else walk_graph(ground.streets, ground.rules)
    walks = walks_to_sites(ground.homes, ground.sites, graph, ground.rules)
    progress(2, STAGES, "选取新站点 / choosing places")
    siting = site_places(
        ground.homes,
        ground.places,
        graph,
        ground.sites,
        study.places,
        rules=ground.rules,
        wish=SitingWish(should_stop=_stopper(progress)),
    )
    if siting.stopped:
        raise JobCancelled
    progress(3, STAGES, "绘图并保存 / drawing and keeping")
    chosen = _chosen(siting, ground)
    return _keep(study, ground, walks, siting, chosen, progress)


def _stopper(progress: JobProgress) -> Any:
    def should_stop() -> bool:
        try:
            progress(2, STAGES, "选取新站点 / choosing places")
        except JobCancelled:
            return True
        return False

    return should_stop


def _chosen(siting: Siting, ground: Ground) -> gpd.GeoDataFrame:
    """The new places in the order in which to open them: near, gained, covered, share; metric points."""
    by_id = ground.places.set_index("place_id")
    ids = [step.place_id for step in siting.steps]
    return gpd.GeoDataFrame(
        {
            "near": [str(by_id["near"][each]) for each in ids],
            "gained": [round(step.gained) for step in siting.steps],
            "covered": [round(step.covered) for step in siting.steps],
            "share": [round(float(step.share), 6) for step in siting.steps],
        },
        geometry=[by_id.geometry[each] for each in ids],
        crs=ground.homes.crs,
    )


def _keep(
    study: GapStudy,
    ground: Ground,
    walks: pd.DataFrame,
    siting: Siting,
    chosen: gpd.GeoDataFrame,
    progress: JobProgress,
) -> Mapping[str, Any]:
    picture = picture_of(ground, walks["covered"].to_numpy(dtype=bool), chosen)
    with transaction.atomic():
        study.state = StudyState.READY
        study.figures = _figures(ground, walks, siting)
        study.steps = _steps(chosen)
        study.towns = _towns(ground, walks)
        study.communities = _communities(ground, walks)
        study.picture = picture
        study.save(update_fields=["state", "figures", "steps", "towns", "communities", "picture"])
        result = _result(study)
        progress.succeed(result)
    return result


def _figures(ground: Ground, walks: pd.DataFrame, siting: Siting) -> dict[str, Any]:
    by_method = ground.homes["households"].groupby(walks["method"]).sum()
    return {
        "households": round(siting.total),
        "covered_today": round(siting.covered_before),
        "covered_then": round(siting.covered),
        "bound": int(np.floor(siting.bound + 1e-6)),
        "proof": siting.proof,
        "households_by_method": {str(name): int(count) for name, count in by_method.items()},
        "sites": len(ground.sites),
        "possible_places": len(ground.places),
        "walk_minutes": ground.rules.minutes,
        "reach_m": ground.rules.reach_m,
        "radius_m": ground.rules.radius_m,
    }


def _steps(chosen: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    lonlat = chosen.to_crs(STORAGE_CRS)
    return [
        {
            "step": at,
            "lon": round(float(row.geometry.x), 7),
            "lat": round(float(row.geometry.y), 7),
            "near": row.near,
            "gained": int(row.gained),
            "covered": int(row.covered),
            "share": float(row.share),
        }
        for at, row in enumerate(lonlat.itertuples(index=False), 1)
    ]


def _towns(ground: Ground, walks: pd.DataFrame) -> list[dict[str, Any]]:
    """Households and those covered today by town; homes outside every community stand under an empty name."""
    households = ground.homes["households"]
    table = pd.DataFrame(
        {
            "town": ground.homes["town"],
            "households": households,
            "covered": households.where(walks["covered"].astype(bool), 0),
        }
    )
    summed = table.groupby("town", as_index=False).sum().sort_values("town")
    return [
        {"town": str(row.town), "households": int(row.households), "covered": int(row.covered)}
        for row in summed.itertuples(index=False)
    ]


def _communities(ground: Ground, walks: pd.DataFrame) -> list[dict[str, int]]:
    """Households, those covered today and those measured by the straight line, by community; homes in none left out."""
    households = ground.homes["households"]
    table = pd.DataFrame(
        {
            "community_id": ground.homes["community_id"].astype("Int64"),
            "households": households,
            "covered": households.where(walks["covered"].astype(bool), 0),
            "by_radius": households.where(walks["method"] == RADIUS, 0),
        }
    ).dropna()
    summed = table.groupby("community_id", as_index=False).sum().sort_values("community_id")
    return [{str(name): int(row[name]) for name in summed} for _, row in summed.iterrows()]


def _result(study: GapStudy) -> dict[str, Any]:
    return {"study_id": study.pk, "state": str(study.state), **study.figures}
