"""Gaps between footprints, walls that face places, and lines joined of edges are those that GEOS would find."""

from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute.tessellation import chains, nearness
from gis.compute.tessellation.chains import joined_lines
from gis.compute.tessellation.nearness import facing, gaps_within


def footprints(seed: int, count: int = 80) -> Any:
    chance = np.random.default_rng(seed)
    places = chance.uniform(0, 150, (count, 2))
    shapes = shapely.box(*places.T, *(places + chance.uniform(1, 12, (count, 2))).T)
    turned = [
        shapely.affinity.rotate(s, a) for s, a in zip(shapes, chance.uniform(0, 90, count), strict=True)
    ]
    court = shapely.Point(200, 20).buffer(15).difference(shapely.Point(200, 20).buffer(9))
    inside = shapely.box(40, 40, 70, 70)
    twin = shapely.Point(500, 500)
    more = [court, shapely.Point(200, 20), inside, inside.buffer(-9), twin, twin, shapely.Point(506, 500)]
    several = shapely.MultiPolygon([shapely.box(300, 0, 310, 10), shapely.box(320, 0, 330, 10)])
    return np.array([*turned, *more, several, shapely.box(313, 2, 315, 4)], dtype=object)


def gaps_by_geos(shapes: Any, most: float) -> Any:
    gap = np.full(len(shapes), most)
    rows, distance = shapely.STRtree(shapes).query_nearest(
        shapes, max_distance=most, return_distance=True, exclusive=True, all_matches=False
    )
    gap[rows[0]] = distance
    return gap


@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_those_of_geos(seed: int) -> None:
    shapes = footprints(seed)
    assert gaps_within(shapes, 12.0).tolist() == gaps_by_geos(shapes, 12.0).tolist()


def test_a_single_footprint_has_no_neighbour() -> None:
    assert gaps_within(footprints(0)[:1], 12.0).tolist() == [12.0]


def walls_and_places(seed: int) -> tuple[Any, Any, Any, Any]:
    chance = np.random.default_rng(seed)
    start = chance.uniform(0, 40, (60, 2))
    walls = np.hstack([start, start + chance.uniform(-8, 8, (60, 2))])
    return chance.uniform(0, 40, (90, 2)), chance.integers(0, 9, 90), walls, chance.integers(0, 9, 60)


@pytest.mark.parametrize("seed", range(4))
def test_places_face_the_walls_of_others_that_are_near_and_look_at_them(seed: int) -> None:
    xy, group, walls, wall_group = walls_and_places(seed)
    feet, on = facing(xy, group, walls, wall_group, 3.0)
    expected = set()
    for w, (ax, ay, bx, by) in enumerate(walls):
        line = shapely.LineString([(ax, ay), (bx, by)])
        for p, (x, y) in enumerate(xy):
            is_right = (bx - ax) * (y - ay) < (x - ax) * (by - ay)
            along = line.project(shapely.Point(x, y))
            is_beside = 0.01 < along < line.length - 0.01 and line.distance(shapely.Point(x, y)) <= 3.0
            if wall_group[w] != group[p] and is_right and is_beside:
                expected.add((w, *np.round(shapely.get_coordinates(line.interpolate(along))[0], 6)))
    assert {(w, *np.round(foot, 6)) for w, foot in zip(on.tolist(), feet, strict=True)} == expected
    assert len(on) > 5


def edges_of_bundles(seed: int) -> tuple[Any, Any, Any]:
    """Edges of paths, shuffled and turned about; every fifth bundle forks, every seventh goes round."""
    chance = np.random.default_rng(seed)
    edges, bundle = [], []
    for number in range(40):
        for _ in range(int(chance.integers(1, 3))):
            path = np.cumsum(chance.normal(0, 1, (int(chance.integers(2, 9)), 2)), axis=0) + chance.uniform(
                0, 99, 2
            )
            if number % 7 == 6 and len(path) > 2:
                path = np.vstack([path, path[:1]])
            own = np.stack([path[:-1], path[1:]], axis=1)
            if number % 5 == 4:
                own = np.concatenate(
                    [own, np.stack([path[:1], path[:1] + 3], axis=1), own[:1, ::-1] + [[[0, 0], [1, 9]]]]
                )
            turned = chance.random(len(own)) < 0.4
            own[turned] = own[turned][:, ::-1]
            own = chance.permutation(own)
            edges.append(own)
            bundle.append(np.full(len(own), number))
    return np.concatenate(edges), np.concatenate(bundle), chance.uniform(0.1, 1.5, 40)


@pytest.mark.parametrize("seed", range(6))
def test_lines_are_merged_and_simplified_as_by_geos(seed: int) -> None:
    edges, bundle, tolerance = edges_of_bundles(seed)
    lines, of = joined_lines(edges, bundle, tolerance)
    tied = shapely.multilinestrings(shapely.linestrings(edges), indices=bundle)
    expected, number = shapely.get_parts(shapely.line_merge(tied), return_index=True)
    bent = (shapely.get_num_points(expected) > 2) & ~shapely.is_closed(expected)
    expected[bent] = shapely.simplify(expected[bent], tolerance[number[bent]], preserve_topology=False)
    assert of.tolist() == number.tolist()
    assert shapely.to_wkt(lines, -1).tolist() == shapely.to_wkt(expected, -1).tolist()


def test_compiled_and_plain_text_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list[Any]:
        lines, of = joined_lines(*edges_of_bundles(1))
        feet, on = facing(*walls_and_places(1), 3.0)
        return [gaps_within(footprints(1, 20), 12.0).tolist(), shapely.to_wkt(lines, -1).tolist(), of.tolist(),
                feet.tolist(), on.tolist()]  # fmt: skip

    compiled = everything()
    for module in (nearness, chains):
        for name, kernel in list(vars(module).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, name, kernel.py_func)
    assert everything() == compiled
