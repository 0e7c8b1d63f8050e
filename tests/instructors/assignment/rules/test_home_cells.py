"""S07: ways begin at the middle of a square of 500 m, so that no number of answers leads to a home."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.home_cells import CELL_M, middle_of_home_cell

METRES = st.floats(-1e7, 1e7)


@pytest.mark.parametrize(
    ("home", "middle"),
    [
        ((0, 0), (250, 250)),
        ((499.9, 0.1), (250, 250)),
        ((500, 499.9), (750, 250)),
        ((-0.1, -500), (-250, -250)),
        ((425_123.4, 3_899_999.9), (425_250, 3_899_750)),
    ],
)
def test_s07_a_home_stands_in_the_middle_of_its_square(
    home: tuple[float, float], middle: tuple[float, float]
) -> None:
    assert middle_of_home_cell(*home) == middle


@given(METRES, METRES)
def test_s07_a_home_is_near_its_middle_and_the_middle_is_its_own(x_m: float, y_m: float) -> None:
    middle = middle_of_home_cell(x_m, y_m)
    assert math.dist(middle, (x_m, y_m)) <= CELL_M / math.sqrt(2) + 1e-6
    assert middle_of_home_cell(*middle) == middle
