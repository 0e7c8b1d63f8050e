from typing import Any

import numpy as np
import pytest

from gis.compute.parameters import PartitionParameters

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY, True, "1"])
@pytest.mark.parametrize("name", ["band", "alpha", "barrier_per_m", "compound", "stability", "simplify_m"])
def test_weights_are_finite_numbers(name: str, value: object) -> None:
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"{name} is a finite number"):
        PartitionParameters(**wrong)


@pytest.mark.parametrize("value", [NAN, INFINITY, 400.0, 400.5, True, "400"])
@pytest.mark.parametrize("name", ["target", "soft_min", "soft_max", "hard_min", "hard_max", "seed"])
def test_limits_and_seed_are_whole_numbers(name: str, value: object) -> None:
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"{name} is a whole number"):
        PartitionParameters(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"simplify_m": -0.1}, "simplify_m"),
        ({"stability": -1.0}, "weights"),
        ({"band": 0.0}, "band"),
        ({"alpha": 1.1}, "alpha"),
        ({"seed": -1}, "seed"),
        ({"hard_max": 1_000_001}, "1000000"),
        ({"target": 2_000_000, "soft_max": 2_000_000, "hard_max": 2_000_000}, "1000000"),
        ({"hard_min": 0}, "limits"),
    ],
)
def test_numbers_outside_their_range_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PartitionParameters(**wrong)


def test_the_ends_of_the_ranges_and_numbers_of_arrays_are_taken() -> None:
    taken = PartitionParameters(
        hard_max=1_000_000, seed=0, alpha=1, stability=0, simplify_m=0, target=np.int64(400), band=np.float64(0.1)
    )  # fmt: skip
    assert taken.limits.hard_max == 1_000_000
