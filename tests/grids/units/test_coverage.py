"""J11: households within a walk of a fitness site or of a regular activity, per grid, community and city."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from django_tenants.utils import schema_context

from gis.layers.models import Building, FitnessSite, LayerImport, LayerKind, Street
from grids.units.models import CommunityCoverage, CoverageRun, GridCoverage
from grids.units.queries import activity_places
from grids.units.queries.activity_places import ActivityPlace
from grids.units.services import coverage
from grids.units.services.coverage import compute_coverage, run_coverage, start_coverage
from tenants.bureau.models import BackgroundJob, PolicyParameterVersion
from tenants.bureau.queries.days import today
from tenants.bureau.services.jobs import run_job
from tests.grids.units.conftest import SOUTH_M, WEST_M, stored
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


def test_the_sums_of_grids_communities_and_city_agree(
    in_alpha: Any, published: dict[str, int], staff: Any
) -> None:
    run = compute_coverage(acting_user=staff.bureau)
    assert (run.households, run.covered_households, run.method_counts) == (1560, 1560, {"network": 1560})
    for rows in (GridCoverage.objects.filter(run=run), CommunityCoverage.objects.filter(run=run)):
        assert sum(row.households for row in rows) == run.households
        assert sum(row.covered_households for row in rows) == run.covered_households
    assert GridCoverage.objects.filter(run=run).count() == 6
    nearest = GridCoverage.objects.filter(run=run, grid__community__name="shengli").order_by("grid__code")[0]
    assert nearest.sites_in_reach[0]["name"] == "胜利广场"


def test_without_streets_the_radius_decides_and_the_answer_says_so(
    in_alpha: Any, published: dict[str, int], staff: Any
) -> None:
    Street.objects.all().delete()
    PolicyParameterVersion.objects.filter(key="coverage.radius_m").delete()
    PolicyParameterVersion.objects.create(
        key="coverage.radius_m", number=2, value=250, author_label="局", effective_from="2020-01-01"
    )
    run = compute_coverage(acting_user=staff.bureau)
    assert run.method_counts == {"radius": 1560}
    assert 0 < run.covered_households < run.households
    assert run.policy_version.endswith("2")
    assert set(GridCoverage.objects.filter(run=run).values_list("method", flat=True)) == {"radius"}


def test_a_city_without_sites_is_covered_nowhere(
    in_alpha: Any, published: dict[str, int], staff: Any
) -> None:
    FitnessSite.objects.all().delete()
    run = compute_coverage(acting_user=staff.bureau)
    assert (run.covered_households, run.sites) == (0, 0)


def test_homes_of_a_later_import_stand_where_they_lie_and_unplaced_ones_count_for_the_city_only(
    in_alpha: Any, small_city: Any, published: dict[str, int], staff: Any
) -> None:
    new = Building.objects.filter(community=small_city.community("xinhua")).first()
    assert new is not None
    new.pk, new.ref = None, "new-house"
    new.save()
    Building.objects.create(
        ref="far", households=7, household_source="given", layer_import=small_city.layer_import,
        geometry=_point_beside(small_city),
    )  # fmt: skip
    run = compute_coverage(acting_user=staff.bureau)
    assert run.households == 1560 + 20 + 7
    assert GridCoverage.objects.get(run=run, grid__community__name="xinhua").households == 260
    assert sum(CommunityCoverage.objects.filter(run=run).values_list("households", flat=True)) == 1580


def _point_beside(small_city: Any) -> Any:
    from django.contrib.gis.geos import GEOSGeometry

    west, south, _, _ = small_city.community("shengli").frame.extent
    return GEOSGeometry(shapely.Point(round(west - 0.002, 7), round(south, 7)).wkt, srid=4490)


def test_a_city_without_homes_is_told(in_alpha: Any, small_city: Any, staff: Any) -> None:
    Building.objects.update(households=0)
    with pytest.raises(RuleBroken) as refused:
        compute_coverage(acting_user=staff.bureau)
    assert refused.value.code == "NO_HOUSEHOLDS"


def test_a_job_whose_worker_died_writes_one_run(
    in_alpha: Any, published: dict[str, int], staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_coverage(acting_user=staff.bureau)
    real = coverage._keep_grids

    class WorkerDied(BaseException):
        pass

    def write_then_die(*wanted: Any) -> None:
        real(*wanted)
        raise WorkerDied

    monkeypatch.setattr(coverage, "_keep_grids", write_then_die)
    with pytest.raises(WorkerDied):
        run_job(job_id=job.pk, body=run_coverage)
    assert CoverageRun.objects.count() == 0
    monkeypatch.setattr(coverage, "_keep_grids", real)
    finished = run_job(job_id=job.pk, body=run_coverage)
    assert (finished.state, CoverageRun.objects.count()) == ("succeeded", 1)
    again = compute_coverage(acting_user=staff.bureau, job_id=job.pk)
    assert finished.result is not None
    assert again.pk == finished.result["coverage_run_id"]


@pytest.mark.parametrize("fate", ["died", "replaced"])
def test_coverage_is_kept_once_when_its_worker_died_after_writing_or_was_replaced(
    in_alpha: Any, published: dict[str, int], staff: Any, fate: str
) -> None:
    job = start_coverage(acting_user=staff.bureau)

    class WorkerDied(BaseException):
        pass

    def strike(done: int, total: int, stage: str) -> None:
        if fate == "died" and done == total:
            raise WorkerDied
        if fate == "replaced" and done == total - 1:
            BackgroundJob.objects.filter(pk=job.pk).update(attempts=2)

    with suppress(WorkerDied):
        run_job(job_id=job.pk, body=run_coverage, listener=strike)
    assert CoverageRun.objects.count() == (1 if fate == "died" else 0)
    finished = run_job(job_id=job.pk, body=run_coverage)
    assert (finished.state, CoverageRun.objects.count()) == ("succeeded", 1)


def test_the_api_tells_every_level(
    alpha: Any, api: Any, staff: Any, published: dict[str, int], run_jobs: Any
) -> None:
    bureau = api(alpha, staff.bureau)
    assert bureau.get("coverage-runs/latest").status_code == 404
    assert bureau.post("coverage-runs").status_code == 202
    run_jobs(alpha)
    latest = bureau.get("coverage-runs/latest").json()
    assert (latest["share"], latest["parameters"]["minutes"], latest["parameters"]["metres_per_minute"]) == (
        1,
        15,
        80,
    )
    assert {row["name"] for row in latest["per_community"]} == {"shengli", "xinhua", "wangcun"}
    assert "生成" in latest["data_label"] and latest["attribution"] == ""
    for level, rows in (("grid", 6), ("community", 3), ("city", 1)):
        found = bureau.get(f"coverage?level={level}").json()["results"]
        assert (len(found), sum(row["households"] for row in found)) == (rows, 1560)
        assert {row["method"] for row in found} == {"network"}
    assert len(bureau.get("coverage?level=grid&limit=4").json()["results"]) == 4
    with schema_context(alpha.schema_name):
        grid = GridCoverage.objects.order_by("id").values_list("grid_id", flat=True)[0]
    card = bureau.get(f"grids/{grid}").json()
    assert (card["coverage"]["share"], card["coverage"]["method"]) == (1, "network")
    assert card["sites_in_reach"][0]["distance_m"] >= 0


@pytest.fixture
def told_places(monkeypatch: pytest.MonkeyPatch) -> list[ActivityPlace]:
    """Where activities are regular, as an app above would tell it: to be filled by the test."""
    places: list[ActivityPlace] = []
    monkeypatch.setattr(activity_places, "_tellers", [lambda on: places])
    return places


def _place(activity: int, east_m: float, north_m: float = 148) -> ActivityPlace:
    at = stored(shapely.Point(WEST_M + east_m, SOUTH_M + north_m))
    return ActivityPlace(activity, at.x, at.y)


def _within_250_m_as_the_crow_flies() -> None:
    Street.objects.all().delete()
    PolicyParameterVersion.objects.filter(key="coverage.radius_m").delete()
    PolicyParameterVersion.objects.create(
        key="coverage.radius_m", number=2, value=250, author_label="局", effective_from="2020-01-01"
    )


def test_j11_coverage_says_what_sites_and_what_regular_activities_reach(
    in_alpha: Any, published: dict[str, int], staff: Any, told_places: list[ActivityPlace]
) -> None:
    _within_250_m_as_the_crow_flies()
    without = compute_coverage(acting_user=staff.bureau)
    assert (without.activity_places, without.activity_households, without.activity_only_households) == (
        0,
        0,
        0,
    )
    assert without.site_households == without.covered_households > 0
    told_places += [_place(1, 700), _place(2, 700), _place(3, 330)]
    run = compute_coverage(acting_user=staff.bureau)
    assert (run.activity_places, run.places_left_out) == (2, 0)  # two activities meet at one point
    assert run.site_households == without.covered_households
    assert run.covered_households == run.site_households + run.activity_only_households > run.site_households
    assert run.activity_only_households < run.activity_households < run.covered_households
    village = CommunityCoverage.objects.get(run=run, community__name="wangcun")
    assert (village.site_households, village.activity_households) == (0, village.covered_households)
    assert village.covered_households == 120
    for rows in (GridCoverage.objects.filter(run=run), CommunityCoverage.objects.filter(run=run)):
        for name in ("covered_households", "activity_households", "activity_only_households"):
            assert sum(getattr(row, name) for row in rows) == getattr(run, name)


def test_j11_the_site_beside_an_activity_counts_its_households_once(
    in_alpha: Any, published: dict[str, int], staff: Any, told_places: list[ActivityPlace]
) -> None:
    _within_250_m_as_the_crow_flies()
    told_places.append(_place(1, 100))
    run = compute_coverage(acting_user=staff.bureau)
    assert run.activity_households == run.site_households == run.covered_households > 0
    assert run.activity_only_households == 0


@pytest.mark.parametrize("somewhere", [(0.0, 0.0), (-120.0, 35.2), (114.2, -89.9), (115.5, 35.2)])
def test_j11_a_point_outside_the_city_reaches_nobody_and_is_told(
    in_alpha: Any,
    published: dict[str, int],
    staff: Any,
    told_places: list[ActivityPlace],
    somewhere: tuple[float, float],
) -> None:
    told_places += [ActivityPlace(1, *somewhere), _place(2, 120)]
    run = compute_coverage(acting_user=staff.bureau)
    assert (run.activity_places, run.places_left_out) == (2, 1)
    assert run.activity_households > 0


def test_j11_a_place_just_beyond_the_border_reaches_who_can_walk_there(
    in_alpha: Any, published: dict[str, int], staff: Any, told_places: list[ActivityPlace]
) -> None:
    _within_250_m_as_the_crow_flies()
    FitnessSite.objects.all().delete()
    told_places.append(_place(1, 920))  # the village ends at 900
    run = compute_coverage(acting_user=staff.bureau)
    assert run.places_left_out == 0
    assert 0 < run.covered_households == run.activity_only_households <= 120


def test_j21_the_answer_says_how_many_households_and_since_when_they_are_counted(
    alpha: Any,
    api: Any,
    staff: Any,
    small_city: Any,
    published: dict[str, int],
    told_places: list[ActivityPlace],
) -> None:
    with schema_context(alpha.schema_name):
        told_places.append(_place(1, 100))
        compute_coverage(acting_user=staff.bureau)
    bureau = api(alpha, staff.bureau)
    latest = bureau.get("coverage-runs/latest").json()
    assert latest["denominator"] == {"households": 1560, "as_of": today().isoformat(), "since": None}
    assert (latest["site_share"], latest["activity_share"], latest["share"]) == (1, 1, 1)
    assert (latest["activity_places"], latest["places_left_out"]) == (1, 0)
    with schema_context(alpha.schema_name):
        brought = datetime(2026, 2, 28, 17, tzinfo=UTC)
        LayerImport.objects.filter(pk=small_city.layer_import.pk).update(
            kind=LayerKind.BUILDINGS, applied_at=brought
        )
        compute_coverage(acting_user=staff.bureau)
    assert bureau.get("coverage-runs/latest").json()["denominator"]["since"] == "2026-03-01"
    summary = bureau.get("grid-summary").json()["coverage"]
    assert (summary["as_of"], summary["site_households"], summary["activity_households"]) == (
        today().isoformat(), 1560, 1560,
    )  # fmt: skip


def test_j11_every_face_tells_the_parts(
    alpha: Any, api: Any, staff: Any, published: dict[str, int], told_places: list[ActivityPlace]
) -> None:
    with schema_context(alpha.schema_name):
        _within_250_m_as_the_crow_flies()
        told_places.append(_place(1, 700))
        run = compute_coverage(acting_user=staff.bureau)
        expected = {row.grid.code: row for row in GridCoverage.objects.filter(run=run).select_related("grid")}
    bureau = api(alpha, staff.bureau)
    for row in bureau.get("coverage?level=grid").json()["results"]:
        kept = expected[row["name"]]
        assert row["site_households"] == kept.site_households
        assert row["activity_households"] == kept.activity_households
        assert row["activity_share"] == round(kept.activity_households / kept.households, 4)
        assert bureau.get(f"grids/{row['id']}").json()["coverage"] == {
            name: value for name, value in row.items() if name not in ("id", "name")
        }
    drawn = json.loads(bureau.get("grids/export?format=geojson").content)["features"]
    assert len(drawn) == len(expected)
    for feature in drawn:
        told, kept = feature["properties"], expected[feature["properties"]["code"]]
        assert told["covered_share"] == round(kept.covered_households / kept.households, 4)
        assert told["site_share"] == round(kept.site_households / kept.households, 4)
        assert told["activity_share"] == round(kept.activity_households / kept.households, 4)
