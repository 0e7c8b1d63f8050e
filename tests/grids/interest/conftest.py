"""The small city at work: base grids, leaders, an active interest grid with a member, and everybody who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.bureau.rules.local_time import local_date
from tests.grids.units.conftest import SmallCity, build_small_city, small_city, stored  # noqa: F401
from tests.remembered import remembered

CONSENT = "2026-1"
MEMBERS = {"member": 1, "neighbour_member": 2}  # 赵演示001 with 13900000001, and so on


@dataclass
class Neighbourhood:
    """Rows by short names.

    `grids`: base grids `shengli1`, `shengli2`, `xinhua1`, `wangcun1`. `people`: accounts by role, each with a `secret`:
    `bureau`, `county`, `town`, `other_town`, `leader` (of shengli1), `second_leader` (of shengli2), `neighbour_leader` (of
    xinhua1), `member` (of the dance), `neighbour_member` (of the ball games in xinhua), `citizen` (no right at all).
    `dance`: the active interest grid of shengli1; `ball`: that of xinhua1. `post` and `ball_post`: the members' posts.
    """

    city: SmallCity
    today: date
    grids: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    dance: Any = None
    ball: Any = None
    member: Any = None
    ball_member: Any = None
    post: Any = None
    ball_post: Any = None
    site: Any = None


def build_neighbourhood(city: SmallCity, make: Any) -> Neighbourhood:
    """Write it into the schema we stand in; `make(username, rights, unit)` makes an account."""
    from grids.units.models import Grid, GridLeader
    from instructors.assignment.models import Site
    from tenants.bureau.queries.days import today
    from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

    made = Neighbourhood(city, today())
    since = made.today - timedelta(days=200)
    for name, number in (("shengli", 1), ("shengli", 2), ("xinhua", 1), ("wangcun", 1)):
        community = city.community(name)
        made.grids[f"{name}{number}"] = Grid.objects.create(
            code=f"{community.code}{number:03d}", community=community, sequence=number, valid_from=since
        )
    offices = {
        "bureau": ("bureau_admin", "city"), "county": ("district_officer", "county"),
        "town": ("town_staff", "town"), "other_town": ("town_staff", "other_town"),
    }  # fmt: skip
    for name, (role, unit) in offices.items():
        made.people[name] = make(name, sorted(ROLE_TEMPLATES[role].permissions), city.units[unit])
    for name in ("leader", "second_leader", "neighbour_leader", "member", "neighbour_member", "citizen"):
        made.people[name] = make(name, [], None)
    leads = {"leader": "shengli1", "second_leader": "shengli2", "neighbour_leader": "xinhua1"}
    for name, grid in leads.items():
        GridLeader.objects.create(
            grid=made.grids[grid], user=made.people[name], starts_on=since, appointed_by=made.people["county"]
        )
    made.site = Site.objects.create(
        ref="S1",
        name="胜利广场",
        geometry=city_point(100, 148),
        unit=city.units["shengli"],
        town=city.units["town"],
    )
    made.dance, made.member, made.post = _active(
        made, "晨光广场舞队", "square_dance", "shengli1", "leader", "member"
    )
    made.ball, made.ball_member, made.ball_post = _active(
        made, "新华乒乓球队", "table_tennis", "xinhua1", "neighbour_leader", "neighbour_member"
    )
    return made


def city_point(east_m: float, north_m: float) -> Point:
    """A point of the small city, in metres from its south-west corner."""
    import shapely

    from tests.grids.units.conftest import SOUTH_M, WEST_M

    return stored(shapely.Point(WEST_M + east_m, SOUTH_M + north_m))


def order_of(made: Neighbourhood, **changes: Any) -> Any:
    """An order for an interest grid of shengli1 that meets at the square on Tuesdays and Thursdays."""
    from grids.interest.services.interest_grids import InterestGridOrder

    given = {
        "name": "晨光广场舞队", "item_code": "square_dance", "community_id": made.city.community("shengli").pk,
        "base_grid_ids": [made.grids["shengli1"].pk], "site_id": made.site.pk,
        "recurrence": "FREQ=WEEKLY;BYDAY=TU,TH", "from_minute": 390, "minutes": 60,
    }  # fmt: skip
    return InterestGridOrder(**(given | changes))


def _active(
    made: Neighbourhood, name: str, item: str, grid: str, leader: str, member: str
) -> tuple[Any, Any, Any]:
    from grids.interest.services.interest_grid_states import confirm_interest_grid
    from grids.interest.services.interest_grids import propose_interest_grid
    from grids.interest.services.members import MemberOrder, add_member
    from grids.interest.services.posts import PostOrder, confirm_post
    from grids.interest.services.sources import SourceOrder

    base, acting = made.grids[grid], made.people[leader]
    order = order_of(
        made, name=name, item_code=item, community_id=base.community_id, base_grid_ids=[base.pk], site_id=None
    )
    found = propose_interest_grid(order=order, acting_user=acting)
    number = MEMBERS[member]
    entry = MemberOrder(
        name=f"赵演示{number:03d}",
        phone=f"13900000{number:03d}",
        user_id=made.people[member].pk,
        post=PostOrder(found.pk, SourceOrder(source="backbone", proof="带队三年（演示）")),
    )
    person = add_member(order=entry, acting_user=acting)
    post = confirm_post(post_id=person.posts.get().pk, acting_user=acting)
    return confirm_interest_grid(interest_grid_id=found.pk, acting_user=acting), person, post


@pytest.fixture
def neighbourhood(alpha: Any, make_user: Any) -> Neighbourhood:
    """The neighbourhood in alpha."""

    def build() -> Neighbourhood:
        acting = make_user(alpha, "importer")
        with schema_context(alpha.schema_name):
            city = build_small_city(alpha, acting)
            return build_neighbourhood(
                city, lambda username, rights, unit: make_user(alpha, username, rights, unit=unit)
            )

    return remembered(alpha.schema_name, ("neighbourhood", local_date(timezone.now())), build)


@pytest.fixture
def speak(alpha: Any, api: Any, neighbourhood: Neighbourhood) -> Any:
    """`speak("leader")` speaks to alpha as that person; `speak(None)` as a stranger."""

    def as_person(name: str | None) -> Any:
        return api(alpha, None if name is None else neighbourhood.people[name])

    return as_person


@pytest.fixture
def in_city(alpha: Any) -> Any:
    """`with in_city():` stands in alpha, under its role."""

    @contextmanager
    def stand() -> Iterator[None]:
        with schema_context(alpha.schema_name):
            yield

    return stand


@pytest.fixture
def enrol(neighbourhood: Neighbourhood, in_city: Any) -> Any:
    """`enrol("孙演示020", "13900000020")` lets a person join the dance; returns the participation."""
    from grids.interest.services.participants import JoinOrder, enrol_participant

    def join(name: str, phone: str = "", found: Any = None, by: str = "leader") -> Any:
        with in_city():
            return enrol_participant(
                interest_grid_id=(found or neighbourhood.dance).pk,
                order=JoinOrder(name, phone, True, CONSENT),
                acting_user=neighbourhood.people[by],
            )

    return join


@pytest.fixture
def statements() -> Any:
    """`statements(call)` counts what a call asks of the city; whose city a host is, is asked anew every few seconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(call: Any) -> int:
        with CaptureQueriesContext(connection) as caught:
            call()
        return sum("registry_" not in query["sql"] for query in caught)

    return count


EVERYBODY = (
    "bureau", "county", "town", "other_town", "leader", "second_leader", "neighbour_leader", "member", "neighbour_member",
    "citizen", None,
)  # fmt: skip
