"""Greedy choice and tabu swaps for the maximal covering location problem, in whole numbers.

Every candidate outside knows what it would add (`gain`), every chosen one what its leaving would lose (`loss`), every
pair what of that loss the one would save by taking the other's seat (`saved`): a swap is worth gain - loss + saved
(Resende and Werneck 2007), and a step looks at all of them. The kernels are compiled; `kernel.py_func` is the same
text run by Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gis.compute.siting.problem import Cover, Ints

NEVER = -(1 << 62)


class Tabu(NamedTuple):
    """How long a place that left stays out and one that came stays in (steps, up to twice that), and the kick.

    After `patience` steps without a better plan, `kick` random places are exchanged.
    """

    out: int = 20
    inside: int = 2
    patience: int = 500
    kick: int = 4


class State(NamedTuple):
    """A plan under search: place per seat, seat per place (-1), covering seats per demand and their sum, sums."""

    seat: Ints
    seat_of: Ints
    times: Ints
    who: Ints
    gain: Ints
    loss: Ints
    saved: Ints
    until: Ints
    chance: Ints


@njit(cache=True)
def _draw(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of L'Ecuyer's combined generator, in whole numbers that Python and numba treat alike."""
    state[0] = (40014 * state[0]) % 2147483563
    state[1] = (40692 * state[1]) % 2147483399
    return ((state[0] - state[1]) % 2147483562) / 2147483562.0


@njit(cache=True)
def greedy(cover, count):  # type: ignore[no-untyped-def]
    """Places one after the other, each the one that adds most (of equals the first): 1 - 1/e of the best at least."""
    places = len(cover.first) - 1
    gain = np.zeros(places, dtype=np.int64)
    for j in range(places):
        for a in range(cover.first[j], cover.first[j + 1]):
            gain[j] += cover.weight[cover.demand[a]]
    done = np.zeros(len(cover.weight), dtype=np.bool_)
    chosen = np.empty(count, dtype=np.int64)
    for seat in range(count):
        best = np.argmax(gain)
        chosen[seat] = best
        for a in range(cover.first[best], cover.first[best + 1]):
            i = cover.demand[a]
            if not done[i]:
                done[i] = True
                for b in range(cover.by[i], cover.by[i + 1]):
                    gain[cover.candidate[b]] -= cover.weight[i]
        gain[best] = NEVER
    return chosen


@njit(cache=True)
def greedy_from_chance(cover, count, chance):  # type: ignore[no-untyped-def]
    """A third of the places at random, the rest greedily: a start of another kind."""
    places = len(cover.first) - 1
    deck = np.arange(places)
    weight = cover.weight.copy()
    drawn = count // 3
    for k in range(drawn):
        other = k + int(_draw(chance) * (places - k))
        deck[k], deck[other] = deck[other], deck[k]
        for a in range(cover.first[deck[k]], cover.first[deck[k] + 1]):
            weight[cover.demand[a]] = 0
    rest = greedy(Cover(cover.first, cover.demand, cover.by, cover.candidate, weight), count)
    chosen = deck[:count].copy()
    taken = np.zeros(places, dtype=np.bool_)
    taken[deck[:drawn]] = True
    for place in rest:
        if drawn < count and not taken[place]:
            chosen[drawn] = place
            drawn += 1
    return chosen


@njit(cache=True)
def _enter(cover, state, seat, place):  # type: ignore[no-untyped-def]
    """Give a place the empty seat. (Every access through a tuple costs as much as a step: arrays get names.)"""
    by, candidate = cover.by, cover.candidate
    times, who, gain, loss, saved = state.times, state.who, state.gain, state.loss, state.saved
    state.seat[seat], state.seat_of[place] = place, seat
    loss[seat] = 0
    saved[seat, :] = 0
    for i in cover.demand[cover.first[place] : cover.first[place + 1]]:
        weight = cover.weight[i]
        if times[i] == 0:
            loss[seat] += weight
            for b in range(by[i], by[i + 1]):
                gain[candidate[b]] -= weight
                saved[seat, candidate[b]] += weight
        elif times[i] == 1:
            other = who[i]
            loss[other] -= weight
            for b in range(by[i], by[i + 1]):
                saved[other, candidate[b]] -= weight
        times[i] += 1
        who[i] += seat


@njit(cache=True)
def _leave(cover, state, seat):  # type: ignore[no-untyped-def]
    """Empty a seat."""
    by, candidate = cover.by, cover.candidate
    times, who, gain, loss, saved = state.times, state.who, state.gain, state.loss, state.saved
    place = state.seat[seat]
    state.seat_of[place] = -1
    for i in cover.demand[cover.first[place] : cover.first[place + 1]]:
        weight = cover.weight[i]
        times[i] -= 1
        who[i] -= seat
        if times[i] == 0:
            for b in range(by[i], by[i + 1]):
                gain[candidate[b]] += weight
        elif times[i] == 1:
            # `who` is the sum of the seats that cover the demand: with one left, that seat.
            other = who[i]
            loss[other] += weight
            for b in range(by[i], by[i + 1]):
                saved[other, candidate[b]] += weight


@njit(cache=True)
def _best_swap(state, step, now, best):  # type: ignore[no-untyped-def]
    """The best swap allowed: seat, place and what the plan covers then; forbidden ones only to beat the best plan.

    Of equals one at random, each as likely. Seat -1 where nothing is allowed.
    """
    top, seat, place, ties = NEVER, -1, -1, 0
    gain, seat_of, until, chance = state.gain, state.seat_of, state.until, state.chance
    for r in range(len(state.seat)):
        rest = now - state.loss[r]
        saved = state.saved[r]
        stays = until[state.seat[r]] > step
        for j in range(len(gain)):
            value = rest + gain[j] + saved[j]
            if value < top or seat_of[j] >= 0:
                continue
            if value <= best and (stays or until[j] > step):
                continue
            ties = 1 if value > top else ties + 1
            if ties == 1 or _draw(chance) * ties < 1.0:
                top, seat, place = value, r, j
    return seat, place, top


@njit(cache=True)
def _kick(cover, state, now, times):  # type: ignore[no-untyped-def]
    """Exchange some random seats for random places; what the plan covers then."""
    for _ in range(times):
        seat = int(_draw(state.chance) * len(state.seat))
        place = int(_draw(state.chance) * len(state.gain))
        if state.seat_of[place] < 0:
            now -= state.loss[seat]
            _leave(cover, state, seat)
            now += state.gain[place]
            _enter(cover, state, seat, place)
    return now


@njit(cache=True)
def tabu_search(cover, state, start, steps, tabu, goal):  # type: ignore[no-untyped-def]
    """Swap for some steps from a start (distinct places), or until `goal` is covered; the best plan and its worth.

    `state` arrives with seats -1, everything else 0 and `gain` what each place covers alone.
    """
    now = 0
    for seat in range(len(start)):
        now += state.gain[start[seat]]
        _enter(cover, state, seat, start[seat])
    best, plan, last = now, state.seat.copy(), 0
    for step in range(1, steps + 1):
        if best >= goal:
            break
        seat, place, value = _best_swap(state, step, now, best)
        if seat < 0:
            continue
        gone = state.seat[seat]
        _leave(cover, state, seat)
        _enter(cover, state, seat, place)
        now = value
        state.until[gone] = step + 1 + int(tabu.out * (1.0 + _draw(state.chance)))
        state.until[place] = step + 1 + int(tabu.inside * (1.0 + _draw(state.chance)))
        if now > best:
            best, last = now, step
            plan[:] = state.seat
        elif step - last >= tabu.patience:
            last = step
            now = _kick(cover, state, now, tabu.kick)
    return plan, best


def chance_of(seed: int) -> Ints:
    """The state of the random numbers that a seed stands for."""
    return np.array([seed % 2147483562 + 1, seed * 7919 % 2147483398 + 1], dtype=np.int64)


def swapped(cover: Cover, start: Ints, steps: int, tabu: Tabu, chance: Ints, goal: int) -> tuple[Ints, int]:
    """The best plan that tabu swaps find from a start, and what it covers; `chance` is used up."""
    places, seats, demand = len(cover.first) - 1, len(start), len(cover.weight)
    state = State(
        seat=np.full(seats, -1, dtype=np.int64),
        seat_of=np.full(places, -1, dtype=np.int64),
        times=np.zeros(demand, dtype=np.int64),
        who=np.zeros(demand, dtype=np.int64),
        gain=alone(cover),
        loss=np.zeros(seats, dtype=np.int64),
        saved=np.zeros((seats, places), dtype=np.int64),
        until=np.zeros(places, dtype=np.int64),
        chance=chance,
    )
    plan, best = tabu_search(cover, state, start, steps, tabu, goal)
    return plan, int(best)


def alone(cover: Cover) -> Ints:
    """What every place covers by itself."""
    sums = np.concatenate([[0], np.cumsum(cover.weight[cover.demand])])
    return np.asarray(sums[cover.first[1:]] - sums[cover.first[:-1]], dtype=np.int64)


def covered_by(cover: Cover, chosen: Ints) -> int:
    """What a plan covers."""
    hit = np.zeros(len(cover.weight), dtype=bool)
    for place in chosen:
        hit[cover.demand[cover.first[place] : cover.first[place + 1]]] = True
    return int(cover.weight[hit].sum())
