"""Rows, frames, GeoJSON and tiles of the layers, narrowed to who asks."""

from __future__ import annotations

import math
from datetime import date

import pytest
from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry import box

from gis.layers.models import Building, Community, LayerImport, LayerKind, Street
from gis.layers.queries.features import (
    communities_visible_to,
    features_visible_to,
    layer_overview,
    shown_attributes,
)
from gis.layers.queries.frames import (
    buildings_of,
    city_extent,
    community_frame,
    homes,
    streets_near,
    unplaced_households,
)
from gis.layers.queries.maps import as_features, in_bbox, layer_tile, parse_bbox, tile_envelope, with_geojson
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


def _geometry(shape) -> GEOSGeometry:
    return GEOSGeometry(shape.wkt, srid=4490)


def _unit(level: str, name: str, parent: OrgUnit | None) -> OrgUnit:
    unit = OrgUnit.objects.create(level=level, name=name, parent=parent, valid_from=date(2023, 1, 1))
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save()
    return unit


@pytest.fixture
def town(in_alpha, make_user):
    """Two communities side by side in two counties, three buildings (one in no community), one street."""
    root = _unit("city", "甲市", None)
    west, east = _unit("county", "西区", root), _unit("county", "东区", root)
    importer = User.objects.create(username="importer", display_name="测试")
    brought = LayerImport.objects.create(
        kind="communities",
        file_name="a.gpkg",
        sha256="0" * 64,
        imported_by=importer,
        status="applied",
        data_label="生成数据",
    )
    communities = [
        Community.objects.create(
            unit=unit,
            code=f"41080200100{n}",
            name=f"社区{n}",
            geometry=_geometry(ring),
            frame=_geometry(ring),
            layer_import=brought,
            households=800,
        )
        for n, (unit, ring) in enumerate(
            [(west, box(113.20, 35.20, 113.21, 35.21)), (east, box(113.21, 35.20, 113.22, 35.21))]
        )
    ]
    places = [(113.205, communities[0]), (113.215, communities[1]), (113.30, None)]
    for n, (lon, community) in enumerate(places):
        Building.objects.create(
            ref=f"b{n}",
            geometry=_geometry(box(lon, 35.205, lon + 0.0002, 35.2052)),
            layer_import=brought,
            community=community,
            households=40,
            household_source="given",
            use="residential",
        )
    Street.objects.create(
        geometry=GEOSGeometry("LINESTRING (113.2 35.205, 113.22 35.205)", srid=4490), layer_import=brought
    )
    return {"root": root, "west": west, "communities": communities}


def _user(in_alpha, make_user, name, unit):
    return make_user(in_alpha, name, ["layer.view"], unit=unit)


def test_rows_are_narrowed_to_the_units_of_the_right(town, in_alpha, make_user):
    city, county = (
        _user(in_alpha, make_user, "city", town["root"]),
        _user(in_alpha, make_user, "county", town["west"]),
    )
    stranger = make_user(in_alpha, "nobody")
    assert communities_visible_to(city).count() == 2
    assert [c.name for c in communities_visible_to(county)] == ["社区0"]
    assert features_visible_to(city, "buildings").count() == 3, (
        "the unplaced one belongs to the city's own right"
    )
    assert features_visible_to(county, "buildings").count() == 1
    assert features_visible_to(county, "streets").count() == 1
    assert not any(features_visible_to(stranger, kind).exists() for kind in LayerKind)


def test_frames_bear_ids_crs_and_only_their_community(town):
    first = town["communities"][0]
    frame = community_frame(first)
    assert (
        frame.crs.to_epsg() == 4490 and list(frame.index) == [first.pk] and frame["households"].iloc[0] == 800
    )
    buildings = buildings_of(first)
    assert buildings["ref"].tolist() == ["b0"] and buildings["villager_group"].isna().all()
    assert len(streets_near(first)) == 1
    assert homes()["community_id"].isna().sum() == 1 and unplaced_households() == 40
    assert city_extent() == pytest.approx((113.20, 35.20, 113.22, 35.21))


def test_frames_of_an_empty_city_are_empty_frames(in_alpha):
    assert homes().empty and homes().crs.to_epsg() == 4490
    assert city_extent() is None


def test_overview_counts_within_a_bounded_number_of_statements(
    town, in_alpha, make_user, django_assert_max_num_queries
):
    user = _user(in_alpha, make_user, "viewer", town["root"])
    with django_assert_max_num_queries(9):
        overview = {row["kind"]: row for row in layer_overview(user)}
    assert overview["buildings"]["feature_count"] == 3 and overview["compounds"]["bounds"] is None
    assert overview["communities"]["last_import"]["label"] == "生成数据"


def test_tiles_hold_what_lies_in_them(town, in_alpha, make_user):
    user = _user(in_alpha, make_user, "viewer", town["root"])
    z = 14
    x = int((113.205 + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(35.205))) / math.pi) / 2 * 2**z)
    rows, shown = features_visible_to(user, "buildings"), shown_attributes(user, "buildings")
    tile = layer_tile(rows, shown, "buildings", (z, x, y))
    assert b"buildings" in tile and b"household_source" in tile and b"given" in tile
    assert layer_tile(rows, shown, "buildings", (z, x + 40, y)) == b""
    assert layer_tile(rows, shown, "buildings", (5, 0, 0)) == b"", "too far out for buildings"
    held, named = features_visible_to(user, "communities"), shown_attributes(user, "communities")
    assert b"frame" not in layer_tile(held, named, "communities", (z, x, y))


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (0, 1, 0), (3, 0, 8), (21, 0, 0)])
def test_a_tile_that_does_not_exist_is_refused(z, x, y):
    with pytest.raises(RuleBroken) as refused:
        tile_envelope(z, x, y)
    assert (refused.value.code, refused.value.status) == ("BAD_TILE", 400)


def test_geojson_keeps_seven_decimals_and_the_box_narrows(town, in_alpha, make_user):
    user = _user(in_alpha, make_user, "viewer", town["root"])
    rows = in_bbox(features_visible_to(user, "buildings"), parse_bbox("113.2,35.2,113.21,35.21"))
    features = as_features(with_geojson(rows), ["ref"])
    assert [feature["properties"]["ref"] for feature in features] == ["b0"]
    assert [113.205, 35.205] in features[0]["geometry"]["coordinates"][0]


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "10,0,5,1", "0,0,0,91", "nan,0,1,1", "1e400,0,1,1"])
def test_a_bad_box_is_refused(text):
    with pytest.raises(RuleBroken) as refused:
        parse_bbox(text)
    assert refused.value.code == "BAD_BBOX"
