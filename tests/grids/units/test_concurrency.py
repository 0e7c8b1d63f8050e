"""Two connections at once: one plan is published, one leader appointed, one grid linked, one draft drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_tenants.utils import schema_context

from grids.units.models import CultureSportsOfficer, Grid, GridLeader, GridPlan
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.plan_states import PlanAction
from grids.units.services.drawing import draw_plan, start_drawing
from grids.units.services.leaders import appoint_leader, confirm_leader, nominate_leader
from grids.units.services.links import link_external_grid
from grids.units.services.officers import end_officer, record_officer
from grids.units.services.plans import TransitionOrder, transition_plan
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tests.racing import ends_of_race


def test_rivals_wait_for_one_another(
    committed_database: str, alpha: Any, small_city: Any, staff: Any, drawn: dict[str, int], take_to: Any
) -> None:
    """One copy of the database for all races: copying it costs more than racing."""
    _publish_two_plans_of_one_community(alpha, small_city, staff, drawn, take_to)
    _publish_one_plan_twice(alpha, staff, drawn, take_to)
    _appoint_twice(alpha, small_city, staff)
    _confirm_two_nominees(alpha, staff)
    _confirm_while_the_office_ends(alpha, staff)
    _link_twice(alpha, staff)
    _draw_twice(alpha, small_city, staff)
    _press_twice(alpha, staff)


def _publish(plan_id: int, staff: Any) -> Callable[[], Any]:
    order = TransitionOrder(PlanAction.PUBLISH)
    return lambda: transition_plan(plan_id=plan_id, order=order, acting_user=staff.bureau)


def _publish_two_plans_of_one_community(
    alpha: Any, small_city: Any, staff: Any, drawn: dict[str, int], take_to: Any
) -> None:
    community = small_city.community("shengli").pk
    take_to("approved", drawn["shengli"])
    with schema_context(alpha.schema_name):
        rival = draw_plan(
            community_id=community, order=DrawingOrder(preset="fast", seed=3), acting_user=staff.gis
        )
    take_to("approved", rival.pk)
    assert ends_of_race(alpha, _publish(drawn["shengli"], staff), _publish(rival.pk, staff)) == [
        "done",
        "done",
    ]
    with schema_context(alpha.schema_name):
        states = GridPlan.objects.filter(community_id=community).values_list("state", flat=True)
        assert sorted(states) == ["published", "superseded"]
        assert Grid.objects.filter(community_id=community, valid_to=None).count() == 3
        assert Grid.objects.filter(community_id=community).count() == 3


def _publish_one_plan_twice(alpha: Any, staff: Any, drawn: dict[str, int], take_to: Any) -> None:
    take_to("approved", drawn["xinhua"])
    deed = _publish(drawn["xinhua"], staff)
    assert ends_of_race(alpha, deed, deed) == ["INVALID_TRANSITION", "done"]


def _appoint_twice(alpha: Any, small_city: Any, staff: Any) -> None:
    from django.utils import timezone

    today = local_date(timezone.now())
    with schema_context(alpha.schema_name):
        grid = Grid.objects.filter(community__name="shengli", valid_to=None).order_by("code")[0].pk
        for person in (staff.gis, staff.bureau):
            record_officer(
                community_id=small_city.community("shengli").pk, user_id=person.pk, valid_from=today,
                acting_user=staff.officer,
            )  # fmt: skip

    def appoint(person: Any) -> Callable[[], Any]:
        return lambda: appoint_leader(
            grid_id=grid, user_id=person.pk, starts_on=today, acting_user=staff.officer
        )

    assert ends_of_race(alpha, appoint(staff.gis), appoint(staff.bureau)) == ["LEADER_ALREADY_ACTIVE", "done"]
    with schema_context(alpha.schema_name):
        assert GridLeader.objects.filter(grid_id=grid).count() == 1


def _nominated(alpha: Any, staff: Any, sequence: int, *people: Any) -> list[int]:
    """Terms of these people, nominated for the community's grid of that place, and none of them confirmed."""
    from django.utils import timezone

    with schema_context(alpha.schema_name):
        grid = Grid.objects.filter(community__name="shengli", valid_to=None).order_by("code")[sequence].pk
        return [
            nominate_leader(
                grid_id=grid, user_id=person.pk, starts_on=local_date(timezone.now()), acting_user=staff.officer
            ).pk
            for person in people
        ]  # fmt: skip


def _confirm(term: int, staff: Any) -> Callable[[], Any]:
    return lambda: confirm_leader(leader_id=term, acting_user=staff.officer)


def _confirm_two_nominees(alpha: Any, staff: Any) -> None:
    """Two officers confirm two nominees of one grid, then one nominee twice over: one of each is in post."""
    rivals = _nominated(alpha, staff, 1, staff.gis, staff.bureau)
    deeds = [_confirm(term, staff) for term in rivals]
    assert ends_of_race(alpha, *deeds) == ["LEADER_ALREADY_ACTIVE", "done"]
    with schema_context(alpha.schema_name):
        confirmed = GridLeader.objects.filter(pk__in=rivals, confirmed_at__isnull=False)
        assert confirmed.count() == 1
    (term,) = _nominated(alpha, staff, 2, staff.bureau)
    assert ends_of_race(alpha, _confirm(term, staff), _confirm(term, staff)) == ["INVALID_TRANSITION", "done"]


def _confirm_while_the_office_ends(alpha: Any, staff: Any) -> None:
    """Whichever is first, nobody leads on without the office."""
    from django.utils import timezone

    today = local_date(timezone.now())
    with schema_context(alpha.schema_name):
        GridLeader.objects.all().update(withdrawn_at=timezone.now())
        office = CultureSportsOfficer.objects.get(user=staff.gis)
    (term,) = _nominated(alpha, staff, 0, staff.gis)

    def ending() -> Any:
        return end_officer(officer_id=office.pk, valid_to=today, acting_user=staff.officer)

    assert ends_of_race(alpha, _confirm(term, staff), ending)[-1] == "done"
    with schema_context(alpha.schema_name):
        led = GridLeader.objects.get(pk=term)
        assert led.ends_on == today
        assert led.confirmed_at is not None


def _link_twice(alpha: Any, staff: Any) -> None:
    with schema_context(alpha.schema_name):
        first, second = Grid.objects.filter(valid_to=None).order_by("code").values_list("pk", flat=True)[:2]

    def link(grid: int) -> Callable[[], Any]:
        return lambda: link_external_grid(grid_id=grid, external_grid_code="ZZ-1", acting_user=staff.gis)

    assert ends_of_race(alpha, link(first), link(second)) == ["GRID_ALREADY_LINKED", "done"]


def _draw_twice(alpha: Any, small_city: Any, staff: Any) -> None:
    community = small_city.community("wangcun").pk

    def draw(seed: int) -> Callable[[], Any]:
        order = DrawingOrder(preset="fast", seed=seed)
        return lambda: draw_plan(community_id=community, order=order, acting_user=staff.gis)

    with schema_context(alpha.schema_name):
        GridPlan.objects.filter(community_id=community).update(state="submitted")
    assert ends_of_race(alpha, draw(1), draw(2)) == ["done", "done"]
    with schema_context(alpha.schema_name):
        plans = GridPlan.objects.filter(community_id=community).order_by("number")
        assert [(plan.number, plan.state, plan.version, plan.grids.count()) for plan in plans] == [
            (1, "submitted", 1, 2), (2, "draft", 2, 2),
        ]  # fmt: skip


def _press_twice(alpha: Any, staff: Any) -> None:
    """Two presses at once start one job."""
    order = DrawingOrder(preset="fast", seed=5)

    def press() -> None:
        start_drawing(community_ids=None, order=order, acting_user=staff.gis)

    assert ends_of_race(alpha, press, press) == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert BackgroundJob.objects.filter(kind="units.draw_plans").count() == 1
