"""What holds of every division of every town that hypothesis can draw.

Few and small towns by default; `./dev test --slow` draws many and larger ones. A town that once broke a promise
stands below as a plain test.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.compute.outcome import CommunityPartition
from gis.compute.parameters import PRESET_NAMES, PartitionParameters
from tests.gis.compute.drawn_towns import CRS, Block, Community, Town, shuffled, towns
from tests.gis.compute.soundness import cut_footprints, faults

FAST = PartitionParameters(preset="fast")
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def drawing(examples: int) -> Any:
    """Settings of a property: how many towns; every run draws the same ones."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
    )


def digest(result: CommunityPartition, index: Any = None) -> str:
    assignment = result.assignment if index is None else result.assignment.reindex(index)
    parts = [*result.grids.geometry.to_wkb(), assignment.to_numpy().tobytes()]
    parts.append(repr(result.grids.drop(columns="geometry").to_dict("records")).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def check(one: Community, drawn: CommunityPartition) -> None:
    assert faults(one.frame, one.buildings, drawn, CRS) == []
    assert cut_footprints(one.frame, one.buildings, drawn, one.barriers) == []


# ---- Tiling, people, footprints ----------------------------------------------------------------------------


def check_town(town: Town, parameters: PartitionParameters = FAST) -> None:
    """Every community is divided soundly, and together they leave no seam."""
    shapes = []
    for one in town.inputs():
        drawn = one.divided(parameters=parameters)
        check(one, drawn)
        shapes.extend(drawn.grids.geometry)
    assert shapely.coverage_is_valid(np.array(shapes, dtype=object))


@drawing(18)
@given(towns())
def test_grids_tile_and_everybody_is_in_one(town: Town) -> None:
    check_town(town)


@pytest.mark.slow
@drawing(100)
@given(towns(), st.integers(0, 99))
def test_the_order_of_rows_says_nothing_in_many_towns(town: Town, seed: int) -> None:
    check_order(town, seed)


@pytest.mark.slow
@drawing(1500)
@given(towns(12))
def test_grids_tile_and_everybody_is_in_one_in_many_towns(town: Town) -> None:
    check_town(town)


@drawing(5)
@given(towns(4), st.sampled_from(PRESET_NAMES))
def test_every_preset_divides_soundly(town: Town, preset: str) -> None:
    check_town(town, PartitionParameters(preset=preset))


@drawing(10)
@given(
    towns(4),
    st.sampled_from(
        (
            {"target": 100, "soft_min": 75, "soft_max": 125, "hard_min": 25, "hard_max": 200},
            {"band": 0.01},
            {"alpha": 0.0, "barrier_per_m": 10.0, "compound": 100.0},
            {"simplify_m": 0.0},
            {"simplify_m": 50.0, "cross_for_balance": True},
        )
    ),
)
def test_any_parameters_divide_soundly(town: Town, wanted: dict[str, Any]) -> None:
    check_town(town, PartitionParameters(preset="fast", **wanted))


# ---- Chance and order --------------------------------------------------------------------------------------


@drawing(8)
@given(towns(), st.integers(0, 9))
def test_the_order_of_rows_says_nothing(town: Town, seed: int) -> None:
    check_order(town, seed)


def check_order(town: Town, seed: int) -> None:
    for one in town.inputs():
        before = one.divided(parameters=PartitionParameters(preset="fast", seed=9)).grids
        plain = one.divided(parameters=FAST, previous=before)
        mixed = one.divided(
            parameters=FAST,
            buildings=shuffled(one.buildings, seed),
            streets=shuffled(one.streets, seed + 1),
            barriers=shuffled(one.barriers, seed + 2),
            previous=shuffled(before, seed + 3),
        )
        assert digest(mixed, one.buildings.index) == digest(plain)


@drawing(6)
@given(towns(), st.integers(0, 2**31), st.sampled_from(("410802001001", "", "甲")))
def test_seed_and_key_decide_all(town: Town, seed: int, key: str) -> None:
    one = town.inputs()[0]
    wanted = PartitionParameters(preset="fast", seed=seed)
    first = one.divided(parameters=wanted, key=key)
    check(one, first)
    assert digest(one.divided(parameters=wanted, key=key)) == digest(first)


# ---- The plan before ---------------------------------------------------------------------------------------


@drawing(8)
@given(towns(), st.integers(0, 99), st.sampled_from((0.0, 2.0, 30.0)))
def test_numbers_are_handed_on_once_each(town: Town, seed: int, stability: float) -> None:
    for one in town.inputs():
        before = one.divided(parameters=PartitionParameters(preset="fast", seed=seed)).grids
        before.index = [f"旧{i}" for i in before.index]
        changed = one.buildings.copy()
        changed["households"] = changed["households"] + 3 * (np.arange(len(changed)) % 5 == 0)
        after = one.divided(
            parameters=PartitionParameters(preset="fast", stability=stability),
            buildings=changed,
            previous=before,
        )
        assert faults(one.frame, changed, after, CRS) == []
        inherited = after.grids["inherits"].dropna()
        assert inherited.is_unique
        assert set(inherited) <= set(before.index)
        assert (after.grids["moved_households"] <= after.grids["households"]).all()


@drawing(8)
@given(towns())
def test_a_plan_in_band_is_left_as_it_is(town: Town) -> None:
    """Houses in the water apart: they are counted with the bank, and the plan before knows them by their place."""
    for one in town.inputs():
        before = one.divided(parameters=FAST)
        dry = not one.buildings.intersects(one.barriers.union_all()).any()
        if (before.grids["size_class"] != "band").any() or not dry:
            continue
        after = one.divided(parameters=PartitionParameters(preset="fast", seed=77), previous=before.grids)
        assert after.grids["moved_households"].sum() == 0
        assert after.grids["inherits"].tolist() == before.grids.index.tolist()


# ---- Towns that once broke a promise -----------------------------------------------------------------------


def test_a_house_known_by_a_point_inside_another_house_does_not_cut_it() -> None:
    town = Town(blocks=(Block("tower", 7, 18, 3, 60), Block("points", 12, 16, 8, 1)))
    one = town.inputs()[0]
    drawn = one.divided(parameters=FAST)
    check(one, drawn)
    assert drawn.assignment["b1"] == drawn.assignment["b9"]


def test_a_tower_with_sheds_drawn_over_it_is_no_podium() -> None:
    slabs, sheds = Block("slabs", 40, 51, 4, 30, compound=True), Block("houses", 10, 56, 4, 1)
    others = (Block("terrace", 19, 54, 6, 0), Block("tower", 8, 53, 8, 60))
    check_town(Town("wedge", blocks=(slabs, sheds, sheds, slabs, *others), pond=True))
