"""Locked grids and assignments by hand: who may, what follows at once, and what the next drawing makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.units.models import BuildingAssignment, GridPlan, PlanEvent, PlanGrid
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services import drawing
from grids.units.services.dividing import divide_all
from grids.units.services.drawing import draw_communities, draw_plan, draw_plans, start_drawing
from grids.units.services.keeping import Drawing, keep_division
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import BackgroundJob, JobState
from tenants.bureau.services.jobs import run_job
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
OTHER = DrawingOrder(preset="fast", seed=77, stability=0.0)
LOCKER = ["grid_plan.view", "grid_plan.lock", "grid_plan.draft"]


@pytest.fixture
def hand(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    """A speaker who may draft and lock."""
    return api(alpha, make_user(alpha, "hand", LOCKER))


def _tag(version: int) -> dict[str, str]:
    return {"if_match": f'"{version}"'}


def _shapes(plan_id: int) -> dict[int, bytes]:
    return {row.sequence: bytes(row.geometry.wkb) for row in PlanGrid.objects.filter(plan_id=plan_id)}


def _refs(plan_id: int, sequence: int) -> list[str]:
    rows = BuildingAssignment.objects.filter(plan_id=plan_id, plan_grid__sequence=sequence)
    return sorted(rows.values_list("building_ref", flat=True))


def _redrawn(alpha: Any, plan_id: int, staff: Any, order: DrawingOrder = OTHER) -> GridPlan:
    with schema_context(alpha.schema_name):
        community = GridPlan.objects.get(pk=plan_id).community_id
        return draw_plan(community_id=community, order=order, acting_user=staff.gis)


# --- Locks ----------------------------------------------------------------------------------------------------


def test_a_locked_grid_stays_to_the_last_bit_when_its_plan_is_drawn_anew(
    alpha: Any, hand: Any, drawn: dict[str, int], staff: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    answer = hand.post(f"{plan}/locks", {"sequences": [2], "locked": True, "reason": "老网格"}, **_tag(1))
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    grid = answer.json()["grids"][1]
    assert (grid["is_locked"], grid["lock_reason"], grid["locked_by"]) == (True, "老网格", "hand")
    with schema_context(alpha.schema_name):
        before, people = _shapes(drawn["shengli"]), _refs(drawn["shengli"], 2)
        others = {name: _shapes(drawn[name]) for name in ("xinhua", "wangcun")}
    again = _redrawn(alpha, drawn["shengli"], staff)
    with schema_context(alpha.schema_name):
        assert again.pk == drawn["shengli"]
        (stayed,) = PlanGrid.objects.filter(plan=again, is_locked=True)
        assert bytes(stayed.geometry.wkb) == before[2]
        assert _refs(again.pk, stayed.sequence) == people
        assert (stayed.lock_reason, stayed.locked_by.username) == ("老网格", "hand")
        assert (again.quality["kept"]["locked"], again.quality["kept"]["assigned"]) == (1, 0)
        assert sum(row.households for row in again.grids.all()) == 1200
        assert {name: _shapes(drawn[name]) for name in others} == others
    assert hand.post(f"{plan}/validate", {}).status_code == 200


def test_locking_leaves_history_and_audit_and_moves_no_state(
    alpha: Any, hand: Any, drawn: dict[str, int], take_to: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    take_to("validated", drawn["shengli"])
    version = hand.get(plan).json()["version"]
    locked = hand.post(f"{plan}/locks", {"sequences": [1, 3], "locked": True}, **_tag(version))
    assert locked.json()["state"] == "validated"
    # What is as wanted already changes nothing.
    same = hand.post(f"{plan}/locks", {"sequences": [3], "locked": True}, **_tag(version + 1))
    assert same.json()["version"] == version + 1
    free = hand.post(f"{plan}/locks", {"sequences": [1], "locked": False}, **_tag(version + 1))
    assert [row["is_locked"] for row in free.json()["grids"]] == [False, False, True]
    with schema_context(alpha.schema_name):
        events = list(PlanEvent.objects.filter(action__in=("lock", "unlock")).order_by("id"))
        assert [(e.action, e.after["sequences"]) for e in events] == [("lock", [1, 3]), ("unlock", [1])]
        assert AuditEvent.objects.filter(action__in=("grid_plan.lock", "grid_plan.unlock")).count() == 2


def test_who_may_lock_what(
    alpha: Any, api: Any, hand: Any, drawn: dict[str, int], staff: Any, take_to: Any
) -> None:
    plan, order = f"grid-plans/{drawn['shengli']}", {"sequences": [1], "locked": True}
    assert api(alpha, staff.gis).post(f"{plan}/locks", order, **_tag(1)).status_code == 403
    assert hand.post(f"{plan}/locks", order).status_code == 428
    stale = hand.post(f"{plan}/locks", order, **_tag(9))
    assert (stale.status_code, stale.json()["facts"]["current"]) == (412, {"locked": []})
    assert hand.post(f"{plan}/locks", {"sequences": [77], "locked": True}, **_tag(1)).status_code == 404
    many = hand.post(f"{plan}/locks", {"sequences": [1] * 501, "locked": True}, **_tag(1))
    assert (many.status_code, many.json()["code"]) == (422, "TOO_MANY_AT_ONCE")
    village = hand.post(f"grid-plans/{drawn['wangcun']}/locks", order, **_tag(1))
    assert (village.status_code, village.json()["code"]) == (422, "RURAL_UNIT")
    take_to("submitted", drawn["shengli"])
    version = hand.get(plan).json()["version"]
    late = hand.post(f"{plan}/locks", order, **_tag(version))
    assert (late.status_code, late.json()["code"]) == (409, "INVALID_TRANSITION")


def test_one_key_locks_once(hand: Any, drawn: dict[str, int]) -> None:
    path, order = f"grid-plans/{drawn['shengli']}/locks", {"sequences": [1], "locked": True}
    first, again = (hand.post(path, order, **_tag(1), idempotency_key="lock-1") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (200, 200, "true")
    assert first.json()["version"] == again.json()["version"] == 2


def test_an_engine_refusal_names_the_grids_as_people_call_them(
    alpha: Any, hand: Any, drawn: dict[str, int], staff: Any, small_city: Any
) -> None:
    """The community's border moved at a locked grid: the drawing is refused, says which, and the draft stays."""
    import shapely
    from django.contrib.gis.geos import GEOSGeometry

    hand.post(f"grid-plans/{drawn['shengli']}/locks", {"sequences": [1], "locked": True}, **_tag(1))
    with schema_context(alpha.schema_name):
        community = small_city.community("shengli")
        frame = shapely.from_wkb(bytes(community.frame.wkb))
        shrunk = shapely.transform(frame, lambda xy: (xy - xy.mean(axis=0)) * 0.999 + xy.mean(axis=0))
        community.frame = GEOSGeometry(
            memoryview(shapely.to_wkb(shapely.set_precision(shrunk, 1e-7))), srid=4490
        )
        community.save(update_fields=["frame"])
        before = _shapes(drawn["shengli"])
        result = draw_communities(community_ids=[community.pk], order=OTHER, acting_user=staff.gis)
        assert [(row["code"], "001" in row["zh"]) for row in result.failed] == [("LOCKED_OUTSIDE", True)]
        assert _shapes(drawn["shengli"]) == before


# --- Assignments ----------------------------------------------------------------------------------------------


def test_a_building_assigned_by_hand_counts_at_once_and_moves_the_border_with_the_next_drawing(
    alpha: Any, hand: Any, drawn: dict[str, int], staff: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    with schema_context(alpha.schema_name):
        guest = _neighbour(drawn["shengli"], 1, 2)
    sizes = [row["households"] for row in hand.get(plan).json()["grids"]]
    body = {"buildings": [guest], "sequence": 2, "reason": "同一小区"}
    answer = hand.post(f"{plan}/assignments", body, **_tag(1))
    assert [row["households"] for row in answer.json()["grids"]] == [sizes[0] - 20, sizes[1] + 20, sizes[2]]
    listed = hand.get(f"{plan}/assignments?by_hand=true").json()["results"]
    assert [(row["building"], row["sequence"], row["by_hand"]) for row in listed] == [(guest, 2, True)]
    again = _redrawn(alpha, drawn["shengli"], staff, DrawingOrder(preset="fast"))
    with schema_context(alpha.schema_name):
        row = BuildingAssignment.objects.select_related("plan_grid", "building").get(
            plan=again, building_ref=guest
        )
        assert row.is_manual
        assert row.plan_grid.geometry.contains(row.building.geometry.point_on_surface)
        assert again.quality["kept"]["assigned"] == 1
        assert any("手工指定 1 栋建筑" in note for note in again.quality["notes"])
        assert BuildingAssignment.objects.filter(plan=again, is_manual=True).count() == 1


def _neighbour(plan_id: int, of: int, to: int) -> str:
    """A building of one grid that stands next to another grid."""
    land = PlanGrid.objects.get(plan_id=plan_id, sequence=to).geometry
    rows = BuildingAssignment.objects.filter(plan_id=plan_id, plan_grid__sequence=of).select_related(
        "building"
    )
    return str(min(rows, key=lambda row: row.building.geometry.distance(land)).building_ref)


def test_assignments_are_taken_back_one_by_one(alpha: Any, hand: Any, drawn: dict[str, int]) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    with schema_context(alpha.schema_name):
        first, second = _refs(drawn["shengli"], 1)[:2]
    start = [row["households"] for row in hand.get(plan).json()["grids"]]
    hand.post(f"{plan}/assignments", {"buildings": [first], "sequence": 2}, **_tag(1))
    hand.post(f"{plan}/assignments", {"buildings": [first, second], "sequence": 3}, **_tag(2))
    one_back = hand.post(f"{plan}/assignments/undo", {}, **_tag(3))
    assert [row["households"] for row in one_back.json()["grids"]] == [start[0] - 20, start[1] + 20, start[2]]
    two_back = hand.post(f"{plan}/assignments/undo", {}, **_tag(4))
    assert [row["households"] for row in two_back.json()["grids"]] == start
    assert hand.get(f"{plan}/assignments?by_hand=true").json()["results"] == []
    none_left = hand.post(f"{plan}/assignments/undo", {}, **_tag(5))
    assert (none_left.status_code, none_left.json()["code"]) == (409, "NOTHING_TO_UNDO")


def test_cleared_buildings_go_back_to_where_they_stand(alpha: Any, hand: Any, drawn: dict[str, int]) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    with schema_context(alpha.schema_name):
        guests = _refs(drawn["shengli"], 1)[:3]
    hand.post(f"{plan}/assignments", {"buildings": guests, "sequence": 3}, **_tag(1))
    answer = hand.post(f"{plan}/assignments", {"buildings": guests, "sequence": None}, **_tag(2))
    assert answer.status_code == 200
    listed = hand.get(f"{plan}/assignments?sequence=1").json()["results"]
    assert set(guests) <= {row["building"] for row in listed}
    assert not any(row["by_hand"] for row in listed)


def test_what_cannot_be_assigned_is_refused(
    alpha: Any, hand: Any, drawn: dict[str, int], take_to: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    with schema_context(alpha.schema_name):
        refs = _refs(drawn["shengli"], 1)
        village = _refs(drawn["wangcun"], 1)[:1]
    body = {"buildings": refs[:1], "sequence": 2}
    assert hand.post(f"{plan}/assignments", body).status_code == 428
    foreign = hand.post(f"{plan}/assignments", {**body, "buildings": ["nobody"]}, **_tag(1))
    assert (foreign.status_code, foreign.json()["facts"]) == (404, {"missing": ["nobody"]})
    assert foreign.json()["how_to_fix"]["zh"] == "请只选本方案内的建筑；图层更新后请先重新划分"
    assert hand.post(f"{plan}/assignments", {**body, "sequence": 9}, **_tag(1)).status_code == 404
    rural = hand.post(
        f"grid-plans/{drawn['wangcun']}/assignments", {"buildings": village, "sequence": 2}, **_tag(1)
    )
    assert rural.json()["code"] == "RURAL_UNIT"
    hand.post(f"{plan}/locks", {"sequences": [2], "locked": True}, **_tag(1))
    held = hand.post(f"{plan}/assignments", body, **_tag(2))
    assert (held.status_code, held.json()["code"], held.json()["facts"]["grids"]) == (
        409,
        "GRID_LOCKED",
        ["002"],
    )
    many = hand.post(f"{plan}/assignments", {**body, "buildings": ["x"] * 501}, **_tag(2))
    assert many.json()["code"] == "TOO_MANY_AT_ONCE"


def test_who_assigned_buildings_does_not_review_the_plan(
    alpha: Any, api: Any, make_user: Any, drawn: dict[str, int], take_to: Any, small_city: Any
) -> None:
    both = make_user(alpha, "both", [*LOCKER, "grid_plan.review"])
    speaker = api(alpha, both)
    plan = f"grid-plans/{drawn['shengli']}"
    with schema_context(alpha.schema_name):
        guest = _neighbour(drawn["shengli"], 1, 2)
    speaker.post(f"{plan}/assignments", {"buildings": [guest], "sequence": 2}, **_tag(1))
    take_to("submitted", drawn["shengli"])
    assert speaker.post(f"{plan}/review", {}).json()["code"] == "SELF_APPROVAL"


# --- Drawing beside people's work ------------------------------------------------------------------------------


def test_a_lock_set_while_the_community_is_divided_is_not_overwritten(
    alpha: Any, hand: Any, drawn: dict[str, int], staff: Any, small_city: Any
) -> None:
    with schema_context(alpha.schema_name):
        community = small_city.community("shengli")
        plan = GridPlan.objects.get(pk=drawn["shengli"])
        policy = drawing.size_policy(drawing.local_date(drawing.timezone.now()))
        parameters = OTHER.parameters(drawing.size_limits(policy.values))
        (division,) = divide_all([community.pk], parameters)
    hand.post(f"grid-plans/{plan.pk}/locks", {"sequences": [1], "locked": True}, **_tag(1))
    with schema_context(alpha.schema_name):
        before = _shapes(plan.pk)
        with pytest.raises(RuleBroken) as refused:
            keep_division(division=division, drawing=Drawing(OTHER, policy, staff.gis))
        assert (refused.value.code, refused.value.status) == ("PLAN_CHANGED", 409)
        assert _shapes(plan.pk) == before


def test_a_cancelled_drawing_says_what_it_kept(in_alpha: Any, small_city: Any, staff: Any) -> None:
    job = start_drawing(community_ids=None, order=OTHER, acting_user=staff.gis)

    def cancel_after_one(done: int, total: int, stage: str) -> None:
        if done == 1:
            BackgroundJob.objects.filter(pk=job.pk).update(cancel_requested=True)

    finished = run_job(job_id=job.pk, body=draw_plans, listener=cancel_after_one)
    assert finished.state == JobState.CANCELLED
    assert finished.result is not None
    assert (finished.result["plans"], finished.result["not_drawn"]) == (1, 2)
    assert finished.result["plan_ids"] == list(GridPlan.objects.values_list("pk", flat=True))


def test_who_presses_twice_gets_the_job_that_runs(in_alpha: Any, small_city: Any, staff: Any) -> None:
    first, second = (start_drawing(community_ids=None, order=OTHER, acting_user=staff.gis) for _ in range(2))
    assert first.pk == second.pk
    other = start_drawing(community_ids=None, order=DrawingOrder(preset="fast"), acting_user=staff.gis)
    assert other.pk != first.pk
    run_job(job_id=first.pk, body=draw_plans)
    assert start_drawing(community_ids=None, order=OTHER, acting_user=staff.gis).pk not in (
        first.pk,
        other.pk,
    )


def test_numbers_of_an_order_outside_their_limits_are_refused_with_the_limits(
    hand: Any, small_city: Any
) -> None:
    answer = hand.post("grid-plans/partition", {"all": True, "alpha": 1.5, "band": 0.9, "compound": 2.0})
    assert answer.status_code == 422
    assert [(e["code"], e["facts"]) for e in answer.json()["errors"]] == [
        ("ORDER_LIMITS", {"name": "alpha", "given": 1.5, "least": 0.0, "most": 1.0}),
        ("ORDER_LIMITS", {"name": "band", "given": 0.9, "least": 0.02, "most": 0.5}),
    ]
    started = hand.post("grid-plans/partition", {"all": True, "preset": "fast", "alpha": 0.3, "band": 0.2})
    assert started.status_code == 202
