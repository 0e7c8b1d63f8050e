"""Grids out of band are mended together with their neighbours, a few at a time, by the best cover of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gis.compute.bound.homes import Band
from gis.compute.exact.small import ExactEffort, best_small
from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.zones import GridCount, ZoneGraph, induced

_ALL_IN_BAND = ExactEffort(sets=3_000, looks=2_000_000, rounds=2, widths=(0.0,))


@dataclass(frozen=True)
class MendEffort:
    """Grids taken together at most, groups tried around one grid and in all, and how hard each is tried."""

    together: int = 4
    around_one: int = 12
    in_all: int = 60
    exact: ExactEffort = _ALL_IN_BAND


def mend(
    graph: ZoneGraph,
    label: IntArray,
    k: int,
    parameters: PartitionParameters,
    effort: MendEffort | None = None,
) -> IntArray:
    """Return the division with as many groups of neighbouring grids as can be brought into band throughout.

    `label`: a sound division, grid per unit 0…k-1. Only groups that have a grid out of band (units above the band
    aside) and whose households are enough and not too many for all of them are divided anew; the others stay
    as they are. Always the same for the same input.
    """
    effort = effort or MendEffort()
    label, band = label.copy(), Band.of(parameters.limits)
    tried: set[tuple[int, ...]] = set()
    groups = _hopeful_groups(graph, label, k, band, effort)
    for _ in range(effort.in_all):
        group = next((one for one in groups if one not in tried), None)
        if group is None:
            break
        tried.add(group)
        anew = _anew(graph, label, group, band, parameters, effort)
        if anew is not None:
            label = anew
            # Their neighbours changed: groups with one of these may be tried again.
            tried = {other for other in tried if not set(other) & set(group)}
            groups = _hopeful_groups(graph, label, k, band, effort)
    return label


def _hopeful_groups(
    graph: ZoneGraph, label: IntArray, k: int, band: Band, effort: MendEffort
) -> Iterator[tuple[int, ...]]:
    """Yield groups around each grid out of band, the worst grid first, whose households suit all in band.

    A group comes once for each grid out of band in it.
    """
    homes = np.bincount(label, weights=graph.households, minlength=k).astype(np.int64)
    plain = np.ones(k, dtype=bool)
    plain[label[graph.households > band.high]] = False
    out = np.flatnonzero(plain & ((homes < band.low) | (homes > band.high)))
    near = _neighbours(graph, label, k)
    for grid in out[np.argsort(-np.abs(homes[out] - (band.low + band.high) / 2), kind="stable")].tolist():
        number = 0
        for group in _groups(grid, near, effort.together):
            total, plain_ones = int(homes[list(group)].sum()), int(plain[list(group)].sum())
            if plain_ones < len(group) or not plain_ones * band.low <= total <= plain_ones * band.high:
                continue
            number += 1
            if number > effort.around_one:
                break
            yield group


def _neighbours(graph: ZoneGraph, label: IntArray, k: int) -> list[list[int]]:
    rows = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    pairs = np.unique(label[rows] * k + label[graph.indices])
    pairs = pairs[pairs // k != pairs % k]
    return [(pairs[pairs // k == grid] % k).tolist() for grid in range(k)]


def _groups(grid: int, near: list[list[int]], together: int) -> Iterator[tuple[int, ...]]:
    """Yield connected groups of grids with this one, the smaller ones first, each once."""
    level: set[tuple[int, ...]] = {(grid,)}
    for _ in range(together - 1):
        level = {
            tuple(sorted((*group, other)))
            for group in level
            for one in group
            for other in near[one]
            if other not in group
        }
        yield from sorted(level)


def _anew(
    graph: ZoneGraph,
    label: IntArray,
    group: tuple[int, ...],
    band: Band,
    parameters: PartitionParameters,
    effort: MendEffort,
) -> IntArray | None:
    """Return the labels with the group divided anew, all of it in band, or None."""
    units = np.flatnonzero(np.isin(label, group))
    count = GridCount(len(group), 0, 0.0)
    found = best_small(induced(graph, units), count, parameters, effort.exact)
    if found is None:
        return None
    label = label.copy()
    label[units] = np.array(group)[found]
    return label
