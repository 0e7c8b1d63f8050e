"""Two communities of one street with base grids, interest grids and the people who work in them, all invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django_tenants.utils import schema_context

SINCE = date(2026, 1, 5)
OFFICE = [
    "interest.view",
    "activity.edit",
    "demand.view",
    "demand.edit",
    "visit.view",
    "worklog.view",
    "hotline.view",
]


@dataclass
class Street:
    """Rows of the street by short names."""

    units: dict[str, Any] = field(default_factory=dict)
    communities: dict[str, Any] = field(default_factory=dict)
    grids: dict[str, Any] = field(default_factory=dict)
    dances: Any = None  # square dance in east, serves east_1
    chess: Any = None  # board games in west, serves west_1
    people: dict[str, Any] = field(default_factory=dict)


def _shape(kind: str, at: float) -> GEOSGeometry:
    ring = f"(({at} 35.2, {at + 0.01} 35.2, {at + 0.01} 35.21, {at} 35.21, {at} 35.2))"
    return GEOSGeometry(f"MULTIPOLYGON({ring})" if kind == "MULTIPOLYGON" else f"POLYGON{ring}", srid=4490)


def _units(made: Street) -> None:
    from tenants.bureau.models import OrgUnit

    above = OrgUnit.objects.filter(parent=None).first()
    if above is None:
        above = OrgUnit.objects.create(level="city", name="市", valid_from=SINCE)
        above.path = f"/{above.pk}/"
        above.save(update_fields=["path"])
    made.units["city"] = above
    for name, level, parent in (
        ("county", "county", "city"), ("town", "town", "county"), ("other_town", "town", "county"),
        ("east", "village", "town"), ("west", "village", "other_town"),
    ):  # fmt: skip
        top = made.units[parent]
        unit = OrgUnit.objects.create(level=level, name=f"{name}演示", parent=top, valid_from=SINCE)
        unit.path = f"{top.path}{unit.pk}/"
        unit.save(update_fields=["path"])
        made.units[name] = unit


def _land(made: Street, user: Any) -> None:
    from gis.layers.models import Community, LayerImport, LayerKind
    from grids.units.models import Grid

    brought = LayerImport.objects.create(
        kind=LayerKind.COMMUNITIES, status="applied", file_name="t.gpkg", sha256="0" * 64, imported_by=user
    )
    kinds = {name: Community._meta.get_field(name).geom_type for name in ("geometry", "frame")}
    for number, name in enumerate(("east", "west")):
        at = 114.2 + number * 0.02
        code = f"41080200{number + 1}001"
        made.communities[name] = Community.objects.create(
            unit=made.units[name], code=code, name=f"{name}社区", settlement="urban", layer_import=brought,
            **{column: _shape(kind, at) for column, kind in kinds.items()},
        )  # fmt: skip
        for sequence in (1, 2):
            made.grids[f"{name}_{sequence}"] = Grid.objects.create(
                code=f"{code}{sequence:03d}"[:15],
                community=made.communities[name],
                sequence=sequence,
                valid_from=SINCE,
            )


def _interest_grids(made: Street, user: Any) -> None:
    from grids.interest.models import InterestGrid
    from instructors.people.models import ActivityItem

    for code, name in (("square-dance-t", "演示广场舞"), ("board-games-t", "演示棋类")):
        ActivityItem.objects.get_or_create(code=code, defaults={"name": name})
    for short, name, item, community, grid in (
        ("dances", "晨光舞队", "square-dance-t", "east", "east_1"),
        ("chess", "棋友", "board-games-t", "west", "west_1"),
    ):
        row = InterestGrid.objects.create(
            code=f"{made.communities[community].code}-001", sequence=1, name=name, proposed_by=user,
            item=ActivityItem.objects.get(code=item), community=made.communities[community], state="active",
            active_since=SINCE, recurrence="FREQ=WEEKLY;BYDAY=MO,WE,FR", from_minute=19 * 60, minutes=60,
            place_name="演示广场",
        )  # fmt: skip
        row.base_grids.add(made.grids[grid])
        setattr(made, short, row)


@pytest.fixture
def street(alpha: Any, make_user: Any) -> Street:
    """The street, with a leader of east_1, a member of the dances, a stranger, and an office of each level."""
    from grids.interest.models import GridMember, MemberPost
    from grids.units.models import GridLeader

    made = Street()
    acting = make_user(alpha, "acting")
    for name in ("leader", "member", "stranger", "other_leader"):
        made.people[name] = make_user(alpha, name)
    with schema_context(alpha.schema_name):
        _units(made)
        _land(made, acting)
        _interest_grids(made, acting)
        for name, grid in (("leader", "east_1"), ("other_leader", "west_1")):
            GridLeader.objects.create(
                grid=made.grids[grid], user=made.people[name], starts_on=SINCE, appointed_by=acting
            )
        member = GridMember.objects.create(
            name="赵演示001", community=made.communities["east"], user=made.people["member"]
        )
        MemberPost.objects.create(
            member=member, interest_grid=made.dances, source="backbone", proof="演示", state="active",
            starts_on=SINCE, nominated_by=acting, confirmed_by=acting,
        )  # fmt: skip
    made.people["town"] = make_user(alpha, "town-staff", OFFICE, unit=made.units["town"])
    made.people["other_town"] = make_user(alpha, "other-town-staff", OFFICE, unit=made.units["other_town"])
    made.people["bureau"] = make_user(alpha, "bureau-staff", OFFICE)
    made.people["viewer"] = make_user(
        alpha,
        "viewer",
        ["demand.view", "visit.view", "worklog.view", "hotline.view"],
        unit=made.units["county"],
    )
    return made


@pytest.fixture
def speak(alpha: Any, api: Any, street: Street) -> Any:
    """`speak("leader")` is the API as that person of the street."""
    return lambda name: api(alpha, street.people[name])
