from typing import Any

import numpy as np
import pytest

from gis.compute.parameters import PartitionParameters
from gis.compute.search.effort import PRESETS
from gis.compute.search.task import Task
from gis.compute.zones import GridCount
from tests.gis.compute.search.squares import squares


def narrowed_band(
    *, target: int = 400, band: float = 0.1, attainable: float = 0.0, largest: int = 25, preset: str = "best"
) -> float | None:
    limits: dict[str, Any] = {
        "soft_min": 1,
        "hard_min": 1,
        "soft_max": max(500, target),
        "hard_max": max(800, target),
    }
    homes = np.full(64, 1)
    homes[0] = largest
    parameters = PartitionParameters(target=target, band=band, preset=preset, **limits)
    task = Task(squares(8, 8, homes), 4, parameters, PRESETS[preset], GridCount(4, 0, attainable), 1)
    narrow = task.narrowed()
    return None if narrow is None else narrow.parameters.band


def test_the_margin_is_one_household_on_either_side() -> None:
    assert narrowed_band() == pytest.approx(39 / 400)
    assert narrowed_band(target=3, band=0.999, largest=1) == pytest.approx(1 / 3)
    assert narrowed_band(attainable=39 / 400) == pytest.approx(39 / 400)


def test_only_the_preset_best_keeps_a_margin() -> None:
    assert narrowed_band(preset="standard") is None
    assert narrowed_band(preset="fast") is None


@pytest.mark.parametrize(
    "wish", [{"target": 3, "band": 0.001}, {"target": 10, "band": 0.1}, {"attainable": 0.0976}]
)
def test_there_is_no_margin_where_nothing_of_the_band_would_be_left_or_it_could_not_be_kept(
    wish: dict[str, Any],
) -> None:
    assert narrowed_band(**wish) is None


@pytest.mark.parametrize(("largest", "has_margin"), [(439, True), (440, False), (441, True)])
def test_a_unit_that_fills_the_band_by_itself_leaves_no_margin(largest: int, has_margin: bool) -> None:
    """One above the band is a tower, whose grid may be any size, with a margin and without."""
    assert (narrowed_band(largest=largest) is not None) == has_margin
