"""Random numbers in whole-number arithmetic that Python and compiled code treat alike."""

from __future__ import annotations

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.search.compiled import inlined


def chance_of(seed: int) -> IntArray:
    """Return the state that a seed starts."""
    state = np.random.SeedSequence(seed).generate_state(2).astype(np.int64)
    state[0] = max(1, state[0])
    return state


@inlined
def draw_below(state, count):  # type: ignore[no-untyped-def]
    """Return the next whole number in [0, count), count below 2**31, and move the state on.

    Marsaglia's xorwow with one word of shifts: a 32-bit xorshift plus a counter.
    """
    x = state[0]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    state[0] = x
    state[1] = (state[1] + 362437) & 0xFFFFFFFF
    return (((x + state[1]) & 0xFFFFFFFF) * count) >> 32


@inlined
def draw(state):  # type: ignore[no-untyped-def]
    """Return the next number in [0, 1) and move the state on."""
    return draw_below(state, 1 << 30) / 1073741824.0
