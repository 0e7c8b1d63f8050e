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
def spun(x, turn):  # type: ignore[no-untyped-def]
    """Return the state after the state (x, turn): Marsaglia's xorwow with one word of shifts.

    A 32-bit xorshift plus a counter.
    """
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    return x, (turn + 362437) & 0xFFFFFFFF


@inlined
def drawn_below(x, turn, count):  # type: ignore[no-untyped-def]
    """Return the whole number in [0, count) that the state (x, turn) stands for, count below 2**31."""
    return (((x + turn) & 0xFFFFFFFF) * count) >> 32


@inlined
def draw_below(state, count):  # type: ignore[no-untyped-def]
    """Return the next whole number in [0, count), count below 2**31, and move the state on."""
    state[0], state[1] = spun(state[0], state[1])
    return drawn_below(state[0], state[1], count)


@inlined
def draw(state):  # type: ignore[no-untyped-def]
    """Return the next number in [0, 1) and move the state on."""
    return draw_below(state, 1 << 30) / 1073741824.0
