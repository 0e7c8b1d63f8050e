"""Interest grids to race in: each made anew, with the deeds of those who press in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import Activity, Attendance, InterestGrid, MemberPost, Occurrence, Participation
from grids.interest.queries.check_in_codes import show_code
from grids.interest.rules.activity_plans import ActivityPlan
from grids.interest.services import check_in
from grids.interest.services.activities import plan_activity
from grids.interest.services.check_in import ComingPerson
from grids.interest.services.closing import close_interest_grid
from grids.interest.services.interest_grid_states import confirm_interest_grid
from grids.interest.services.interest_grids import propose_interest_grid
from grids.interest.services.members import MemberOrder, add_member
from grids.interest.services.posts import PostOrder, confirm_post
from grids.interest.services.sources import SourceOrder
from instructors.assignment.models import Booking
from tests.racing import meet

from .activities.conftest import CONSENT, at
from .conftest import Neighbourhood, order_of

PROVED = SourceOrder(source="backbone", proof="带队三年（演示）")


@dataclass
class Scene:
    """A neighbourhood in which every race makes its own interest grids: a closed one is of no use to the next."""

    alpha: Any
    made: Neighbourhood
    patch: pytest.MonkeyPatch
    numbers: Any = field(default_factory=lambda: count(301))

    @property
    def leader(self) -> Any:
        """Who runs all of them."""
        return self.made.people["leader"]

    def founded(self) -> InterestGrid:
        """A new active interest grid with one member in post."""
        number = next(self.numbers)
        with schema_context(self.alpha.schema_name):
            found = propose_interest_grid(
                order=order_of(self.made, name=f"演示{number}队"), acting_user=self.leader
            )
            order = MemberOrder(f"钱演示{number}", f"13900000{number}", post=PostOrder(found.pk, PROVED))
            member = add_member(order=order, acting_user=self.leader)
            confirm_post(post_id=MemberPost.objects.get(member=member).pk, acting_user=self.leader)
            return confirm_interest_grid(interest_grid_id=found.pk, acting_user=self.leader)

    def planned(self, found: InterestGrid, **changes: Any) -> Activity:
        """An activity in it, tomorrow morning at the square."""
        with schema_context(self.alpha.schema_name):
            return self.plan(found, **changes)()

    def plan(self, found: InterestGrid, **changes: Any) -> Callable[[], Activity]:
        """The deed of planning one."""
        number = next(self.numbers) % 12
        given = {
            "title": "演示活动", "starts_at": at(1, 6 + number), "ends_at": at(1, 6 + number, 30),
            "site_id": self.made.site.pk,
        }  # fmt: skip
        order = ActivityPlan(**{**given, **changes})
        return lambda: plan_activity(interest_grid_id=found.pk, plan=order, acting_user=self.leader).activity

    def open_door(self, found: InterestGrid, minutes: int = 10) -> Occurrence:
        """A meeting that begins in so many minutes, where people may check in already."""
        starts_at = timezone.now() + timedelta(minutes=minutes)
        activity = self.planned(
            found,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            site_id=None,
            place_name="广场",
        )
        with schema_context(self.alpha.schema_name):
            return Occurrence.objects.get(activity=activity)

    def scan(self, row: Occurrence) -> Callable[[], Any]:
        """The deed of somebody new who checks in."""
        number = next(self.numbers)
        with schema_context(self.alpha.schema_name):
            token = show_code(occurrence_id=row.pk, acting_user=self.leader).token
        person = ComingPerson(f"孙演示{number}", f"13900001{number}", True, CONSENT)
        return lambda: check_in.check_in(token=token, person=person, remote_address=f"192.0.2.{number % 250}")

    def close(self, found: InterestGrid) -> Callable[[], Any]:
        """The deed of closing it."""
        return lambda: close_interest_grid(interest_grid_id=found.pk, reason="解散", acting_user=self.leader)

    def meet(self, place: tuple[Any, str], first: Any, second: Any, call: int = 1) -> list[str]:
        """What becomes of both."""
        return meet(self.alpha, self.patch, place, first, second, call=call)

    def post_of(self, found: InterestGrid) -> MemberPost:
        """The post of its member."""
        with schema_context(self.alpha.schema_name):
            return MemberPost.objects.select_related("member").get(interest_grid=found)

    def check_closed(self, found: InterestGrid) -> None:
        """Nothing goes on in it."""
        with schema_context(self.alpha.schema_name):
            check_nothing_goes_on(found)


def check_nothing_goes_on(found: InterestGrid) -> None:
    """A closed interest grid has no coming meeting, no time of anybody, nobody in post and nobody who takes part.

    But a meeting to which somebody came before it began goes on.
    """
    assert InterestGrid.objects.get(pk=found.pk).state == "closed"
    there = Attendance.objects.filter(interest_grid=found).values("occurrence")
    rows = Occurrence.objects.filter(interest_grid=found).exclude(pk__in=there)
    assert not rows.filter(state="planned", starts_at__gt=timezone.now()).exists()
    assert not Activity.objects.filter(interest_grid=found, state="active").exists()
    names = [f"occurrence:{key}" for key in rows.values_list("pk", flat=True)]
    assert not Booking.objects.filter(reference__in=names, is_active=True).exists()
    assert not MemberPost.objects.filter(interest_grid=found).exclude(state="ended").exists()
    assert not Participation.objects.filter(interest_grid=found, left_on=None).exists()


def run_all(crossings: Sequence[Callable[[Scene], None]], scene: Scene) -> None:
    """Run each; what fails stops no other."""
    failed = []
    for crossing in crossings:
        try:
            crossing(scene)
        except Exception as fault:
            failed.append(f"{crossing.__name__}: {fault!r}")
    assert not failed, "\n".join(failed)
