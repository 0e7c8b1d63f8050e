"""The land of a plan on the map: grids, buildings, and which homes touch which."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from gis.layers.models import Barrier, Building
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.land import plan_land
from tests.grids.units.conftest import SOUTH_M, WEST_M, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    """A speaker who may draft and lock."""
    return api(alpha, make_user(alpha, "hand", ["grid_plan.view", "grid_plan.lock", "grid_plan.draft"]))


def test_the_land_shows_every_grid_and_building_where_it_stands(
    alpha: Any, hand: Any, drawn: dict[str, int]
) -> None:
    answer = hand.get(f"grid-plans/{drawn['shengli']}/land")
    land = answer.json()
    assert (answer["ETag"], land["version"], land["settlement"], land["may_undo"]) == (
        '"1"',
        1,
        "urban",
        False,
    )
    grids, buildings = land["grids"]["features"], land["buildings"]["features"]
    assert [row["properties"]["sequence"] for row in grids] == [1, 2, 3]
    assert sum(row["properties"]["households"] for row in buildings) == 1200
    assert len(buildings) == 60
    shapes = {row["id"]: _shape(row) for row in grids}
    for row in buildings:
        house = _shape(row)
        assert shapes[row["properties"]["sequence"]].contains(house.representative_point())
    with schema_context(alpha.schema_name):
        limits = GridPlan.objects.get(pk=drawn["shengli"]).policy
    assert {name: land["limits"][name] for name in ("target", "soft_minimum", "hard_maximum")} == {
        name: limits[name] for name in ("target", "soft_minimum", "hard_maximum")
    }


def _shape(row: dict[str, Any]) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(row["geometry"]))


def test_the_land_follows_assignments_and_locks(hand: Any, drawn: dict[str, int]) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    ref = hand.get(f"{plan}/assignments?sequence=1").json()["results"][0]["building"]
    hand.post(f"{plan}/assignments", {"buildings": [ref], "sequence": 2}, if_match='"1"')
    hand.post(f"{plan}/locks", {"sequences": [3], "locked": True}, if_match='"2"')
    land = hand.get(f"{plan}/land").json()
    assert (land["version"], land["may_undo"]) == (3, True)
    (moved,) = [row["properties"] for row in land["buildings"]["features"] if row["properties"]["by_hand"]]
    assert (moved["building"], moved["sequence"]) == (ref, 2)
    assert [row["properties"]["is_locked"] for row in land["grids"]["features"]] == [False, False, True]


def test_a_building_that_the_layer_no_longer_has_is_shown_without_a_place(
    alpha: Any, hand: Any, drawn: dict[str, int]
) -> None:
    with schema_context(alpha.schema_name):
        gone = BuildingAssignment.objects.filter(plan_id=drawn["shengli"]).first()
        assert gone is not None
        BuildingAssignment.objects.filter(pk=gone.pk).update(building=None)
    rows = hand.get(f"grid-plans/{drawn['shengli']}/land").json()["buildings"]["features"]
    (row,) = [row for row in rows if row["properties"]["building"] == gone.building_ref]
    assert (row["geometry"], row["properties"]["name"]) == (None, "")


def test_the_land_of_a_large_plan_costs_as_many_statements_as_that_of_a_small_one(
    in_alpha: Any, drawn: dict[str, int]
) -> None:
    counts = []
    for name in ("shengli", "xinhua"):
        plan = GridPlan.objects.select_related("community__unit").get(pk=drawn[name])
        with CaptureQueriesContext(connection) as seen:
            plan_land(plan)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


def test_homes_that_touch_are_neighbours_and_those_across_the_community_are_not(
    hand: Any, drawn: dict[str, int]
) -> None:
    told = hand.get(f"grid-plans/{drawn['shengli']}/neighbours").json()
    unit_of, pairs = told["unit_of"], {tuple(sorted(pair)) for pair in told["pairs"]}
    assert len(unit_of) == 60
    assert max(unit_of.values()) < told["units"]

    def touch(one: str, other: str) -> bool:
        return tuple(sorted((unit_of[one], unit_of[other]))) in pairs

    assert touch("shengli-0-0", "shengli-1-0")
    assert touch("shengli-4-3", "shengli-4-4")
    assert not touch("shengli-0-0", "shengli-9-5")
    assert not touch("shengli-0-0", "shengli-2-0")


def test_water_is_no_way_from_one_home_to_another(alpha: Any, hand: Any, drawn: dict[str, int]) -> None:
    path = f"grid-plans/{drawn['shengli']}/neighbours"
    before = hand.get(path).json()
    assert before["pairs"]
    with schema_context(alpha.schema_name):
        layer = Building.objects.first().layer_import
        Barrier.objects.create(
            barrier_kind="water", layer_import=layer,
            geometry=stored(shapely.box(WEST_M + 195, SOUTH_M - 20, WEST_M + 205, SOUTH_M + 320)),
        )  # fmt: skip
    after = hand.get(path).json()
    assert _reached(before, "shengli-0-0") == set(before["unit_of"])
    west = {f"shengli-{i}-{j}" for i in range(5) for j in range(6)}
    assert _reached(after, "shengli-0-0") == west


def _reached(told: dict[str, Any], start: str) -> set[str]:
    beside: dict[int, set[int]] = {}
    for left, right in told["pairs"]:
        beside.setdefault(left, set()).add(right)
        beside.setdefault(right, set()).add(left)
    seen, waiting = {told["unit_of"][start]}, [told["unit_of"][start]]
    while waiting:
        new = beside.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return {name for name, unit in told["unit_of"].items() if unit in seen}


def test_layers_that_cannot_be_cut_are_told_in_the_engines_words(
    alpha: Any, hand: Any, drawn: dict[str, int]
) -> None:
    with schema_context(alpha.schema_name):
        row = Building.objects.filter(ref="shengli-0-0").get()
        row.geometry = stored(shapely.box(WEST_M + 4000, SOUTH_M, WEST_M + 4020, SOUTH_M + 20))
        row.save(update_fields=["geometry"])
    answer = hand.get(f"grid-plans/{drawn['shengli']}/neighbours")
    assert (answer.status_code, answer.json()["code"]) == (422, "BUILDING_OUTSIDE")
    assert answer.json()["message"]["zh"] and answer.json()["message"]["en"]


def test_the_land_is_for_who_may_see_the_plan(
    alpha: Any, api: Any, make_user: Any, drawn: dict[str, int], small_city: Any
) -> None:
    other = make_user(alpha, "elsewhere", ["grid_plan.view"], unit=small_city.units["other_town"])
    nobody = make_user(alpha, "nobody", ["layer.view"])
    for path in ("land", "neighbours"):
        assert api(alpha, other).get(f"grid-plans/{drawn['shengli']}/{path}").status_code == 404
        assert api(alpha, nobody).get(f"grid-plans/{drawn['shengli']}/{path}").status_code in (403, 404)
    with schema_context(alpha.schema_name):
        assert PlanGrid.objects.filter(plan_id=drawn["shengli"]).exists()


def test_the_summary_names_the_communities_where_nobody_lives(
    alpha: Any, api: Any, make_user: Any, small_city: Any
) -> None:
    reader = api(alpha, make_user(alpha, "reader", ["grid.view"]))
    assert reader.get("grid-summary").json()["communities_without_homes"] == []
    xinhua = small_city.community("xinhua")
    with schema_context(alpha.schema_name):
        Building.objects.filter(community=xinhua).update(households=0)
    named = {"id": xinhua.pk, "name": "xinhua", "code": "410802002001"}
    assert reader.get("grid-summary").json()["communities_without_homes"] == [named]
    town = api(alpha, make_user(alpha, "town", ["grid.view"], unit=small_city.units["town"]))
    assert town.get("grid-summary").json()["communities_without_homes"] == []
