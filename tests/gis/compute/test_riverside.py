"""The Lujiazui set comes out clean, with communities on one bank each and every repair counted."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.refusal import InputRefused
from gis.compute.riverside import RiversideCity, load_riverside
from gis.compute.riverside_cleaning import (
    Repairs,
    empty_tiles,
    join_pieces,
    mend_heights,
    part_overlaps,
    tile_of,
    tile_polygon,
)
from gis.compute.riverside_communities import common_sides, long_cuts, merge_blocks, street_blocks
from gis.compute.riverside_dwellings import DwellingRules, estimate_dwellings

DATA = Path(__file__).parents[3] / "data"
SET = DATA / "shanghai_lujiazui_tilezen.gpkg"
METRIC = "EPSG:4549"


@pytest.fixture(scope="module")
def city() -> RiversideCity:
    return load_riverside(SET)


def buildings_of(shapes: list[shapely.Polygon], **columns: list[object]) -> gpd.GeoDataFrame:
    count = len(shapes)
    plain: dict[str, list[object]] = {
        "osm_id": list(range(count)),
        "kind": ["building"] * count,
        "height": [np.nan] * count,
        "kind_detail": [None] * count,
        "landuse_kind": [None] * count,
        "name": [None] * count,
    }
    return gpd.GeoDataFrame({**plain, **columns}, geometry=shapes, crs=METRIC)


def test_every_repair_of_the_real_set_is_counted(city: RiversideCity) -> None:
    repairs = city.repairs
    assert repairs.rows_read == 1462
    assert (repairs.joined_buildings, repairs.joined_pieces, repairs.still_in_pieces) == (23, 46, 0)
    assert repairs.heights_not_positive == 4
    assert repairs.missing_tiles == 1
    assert repairs.buildings_kept == len(city.buildings)
    gone = repairs.parts_inside_buildings + repairs.drawn_twice + repairs.on_water + repairs.outside_extent
    pieces_joined = repairs.joined_pieces - repairs.joined_buildings
    assert repairs.rows_read - pieces_joined - gone - repairs.too_small == repairs.buildings_kept


def test_buildings_are_single_valid_disjoint_and_known_by_id(city: RiversideCity) -> None:
    metric = city.buildings.to_crs(city.metric_crs)
    shapes = metric.geometry.to_numpy()
    assert (metric.geom_type == "Polygon").all()
    assert metric.is_valid.all()
    assert metric["building_id"].is_unique
    left, right = metric.sindex.query(metric.geometry, predicate="intersects")
    pairs = left < right
    assert shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])).max() < 0.5


def test_communities_tile_the_land_and_never_span_water(city: RiversideCity) -> None:
    shapes = city.communities.geometry.to_numpy()
    assert (city.communities.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(shapes)
    water = city.barriers.loc[city.barriers["kind"] == "water"].to_crs(city.metric_crs).geometry.union_all()
    metric = city.communities.to_crs(city.metric_crs)
    # Blocks are noded on a grid of a decimetre: along a bank of kilometres that is some square metres.
    assert (metric.intersection(water).area < 0.02 * metric.length).all()
    # Land of one community is in one piece when all water is taken away: no community has two banks.
    for shape in metric.difference(water.buffer(1.0)):
        parts = [part for part in shapely.get_parts(shape) if part.area > 100]
        assert len(parts) == 1


def test_generated_communities_use_no_real_code_and_say_so(city: RiversideCity) -> None:
    real = set(pd.read_csv(DATA / "codes/shanghai_communities.csv", dtype=str)["code"])
    street_towns = pd.read_csv(DATA / "codes/shanghai_street_towns.csv", dtype=str).set_index("code")["name"]
    codes = city.communities["code"]
    assert not set(codes) & real
    assert (codes.str[9:].astype(int) > 900).all()
    assert codes.is_unique
    assert (
        street_towns[city.communities["street_town_code"]].to_numpy() == city.communities["street_town_name"]
    ).all()
    assert city.communities["name"].str.match(r"生成社区\d\d$").all()
    assert (city.communities["label"] == "generated").all()
    assert (city.communities["street_town_source"] == "assumed").all()


def test_households_are_estimated_and_add_up(city: RiversideCity) -> None:
    homes = city.buildings.groupby("community_code")["households"].sum()
    assert (city.communities.set_index("code")["households"] == homes).all()
    assert city.communities["households"].between(400, 3000).all()
    assert (city.buildings["households_source"] == "estimated").all()
    assert (city.buildings.loc[city.buildings["use"] == "other", "households"] == 0).all()
    assert set(city.buildings["height_source"]) == {"osm", "assumed"}


def test_buildings_lie_in_the_community_they_name(city: RiversideCity) -> None:
    home = city.communities.set_index("code").geometry.reindex(city.buildings["community_code"])
    assert shapely.contains(home.to_numpy(), city.buildings.representative_point().to_numpy()).mean() == 1.0


def test_walkable_streets_do_not_cross_the_huangpu(city: RiversideCity) -> None:
    river = city.barriers.loc[city.barriers["name"] == "黄浦江"].to_crs(city.metric_crs).geometry.union_all()
    streets = city.streets.to_crs(city.metric_crs)
    assert streets.intersection(river.buffer(-30)).length.sum() < 200
    assert not city.streets["name"].str.contains("隧道").any()


def test_the_same_file_gives_the_same_bytes(city: RiversideCity) -> None:
    again = load_riverside(SET)
    for name, frame in city.layers().items():
        assert frame.to_wkb().to_csv() == again.layers()[name].to_wkb().to_csv()


def test_a_missing_layer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "half.gpkg"
    gpd.GeoDataFrame({"kind": ["building"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(
        path, layer="buildings"
    )
    with pytest.raises(InputRefused) as refused:
        load_riverside(path)
    assert refused.value.facts == {"file": "half.gpkg", "layer": "roads"}


def test_pieces_of_one_id_become_one_building_with_what_is_known() -> None:
    pieces = buildings_of(
        [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(50, 0, 60, 10)],
        osm_id=[7, 7, 8],
        height=[np.nan, 12.0, 5.0],
    )
    repairs = Repairs()
    joined = join_pieces(pieces, repairs)
    assert joined.area.tolist() == [200, 100]
    assert joined["height"].tolist() == [12.0, 5.0]
    assert (repairs.joined_pieces, repairs.joined_buildings) == (2, 1)


def test_pieces_that_do_not_meet_stay_apart_and_are_counted() -> None:
    pieces = buildings_of([shapely.box(0, 0, 10, 10), shapely.box(30, 0, 40, 10)], osm_id=[7, 7])
    repairs = Repairs()
    assert len(join_pieces(pieces, repairs)) == 2
    assert repairs.still_in_pieces == 1


def test_heights_of_nought_and_below_are_unknown() -> None:
    repairs = Repairs()
    mended = mend_heights(
        buildings_of([shapely.box(0, 0, 1, 1)] * 4, height=[0.0, -3.0, 0.1, np.nan]), repairs
    )
    assert mended["height"].isna().tolist() == [True, True, False, True]
    assert repairs.heights_not_positive == 2


def test_twins_are_dropped_and_overlaps_taken_off_the_larger() -> None:
    repairs = Repairs()
    left = part_overlaps(
        buildings_of([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 9), shapely.box(8, 0, 30, 10)]),
        repairs,
    )
    assert left.area.tolist() == [100, 200]
    assert (repairs.drawn_twice, repairs.overlaps_trimmed) == (1, 1)


def test_an_empty_tile_among_full_ones_is_found() -> None:
    column, row = tile_of(121.5, 31.24)
    tiles = [tile_polygon(column + i, row + j) for i in range(3) for j in range(3)]
    filled = gpd.GeoDataFrame(geometry=[tile.centroid for tile in tiles[:4] + tiles[5:]], crs=4326)
    missing = empty_tiles([filled], shapely.union_all(tiles).envelope)
    assert len(missing) == 1
    assert missing[0].equals(tiles[4])


@pytest.mark.parametrize(
    ("columns", "side_m", "use", "source", "households"),
    [
        ({"kind_detail": ["apartments"], "height": [18.0]}, 20, "residential", "tag", 24),
        ({"kind_detail": ["office"], "height": [18.0]}, 20, "other", "tag", 0),
        ({"name": ["某大厦"], "landuse_kind": ["residential"]}, 20, "other", "name", 0),
        ({"landuse_kind": ["residential"], "height": [18.0]}, 20, "residential", "ground", 24),
        ({"landuse_kind": ["commercial"]}, 20, "other", "ground", 0),
        ({"height": [100.0]}, 20, "residential", "assumed", 70),
        ({"height": [101.0]}, 20, "other", "size", 0),
        ({}, 50, "residential", "assumed", 79),
        ({}, 50.1, "other", "size", 0),
        ({}, 5.4, "other", "size", 0),
        ({}, 10, "residential", "assumed", 1),
    ],
)
def test_use_and_households(
    columns: dict[str, list[object]], side_m: float, use: str, source: str, households: int
) -> None:
    estimated = estimate_dwellings(buildings_of([shapely.box(0, 0, side_m, side_m)], **columns)).iloc[0]
    assert (estimated["use"], estimated["use_source"], estimated["households"]) == (use, source, households)


def test_degrees_are_not_measured() -> None:
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        estimate_dwellings(buildings_of([shapely.box(0, 0, 1, 1)]).to_crs(4326), DwellingRules())


def test_blocks_merge_to_their_size_within_their_zone() -> None:
    streets = np.array(
        [shapely.LineString([(x, 0), (x, 400)]) for x in range(0, 801, 100)]
        + [shapely.LineString([(0, y), (800, y)]) for y in range(0, 401, 100)],
        dtype=object,
    )
    blocks = street_blocks(shapely.box(0, 0, 800, 400), streets)
    assert len(blocks) == 32
    zone = (shapely.get_x(shapely.centroid(blocks)) > 400).astype(np.int64)
    number = merge_blocks(
        blocks, np.full(32, 100.0), zone, common_sides(blocks, shapely.LineString()), 400, 900
    )
    for i in range(number.max() + 1):
        assert shapely.coverage_union_all(blocks[number == i]).geom_type == "Polygon"
        assert len(set(zone[number == i])) == 1
        assert 4 <= (number == i).sum() <= 9


def test_only_long_narrow_blocks_are_cut_across() -> None:
    blocks = np.array([shapely.box(0, 0, 1500, 90), shapely.box(0, 0, 1500, 500), shapely.box(0, 0, 690, 50)])
    cuts = long_cuts(blocks)
    assert [round(float(cut.length)) for cut in cuts] == [90, 90, 90]
