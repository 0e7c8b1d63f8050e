"""A small city: two urban communities of slabs and one village, on one street, drawn in metres and stored lon-lat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django_tenants.utils import schema_context

from tenants.bureau.queries.days import today
from tests.remembered import remembered

METRIC = "EPSG:4547"
WEST_M, SOUTH_M = 520_000.0, 3_900_000.0


@dataclass
class SmallCity:
    """Rows of the small city by short names."""

    units: dict[str, Any] = field(default_factory=dict)
    communities: dict[str, Any] = field(default_factory=dict)
    layer_import: Any = None

    def community(self, name: str) -> Any:
        return self.communities[name]


def stored(geometry: Any) -> GEOSGeometry:
    """A metric shape as stored: EPSG:4490, 7 decimals."""
    lonlat = gpd.GeoSeries([geometry], crs=METRIC).to_crs("EPSG:4490").iloc[0]
    rounded = shapely.transform(lonlat, lambda xy: xy.round(7))
    return GEOSGeometry(memoryview(shapely.to_wkb(rounded)), srid=4490)


def build_small_city(city: Any, acting: Any) -> SmallCity:
    """Write the units, frames, buildings, street and site of the small city into the schema we stand in."""
    from gis.compute.frames import build_frames
    from gis.layers.models import Community, FitnessSite, LayerImport, LayerKind, Street
    from tenants.bureau.models import CityProfile, OrgCode, OrgUnit

    made = SmallCity()
    CityProfile.objects.get_or_create(
        id=1,
        defaults={
            "name": city.name, "division_code": city.division_code, "gauss_kruger_epsg": 4547,
            "centre_lon": 114.2, "centre_lat": 35.2,
        },
    )  # fmt: skip

    def unit(name: str, level: str, parent: str | None, code: str = "") -> Any:
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

    unit("city", "city", None)
    unit("county", "county", "city", "410802")
    unit("town", "town", "county", "410802001")
    unit("other_town", "town", "county", "410802002")
    made.layer_import = LayerImport.objects.create(
        kind=LayerKind.COMMUNITIES, status="applied", file_name="small.gpkg", sha256="0" * 64,
        imported_by=acting, data_label="生成数据",
    )  # fmt: skip
    rings = gpd.GeoDataFrame(
        {
            "name": ["shengli", "xinhua", "wangcun"],
            "settlement": ["urban", "urban", "rural"],
            "parent": ["town", "other_town", "other_town"],
            "code": ["410802001001", "410802002001", "410802002200"],
        },
        geometry=[
            shapely.box(WEST_M, SOUTH_M, WEST_M + 400, SOUTH_M + 300),
            shapely.box(WEST_M + 400, SOUTH_M, WEST_M + 600, SOUTH_M + 300),
            shapely.box(WEST_M + 600, SOUTH_M, WEST_M + 900, SOUTH_M + 300),
        ],
        crs=METRIC,
    )
    frames = build_frames(rings, METRIC)
    for row, frame in zip(rings.itertuples(), frames.lonlat.geometry, strict=True):
        made.communities[row.name] = Community.objects.create(
            unit=unit(row.name, "village", row.parent, row.code), code=row.code, name=row.name,
            settlement=row.settlement, geometry=GEOSGeometry(memoryview(shapely.to_wkb(frame)), srid=4490),
            frame=GEOSGeometry(memoryview(shapely.to_wkb(frame)), srid=4490), layer_import=made.layer_import,
        )  # fmt: skip
    _build_houses(made)
    line = shapely.LineString([(WEST_M - 50, SOUTH_M + 150), (WEST_M + 950, SOUTH_M + 150)])
    Street.objects.create(
        name="人民路", road_class="secondary", geometry=stored(line), layer_import=made.layer_import
    )
    FitnessSite.objects.create(
        ref="S1", name="胜利广场", site_kind="fitness_square",
        geometry=stored(shapely.Point(WEST_M + 100, SOUTH_M + 148)), layer_import=made.layer_import,
    )  # fmt: skip
    return made


def _build_houses(made: SmallCity) -> None:
    # 40 m × 50 m lots: 60 slabs of 20 homes in shengli (1,200), 12 of 20 in xinhua (240), 2 × 12 farmhouses.
    lots = [
        (made.community("shengli"), 10, 6, 0, 20, lambda i: ""),
        (made.community("xinhua"), 3, 4, 400, 20, lambda i: ""),
        (made.community("wangcun"), 6, 4, 620, 5, lambda i: "第1村民小组" if i < 3 else "第2村民小组"),
    ]
    for community, columns, rows, east_m, homes, group in lots:
        _build_lots(made, community, columns, rows, east_m, homes, group)


def _build_lots(
    made: SmallCity, community: Any, columns: int, rows: int, east_m: float, homes: int, group: Any
) -> None:
    from gis.layers.models import Building

    step_y = 300 / rows
    Building.objects.bulk_create(
        Building(
            ref=f"{community.name}-{i}-{j}", community=community, households=homes, household_source="given",
            use="residential", floors=6, villager_group=group(i), layer_import=made.layer_import,
            geometry=stored(
                shapely.box(
                    WEST_M + east_m + 40 * i + 8, SOUTH_M + step_y * j + 12,
                    WEST_M + east_m + 40 * i + 32, SOUTH_M + step_y * j + 30,
                )
            ),
        )
        for i in range(columns)
        for j in range(rows)
    )  # fmt: skip


@pytest.fixture
def small_city(alpha: Any, make_user: Any) -> Any:
    """The small city in alpha; rows are made under the city's role."""

    def build() -> SmallCity:
        acting = make_user(alpha, "importer")
        with schema_context(alpha.schema_name):
            return build_small_city(alpha, acting)

    return remembered(alpha.schema_name, "small city of slabs", build)


GIS_STAFF = ["grid.view", "grid_plan.view", "grid_plan.draft", "grid_plan.submit", "job.view", "layer.view"]
OFFICER = [
    "grid.view",
    "grid_plan.view",
    "grid_plan.review",
    "grid_plan.approve",
    "leader.nominate",
    "leader.appoint",
    "leader.view",
]
BUREAU = ["grid.view", "grid_plan.view", "grid_plan.publish", "leader.view", "coverage.view", "coverage.run"]


@dataclass
class Staff:
    """Three people of the journey."""

    gis: Any
    officer: Any
    bureau: Any


@pytest.fixture
def staff(alpha: Any, small_city: Any, make_user: Any) -> Staff:
    """GIS staff who draft, a county officer who reviews and approves, a bureau admin who publishes."""

    def build() -> Staff:
        return Staff(
            gis=make_user(alpha, "gis", GIS_STAFF),
            officer=make_user(alpha, "officer", OFFICER, unit=small_city.units["county"]),
            bureau=make_user(alpha, "bureau", BUREAU),
        )

    return remembered(alpha.schema_name, ("staff", small_city.layer_import.pk), build)


@pytest.fixture
def take_to(alpha: Any, staff: Staff) -> Any:
    """`take_to("published", plan_id)` moves a draft along the way, each step by who may do it."""
    from grids.units.rules.plan_states import PlanAction
    from grids.units.services.plans import TransitionOrder, transition_plan

    way = [
        ("validated", PlanAction.VALIDATE, staff.gis),
        ("submitted", PlanAction.SUBMIT, staff.gis),
        ("county_reviewed", PlanAction.REVIEW, staff.officer),
        ("approved", PlanAction.APPROVE, staff.officer),
        ("published", PlanAction.PUBLISH, staff.bureau),
    ]

    def take(state: str, plan_id: int, effective_on: date | None = None) -> Any:
        names = [name for name, _, _ in way]
        plan = None
        with schema_context(alpha.schema_name):
            from grids.units.models import GridPlan

            now = GridPlan.objects.get(pk=plan_id).state
            start = names.index(now) + 1 if now in names else 0
            for _, action, user in way[start : names.index(state) + 1]:
                order = TransitionOrder(action, effective_on=effective_on, accept_size_reasons=True)
                plan = transition_plan(plan_id=plan_id, order=order, acting_user=user)
        return plan

    return take


@pytest.fixture
def drawn(alpha: Any, small_city: SmallCity, staff: Staff) -> dict[str, int]:
    """Draft plans of all communities: name → plan id."""
    from grids.units.rules.drawing_order import DrawingOrder
    from grids.units.services.drawing import draw_plan

    def build() -> dict[str, int]:
        with schema_context(alpha.schema_name):
            return {
                name: draw_plan(
                    community_id=community.pk, order=DrawingOrder(preset="fast"), acting_user=staff.gis
                ).pk
                for name, community in small_city.communities.items()
            }

    return remembered(alpha.schema_name, ("drawn", today(), small_city.layer_import.pk, staff.gis.pk), build)


@pytest.fixture
def published(alpha: Any, drawn: dict[str, int], take_to: Any) -> dict[str, int]:
    """The plans in force from today: name → plan id."""

    def build() -> dict[str, int]:
        for plan_id in drawn.values():
            take_to("published", plan_id)
        return drawn

    return remembered(alpha.schema_name, ("published", today(), *drawn.values()), build)


@pytest.fixture
def grid_ids(alpha: Any, published: dict[str, int]) -> dict[str, list[int]]:
    """The base grids in force: community's name → grid ids, by code."""
    from grids.units.models import Grid

    with schema_context(alpha.schema_name):
        rows = list(Grid.objects.order_by("code").values_list("community__name", "pk"))
    return {name: [pk for owner, pk in rows if owner == name] for name in published}


@pytest.fixture
def base_grids(alpha: Any, small_city: SmallCity) -> dict[str, list[Any]]:
    """Base grids without the plans that draw them, for what asks for no land: three, one and two of them."""
    from grids.units.models import Grid

    since = date(2024, 1, 1)
    with schema_context(alpha.schema_name):
        return {
            name: [
                Grid.objects.create(
                    code=f"{community.code}{sequence:03d}", community=community, sequence=sequence, valid_from=since
                )
                for sequence in range(1, count + 1)
            ]
            for (name, community), count in zip(small_city.communities.items(), (3, 1, 2), strict=True)
        }  # fmt: skip


@pytest.fixture
def make_official(alpha: Any, make_user: Any, small_city: SmallCity) -> Any:
    """`make_official("zhao")`: a person in charge of culture and sports in shengli, or in the community named."""
    from grids.units.models import CultureSportsOfficer

    def make(username: str, community: str = "shengli", valid_to: date | None = None) -> Any:
        person = make_user(alpha, username)
        with schema_context(alpha.schema_name):
            CultureSportsOfficer.objects.create(
                user=person,
                community=small_city.community(community),
                valid_from=date(2024, 1, 1),
                valid_to=valid_to,
            )
        return person

    return make
