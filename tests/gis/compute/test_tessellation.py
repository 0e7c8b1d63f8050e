from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.compute.tessellation import CUT_DEPTH_M, Tessellation, tessellate

NONE = np.zeros(0, dtype=object)


def cells_of(
    town: Any, shapes: list[shapely.Geometry], households: list[int] | None = None, **lines: Any
) -> Tessellation:
    origin = shapely.get_coordinates(town.buildings.geometry.iloc[0]).min(axis=0) - 20
    placed = [shapely.transform(s, lambda xy: xy + origin) for s in shapes]
    frame = gpd.GeoDataFrame({"households": households or [10] * len(shapes)}, geometry=placed, crs=town.crs)
    cut = {
        name: np.array(
            [shapely.transform(s, lambda xy: xy + origin) for s in lines.get(name, [])], dtype=object
        )
        for name in ("streets", "barriers")
    }
    return tessellate(town.ring, frame, town.lattice, cut["streets"], cut["barriers"], 500)


def own_cells(town: Any, found: Tessellation) -> np.ndarray:
    return town.lattice.to_metric(found.cells)[found.unit_of_building]


def cut_depths(town: Any, found: Tessellation, shapes: list[shapely.Geometry]) -> np.ndarray:
    """How much of each footprint without the rim that borders wander over lies outside its cell, in m²."""
    origin = shapely.get_coordinates(town.buildings.geometry.iloc[0]).min(axis=0) - 20
    placed = np.array([shapely.transform(s, lambda xy: xy + origin) for s in shapes], dtype=object)
    return shapely.area(shapely.difference(shapely.buffer(placed, -CUT_DEPTH_M), own_cells(town, found)))


def test_cells_tile_the_frame_and_lose_no_building_and_no_household(town: Any) -> None:
    found = tessellate(
        town.ring, town.buildings, town.lattice, town.streets.to_numpy(), town.river.to_numpy()
    )
    assert shapely.coverage_is_valid(found.cells)
    assert found.households.sum() == town.buildings["households"].sum()
    assert len(found.unit_of_building) == len(town.buildings)
    assert shapely.union_all(found.cells).symmetric_difference(town.ring).area < 1e-5 * town.ring.area
    assert (shapely.get_num_geometries(found.cells) == 1).all()


def test_every_house_lies_in_its_own_cell(town: Any) -> None:
    found = tessellate(town.ring, town.buildings, town.lattice, town.streets.to_numpy(), NONE)
    houses = town.buildings.geometry.to_numpy()
    cells = town.lattice.to_metric(found.cells)[found.unit_of_building]
    # A street drawn through a house may cut off a strip as narrow as the shrink; elsewhere nothing is cut.
    free = ~shapely.intersects(houses, town.streets.union_all())
    assert free.sum() > 200
    assert shapely.area(shapely.difference(houses, cells))[free].max() < 0.5
    assert len(np.unique(found.unit_of_building)) == len(houses)


def test_water_has_no_households_and_parts_the_land(town: Any) -> None:
    found = tessellate(town.ring, town.buildings, town.lattice, NONE, town.river.to_numpy())
    assert found.is_water.sum() == 1
    assert set(found.piece.tolist()) == {-1, 0, 1}
    assert found.households[found.is_water].sum() == 0


def test_a_barrier_line_parts_the_land_but_a_street_does_not(town: Any) -> None:
    line = shapely.LineString([(400, -50), (400, 700)])
    houses = [shapely.box(100, 100, 120, 110), shapely.box(600, 100, 620, 110)]
    assert cells_of(town, houses, streets=[line]).piece.max() == 0
    parted = cells_of(town, houses, barriers=[line])
    assert parted.piece.max() == 1
    assert parted.adjacency.barrier_m.sum() == pytest.approx(600, abs=1)


def test_a_house_across_a_street_keeps_one_cell_on_both_sides(town: Any) -> None:
    house = shapely.box(390, 100, 410, 120)
    other = shapely.box(600, 100, 620, 120)
    found = cells_of(town, [house, other], streets=[shapely.LineString([(400, -50), (400, 700)])])
    cell = own_cells(town, found)[0]
    assert cell.geom_type == "Polygon"
    assert cell.area > 100_000


def test_a_footprint_that_falls_apart_when_shrunk_keeps_its_cell(town: Any) -> None:
    dumbbell = shapely.union_all(
        [shapely.box(0, 0, 20, 20), shapely.box(20, 9.6, 40, 10.4), shapely.box(40, 0, 60, 20)]
    )
    shapes = [
        shapely.transform(dumbbell, lambda xy: xy + np.array([300, 300])),
        shapely.box(500, 300, 520, 320),
    ]
    found = cells_of(town, shapes, [37, 5])
    assert sorted(found.households.tolist()) == [5, 37]


def test_a_house_in_a_courtyard_has_its_own_cell_inside_the_other(town: Any) -> None:
    court = shapely.box(200, 200, 300, 300).difference(shapely.box(220, 220, 280, 280))
    inner = shapely.box(240, 240, 260, 260)
    found = cells_of(town, [court, inner], [30, 40])
    assert sorted(found.households.tolist()) == [30, 40]
    assert own_cells(town, found)[1].area < 60 * 60 + 1


def test_overlapping_footprints_share_a_unit_and_touching_ones_do_not(town: Any) -> None:
    found = cells_of(
        town,
        [shapely.box(100, 100, 120, 120), shapely.box(105, 100, 125, 120), shapely.box(125, 100, 140, 120)],
    )
    assert found.unit_of_building[0] == found.unit_of_building[1] != found.unit_of_building[2]
    assert len(found.notes) == 1


def test_towers_on_a_crowded_podium_stay_units_of_their_own(town: Any) -> None:
    podium = shapely.box(100, 100, 200, 160)
    towers = [shapely.box(105 + 30 * i, 105, 125 + 30 * i, 125) for i in range(3)]
    found = cells_of(town, [podium, *towers], [0, 300, 300, 300])
    assert len(set(found.unit_of_building[1:].tolist())) == 3
    together = cells_of(town, [podium, *towers], [0, 30, 30, 30])
    assert len(set(together.unit_of_building.tolist())) == 1


def test_points_and_equal_points_work(town: Any) -> None:
    points = [
        shapely.Point(100, 100),
        shapely.Point(100, 100),
        shapely.Point(300, 100),
        shapely.Point(300, 400),
    ]
    found = cells_of(town, points, [1, 2, 3, 4])
    assert sorted(found.households.tolist()) == [3, 3, 4]


def test_one_building_alone_gets_everything(town: Any) -> None:
    found = cells_of(town, [shapely.box(100, 100, 120, 120)])
    assert len(found.cells) == 1


def test_a_sliver_of_a_house_does_not_vanish(town: Any) -> None:
    found = cells_of(town, [shapely.box(100, 100, 100.05, 130), shapely.box(200, 100, 220, 130)], [8, 9])
    assert sorted(found.households.tolist()) == [8, 9]


def test_houses_wall_to_wall_of_unlike_depth_are_not_cut(town: Any) -> None:
    rng = np.random.default_rng(4)
    row = [shapely.box(100 + 7 * i, 100, 107 + 7 * i, 110 + rng.integers(0, 8)) for i in range(20)]
    behind = [shapely.box(103 + 9 * i, 120, 112 + 9 * i, 130) for i in range(14)]
    shapes = [*row, *behind]
    found = cells_of(town, shapes)
    assert cut_depths(town, found, shapes).max() == 0
    assert len(set(found.unit_of_building.tolist())) == len(shapes)
    assert found.notes == ()


def test_a_house_deep_in_the_corner_of_another_is_cut_from_neither(town: Any) -> None:
    angle = shapely.box(100, 100, 140, 140).difference(shapely.box(112, 112, 140, 140))
    inner = shapely.box(112.6, 112.6, 118, 118)
    narrow = shapely.union_all([shapely.box(200, 100, 220, 110), shapely.box(220, 104, 240, 104.8)])
    beside = shapely.box(222, 105, 238, 115)
    shapes = [angle, inner, narrow, beside]
    assert cut_depths(town, cells_of(town, shapes), shapes).max() == 0


def test_a_deck_over_streets_keeps_all_the_land_under_it(town: Any) -> None:
    deck = shapely.box(300, 200, 420, 260)
    lanes = [shapely.LineString([(x, 150), (x, 300)]) for x in (340, 346, 380)]
    lanes += [shapely.LineString([(280, y), (450, y)]) for y in (225, 231)]
    shapes = [deck, shapely.box(100, 100, 120, 110)]
    found = cells_of(town, shapes, streets=lanes)
    assert cut_depths(town, found, shapes).max() == 0
    assert shapely.coverage_is_valid(found.cells)


def test_a_corner_of_a_house_over_the_street_is_not_cut_off_and_takes_no_block_with_it(town: Any) -> None:
    house = shapely.box(380.5, 100, 400.4, 120)
    street = shapely.LineString([(400, -50), (400, 700)])
    found = cells_of(town, [house], streets=[street])
    assert cut_depths(town, found, [house]).max() == 0
    beyond = own_cells(town, found)[0].area - 400 * 600
    assert 0 < beyond < 20


def test_a_house_astride_a_barrier_is_whole_and_the_barrier_still_parts_the_land(town: Any) -> None:
    line = shapely.LineString([(400, -50), (400, 700)])
    shapes = [
        shapely.box(385, 100, 403, 120),
        shapely.box(600, 100, 620, 120),
        shapely.box(100, 100, 120, 120),
    ]
    found = cells_of(town, shapes, barriers=[line])
    assert cut_depths(town, found, shapes).max() == 0
    assert found.piece[found.unit_of_building].tolist() == [0, 1, 0]
    apart = found.piece[found.adjacency.left] != found.piece[found.adjacency.right]
    assert (found.adjacency.barrier_m == found.adjacency.length_m)[apart].all()


def test_a_pier_over_the_water_takes_none_of_it_but_its_own_ground(town: Any) -> None:
    river = shapely.box(300, -50, 360, 700)
    shapes = [shapely.box(280, 100, 315, 110), shapely.box(500, 100, 520, 110)]
    found = cells_of(town, shapes, barriers=[river])
    assert cut_depths(town, found, shapes).max() == 0
    assert found.is_water.sum() == 1
    assert found.area_m2[found.is_water].sum() == pytest.approx(60 * 600 - 150, abs=5)


def test_whoever_shares_a_unit_is_told_of(town: Any) -> None:
    twins = [shapely.box(100, 100, 120, 120), shapely.box(101, 101, 121, 121)]
    found = cells_of(town, [*twins, shapely.box(300, 100, 320, 120)])
    assert found.unit_of_building[0] == found.unit_of_building[1]
    assert [note for note in found.notes if note.startswith("2 栋")]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 750), st.integers(0, 550), st.integers(1, 60), st.integers(1, 60)),
        min_size=1,
        max_size=25,
    )
)
def test_random_rectangles_tile_and_keep_their_households(
    town: Any, boxes: list[tuple[int, int, int, int]]
) -> None:
    shapes = [shapely.box(x, y, min(x + w, 799), min(y + h, 599)) for x, y, w, h in boxes]
    found = cells_of(
        town, shapes, list(range(1, len(shapes) + 1)), streets=[shapely.LineString([(-9, 300), (900, 310)])]
    )
    assert found.households.sum() == len(shapes) * (len(shapes) + 1) // 2
    assert shapely.coverage_is_valid(found.cells)
    assert shapely.union_all(found.cells).symmetric_difference(town.ring).area < 1e-5 * town.ring.area
