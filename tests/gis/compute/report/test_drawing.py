"""Shapes on a report: short path data, borders that still meet, lines cut by community."""

from __future__ import annotations

import re

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute.report.drawing import (
    borders_between,
    lines_per_area,
    sheet_for,
    simplified_lines,
    simplified_tiling,
)


def points_of(path: str) -> list[list[tuple[int, int]]]:
    """The rings or lines of path data, as a browser reads them."""
    found = []
    for start, steps in re.findall(r"M(-?\d+ -?\d+)l([-\d ]*)z?", path):
        x, y = (int(number) for number in start.split())
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        ring = [(x, y)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        found.append(ring)
    return found


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=3, max_size=12, unique=True))
def test_a_path_goes_through_the_whole_metres_of_its_shape(corners: list[tuple[int, int]]) -> None:
    line = shapely.LineString(corners)
    sheet = sheet_for(np.array([shapely.box(0, 0, 1000, 1000)], dtype=object))
    drawn = points_of(sheet.path(line))[0]
    wanted = [(round(x - sheet.east), round(sheet.north - y)) for x, y in corners]
    assert drawn == wanted


def test_holes_are_drawn_and_north_is_up() -> None:
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    sheet = sheet_for(np.array([ring], dtype=object))
    rings = points_of(sheet.path(ring))
    assert len(rings) == 2
    north, south = sheet.spot(shapely.Point(50, 90)), sheet.spot(shapely.Point(50, 10))
    assert north[1] < south[1]
    assert 0 <= north[0] <= sheet.box.width


def test_what_vanishes_at_whole_metres_is_left_out() -> None:
    sheet = sheet_for(np.array([shapely.box(0, 0, 100, 100)], dtype=object))
    assert sheet.path(shapely.box(0, 0, 0.2, 0.2)) == ""
    assert sheet.path(None) == ""
    assert sheet.path(shapely.Polygon()) == ""


def test_simplified_tiles_still_meet() -> None:
    wiggle = [(50 + np.sin(y / 3) * 0.4, y) for y in range(0, 101)]
    left = shapely.Polygon([(0, 0), *wiggle, (0, 100)])
    right = shapely.Polygon([(100, 0), (100, 100), *wiggle[::-1]])
    tiles = simplified_tiling(np.array([left, right], dtype=object))
    assert shapely.coverage_is_valid(tiles)
    assert shapely.get_num_coordinates(tiles).sum() < 40
    borders = borders_between(tiles)
    assert abs(shapely.length(borders).sum() - 100) < 1


def test_one_grid_has_no_borders_inside() -> None:
    assert len(borders_between(np.array([shapely.box(0, 0, 1, 1)], dtype=object))) == 0


def test_streets_are_cut_where_communities_meet() -> None:
    areas = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], dtype=object)
    street = shapely.LineString([(20, 50), (150, 50)])
    first, second = lines_per_area(np.array([street], dtype=object), areas)
    assert (shapely.length(first).sum(), shapely.length(second).sum()) == (80, 50)
    assert [len(part) for part in lines_per_area(np.zeros(0, dtype=object), areas)] == [0, 0]


def test_lines_keep_within_their_room() -> None:
    lines = np.array([shapely.LineString([(0, i), (10 * i + 1, i)]) for i in range(50)], dtype=object)
    kept = simplified_lines(lines, most=40)
    assert len(kept) == 20
    assert shapely.length(kept).min() > 290
