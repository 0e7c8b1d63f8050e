"""Annealing of a division by single moves and swaps that keep every grid connected and with homes.

Point 5 of the partition specification. Energy of a grid = W·P²/(4πA) + a saturating penalty for the overshoot
outside the band + hard limits; plus barrier metres kept inside, compounds split and households moved away
from the plan before. The kernels are compiled; `anneal.py_func` is the same text run by Python and the tests
compare the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.starts import growth_start, is_sound, metis_starts, repaired
from gis.compute.zones import GridCount, ZoneGraph

SWAP_SHARE = 0.4
WALK_STEPS = 6
# Order of the weights vector handed to the kernel.
_TARGET, _BAND, _SHAPE, _OVER, _HARD_LOW, _HARD_HIGH, _BARRIER, _MOVED, _COMPOUND, _SQUARED = range(10)


@dataclass(frozen=True)
class SearchWeights:
    """Weights of the energy: compactness W, overshoot, barrier metre C, moved households S (per target), compound.

    The overshoot penalty saturates, so that one grid bears what cannot be avoided; `overshoot_squared` adds
    one that does not, for zones where a single grid came out far off.
    """

    shape: float = 6.0
    overshoot: float = 30.0
    barrier_per_m: float = 0.004
    moved: float = 2.0
    compound: float = 0.5
    overshoot_squared: float = 0.0

    @staticmethod
    def of(parameters: PartitionParameters) -> SearchWeights:
        """The weights a plan's parameters ask for."""
        return SearchWeights(
            barrier_per_m=parameters.barrier_per_m, moved=parameters.stability, compound=parameters.compound
        )


@dataclass(frozen=True)
class Heat:
    """An annealing run: steps in all, first and last temperature (geometric), seed."""

    steps: int
    first: float
    last: float
    seed: int


@njit(cache=True)
def _draw(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of L'Ecuyer's combined generator, in whole numbers that Python and numba treat
    alike.
    """
    state[0] = (40014 * state[0]) % 2147483563
    state[1] = (40692 * state[1]) % 2147483399
    return ((state[0] - state[1]) % 2147483562) / 2147483562.0


@njit(cache=True)
def _grid_energy(households, area, perimeter, weights):  # type: ignore[no-untyped-def]
    deviation = abs(households / weights[_TARGET] - 1.0)
    over = deviation - weights[_BAND]
    energy = weights[_SHAPE] * perimeter * perimeter / (4.0 * math.pi * max(area, 1e-9))
    if over > 0.0:
        energy += weights[_OVER] * (over * over + over / (over + 0.03)) + weights[_SQUARED] * over * over
    if households < weights[_HARD_LOW]:
        energy += 100.0 * (1.0 + (weights[_HARD_LOW] - households) / weights[_TARGET])
    elif households > weights[_HARD_HIGH]:
        energy += 100.0 * (1.0 + (households - weights[_HARD_HIGH]) / weights[_TARGET])
    return energy


class _Net(NamedTuple):
    """What a search never changes: the graph, the units' figures, the plan before, the weights."""

    indptr: IntArray
    indices: IntArray
    length: FloatArray
    barrier: FloatArray
    households: IntArray
    area: FloatArray
    perimeter: FloatArray
    compound: IntArray
    before: IntArray
    weights: FloatArray


class _Work(NamedTuple):
    """What a search changes: part per unit; homes, area, perimeter, units per part; compounds' units per part.

    `stamp` and `queue` serve the connectivity test, `chance` is the state of the random numbers.
    """

    label: IntArray
    sums: FloatArray
    members: IntArray
    stamp: IntArray
    queue: IntArray
    chance: IntArray


@njit(cache=True, inline="always")
def _keeps_connected(net, work, unit):  # type: ignore[no-untyped-def]
    """Say whether the part of `unit` stays connected without it, by a search from one neighbour to all
    others.
    """
    label, stamp, queue = work.label, work.stamp, work.queue
    indptr, indices = net.indptr, net.indices
    part = label[unit]
    wanted = 0
    first = -1
    stamp[0] += 1
    mark = stamp[0]
    for e in range(indptr[unit], indptr[unit + 1]):
        if label[indices[e]] == part:
            wanted += 1
            first = indices[e]
    if wanted <= 1:
        return wanted == 1
    stamp[unit + 1] = mark
    stamp[first + 1] = mark
    queue[0] = first
    head, tail, found = 0, 1, 0
    while head < tail:
        u = queue[head]
        head += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if v == unit:
                found += 1
            elif label[v] == part and stamp[v + 1] != mark:
                stamp[v + 1] = mark
                queue[tail] = v
                tail += 1
    return found == wanted


@njit(cache=True, inline="always")
def _may_leave(net, work, unit):  # type: ignore[no-untyped-def]
    """Say whether the part of `unit` keeps a unit, a home and its connection without it."""
    part = work.label[unit]
    if work.sums[part, 3] < 1.5 or work.sums[part, 0] - net.households[unit] <= 0.0:
        return False
    return _keeps_connected(net, work, unit)


@njit(cache=True, inline="always")
def _parts_energy(work, part, to, weights):  # type: ignore[no-untyped-def]
    sums = work.sums
    energy = _grid_energy(sums[part, 0], sums[part, 1], sums[part, 2], weights)
    return energy + _grid_energy(sums[to, 0], sums[to, 1], sums[to, 2], weights)


@njit(cache=True, inline="always")
def _move(net, work, unit, to):  # type: ignore[no-untyped-def]
    """Move the unit to the part `to`, keep the sums up to date, and return the change of energy."""
    label, sums = work.label, work.sums
    indices, length, barrier = net.indices, net.length, net.barrier
    part = label[unit]
    common_from = common_to = wall_from = wall_to = 0.0
    for e in range(net.indptr[unit], net.indptr[unit + 1]):
        other = label[indices[e]]
        if other == part:
            common_from += length[e]
            wall_from += barrier[e]
        elif other == to:
            common_to += length[e]
            wall_to += barrier[e]
    energy = -_parts_energy(work, part, to, net.weights)
    sums[part, 0] -= net.households[unit]
    sums[part, 1] -= net.area[unit]
    sums[part, 2] += 2.0 * common_from - net.perimeter[unit]
    sums[part, 3] -= 1.0
    sums[to, 0] += net.households[unit]
    sums[to, 1] += net.area[unit]
    sums[to, 2] += net.perimeter[unit] - 2.0 * common_to
    sums[to, 3] += 1.0
    label[unit] = to
    energy += _parts_energy(work, part, to, net.weights)
    energy += net.weights[_BARRIER] * (wall_to - wall_from)
    return energy + _ties_energy(net, work, unit, part, to)


@njit(cache=True, inline="always")
def _ties_energy(net, work, unit, part, to):  # type: ignore[no-untyped-def]
    """Return the change in moved households and split compounds when the unit goes over, and count its
    compound.
    """
    energy = 0.0
    if net.before[unit] >= 0:
        moved = net.weights[_MOVED] * net.households[unit] / net.weights[_TARGET]
        if part == net.before[unit]:
            energy += moved
        elif to == net.before[unit]:
            energy -= moved
    compound = net.compound[unit]
    if compound >= 0:
        members = work.members
        members[compound, part] -= 1
        if members[compound, part] == 0:
            energy -= net.weights[_COMPOUND]
        if members[compound, to] == 0:
            energy += net.weights[_COMPOUND]
        members[compound, to] += 1
    return energy


@njit(cache=True, inline="always")
def _partner(net, work, unit, at, part):  # type: ignore[no-untyped-def]
    """Return a unit of the part of `at` that borders on `part`, found by a short random walk, or -1."""
    label, indptr, indices = work.label, net.indptr, net.indices
    to = label[at]
    for _ in range(WALK_STEPS):
        degree = indptr[at + 1] - indptr[at]
        step = indices[indptr[at] + int(_draw(work.chance) * degree)]
        if label[step] == to:
            at = step
        if at == unit:
            continue
        for e in range(indptr[at], indptr[at + 1]):
            if label[indices[e]] == part:
                return at
    return -1


@njit(cache=True, inline="always")
def _candidate(net, work):  # type: ignore[no-untyped-def]
    """Draw a unit and a neighbour; return (unit, neighbour) if the unit may go over to the neighbour's part."""
    unit = int(_draw(work.chance) * len(net.households))
    degree = net.indptr[unit + 1] - net.indptr[unit]
    if degree == 0:
        return -1, -1
    neighbour = net.indices[net.indptr[unit] + int(_draw(work.chance) * degree)]
    if work.label[unit] == work.label[neighbour] or not _may_leave(net, work, unit):
        return -1, -1
    return unit, neighbour


@njit(cache=True)
def anneal(net, work, steps, first_heat, last_heat):  # type: ignore[no-untyped-def]
    """Return (labels of lowest energy seen, change of energy against the start); `work` is used up.

    Every loop is bounded by `steps`, the number of units or `WALK_STEPS`.
    """
    best = work.label.copy()
    energy = lowest = 0.0
    cooling = (last_heat / first_heat) ** (1.0 / max(1, steps))
    heat = first_heat
    for _ in range(steps):
        heat *= cooling
        unit, neighbour = _candidate(net, work)
        if unit < 0:
            continue
        part, to = work.label[unit], work.label[neighbour]
        change = _move(net, work, unit, to)
        partner = -1
        if _draw(work.chance) < SWAP_SHARE:
            partner = _partner(net, work, unit, neighbour, part)
            if partner >= 0 and not _may_leave(net, work, partner):
                partner = -1
        if partner >= 0:
            change += _move(net, work, partner, part)
        if change <= 0.0 or _draw(work.chance) < math.exp(-change / heat):
            energy += change
            if energy < lowest - 1e-9:
                lowest = energy
                best[:] = work.label
            continue
        if partner >= 0:
            _move(net, work, partner, to)
        _move(net, work, unit, part)
    return best, lowest


def weights_vector(limits: SizeLimits, weights: SearchWeights) -> FloatArray:
    """Return the weights in the order the kernel wants."""
    return np.array(
        [
            limits.target, limits.band, weights.shape, weights.overshoot, limits.hard_min, limits.hard_max,
            weights.barrier_per_m, weights.moved, weights.compound, weights.overshoot_squared,
        ],
        dtype=np.float64,
    )  # fmt: skip


def part_sums(graph: ZoneGraph, label: IntArray, k: int) -> FloatArray:
    """Return homes, area m², perimeter m and number of units per part, (k, 4)."""
    row = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    inside = label[row] == label[graph.indices]
    common = np.bincount(label[row[inside]], weights=graph.length_m[inside], minlength=k)
    return np.column_stack(
        [
            np.bincount(label, weights=graph.households, minlength=k),
            np.bincount(label, weights=graph.area_m2, minlength=k),
            np.bincount(label, weights=graph.perimeter_m, minlength=k) - common,
            np.bincount(label, minlength=k),
        ]
    ).astype(np.float64)


def polish(
    graph: ZoneGraph,
    start: IntArray,
    k: int,
    heat: Heat,
    limits: SizeLimits,
    weights: SearchWeights,
    before: IntArray | None = None,
    *,
    compiled: bool = True,
) -> IntArray:
    """Return the start improved by annealing; connected, k parts, the same for the same seed.

    `before`: part per unit in the plan before (-1 none), which the search is loath to leave. Raises
    ValueError on an unsound start. `compiled=False` runs the plain Python text.
    """
    if not is_sound(graph, start, k):
        raise ValueError("the start is not contiguous or has an empty part")
    if k < 2 or heat.steps <= 0:
        return start.copy()
    net, work = _prepared(graph, start, k, limits, weights, before, heat.seed)
    run: Any = anneal if compiled else anneal.py_func
    best, _ = run(net, work, heat.steps, heat.first, heat.last)
    return np.asarray(best)


def _prepared(
    graph: ZoneGraph,
    start: IntArray,
    k: int,
    limits: SizeLimits,
    weights: SearchWeights,
    before: IntArray | None,
    seed: int,
) -> tuple[_Net, _Work]:
    compound, count = _compact(graph.compound)
    members = np.zeros((max(1, count), k), dtype=np.int64)
    grouped = compound >= 0
    np.add.at(members, (compound[grouped], start[grouped]), 1)
    net = _Net(
        indptr=graph.indptr,
        indices=graph.indices,
        length=graph.length_m,
        barrier=graph.barrier_m,
        households=graph.households,
        area=graph.area_m2,
        perimeter=graph.perimeter_m,
        compound=compound,
        before=np.full(len(start), -1, dtype=np.int64) if before is None else before.astype(np.int64),
        weights=weights_vector(limits, weights),
    )
    work = _Work(
        label=start.astype(np.int64).copy(),
        sums=part_sums(graph, start, k),
        members=members,
        stamp=np.zeros(len(start) + 1, dtype=np.int64),
        queue=np.zeros(len(start), dtype=np.int64),
        chance=np.array([seed % 2147483562 + 1, (seed * 7 + 12345) % 2147483398 + 1], dtype=np.int64),
    )
    return net, work


def _compact(compound: IntArray) -> tuple[IntArray, int]:
    numbers, place = np.unique(compound, return_inverse=True)
    shift = int((numbers < 0).any())
    return place.astype(np.int64) - shift, len(numbers) - shift


def total_energy(
    graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits, weights: SearchWeights
) -> float:
    """Return the energy of a division computed afresh (without moved households)."""
    vector = weights_vector(limits, weights)
    sums = part_sums(graph, label, k)
    energy_of: Any = _grid_energy.py_func
    energy = float(sum(energy_of(s[0], s[1], s[2], vector) for s in sums))
    row = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    inside = (label[row] == label[graph.indices]) & (row < graph.indices)
    energy += weights.barrier_per_m * float(graph.barrier_m[inside].sum())
    grouped = graph.compound >= 0
    pairs = len(np.unique(graph.compound[grouped] * k + label[grouped]))
    return float(energy + weights.compound * pairs)


def score(
    graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits, alpha: float, attainable: float
) -> float:
    """Return α·(grids in band) + Σ PP − 4·Σ max(0, |dev| − max(0.15, attainable)), point 6 of the
    specification.
    """
    sums = part_sums(graph, label, k)
    deviation = np.abs(sums[:, 0] / limits.target - 1)
    compact = 4 * np.pi * sums[:, 1] / np.maximum(sums[:, 2], 1e-9) ** 2
    excess = np.maximum(0, deviation - max(0.15, attainable))
    return float(alpha * (deviation <= limits.band + 1e-9).sum() + compact.sum() - 4 * excess.sum())


@dataclass(frozen=True)
class Effort:
    """How hard a zone is searched: METIS starts, how many are polished, steps per grid, weight of the band."""

    metis: int
    polished: int
    steps_per_grid: int
    alpha: float


PRESETS: dict[str, Effort] = {
    "fast": Effort(metis=12, polished=1, steps_per_grid=6_000, alpha=0.4),
    "standard": Effort(metis=40, polished=4, steps_per_grid=30_000, alpha=0.4),
    "best": Effort(metis=60, polished=8, steps_per_grid=80_000, alpha=0.4),
}


@dataclass(frozen=True)
class Division:
    """A zone divided: grid per unit 0…k-1 and k, which is below the wanted one only where homes are too few."""

    label: IntArray
    k: int


def divide(
    graph: ZoneGraph,
    count: GridCount,
    parameters: PartitionParameters,
    seed: int,
    before: IntArray | None = None,
) -> Division:
    """Return the best division found, the same for the same input and seed.

    `before`: part per unit of the plan before (any numbers, -1 none). Where that plan still divides the zone
    into k sound grids within the band it is returned untouched.
    """
    limits, weights = parameters.limits, SearchWeights.of(parameters)
    effort, attainable = PRESETS[parameters.preset], count.attainable
    if parameters.alpha is not None:
        effort = replace(effort, alpha=parameters.alpha)
    k = max(1, min(count.k, int((graph.households > 0).sum())))
    if k == 1:
        return Division(np.zeros(len(graph.households), dtype=np.int64), 1)
    warm = _warm_start(graph, k, before)
    if warm is not None and _all_in_band(graph, warm, k, limits):
        return Division(warm, k)
    for parts in range(k, 1, -1):
        starts = _starts(graph, parts, effort, seed, warm if parts == k else None, limits.target)
        if starts:
            label = _best_of(graph, starts, parts, attainable, limits, effort, weights, seed, warm)
            return Division(label, parts)
    return Division(np.zeros(len(graph.households), dtype=np.int64), 1)


def _starts(
    graph: ZoneGraph, k: int, effort: Effort, seed: int, warm: IntArray | None, target: int
) -> list[tuple[IntArray, bool]]:
    """Return sound starts with whether each is to be polished hot (growth) or not."""
    found = [(s, False) for s in metis_starts(graph, k, effort.metis, seed, target) if is_sound(graph, s, k)]
    grown = repaired(graph, growth_start(graph, k), k)
    if grown is not None and is_sound(graph, grown, k):
        found.append((grown, True))
    return found if warm is None else [(warm, False), *found]


def _best_of(
    graph: ZoneGraph,
    starts: list[tuple[IntArray, bool]],
    k: int,
    attainable: float,
    limits: SizeLimits,
    effort: Effort,
    weights: SearchWeights,
    seed: int,
    warm: IntArray | None,
) -> IntArray:
    usual = [s for s, hot in starts if not hot]
    ranked = sorted(range(len(usual)), key=lambda i: (total_energy(graph, usual[i], k, limits, weights), i))
    chosen = [(usual[i], 5.0) for i in ranked[: effort.polished]]
    if warm is not None:
        chosen = [(warm, 0.5)]
    else:
        chosen += [(s, 5.0) for s, hot in starts if hot]
    steps = effort.steps_per_grid * k + 100 * len(graph.households)
    best, best_score = chosen[0][0], (-9, -math.inf)
    tries = 0
    for start, first in chosen:
        label = polish(graph, start, k, Heat(steps, first, 0.01, seed + tries), limits, weights, warm)
        best, best_score = _better(graph, label, k, limits, effort.alpha, attainable, best, best_score)
        tries += 1
    for harder in _harder(weights):
        if attainable > limits.band or _all_in_band(graph, best, k, limits):
            break
        label = polish(graph, best, k, Heat(2 * steps, 2.0, 0.01, seed + tries), limits, harder, warm)
        best, best_score = _better(graph, label, k, limits, effort.alpha, attainable, best, best_score)
        tries += 1
    return best


def _harder(weights: SearchWeights) -> tuple[SearchWeights, ...]:
    """Return weights for another try at a zone that could be in band but is not."""
    return (
        replace(weights, shape=weights.shape / 2, overshoot=weights.overshoot * 2),
        replace(weights, shape=weights.shape / 2, overshoot_squared=1000.0),
        replace(weights, shape=weights.shape / 4, overshoot_squared=300.0),
    )


def _better(
    graph: ZoneGraph,
    label: IntArray,
    k: int,
    limits: SizeLimits,
    alpha: float,
    attainable: float,
    best: IntArray,
    best_score: tuple[int, float],
) -> tuple[IntArray, tuple[int, float]]:
    value = (
        -_worst_class(graph, label, k, limits, attainable),
        round(score(graph, label, k, limits, alpha, attainable), 9),
    )
    return (label, value) if value > best_score else (best, best_score)


def _worst_class(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits, attainable: float) -> int:
    """Return 0 where no grid is far off, 1 within the soft limits, 2 within the hard ones, 3 beyond (towers
    aside).
    """
    homes = np.bincount(label, weights=graph.households, minlength=k)
    largest = np.zeros(k)
    np.maximum.at(largest, label, graph.households)
    homes = homes[largest <= limits.target * (1 + limits.band)]
    if len(homes) == 0 or np.abs(homes / limits.target - 1).max() <= max(0.15, attainable) + 1e-9:
        return 0
    if homes.min() >= limits.soft_min and homes.max() <= limits.soft_max:
        return 1
    return 2 if homes.min() >= limits.hard_min and homes.max() <= limits.hard_max else 3


def _all_in_band(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> bool:
    homes = np.bincount(label, weights=graph.households, minlength=k)
    return bool((np.abs(homes / limits.target - 1) <= limits.band + 1e-9).all())


def _warm_start(graph: ZoneGraph, k: int, before: IntArray | None) -> IntArray | None:
    if before is None:
        return None
    old = np.unique(before[(before >= 0) & (graph.households > 0)])
    if len(old) != k:
        return None
    place = np.searchsorted(old, before)
    known = (before >= 0) & (place < k) & (old[np.minimum(place, k - 1)] == before)
    label = repaired(graph, np.where(known, place, -1), k)
    return label if label is not None and is_sound(graph, label, k) else None


def warm_up() -> None:
    """Compile the kernels (or load them from numba's cache) so that the first plan does not wait for it."""
    graph = ZoneGraph(
        indptr=np.array([0, 1, 3, 4], dtype=np.int64),
        indices=np.array([1, 0, 2, 1], dtype=np.int64),
        length_m=np.ones(4),
        barrier_m=np.zeros(4),
        households=np.array([1, 1, 1], dtype=np.int64),
        area_m2=np.ones(3),
        perimeter_m=np.full(3, 4.0),
        compound=np.full(3, -1, dtype=np.int64),
        anchor=np.full(3, -1, dtype=np.int64),
    )
    polish(graph, np.array([0, 0, 1]), 2, Heat(10, 1.0, 0.1, 1), SizeLimits(), SearchWeights())
