"""A small city with its communities, homes and people; factories of instructors and of sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django_tenants.utils import schema_context

from tests.remembered import remembered

# Rings in EPSG:4490: about 365 m × 333 m each, side by side; the last one is a village.
WEST, SOUTH, WIDE, HIGH = 114.21, 35.21, 0.004, 0.003
COMMUNITIES = (
    ("shengli", "town", "410802001001", "urban"),
    ("xinhua", "other_town", "410802002001", "urban"),
    ("wangcun", "other_town", "410802002200", "rural"),
)
ITEMS = {"taiji": "太极拳", "square_dance": "广场舞", "walking": "健步走"}
ALL_WEEK = tuple((weekday, 0, 1440) for weekday in range(1, 8))
SINCE = date(2024, 1, 1)


@dataclass
class SmallCity:
    """Rows of the small city by short names: units `city county town other_town shengli xinhua wangcun`."""

    units: dict[str, Any] = field(default_factory=dict)
    communities: dict[str, Any] = field(default_factory=dict)
    items: dict[str, Any] = field(default_factory=dict)
    layer_import: Any = None


def point(lon: float, lat: float) -> GEOSGeometry:
    """A point as stored."""
    return GEOSGeometry(f"POINT({lon:.7f} {lat:.7f})", srid=4490)


def inside(name: str) -> GEOSGeometry:
    """The middle of a community's ring."""
    at = [row[0] for row in COMMUNITIES].index(name)
    return point(WEST + (at + 0.5) * WIDE, SOUTH + HIGH / 2)


def _make_units(made: SmallCity, name: str, level: str, parent: str | None, code: str = "") -> Any:
    from tenants.bureau.models import OrgCode, OrgUnit

    above = made.units.get(parent) if parent else None
    row = OrgUnit.objects.filter(parent=None).first() if above is None else None
    if row is None:
        row = OrgUnit.objects.create(level=level, name=name, parent=above, valid_from=date(2020, 1, 1))
        row.path = f"{above.path if above else '/'}{row.pk}/"
        row.save(update_fields=["path"])
    if code:
        OrgCode.objects.create(unit=row, code=code, valid_from=date(2020, 1, 1))
    made.units[name] = row
    return row


def _make_community(made: SmallCity, at: int) -> None:
    from gis.layers.models import Building, Community

    name, parent, code, settlement = COMMUNITIES[at]
    west = WEST + at * WIDE
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = ", ".join(f"{west + x * WIDE:.7f} {SOUTH + y * HIGH:.7f}" for x, y in corners)
    shape = GEOSGeometry(f"POLYGON(({ring}))", srid=4490)
    made.communities[name] = Community.objects.create(
        unit=_make_units(made, name, "village", parent, code), code=code, name=name, settlement=settlement,
        geometry=shape, frame=shape, layer_import=made.layer_import,
    )  # fmt: skip
    Building.objects.bulk_create(
        Building(
            ref=f"{name}-{i}-{j}", community=made.communities[name], households=10, household_source="given",
            use="residential", floors=6, layer_import=made.layer_import,
            geometry=point(west + (i + 0.5) * WIDE / 5, SOUTH + (j + 0.5) * HIGH / 4),
        )
        for i in range(5)
        for j in range(4)
    )  # fmt: skip


def build_small_city(city: Any, acting: Any) -> SmallCity:
    """Write units, three communities of 20 houses with 10 homes each, and items into the schema we stand in."""
    from gis.layers.models import LayerImport, LayerKind
    from instructors.people.models import ActivityItem
    from tenants.bureau.models import CityProfile

    made = SmallCity()
    CityProfile.objects.get_or_create(
        id=1,
        defaults={
            "name": city.name, "division_code": city.division_code, "gauss_kruger_epsg": 4547,
            "centre_lon": WEST, "centre_lat": SOUTH,
        },
    )  # fmt: skip
    _make_units(made, "city", "city", None)
    _make_units(made, "county", "county", "city", "410802")
    _make_units(made, "town", "town", "county", "410802001")
    _make_units(made, "other_town", "town", "county", "410802002")
    made.layer_import = LayerImport.objects.create(
        kind=LayerKind.COMMUNITIES, status="applied", file_name="small.gpkg", sha256="0" * 64,
        imported_by=acting, data_label="生成数据",
    )  # fmt: skip
    for at in range(len(COMMUNITIES)):
        _make_community(made, at)
    for code, name in ITEMS.items():
        made.items[code], _ = ActivityItem.objects.get_or_create(code=code, defaults={"name": name})
    return made


@pytest.fixture
def small_city(alpha: Any, make_user: Any) -> SmallCity:
    """The small city in alpha."""

    def build() -> SmallCity:
        acting = make_user(alpha, "importer")
        with schema_context(alpha.schema_name):
            return build_small_city(alpha, acting)

    return remembered(alpha.schema_name, "small city of instructors", build)


@dataclass
class Staff:
    """People of the journeys; `clerk` works for `town` only, `nobody` holds no right."""

    bureau: Any
    dispatcher: Any
    officer: Any
    clerk: Any
    nobody: Any


@pytest.fixture
def staff(alpha: Any, small_city: SmallCity, make_user: Any) -> Staff:
    """One user of each role, with the rights that the role's template bundles."""
    from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

    def person(name: str, role: str, unit: str) -> Any:
        return make_user(alpha, name, sorted(ROLE_TEMPLATES[role].permissions), unit=small_city.units[unit])

    def build() -> Staff:
        return Staff(
            bureau=person("bureau", "bureau_admin", "city"),
            dispatcher=person("dispatcher", "dispatcher", "city"),
            officer=person("officer", "district_officer", "county"),
            clerk=person("clerk", "town_staff", "town"),
            nobody=make_user(alpha, "nobody"),
        )

    return remembered(alpha.schema_name, ("staff of instructors", small_city.layer_import.pk), build)


@pytest.fixture
def make_instructor(alpha: Any, small_city: SmallCity) -> Callable[..., Any]:
    """`make_instructor("测试甲", unit="shengli", items=["taiji"], free=[(1, 540, 660)], user=None)`.

    With a certificate of grade 3 since 2024 unless `grade` is None, teaching its items since then, living in its
    community, and free all week unless `free` says otherwise (`()`: nothing is said of the times).
    """
    from instructors.people.models import FreeTime, GradeAward, Instructor, TeachingItem

    numbers = count(1)

    def make(
        name: str = "测试甲",
        *,
        unit: str = "shengli",
        items: Sequence[str] = ("taiji",),
        grade: str | None = "grade3",
        valid_to: date | None = None,
        free: Sequence[tuple[int, int, int]] = ALL_WEEK,
        **fields: Any,
    ) -> Any:
        number = next(numbers)
        home = inside(unit) if unit in small_city.communities else None
        with schema_context(alpha.schema_name):
            person = Instructor.objects.create(
                **{"name": name, "unit": small_city.units[unit], "home": home, **fields}
            )
            if grade is not None:
                GradeAward.objects.create(
                    instructor=person, grade=grade, award_level="county",
                    certificate_number=f"TEST-{number:06d}", valid_from=SINCE, valid_to=valid_to,
                )  # fmt: skip
            TeachingItem.objects.bulk_create(
                TeachingItem(
                    instructor=person, item=small_city.items[code], teaching_role="skill_coach",
                    valid_from=SINCE,
                )
                for code in items
            )  # fmt: skip
            FreeTime.objects.bulk_create(
                FreeTime(instructor=person, weekday=weekday, from_minute=start, to_minute=end)
                for weekday, start, end in free
            )
        return person

    return make


@pytest.fixture
def make_site(alpha: Any, small_city: SmallCity) -> Callable[..., Any]:
    """`make_site("S1", unit="shengli", hours=[(1, 540, 1080)])`: a site in the middle of a community.

    `hours` as (weekday, from minute, to minute); none: unknown. Other fields as the model names them.
    """
    from instructors.assignment.models import Site

    def make(
        ref: str = "S1", *, unit: str = "shengli", hours: Sequence[tuple[int, int, int]] = (), **fields: Any
    ) -> Any:
        town = next(row[1] for row in COMMUNITIES if row[0] == unit)
        opening = [
            {"weekday": weekday, "from_minute": start, "to_minute": end} for weekday, start, end in hours
        ]
        with schema_context(alpha.schema_name):
            return Site.objects.create(
                **{
                    "ref": ref, "name": f"测试站点{ref}", "geometry": inside(unit), "opening_hours": opening,
                    "unit": small_city.units[unit], "town": small_city.units[town], **fields,
                }
            )  # fmt: skip

    return make
