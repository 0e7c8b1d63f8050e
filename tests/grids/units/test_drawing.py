"""Plans are drawn one community at a time, once a job, and continue the grids that are in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from django.utils import timezone

from gis.compute.polygons import TilingBroken
from gis.compute.refusal import InputRefused
from grids.units.models import BuildingAssignment, Grid, GridPlan, PlanEvent, PlanGrid
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services import dividing, drawing
from grids.units.services.drawing import draw_communities, draw_plan, draw_plans, start_drawing
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import BackgroundJob, JobState
from tenants.bureau.services.jobs import run_job
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
FAST = DrawingOrder(preset="fast")


def _ids(small_city: Any) -> list[int]:
    return [community.pk for community in small_city.communities.values()]


def test_every_community_gets_a_draft_whose_grids_tile_it(in_alpha: Any, small_city: Any, staff: Any) -> None:
    result = draw_communities(community_ids=_ids(small_city), order=FAST, acting_user=staff.gis)
    assert (len(result.plan_ids), result.failed, result.households) == (3, [], 1560)
    for plan in GridPlan.objects.select_related("community"):
        shapes = [shapely.from_wkb(bytes(row.geometry.wkb)) for row in plan.grids.all()]
        frame = shapely.from_wkb(bytes(plan.community.frame.wkb))
        assert plan.state == "draft"
        assert shapely.coverage_is_valid(shapes)
        assert shapely.union_all(shapes).equals(frame)
        assert sum(row.households for row in plan.grids.all()) == sum(
            row.households for row in BuildingAssignment.objects.filter(plan=plan)
        )


def test_the_village_is_divided_by_villager_group(in_alpha: Any, small_city: Any, staff: Any) -> None:
    plan = draw_plan(community_id=small_city.community("wangcun").pk, order=FAST, acting_user=staff.gis)
    groups = [row.villager_groups for row in plan.grids.order_by("sequence")]
    assert groups == [["第1村民小组"], ["第2村民小组"]]


def test_a_draft_is_drawn_anew_in_place_and_a_published_plan_is_not(
    in_alpha: Any, small_city: Any, staff: Any, take_to: Any
) -> None:
    community = small_city.community("shengli")
    first = draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
    again = draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
    assert (again.pk, again.version, again.state) == (first.pk, 2, "draft")
    take_to("published", first.pk)
    later = draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
    assert (later.number, later.parent_id) == (2, first.pk)


def test_a_drawing_leaves_history_and_audit(in_alpha: Any, small_city: Any, staff: Any) -> None:
    plan = draw_plan(community_id=small_city.community("xinhua").pk, order=FAST, acting_user=staff.gis)
    event = PlanEvent.objects.get(plan=plan)
    assert (event.action, event.to_state, event.actor_id, event.organisation) == (
        "draw", "draft", staff.gis.pk, "alpha市",
    )  # fmt: skip
    assert event.policy_version.startswith("grid ")
    assert AuditEvent.objects.filter(action="grid_plan.draw", subject_id=str(plan.pk)).count() == 1


def test_identity_is_kept_when_a_community_is_drawn_again(
    in_alpha: Any, small_city: Any, staff: Any, take_to: Any
) -> None:
    community = small_city.community("shengli")
    first = draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
    take_to("published", first.pk)
    second = draw_plan(
        community_id=community.pk, order=DrawingOrder(preset="fast", seed=7), acting_user=staff.gis
    )
    assert {row.grid_id for row in second.grids.all()} == {row.grid_id for row in first.grids.all()}
    take_to("published", second.pk)
    assert Grid.objects.filter(community=community).count() == 3
    assert set(Grid.objects.values_list("valid_to", flat=True)) == {None}


def test_same_input_and_seed_give_the_same_grids(in_alpha: Any, small_city: Any, staff: Any) -> None:
    community = small_city.community("shengli")

    def drawn() -> list[bytes]:
        plan = draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
        return [bytes(row.geometry.wkb) for row in plan.grids.order_by("sequence")]

    assert drawn() == drawn()


@pytest.mark.parametrize(
    ("stopped", "code"),
    [
        (InputRefused("GROUP_OVERLAP", zh="村民小组重叠", en="villager groups overlap"), "GROUP_OVERLAP"),
        (TilingBroken("the grids do not tile the frame"), "DRAWING_FAILED"),
    ],
)
def test_a_community_that_cannot_be_drawn_is_reported_and_the_others_are_drawn(
    in_alpha: Any, small_city: Any, staff: Any, monkeypatch: pytest.MonkeyPatch, stopped: Exception, code: str
) -> None:
    spoilt = small_city.community("xinhua").pk
    real = dividing._divided

    def divide(task: Any, *rest: Any) -> Any:
        if task.community_id == spoilt:
            raise stopped
        return real(task, *rest)

    monkeypatch.setattr(dividing, "_divided", divide)
    result = draw_communities(community_ids=_ids(small_city), order=FAST, acting_user=staff.gis)
    assert len(result.plan_ids) == 2
    assert [(row["community"], row["code"]) for row in result.failed] == [("xinhua", code)]


def test_a_job_whose_worker_died_goes_on_and_doubles_nothing(
    in_alpha: Any, small_city: Any, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_drawing(community_ids=None, order=FAST, acting_user=staff.gis)
    assert sorted(job.arguments["community_ids"]) == sorted(_ids(small_city))
    kept: list[int] = []
    real = drawing.keep_division

    class WorkerDied(BaseException):
        pass

    def keep_then_die(**wanted: Any) -> Any:
        if len(kept) == 2:
            raise WorkerDied
        kept.append(wanted["division"].community_id)
        return real(**wanted)

    monkeypatch.setattr(drawing, "keep_division", keep_then_die)
    with pytest.raises(WorkerDied):
        run_job(job_id=job.pk, body=draw_plans)
    assert BackgroundJob.objects.get(pk=job.pk).state == JobState.RUNNING
    monkeypatch.setattr(drawing, "keep_division", real)
    before = set(PlanGrid.objects.values_list("pk", flat=True))
    finished = run_job(job_id=job.pk, body=draw_plans)
    assert (finished.state, finished.attempts, finished.done, finished.total) == (JobState.SUCCEEDED, 2, 3, 3)
    assert finished.result is not None
    assert (finished.result["plans"], finished.result["households"]) == (3, 1560)
    assert GridPlan.objects.count() == 3
    assert PlanEvent.objects.count() == 3
    assert before <= set(PlanGrid.objects.values_list("pk", flat=True))


def test_a_worker_replaced_amid_drawing_keeps_nothing_more(
    in_alpha: Any, small_city: Any, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was thought dead and is not: the worker that has the job now draws the rest, each community once."""
    job = start_drawing(community_ids=None, order=FAST, acting_user=staff.gis)
    real = drawing.keep_division

    def keep_then_be_replaced(**wanted: Any) -> Any:
        plan = real(**wanted)
        BackgroundJob.objects.filter(pk=job.pk).update(attempts=2)
        return plan

    monkeypatch.setattr(drawing, "keep_division", keep_then_be_replaced)
    assert run_job(job_id=job.pk, body=draw_plans).state == JobState.RUNNING
    assert (GridPlan.objects.count(), PlanEvent.objects.count()) == (0, 0)
    monkeypatch.setattr(drawing, "keep_division", real)
    assert run_job(job_id=job.pk, body=draw_plans).state == JobState.SUCCEEDED
    assert (GridPlan.objects.count(), PlanEvent.objects.count()) == (3, 3)


def test_a_job_whose_worker_died_after_the_last_plan_draws_none_again(
    in_alpha: Any, small_city: Any, staff: Any
) -> None:
    job = start_drawing(community_ids=None, order=FAST, acting_user=staff.gis)

    class WorkerDied(BaseException):
        pass

    def die_at_the_end(done: int, total: int, stage: str) -> None:
        if done == total:
            raise WorkerDied

    with pytest.raises(WorkerDied):
        run_job(job_id=job.pk, body=draw_plans, listener=die_at_the_end)
    grids = set(PlanGrid.objects.values_list("pk", flat=True))
    finished = run_job(job_id=job.pk, body=draw_plans)
    assert finished.result is not None
    assert (finished.state, finished.result["plans"]) == (JobState.SUCCEEDED, 3)
    assert set(PlanGrid.objects.values_list("pk", flat=True)) == grids
    assert PlanEvent.objects.count() == 3


def test_a_cancelled_job_keeps_what_it_has_drawn(in_alpha: Any, small_city: Any, staff: Any) -> None:
    job = start_drawing(community_ids=None, order=FAST, acting_user=staff.gis)

    def cancel_after_one(done: int, total: int, stage: str) -> None:
        if done == 1:
            BackgroundJob.objects.filter(pk=job.pk).update(cancel_requested=True)

    finished = run_job(job_id=job.pk, body=draw_plans, listener=cancel_after_one)
    assert (finished.state, GridPlan.objects.count()) == (JobState.CANCELLED, 1)


def test_a_plan_keeps_the_policy_it_began_under(
    in_alpha: Any, small_city: Any, staff: Any, take_to: Any
) -> None:
    from tenants.bureau.models import PolicyParameterVersion

    plan = draw_plan(community_id=small_city.community("shengli").pk, order=FAST, acting_user=staff.gis)
    today = timezone.localdate()
    PolicyParameterVersion.objects.filter(key="grid.hard_minimum").delete()
    PolicyParameterVersion.objects.create(
        key="grid.hard_minimum",
        number=9,
        value=395,
        effective_from=today - timedelta(days=1),
        author_label="x",
    )
    take_to("published", plan.pk)
    assert GridPlan.objects.get(pk=plan.pk).policy["hard_minimum"] == 100


def test_two_processes_draw_the_same(in_alpha: Any, small_city: Any, staff: Any) -> None:
    def drawn(processes: int) -> list[tuple[int, bytes]]:
        result = draw_communities(
            community_ids=_ids(small_city), order=FAST, acting_user=staff.gis, processes=processes
        )
        rows = PlanGrid.objects.filter(plan__in=result.plan_ids).order_by("plan__community", "sequence")
        return [(row.plan.community_id, bytes(row.geometry.wkb)) for row in rows]

    assert drawn(2) == drawn(1)


def test_nothing_to_draw_is_said(in_alpha: Any, alpha: Any, make_user: Any) -> None:
    stranger = make_user(alpha, "stranger", ["grid_plan.view"])
    with pytest.raises(RuleBroken) as refused:
        start_drawing(community_ids=None, order=FAST, acting_user=stranger)
    assert refused.value.code == "NOTHING_TO_DRAW"


def test_a_closed_community_is_not_drawn(in_alpha: Any, small_city: Any, staff: Any) -> None:
    community = small_city.community("xinhua")
    community.valid_to = date(2024, 1, 1)
    community.save(update_fields=["valid_to"])
    with pytest.raises(RuleBroken) as refused:
        draw_plan(community_id=community.pk, order=FAST, acting_user=staff.gis)
    assert (refused.value.code, refused.value.status) == ("NOT_FOUND", 404)
