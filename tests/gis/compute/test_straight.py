"""The distance to a straight way, compiled and as plain text, beside that of GEOS."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.tessellation.straight import distance_to_straight

metres = st.integers(-2000, 2000).map(lambda number: number / 8)


@settings(deadline=None)  # the first call compiles
@given(metres, metres, metres, metres, metres, metres)
def test_it_is_that_of_geos_compiled_and_plain(
    px: float, py: float, ax: float, ay: float, bx: float, by: float
) -> None:
    found = distance_to_straight(px, py, ax, ay, bx, by)
    assert found == distance_to_straight.py_func(px, py, ax, ay, bx, by)
    way = shapely.LineString([(ax, ay), (bx, by)])
    expected = shapely.Point(px, py).distance(way if way.length else shapely.Point(ax, ay))
    assert found == pytest.approx(expected, abs=1e-9)
