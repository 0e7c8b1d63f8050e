"""A generated city is whole, believable, and the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute.generator import (
    CommunitySpec,
    GeneratedCity,
    draw_households,
    generate_city,
    read_community_specs,
)
from gis.compute.generator.fill import villager_groups
from gis.compute.generator.plan import clip_ring, densify, ring_area_m2
from gis.compute.refusal import InputRefused

CODES = Path(__file__).parents[3] / "data" / "codes"
CENTRE = (113.22, 35.24)


def jiefang() -> list[CommunitySpec]:
    specs = read_community_specs(
        CODES / "jiaozuo_communities.csv", CODES / "jiaozuo_street_towns.csv", "410802"
    )
    return draw_households(specs, 115_780, seed=410802)


@pytest.fixture(scope="module")
def city() -> GeneratedCity:
    return generate_city(jiefang(), seed=410802, centre_lonlat=CENTRE, with_households=True)


def test_district_has_its_real_communities_and_total(city: GeneratedCity) -> None:
    counties = pd.read_csv(CODES / "counties_2020.csv", dtype={"code": str}).set_index("code")
    assert city.communities["kind"].value_counts().to_dict() == {"urban": 53, "village": 4}
    assert city.communities["households"].sum() == counties.loc["410802", "households"] == 115_780
    assert city.communities["street_town_name"].str.endswith("街道").all()


def test_communities_tile_the_district_after_rounding(city: GeneratedCity) -> None:
    polygons = city.communities.geometry.to_numpy()
    assert (city.communities.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(polygons)
    district = shapely.coverage_union_all(polygons)
    assert district.geom_type == "Polygon"
    assert len(district.interiors) == 0
    for frame in city.layers().values():
        xy = shapely.get_coordinates(frame.geometry.to_numpy())
        assert (xy == np.round(xy, 7)).all()
        assert frame.crs == "EPSG:4490"
        assert (frame["label"] == "generated").all()


def test_every_household_has_a_house(city: GeneratedCity) -> None:
    by_community = city.buildings.groupby("community_code")["households"].sum()
    expected = city.communities.set_index("code")["households"]
    assert (by_community.reindex(expected.index) == expected).all()
    assert (city.buildings.loc[city.buildings["use"] == "other", "households"] == 0).all()


def test_houses_have_believable_numbers_of_homes(city: GeneratedCity) -> None:
    homes = city.buildings.groupby("form")["households"]
    assert city.buildings.loc[city.buildings["form"] == "slab", "households"].between(24, 72).mean() > 0.97
    assert city.buildings.loc[city.buildings["form"] == "tower", "households"].between(60, 200).mean() > 0.97
    assert homes.max()["old_town"] <= 10
    assert homes.max()["rural"] == 1
    assert {"slab", "tower", "old_town", "rural", "school", "shops", "works"} == set(homes.groups)


def test_buildings_stand_on_land_of_their_community(city: GeneratedCity) -> None:
    buildings, communities = city.buildings, city.communities.set_index("code")
    assert buildings.is_valid.all()
    home = communities.geometry.reindex(buildings["community_code"]).to_numpy()
    assert shapely.contains(home, buildings.geometry.to_numpy()).all()
    barriers = shapely.union_all(city.barriers.geometry.to_numpy())
    assert not shapely.intersects(barriers, buildings.geometry.to_numpy()).any()
    assert len(buildings.sindex.query(city.streets.geometry, predicate="intersects")[0]) == 0


def test_buildings_do_not_overlap_but_old_walls_touch(city: GeneratedCity) -> None:
    metric = city.buildings.to_crs(city.metric_crs)
    shapes = metric.geometry.to_numpy()
    left, right = metric.sindex.query(metric.geometry, predicate="intersects")
    pairs = left < right
    common = shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]]))
    # Stored coordinates are rounded to a centimetre: a party wall of 13 m may differ by that much.
    assert common.max() < 0.2
    assert pairs.sum() > 100


def test_river_and_railway_run_through_communities(city: GeneratedCity) -> None:
    for kind in ("water", "rail", "main_road"):
        shapes = city.barriers.loc[city.barriers["kind"] == kind].geometry
        assert city.communities.intersects(shapes.union_all()).sum() >= 5
    water = city.barriers.loc[city.barriers["kind"] == "water"].geometry.union_all()
    parts = [shapely.get_num_geometries(p) for p in city.communities.geometry.difference(water)]
    assert max(parts) >= 2


def test_villages_have_villager_groups(city: GeneratedCity) -> None:
    rural = city.buildings[city.buildings["form"] == "rural"]
    sizes = rural.groupby(["community_code", "villager_group"])["households"].sum()
    assert rural["villager_group"].notna().all()
    assert sizes.between(30, 65).all()
    assert city.buildings.loc[city.buildings["form"] != "rural", "villager_group"].isna().all()


def test_compounds_hold_their_buildings(city: GeneratedCity) -> None:
    members = city.buildings.dropna(subset="compound_id")
    plots = city.compounds.set_index("compound_id").geometry.reindex(members["compound_id"])
    shapes = members.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(plots.to_numpy(), shapes))
    assert (inside / shapely.area(shapes)).min() > 0.99
    assert set(members["form"]) == {"slab", "tower"}


def test_blocks_are_not_a_lattice(city: GeneratedCity) -> None:
    lines = city.streets.to_crs(city.metric_crs).geometry
    ends = np.array([shapely.get_coordinates(line)[[0, -1]] for line in lines])
    heading = np.degrees(np.arctan2(*(ends[:, 1] - ends[:, 0]).T)) % 90
    assert np.ptp(np.quantile(heading, [0.05, 0.95])) > 30


def test_sites_are_in_their_community_and_not_everywhere(city: GeneratedCity) -> None:
    home = city.communities.set_index("code").geometry.reindex(city.sites["community_code"])
    assert shapely.contains(home.to_numpy(), city.sites.geometry.to_numpy()).all()
    assert city.sites["name"].is_unique
    assert not city.sites["name"].str.contains("社区社区").any()
    assert 10 < len(set(city.communities["code"]) - set(city.sites["community_code"])) < 40


def test_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    specs = jiefang()[:6]
    first, again, other = (generate_city(specs, seed=seed, centre_lonlat=CENTRE) for seed in (5, 5, 6))
    for name, frame in first.layers().items():
        assert frame.to_wkb().to_csv() == again.layers()[name].to_wkb().to_csv()
    assert not first.communities.geom_equals_exact(other.communities, 1e-7).all()


def test_households_of_buildings_are_left_open_unless_asked_for() -> None:
    city = generate_city(jiefang()[:2], seed=1, centre_lonlat=CENTRE)
    assert city.buildings["households"].isna().all()


@pytest.mark.parametrize("households", [None, 0, -3])
def test_communities_need_households(households: int | None) -> None:
    spec = CommunitySpec("410802001001", "枫华园社区居民委员会", "urban", "410802001", "民生街道", households)
    with pytest.raises(InputRefused) as refused:
        generate_city([spec], seed=1, centre_lonlat=CENTRE)
    assert refused.value.code == "BAD_COMMUNITY_SPEC"
    assert refused.value.row == 1


def test_nothing_or_a_code_twice_is_refused() -> None:
    with pytest.raises(InputRefused, match="NO_COMMUNITIES"):
        generate_city([], seed=1, centre_lonlat=CENTRE)
    with pytest.raises(InputRefused, match="CODE_TWICE"):
        generate_city(jiefang()[:1] * 2, seed=1, centre_lonlat=CENTRE)


def test_short_names() -> None:
    names = [
        ("枫华园社区居民委员会", "枫华园社区"),
        ("郭村村民委员会", "郭村"),
        ("龙泉园路居委会", "龙泉园路"),
    ]
    for name, short in names:
        assert CommunitySpec("4" * 12, name, "urban", "4" * 9, "").short_name == short


def test_measured_in_the_zone_of_the_place() -> None:
    specs = jiefang()[:1]
    assert generate_city(specs, seed=1, centre_lonlat=CENTRE).metric_crs == "EPSG:4547"
    assert generate_city(specs, seed=1, centre_lonlat=(121.49, 31.2)).metric_crs == "EPSG:4549"
    with pytest.raises(InputRefused, match="OUTSIDE_CHINA"):
        generate_city(specs, seed=1, centre_lonlat=(2.35, 48.86))


@given(st.floats(-0.9, 0.9), st.floats(0, 6.28))
def test_clipping_loses_no_land(offset: float, angle: float) -> None:
    square = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
    below, above, ends = clip_ring(square, (float(np.cos(angle)), float(np.sin(angle))), offset)
    assert ends is not None
    assert ring_area_m2(below) + ring_area_m2(above) == pytest.approx(4.0)


def test_a_common_side_gets_the_same_points_from_both_directions() -> None:
    there = np.array([[0.0, 0.0], [33.333, 77.777]])
    one, _ = densify(there, np.zeros(2, np.int64), 7.0)
    two, _ = densify(there[::-1], np.zeros(2, np.int64), 7.0)
    assert (one == two[::-1]).all()
    assert len(one) == 14


def test_villager_groups_are_numbered_from_one_without_holes() -> None:
    centres = np.random.default_rng(1).uniform(0, 500, (200, 2))
    groups = villager_groups(centres, np.ones(200, np.int64))
    assert np.unique(groups).tolist() == [1, 2, 3, 4]
    assert np.bincount(groups)[1:].min() >= 45
