"""A real city with a poor building layer is drawn by its compounds: Jinniu in Chengdu, as OpenStreetMap has it.

Only 8 of its 78 compounds hold a mapped building. The source has neither communities nor households: both are made up
here from the streets and the compounds' ground, with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum

from gis.compute.riverside_communities import common_sides, merge_blocks, street_blocks
from gis.layers.models import Building, Community, Compound, LayerImport
from gis.layers.queries.features import real_buildings, stand_ins
from gis.layers.queries.frames import homes

pytestmark = pytest.mark.django_db

Bring = Callable[..., Any]
CHENGDU = Path(__file__).parents[2] / "data" / "chengdu_jinniu.gpkg"
METRIC_EPSG = 4544  # CGCS2000, 3-degree Gauss-Krüger zone of 105° E
MAIN_ROADS = ["trunk", "primary", "secondary"]
THROUGH_ROADS = [*MAIN_ROADS, "tertiary", "residential", "unclassified"]
COUNTED = {"碧桂园城市花园": 1180, "保利公园里": 1462, "北星城": 655}


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(CHENGDU, layer=name)


def made_up_communities() -> gpd.GeoDataFrame:
    """Twelve communities of whole street blocks; totals near what the ground would hold, three unknown."""
    ground = layer("residential").to_crs(METRIC_EPSG)
    roads = layer("roads").to_crs(METRIC_EPSG)
    roads = roads[roads["highway"].isin(THROUGH_ROADS)]
    everything = [*ground.geometry, *layer("buildings").to_crs(METRIC_EPSG).geometry]
    land = shapely.box(*shapely.total_bounds(everything)).buffer(150, join_style="mitre")
    blocks = street_blocks(land, roads.geometry.values)
    row, block = shapely.STRtree(blocks).query(ground.representative_point().values, predicate="intersects")
    expected = np.bincount(block, weights=ground.area.values[row] * 0.017, minlength=len(blocks))
    main = shapely.union_all(roads[roads["highway"].isin(MAIN_ROADS)].geometry.values)
    sides = common_sides(blocks, main)
    owner = merge_blocks(blocks, expected, np.zeros(len(blocks), dtype=np.int64), sides, 2500, 6000)
    count = int(owner.max()) + 1
    rings = [shapely.union_all(blocks[owner == number]) for number in range(count)]
    chance = np.random.default_rng(20240401)
    totals = np.bincount(owner, weights=expected) * chance.uniform(0.8, 1.2, count)
    known = np.arange(count) % 4 != 3
    return gpd.GeoDataFrame(
        {
            "code": [f"5101060998{number:02d}" for number in range(count)],
            "name": [f"生成社区{number + 1:02d}" for number in range(count)],
            "households": pd.array(np.where(known, totals.round(), np.nan), dtype="Int64"),
        },
        geometry=rings,
        crs=METRIC_EPSG,
    ).to_crs(4490)


def with_counts(compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Three compounds that the bureau has counted (invented numbers)."""
    counted = compounds["name"].map(COUNTED).where(~compounds["name"].duplicated())
    return compounds[["osm_id", "name", "geometry"]].assign(households=counted.astype("Int64"))


def barriers() -> gpd.GeoDataFrame:
    """Water and railways, which the source keeps in two layers, in one."""
    parts = [layer("water").assign(barrier_kind="water"), layer("rail").assign(barrier_kind="rail")]
    kept = [part[part.geom_type.isin(["LineString", "Polygon"])] for part in parts]
    return gpd.GeoDataFrame(pd.concat(kept)[["name", "barrier_kind", "geometry"]], crs=4326)


@pytest.fixture
def chengdu(city: Any, bring: Bring) -> dict[str, LayerImport]:
    """Alpha turned into Jinniu: every layer through the import, each kind's import by name."""
    from tenants.bureau.models import CityProfile
    from tenants.registry.services import as_owner

    with as_owner():  # the profile is the operator's
        CityProfile.objects.update(gauss_kruger_epsg=METRIC_EPSG, centre_lon=104.075, centre_lat=30.767)
    upload = SimpleUploadedFile("chengdu.gpkg", CHENGDU.read_bytes())
    done = {
        "communities": bring("communities", made_up_communities(), data_label="生成的社区"),
        "compounds": bring("compounds", with_counts(layer("residential"))),
        "streets": bring("streets", upload, layer="roads"),
        "barriers": bring("barriers", barriers()),
    }
    upload = SimpleUploadedFile("chengdu.gpkg", CHENGDU.read_bytes())
    done["buildings"] = bring("buildings", upload, layer="buildings", leave_out_outside=True)
    assert {kind: row.status for kind, row in done.items()} == dict.fromkeys(done, "applied"), [
        (row.kind, row.errors[:2]) for row in done.values() if row.errors
    ]
    return done


def test_a_city_of_compounds_without_buildings_is_counted_and_drawn_whole(
    chengdu: dict[str, LayerImport], city: Any, make_user: Callable[..., Any]
) -> None:
    assert (chengdu["compounds"].counts["stand_ins"], chengdu["buildings"].counts["stand_ins"]) == (78, 70)
    _check_counted()
    drafter = make_user(city, "drafter", ["grid.view", "grid_plan.view", "grid_plan.draft"])
    _check_drawn(drafter)


def _check_counted() -> None:
    """Every compound stands in or has dwellings; sums are exact and every row says its source."""
    assert Compound.objects.count() == 78 and stand_ins().count() == 70
    standing = set(stand_ins().values_list("stands_for__ref", flat=True))
    assert {f"compound:{ref}" for ref in standing} == set(stand_ins().values_list("ref", flat=True))
    assert stand_ins().filter(households=0).count() == 0
    assert not Building.objects.filter(retired_by=None, community=None, households__gt=0).exists()
    for community in Community.objects.all():
        rows = Building.objects.filter(retired_by=None, community=community)
        sources = set(rows.filter(households__gt=0).values_list("household_source", flat=True))
        if community.households is None:
            assert sources <= {"given", "estimated"}
        else:
            assert rows.aggregate(sum=Sum("households"))["sum"] == community.households
            assert sources <= {"given", "spread"}
    told = dict(stand_ins().filter(given_households__isnull=False).values_list("name", "households"))
    # 保利公园里 has mapped dwellings, which carry its households; the other two stand in with what was counted.
    assert told == {"碧桂园城市花园": 1180, "北星城": 655}
    # Four households in five live where no building is mapped.
    in_buildings = real_buildings().aggregate(sum=Sum("households"))["sum"]
    assert 0 < 4 * in_buildings < stand_ins().aggregate(sum=Sum("households"))["sum"]


def _check_drawn(drafter: Any) -> None:
    from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
    from grids.units.rules.drawing_order import DrawingOrder
    from grids.units.services.drawing import draw_communities

    ids = list(Community.objects.order_by("code").values_list("id", flat=True))
    drawn = draw_communities(
        community_ids=ids, order=DrawingOrder(preset="fast"), acting_user=drafter, processes=1
    )
    assert not drawn.failed
    for plan in GridPlan.objects.select_related("community"):
        _check_tiles(plan.community, list(PlanGrid.objects.filter(plan=plan)))
        rows = Building.objects.filter(retired_by=None, community=plan.community)
        placed = BuildingAssignment.objects.filter(plan=plan)
        assert dict(placed.values_list("building_id", "households")) == dict(
            rows.values_list("id", "households")
        )
        told = plan.quality["drawn"]
        assert sum(told["households_by_source"].values()) == told["households"]
        assert told["compounds_standing_in"] == rows.filter(stands_for__isnull=False).count()
    assert GridPlan.objects.count() == len(ids) == 12
    assert PlanGrid.objects.aggregate(sum=Sum("households"))["sum"] == int(homes()["households"].sum())


def _check_tiles(community: Community, grids: list[Any]) -> None:
    """The grids cover the frame once, each with the homes that lie in it."""
    shapes = np.array([shapely.from_wkb(bytes(grid.geometry.wkb)) for grid in grids])
    frame = shapely.from_wkb(bytes(community.frame.wkb))
    assert shapely.coverage_is_valid(shapes)
    assert shapely.symmetric_difference(shapely.coverage_union_all(shapes), frame).area == 0
    assert all(grid.households > 0 for grid in grids)
