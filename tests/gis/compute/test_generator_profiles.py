"""Each kind of generated city is whole, crooked as real cities are, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis.compute.generator import GeneratedCity
from gis.compute.generator.profiles import PROFILES, profile_city
from gis.compute.refusal import InputRefused

HOUSEHOLDS = {
    "slab_town": 14_000,
    "tower_city": 60_000,
    "old_town": 9_000,
    "villages": 9_000,
    "mixed": 24_000,
}


@pytest.fixture(scope="module")
def cities() -> dict[str, GeneratedCity]:
    return {name: profile_city(name, 3, households) for name, households in HOUSEHOLDS.items()}


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_household_lives_in_a_house_of_its_community(
    name: str, cities: dict[str, GeneratedCity]
) -> None:
    city = cities[name]
    homes = city.buildings.groupby("community_code")["households"].sum()
    expected = city.communities.set_index("code")["households"]
    assert (homes.reindex(expected.index).fillna(0) == expected).all()
    assert expected.sum() == HOUSEHOLDS[name]
    home = city.communities.set_index("code").geometry.reindex(city.buildings["community_code"])
    assert shapely.contains(home.to_numpy(), city.buildings.geometry.to_numpy()).all()


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_communities_tile_the_city_and_are_not_convex(name: str, cities: dict[str, GeneratedCity]) -> None:
    city = cities[name]
    polygons = city.communities.geometry.to_numpy()
    assert shapely.coverage_is_valid(polygons)
    assert (city.communities.geom_type == "Polygon").all()
    metric = city.communities.to_crs(city.metric_crs).geometry
    assert (metric.area / metric.convex_hull.area).median() < 0.93


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_houses_are_valid_and_overlap_by_no_more_than_rounding(
    name: str, cities: dict[str, GeneratedCity]
) -> None:
    buildings = cities[name].buildings.to_crs(cities[name].metric_crs)
    shapes = buildings.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    assert (shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])) < 0.2).all()


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_streets_have_loose_ends_and_meet_no_house(name: str, cities: dict[str, GeneratedCity]) -> None:
    city = cities[name]
    assert len(city.buildings.sindex.query(city.streets.geometry, predicate="intersects")[0]) == 0
    lines = city.streets.to_crs(city.metric_crs).geometry.to_numpy()
    ends = shapely.points(np.vstack([shapely.get_coordinates(line)[[0, -1]] for line in lines]))
    near = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=0.05)[0]
    assert (np.bincount(near, minlength=len(ends)) == 1).sum() > 5
    crossing = shapely.STRtree(lines).query(lines, predicate="crosses")[0]
    assert len(crossing) > 5


def test_tower_city_has_buildings_above_one_grid(cities: dict[str, GeneratedCity]) -> None:
    homes = cities["tower_city"].buildings["households"]
    assert (homes > 440).sum() >= 3
    assert homes.max() < 1000


def test_old_town_stands_wall_to_wall_with_houses_inside_courtyards(cities: dict[str, GeneratedCity]) -> None:
    city = cities["old_town"]
    shapes = city.buildings.to_crs(city.metric_crs).geometry.to_numpy()
    holed = shapes[shapely.get_num_interior_rings(shapes) > 0]
    yards = shapely.polygons([ring for shape in holed for ring in shape.interiors])
    inside = shapely.STRtree(yards).query(shapes, predicate="within")[0]
    assert len(holed) > 50
    assert len(np.unique(inside)) > 10
    near = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.03)
    assert (near[0] != near[1]).sum() > len(shapes) / 2


def test_villages_have_villager_groups_and_the_town_has_urban_villages(
    cities: dict[str, GeneratedCity],
) -> None:
    buildings = cities["villages"].buildings
    rural = buildings["form"] == "rural"
    assert rural.any()
    assert buildings.loc[rural, "villager_group"].notna().all()
    assert (buildings["form"] == "urban_village").any()


def test_a_larger_city_has_more_rivers() -> None:
    assert len(profile_city("slab_town", 3, 4_000).barriers) >= 3
    few, many = PROFILES["mixed"].style.barrier_every_m, 1_100_000 * 105
    assert round(many**0.5 / few) == 2


def test_lived_in_to_uneven_degrees(cities: dict[str, GeneratedCity]) -> None:
    slabs = cities["slab_town"].buildings.query("form == 'slab'")["households"].astype(float)
    assert slabs.std() / slabs.mean() > 0.3
    assert (slabs == 0).any()


def test_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (profile_city("mixed", seed, 6_000) for seed in (5, 5, 6))
    for name, frame in first.layers().items():
        assert frame.to_wkb().to_csv() == again.layers()[name].to_wkb().to_csv()
    assert len(first.buildings) != len(other.buildings)


def test_an_unknown_kind_of_city_is_refused() -> None:
    with pytest.raises(InputRefused) as refused:
        profile_city("atlantis", 1, 1000)
    assert refused.value.code == "UNKNOWN_PROFILE"
