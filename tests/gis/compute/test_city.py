import hashlib
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.city import CityLayers, CityPlan, city_grids, finish_city, partition_city, prepare_city
from gis.compute.generator import CommunitySpec, draw_households, generate_city
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import Stopped
from gis.compute.refusal import InputRefused

FAST = PartitionParameters(preset="fast")


def small_city() -> CityLayers:
    specs = [
        CommunitySpec(f"41080200100{i}", f"社区{i}", "urban", "410802001", "街道") for i in range(1, 4)
    ] + [CommunitySpec("410802101201", "小村委会", "village", "410802101", "镇")]
    city = generate_city(
        draw_households(specs, 5_000, seed=5),
        seed=5,
        centre_lonlat=(113.22, 35.24),
        with_households=True,
    )
    return CityLayers(city.communities, city.buildings, city.streets, city.barriers, compounds=city.compounds)


@pytest.fixture(scope="module")
def layers() -> CityLayers:
    return small_city()


def drawn(layers: CityLayers, **options: Any) -> CityPlan:
    city = prepare_city(layers)
    return finish_city(city, partition_city(city, FAST, **{"processes": 1, **options}))


@pytest.fixture(scope="module")
def plan(layers: CityLayers) -> CityPlan:
    return drawn(layers)


def digest(plan: CityPlan) -> str:
    shapes = b"".join(plan.grids.geometry.to_wkb())
    return hashlib.sha256(shapes + "".join(plan.assignment).encode()).hexdigest()


def test_a_city_is_tiled_and_nobody_is_lost(layers: CityLayers, plan: CityPlan) -> None:
    assert plan.check.holds
    assert plan.check.households == plan.check.households_in_grids == 5_000
    assert plan.check.buildings == len(layers.buildings) == len(plan.assignment)
    assert plan.check.area_gap < 1e-9
    homes = layers.buildings["households"].astype(int).groupby(plan.assignment.to_numpy()).sum()
    assert (homes.reindex(plan.grids["code"]).fillna(0).to_numpy() == plan.grids["households"]).all()


def test_grids_carry_fifteen_digits_and_lie_in_their_community(layers: CityLayers, plan: CityPlan) -> None:
    codes = plan.grids["code"]
    assert codes.is_unique and (codes.str.len() == 15).all()
    assert (codes.str[:12] == plan.grids["community_code"]).all()
    assert list(dict.fromkeys(plan.grids["community_code"])) == layers.communities["code"].tolist()
    homes = plan.assignment.str[:12].to_numpy()
    assert (homes == layers.buildings["community_code"]).all()


def test_a_village_is_divided_by_its_groups(layers: CityLayers, plan: CityPlan) -> None:
    village = plan.grids[plan.grids["community_code"] == "410802101201"]
    groups = layers.buildings["villager_group"].dropna().unique()
    assert sorted(name for names in village["villager_groups"] for name in names) == sorted(groups)


def test_progress_names_the_communities_in_their_order(layers: CityLayers) -> None:
    codes = layers.communities["code"].tolist()
    parts = list(partition_city(layers, FAST, processes=1))
    assert [(p.key, p.done, p.total) for p in parts] == [(c, i, 4) for i, c in enumerate(codes, 1)]
    rest = list(partition_city(layers, FAST, processes=1, done=codes[:3]))
    assert [(p.key, p.done, p.total) for p in rest] == [(codes[3], 4, 4)]
    again = rest[0].partition.grids.geometry
    assert again.geom_equals_exact(parts[3].partition.grids.geometry, 0).all()


def test_degrees_and_metres_give_the_same_plan(layers: CityLayers, plan: CityPlan) -> None:
    projected = CityLayers(
        layers.communities.to_crs("EPSG:4547"),
        layers.buildings,
        layers.streets.to_crs("EPSG:4526"),
        layers.barriers,
        compounds=layers.compounds,
    )
    found = drawn(projected)
    assert found.check.holds
    assert found.grids["households"].sum() == plan.grids["households"].sum()


def test_the_order_of_buildings_and_streets_is_irrelevant(layers: CityLayers, plan: CityPlan) -> None:
    order = np.random.default_rng(3).permutation(len(layers.buildings))
    mixed = replace(layers, buildings=layers.buildings.iloc[order], streets=layers.streets.iloc[::-1])
    found = drawn(mixed)
    assert found.grids.geometry.geom_equals_exact(plan.grids.geometry, 0).all()
    assert (found.assignment.to_numpy() == plan.assignment.to_numpy()[order]).all()


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(layers: CityLayers, plan: CityPlan) -> None:
    assert digest(drawn(layers, processes=2)) == digest(plan)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_city_stops_when_told_to(layers: CityLayers, processes: int) -> None:
    asked = iter([False, True])
    with pytest.raises(Stopped):
        for _ in partition_city(layers, FAST, processes=processes, should_stop=lambda: next(asked, True)):
            pass


def test_the_plan_before_gives_its_numbers(layers: CityLayers, plan: CityPlan) -> None:
    before = plan.grids.assign(code=plan.grids["code"].str[:12] + (plan.grids["sequence"] + 100).astype(str))
    again = drawn(replace(layers, previous=before[["code", "community_code", "geometry"]]))
    assert again.grids["moved_households"].sum() == 0
    assert sorted(again.grids["code"]) == sorted(before["code"])


def test_codes_of_another_length_are_joined_with_a_dash(layers: CityLayers) -> None:
    short = replace(layers, communities=layers.communities.assign(code=["甲", "乙", "丙", "丁"]))
    part = next(iter(partition_city(short, FAST, processes=1)))
    assert city_grids([part])["code"].str.startswith("甲-0").all()


def test_a_building_outside_every_community_is_refused_and_listed(layers: CityLayers) -> None:
    buildings = layers.buildings.copy()
    buildings.loc[buildings.index[7], "geometry"] = shapely.box(113.9, 35.9, 113.901, 35.901)
    with pytest.raises(InputRefused) as refused:
        prepare_city(replace(layers, buildings=buildings))
    assert refused.value.code == "BUILDINGS_OUTSIDE"
    assert refused.value.row == 8
    assert refused.value.facts["count"] == 1
    listed = refused.value.facts["buildings"]
    assert isinstance(listed, list) and listed[0]["building"] == buildings["building_id"].iloc[7]


def bad(layers: CityLayers, **changes: Any) -> CityLayers:
    return replace(layers, **changes)


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("CRS_MISSING", lambda x: {"buildings": x.buildings.set_crs(None, allow_override=True)}),
        ("CRS_MISSING", lambda x: {"streets": x.streets.set_crs(None, allow_override=True)}),
        ("CODE_MISSING", lambda x: {"communities": x.communities.drop(columns="code")}),
        ("CODE_TWICE", lambda x: {"communities": x.communities.assign(code="410802001001")}),
        ("HOUSEHOLDS_MISSING", lambda x: {"buildings": x.buildings.drop(columns="households")}),
        ("HOUSEHOLDS_NOT_WHOLE", lambda x: {"buildings": x.buildings.assign(households=1.5)}),
        ("HOUSEHOLDS_NEGATIVE", lambda x: {"buildings": x.buildings.assign(households=-1)}),
        ("HOUSEHOLDS_ABSURD", lambda x: {"buildings": x.buildings.assign(households=1e20)}),
        ("HOUSEHOLDS_ABSURD", lambda x: {"buildings": x.buildings.assign(households=1_000_001)}),
        ("CODE_TWICE", lambda x: {"communities": x.communities.assign(code=[1, "1", 2, 3])}),
        ("COMMUNITY_OVERLAP", lambda x: {"communities": x.communities.set_geometry(
            gpd.GeoSeries([x.communities.union_all()] * 4, index=x.communities.index, crs=x.communities.crs))}),
    ],
)  # fmt: skip
def test_bad_layers_are_refused(layers: CityLayers, code: str, changed: Any) -> None:
    with pytest.raises(InputRefused) as refused:
        prepare_city(replace(layers, **changed(layers)))
    assert refused.value.code == code


def test_a_community_that_cannot_be_drawn_is_named_and_the_others_go_on(layers: CityLayers) -> None:
    city = prepare_city(layers)
    code = str(city.codes[1])
    buildings = city.buildings.copy()
    at = int(np.flatnonzero(city.home == 1)[0])
    buildings.iloc[at, buildings.columns.get_loc("households")] = 10**17
    broken = replace(city, buildings=buildings)
    parts = list(partition_city(broken, FAST, processes=1, keep_going=True))
    assert [part.refused is not None for part in parts] == [False, True, False, False]
    assert isinstance(parts[1].refused, InputRefused) and parts[1].refused.facts["community"] == code
    with pytest.raises(InputRefused):
        list(partition_city(broken, FAST, processes=1))
