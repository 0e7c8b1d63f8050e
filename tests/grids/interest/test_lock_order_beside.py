"""Where what is written about interest grids meets visits, files, bookings, base grids and offices: locks in one order.

Rules: J02, J06, J08, J12, J22
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django_tenants.utils import schema_context

from grids.interest.models import Demand, InterestGrid, MemberPost
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.interest.services import closing, member_imports, visits
from grids.interest.services.interest_grid_states import confirm_interest_grid
from grids.interest.services.interest_grids import propose_interest_grid
from grids.interest.services.member_imports import carry_out_member_import, request_member_import
from grids.interest.services.members import MemberOrder, add_member
from grids.interest.services.posts import PostOrder, confirm_post
from grids.interest.services.visits import NeedTold, VisitOrder, record_visit
from grids.units.models import CultureSportsOfficer, Grid, GridPlan
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.plan_states import PlanAction
from grids.units.services import officers, publishing
from grids.units.services.drawing import draw_plan
from grids.units.services.links import link_external_grid
from grids.units.services.officers import end_officer
from grids.units.services.plans import TransitionOrder, transition_plan
from instructors.assignment.models import Booking
from instructors.assignment.queries.bookings import active_of
from instructors.assignment.services.bookings import call_off
from instructors.assignment.services.leaving import leave_with_duties
from instructors.people.models import Instructor
from tenants.bureau.models import Grant
from tenants.bureau.services.jobs import JobProgress
from tests.grids.units.conftest import GIS_STAFF
from tests.racing import MOST_S, race, until_waiting
from wangge.errors import RulesBroken

from .activities.conftest import at
from .conftest import Neighbourhood, order_of
from .scene import PROVED, Scene, run_all
from .test_member_files import as_csv, line


def _two_visits_tell_the_same_needs_crosswise(scene: Scene) -> None:
    def visit(*items: str) -> None:
        order = VisitOrder(
            scene.made.grids["shengli1"].pk, VisitPurpose.TELL, VisitOutcome.TALKED, consented=True,
            needs=tuple(NeedTold(item) for item in items),
        )  # fmt: skip
        record_visit(order=order, acting_user=scene.leader)

    ends = scene.meet(
        (visits, "ask_demand"),
        lambda: visit("board_games", "walking"),
        lambda: visit("walking", "board_games"),
        call=2,
    )
    assert ends == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        asked = Demand.objects.filter(grid=scene.made.grids["shengli1"])
        assert sorted(asked.values_list("item__code", "askers")) == [("board_games", 2), ("walking", 2)]


class _Progress:
    """What a job hears."""

    def __call__(self, done: int, total: int, stage: str = "") -> None: ...
    def succeed(self, result: Any) -> None: ...
    def fail(self, broken: Any) -> None: ...


def _brought(scene: Scene, found: InterestGrid) -> Callable[[], Any]:
    """The deed of bringing in a file with one new member of it."""
    rows = as_csv([line(next(scene.numbers), found.name)])
    with schema_context(scene.alpha.schema_name):
        asked = request_member_import(
            upload=SimpleUploadedFile("members.csv", rows.getvalue()), dry_run=False, partial=False,
            acting_user=scene.made.people["county"],
        )  # fmt: skip

    def bring() -> None:
        carry_out_member_import(asked.pk, cast("JobProgress", _Progress()))

    return bring


def _closes_while_a_file_is_brought_in(scene: Scene) -> None:
    found = scene.founded()
    ends = scene.meet((member_imports, "record_audits"), _brought(scene, found), scene.close(found))
    assert ends == ["done", "done"]
    scene.check_closed(found)


def _a_file_is_brought_in_while_it_closes(scene: Scene) -> None:
    found = scene.founded()
    bring = _brought(scene, found)

    def refused() -> None:
        with pytest.raises(RulesBroken) as told:
            bring()
        assert told.value.broken[-1].code == "INTEREST_GRID_UNKNOWN"

    assert scene.meet((closing, "record_audit"), scene.close(found), refused) == ["done", "done"]
    scene.check_closed(found)


def _leaves_the_register_while_an_activity_is_called_off(scene: Scene) -> None:
    """Of bookings whose times run against their numbers, both take the one with the lowest number first."""
    found = scene.founded()
    with schema_context(scene.alpha.schema_name):
        person = Instructor.objects.create(name="赵演示901", unit=scene.made.city.units["town"])
        booked = [
            Booking.objects.create(
                kind="activity", reference=f"occurrence:{found.pk}00{number}", instructor=person,
                town=scene.made.city.units["town"], busy=(at(day, 9), at(day, 10)), padded=(at(day, 9), at(day, 10)),
                booked_by=scene.leader,
            )
            for number, day in enumerate((30, 20, 10))
        ]  # fmt: skip

    def leave() -> None:
        leave_with_duties(
            instructor_id=person.pk, left_on=scene.made.today, reason="离册", give_back_duties=True,
            acting_user=scene.made.people["bureau"],
        )  # fmt: skip

    def give_back() -> None:
        with transaction.atomic():
            rows = list(active_of("activity", [row.reference for row in booked]))
            call_off(rows, "取消", scene.leader)

    held = Event()
    between = Thread(target=_hold, args=(scene.alpha, booked[1].pk, held))
    between.start()
    assert held.wait(MOST_S)
    ends = race(scene.alpha, leave, give_back)
    between.join()
    assert ends in (["done", "done"], ["INSTRUCTOR_HAS_DUTIES", "done"])


def _hold(alpha: Any, booking_id: int, held: Event) -> None:
    """Hold one booking until two wait, so that they have taken what comes before it."""
    with schema_context(alpha.schema_name), transaction.atomic():
        Booking.objects.select_for_update().get(pk=booking_id)
        held.set()
        until_waiting(2)
    connection.close()


def _two_offices_of_one_person_end(scene: Scene) -> None:
    """Whoever ends an office looks at all of the person's in the community."""
    person, community = scene.made.people["second_leader"], scene.made.city.community("shengli")
    first = scene.made.today - timedelta(days=400)
    with schema_context(scene.alpha.schema_name):
        offices = [
            CultureSportsOfficer.objects.create(
                community=community, user=person, valid_from=begins, valid_to=begins + timedelta(days=90),
            )
            for begins in (first, first + timedelta(days=100))
        ]  # fmt: skip
    deeds = [
        lambda office=office: end_officer(
            officer_id=office.pk, valid_to=office.valid_from + timedelta(days=80),
            acting_user=scene.made.people["county"],
        )
        for office in offices
    ]  # fmt: skip
    assert scene.meet((officers, "_end_terms_on"), *deeds) == ["done", "done"]


def _grids_are_drawn_anew_meanwhile(scene: Scene) -> None:
    """An interest grid is confirmed, and a base grid linked, while the community's plan is put in force: neither is lost."""
    number, grid, bureau = next(scene.numbers), scene.made.grids["shengli2"], scene.made.people["bureau"]
    gis = scene.made.people["citizen"]
    with schema_context(scene.alpha.schema_name):
        proposed = propose_interest_grid(
            order=order_of(scene.made, name=f"演示{number}队"), acting_user=scene.leader
        )
        order = MemberOrder(f"钱演示{number}", f"13900000{number}", post=PostOrder(proposed.pk, PROVED))
        member = add_member(order=order, acting_user=scene.leader)
        confirm_post(post_id=MemberPost.objects.get(member=member).pk, acting_user=scene.leader)
        Grant.objects.bulk_create(
            Grant(user=gis, permission=right, unit=scene.made.city.units["city"]) for right in GIS_STAFF
        )
        plan = draw_plan(community_id=grid.community_id, order=DrawingOrder(preset="fast"), acting_user=gis)
        GridPlan.objects.filter(pk=plan.pk).update(state="approved")
        before = Grid.objects.get(pk=grid.pk).version

    def publish() -> None:
        order = TransitionOrder(PlanAction.PUBLISH)
        transition_plan(plan_id=plan.pk, order=order, acting_user=bureau)

    def confirm_and_link() -> None:
        confirm_interest_grid(interest_grid_id=proposed.pk, acting_user=scene.leader)
        link_external_grid(grid_id=grid.pk, external_grid_code="ZZ-9", acting_user=gis)

    ends = scene.meet((publishing, "_last_day"), publish, confirm_and_link)
    assert ends == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        grid.refresh_from_db()
        assert (grid.external_grid_code, grid.version) == ("ZZ-9", before + 2)
        assert grid.valid_to is not None
        assert InterestGrid.objects.get(pk=proposed.pk).state == "active"


CROSSINGS = (
    _two_visits_tell_the_same_needs_crosswise, _closes_while_a_file_is_brought_in,
    _a_file_is_brought_in_while_it_closes, _leaves_the_register_while_an_activity_is_called_off,
    _two_offices_of_one_person_end, _grids_are_drawn_anew_meanwhile,
)  # fmt: skip


def test_j22_neighbours_wait_for_one_another_in_one_order(
    committed_database: str, alpha: Any, neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One copy of the database for all: copying it costs more than racing."""
    run_all(CROSSINGS, Scene(alpha, neighbourhood, monkeypatch))
