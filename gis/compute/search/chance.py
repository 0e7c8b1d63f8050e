"""Random numbers in whole-number arithmetic that Python and compiled code treat alike."""

from __future__ import annotations

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.search.compiled import kernel


def chance_of(seed: int) -> IntArray:
    """Return the state that a seed starts."""
    return np.array([seed % 2147483562 + 1, (seed * 7 + 12345) % 2147483398 + 1], dtype=np.int64)


@kernel
def draw(state):  # type: ignore[no-untyped-def]
    """Return the next number in [0, 1) of L'Ecuyer's combined generator and move the state on."""
    state[0] = (40014 * state[0]) % 2147483563
    state[1] = (40692 * state[1]) % 2147483399
    return ((state[0] - state[1]) % 2147483562) / 2147483562.0
