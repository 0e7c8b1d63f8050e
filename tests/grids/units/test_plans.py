"""Plans move along the one state table, are put in force with codes that stay, and replace one another by date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from grids.units.models import Grid, GridPlan, GridRelease, PlanEvent, PlanGrid
from grids.units.queries.plans import plans_in_force
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.plan_states import PlanAction
from grids.units.services.copying import copy_plan
from grids.units.services.drawing import draw_plan
from grids.units.services.plans import TransitionOrder, transition_plan, transition_plans
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


def _today() -> date:
    return local_date(timezone.now())


def _plan(plan_id: int) -> GridPlan:
    return GridPlan.objects.get(pk=plan_id)


def _redraw(small_city: Any, staff: Any, seed: int = 5) -> GridPlan:
    community = small_city.community("shengli")
    return draw_plan(
        community_id=community.pk, order=DrawingOrder(preset="fast", seed=seed), acting_user=staff.gis
    )


def test_first_publication_numbers_west_to_east(in_alpha: Any, published: dict[str, int]) -> None:
    rows = list(PlanGrid.objects.filter(plan_id=published["shengli"]).order_by("code"))
    assert [row.code for row in rows] == [f"41080200100100{number}" for number in (1, 2, 3)]
    assert [row.grid.code for row in rows if row.grid] == [row.code for row in rows]
    middles = [row.geometry.point_on_surface.x for row in rows]
    assert middles == sorted(middles)


def test_every_step_is_told_in_the_history_and_in_the_audit_log(
    in_alpha: Any, published: dict[str, int], staff: Any
) -> None:
    events = list(PlanEvent.objects.filter(plan_id=published["shengli"]).order_by("id"))
    assert [(event.action, event.from_state, event.to_state) for event in events] == [
        ("draw", "", "draft"),
        ("validate", "draft", "validated"),
        ("submit", "validated", "submitted"),
        ("review", "submitted", "county_reviewed"),
        ("approve", "county_reviewed", "approved"),
        ("publish", "approved", "published"),
    ]
    assert events[3].organisation == "county"
    assert all(event.policy_version for event in events)
    logged = AuditEvent.objects.filter(
        subject_type="units.gridplan", subject_id=str(published["shengli"])
    ).values_list("action", flat=True)
    assert set(logged) == {f"grid_plan.{event.action}" for event in events}


def test_the_next_plan_supersedes_and_both_are_known_by_day(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    later = _redraw(small_city, staff)
    start = _today() + timedelta(days=10)
    take_to("published", later.pk, start)
    before = _plan(published["shengli"])
    assert (before.state, before.effective_to) == ("superseded", start - timedelta(days=1))
    community = small_city.community("shengli").pk

    def in_force(on: date) -> list[int]:
        return list(plans_in_force(on).filter(community_id=community).values_list("pk", flat=True))

    assert in_force(_today()) == in_force(start - timedelta(days=1)) == [before.pk]
    assert in_force(start) == [later.pk]
    assert in_force(_today() - timedelta(days=1)) == []


def test_a_plan_for_an_earlier_day_overtakes_one_that_waits(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    waiting = _redraw(small_city, staff, seed=5)
    take_to("published", waiting.pk, _today() + timedelta(days=30))
    sooner = _redraw(small_city, staff, seed=6)
    take_to("published", sooner.pk, _today() + timedelta(days=10))
    community = small_city.community("shengli").pk
    for days in (0, 9, 10, 29, 30, 400):
        on = _today() + timedelta(days=days)
        expected = published["shengli"] if days < 10 else sooner.pk
        assert list(plans_in_force(on).filter(community_id=community).values_list("pk", flat=True)) == [
            expected
        ]


def test_a_grid_that_vanishes_keeps_its_code_for_ever(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    from gis.layers.models import Building

    # Two thirds of the homes go: the community becomes one grid, and grows again later.
    community = small_city.community("shengli")
    Building.objects.filter(community=community).update(households=4)
    fewer = _redraw(small_city, staff)
    take_to("published", fewer.pk)
    alive = Grid.objects.filter(community=community, valid_to=None)
    assert (alive.count(), Grid.objects.filter(community=community).count()) == (1, 3)
    Building.objects.filter(community=community).update(households=20)
    more = _redraw(small_city, staff, seed=8)
    take_to("published", more.pk)
    codes = sorted(Grid.objects.filter(community=community).values_list("code", flat=True))
    assert codes == [f"41080200100100{number}" for number in range(1, 6)]
    assert set(
        Grid.objects.filter(community=community, valid_to=None).values_list("sequence", flat=True)
    ) >= {4, 5}


def test_a_plan_drawn_before_another_was_published_is_matched_again(
    in_alpha: Any, drawn: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    take_to("approved", drawn["shengli"])
    rival = _redraw(small_city, staff)
    assert rival.pk != drawn["shengli"]
    take_to("published", rival.pk)
    take_to("published", drawn["shengli"])
    community = small_city.community("shengli")
    assert Grid.objects.filter(community=community).count() == 3
    assert Grid.objects.filter(community=community, valid_to=None).count() == 3


def test_only_one_plan_of_a_community_is_published_whoever_writes(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any
) -> None:
    later = _redraw(small_city, staff)
    with pytest.raises(IntegrityError, match="gridplan_one_published"), transaction.atomic():
        GridPlan.objects.filter(pk=later.pk).update(state="published", effective_on=_today())


def test_a_code_cannot_be_given_twice_whoever_writes(in_alpha: Any, published: dict[str, int]) -> None:
    grid = Grid.objects.first()
    assert grid is not None
    with pytest.raises(IntegrityError, match="grid_code_never_reused"), transaction.atomic():
        Grid.objects.create(code=grid.code, community=grid.community, sequence=9, valid_from=_today())


def test_many_plans_are_one_release_and_each_answers_for_itself(
    in_alpha: Any, drawn: dict[str, int], staff: Any, take_to: Any
) -> None:
    for name in ("shengli", "xinhua"):
        take_to("approved", drawn[name])
    outcomes = transition_plans(
        plan_ids=[*drawn.values(), 999_999],
        order=TransitionOrder(PlanAction.PUBLISH),
        acting_user=staff.bureau,
    )
    assert [outcome.done for outcome in outcomes] == [True, True, False, False]
    assert [outcome.problem["code"] for outcome in outcomes if outcome.problem] == [
        "INVALID_TRANSITION", "NOT_FOUND",
    ]  # fmt: skip
    release = GridRelease.objects.get()
    assert set(release.plans.values_list("pk", flat=True)) == {drawn["shengli"], drawn["xinhua"]}


def test_a_refused_publication_leaves_nothing_behind(
    in_alpha: Any, drawn: dict[str, int], staff: Any, take_to: Any
) -> None:
    take_to("approved", drawn["shengli"])
    order = TransitionOrder(PlanAction.PUBLISH, effective_on=_today() - timedelta(days=1))
    with pytest.raises(RuleBroken) as refused:
        transition_plan(plan_id=drawn["shengli"], order=order, acting_user=staff.bureau)
    assert refused.value.code == "EFFECTIVE_DATE_PAST"
    assert (Grid.objects.count(), GridRelease.objects.count()) == (0, 0)
    assert _plan(drawn["shengli"]).state == "approved"
    assert set(PlanGrid.objects.filter(plan_id=drawn["shengli"]).values_list("code", flat=True)) == {""}


def test_today_itself_is_early_enough(in_alpha: Any, drawn: dict[str, int], take_to: Any) -> None:
    assert take_to("published", drawn["xinhua"], _today()).effective_on == _today()


def test_a_new_reason_for_the_size_has_to_be_accepted_anew(
    in_alpha: Any, drawn: dict[str, int], staff: Any, take_to: Any
) -> None:
    plan = take_to("approved", drawn["shengli"])
    back = TransitionOrder(PlanAction.RETURN, reason="请核对户数")
    transition_plan(plan_id=plan.pk, order=back, acting_user=staff.officer)
    PlanGrid.objects.filter(plan=plan, sequence=1).update(
        size_reason="高层", size_reason_approved_by=staff.officer, size_reason_approved_at=timezone.now()
    )
    transition_plan(plan_id=plan.pk, order=TransitionOrder(PlanAction.REOPEN), acting_user=staff.gis)
    restated = TransitionOrder(PlanAction.VALIDATE, size_reasons={1: "拆迁安置"})
    transition_plan(plan_id=plan.pk, order=restated, acting_user=staff.gis)
    row = PlanGrid.objects.get(plan=plan, sequence=1)
    assert (row.size_reason, row.size_reason_approved_by) == ("拆迁安置", None)


def test_what_a_new_plan_changes_is_told(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any
) -> None:
    from gis.layers.models import Building

    Building.objects.filter(community=small_city.community("shengli"), ref__startswith="shengli-0-").update(
        households=60
    )
    later = _redraw(small_city, staff)
    changes = later.quality["changes"]
    assert changes["against"] == published["shengli"]
    assert changes["changed"] or changes["new"]
    assert changes["moved_households"] >= 0
    same = draw_plan(
        community_id=small_city.community("xinhua").pk,
        order=DrawingOrder(preset="fast"),
        acting_user=staff.gis,
    )
    assert {name: same.quality["changes"][name] for name in ("new", "gone", "changed", "moved_households")} == {
        "new": [], "gone": [], "changed": [], "moved_households": 0,
    }  # fmt: skip


def test_land_without_homes_keeps_its_code_when_its_outline_stays(
    in_alpha: Any, drawn: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    from gis.layers.models import Building

    community = small_city.community("xinhua")
    Building.objects.filter(community=community).update(households=0)
    for _ in range(2):
        plan = draw_plan(community_id=community.pk, order=DrawingOrder(preset="fast"), acting_user=staff.gis)
        take_to("published", plan.pk)
    assert list(Grid.objects.filter(community=community).values_list("code", flat=True)) == [
        "410802002001001"
    ]


def test_an_earlier_plan_is_taken_up_again_as_a_new_one(
    in_alpha: Any, published: dict[str, int], small_city: Any, staff: Any, take_to: Any
) -> None:
    from gis.layers.models import Building

    community = small_city.community("shengli")
    Building.objects.filter(community=community).update(households=4)
    mistake = _redraw(small_city, staff)
    take_to("published", mistake.pk)
    copy = copy_plan(plan_id=published["shengli"], reason="户数导入有误", acting_user=staff.gis)
    assert (copy.state, copy.parent_id, copy.number) == ("draft", mistake.pk, 3)
    take_to("published", copy.pk)

    def outlines(plan_id: int) -> list[bytes]:
        return [
            bytes(row.geometry.wkb) for row in PlanGrid.objects.filter(plan_id=plan_id).order_by("sequence")
        ]

    assert outlines(copy.pk) == outlines(published["shengli"])
    alive = Grid.objects.filter(community=community, valid_to=None)
    assert alive.count() == 3
    assert (
        alive.filter(sequence__lte=3).count() == 1
    )  # the one grid that was in force goes on, two get new codes
    assert _plan(copy.pk).quality["changes"]["moved_households"] > 0


def test_homes_that_came_after_the_drawing_are_told(
    in_alpha: Any, drawn: dict[str, int], small_city: Any, take_to: Any
) -> None:
    from gis.layers.models import Building

    late = Building.objects.filter(community=small_city.community("xinhua")).first()
    assert late is not None
    late.pk, late.ref = None, "late"
    late.save()
    plan = take_to("validated", drawn["xinhua"])
    hints = {finding["code"]: finding["facts"] for finding in plan.findings}
    assert hints["HOUSEHOLDS_UNPLACED"] == {"buildings": 1, "households": 20}
