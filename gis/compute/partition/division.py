"""Points 4 to 7 and 9 of the partition specification for one land: every zone is divided, its named grids whole."""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.partition.work import Labels, Plot, Work, go_on
from gis.compute.refusal import InputRefused
from gis.compute.search import divide
from gis.compute.ties import Tied, Wishes, before_of_groups, listed, tie
from gis.compute.wishes import pin_loose
from gis.compute.zones import Zone, attach_loose, steady_count

# Who moves one building by hand does not want its neighbours to be dealt anew: moves cost so many times more.
STEADIER = 8.0


def labelled(work: Work, plot: Plot, seeds: int) -> Labels:
    """Divide every zone of the plot, its named grids whole; a locked grid is one label."""
    units = len(plot.tessellation.cells)
    if plot.land.is_locked:
        return Labels(np.zeros(units, dtype=np.int64), [-1], {}, [], [])
    before = plot.before
    result = Labels(np.full(units, -1, dtype=np.int64), [], {}, [], [])
    for number, zone in enumerate(plot.zones):
        go_on(work.should_stop)
        tied = tie(zone.graph, zone.count, plot.wish[zone.units], work.wishes.names, work.wanted.limits)
        old = None if before is None else _before_of_tied(work, tied, zone, before)
        if old is not None and work.wanted.stability > 0:
            tied = replace(tied, count=steady_count(tied.graph, tied.count, old, work.wanted.limits))
        wanted = work.wanted
        if old is not None and (tied.graph.anchor >= 0).any():
            wanted = replace(wanted, stability=wanted.stability * STEADIER)
        division = divide(tied.graph, tied.count, wanted, _seed(wanted.seed, work.key, seeds + number), old)
        first = len(result.zone_of_grid)
        result.label[zone.units] = tied.expanded(division.label) + first
        result.named.update({n: g + first for n, g in tied.grid_of_name(division.label).items()})
        result.zone_of_grid.extend([number] * division.k)
        result.tied.append(tied)
        result.notes.extend(f"分区{number + 1}：{text}" for text in tied.notes)
    _check_named_apart(result.named, work.wishes)
    pinned = pin_loose(plot.tessellation, result.label, plot.loose, plot.wish, result.named, work.wishes)
    label = attach_loose(plot.tessellation, pinned, np.flatnonzero(pinned < 0))
    return replace(result, label=label)


def _seed(seed: int, key: str, zone: int) -> int:
    return (seed + zlib.crc32(key.encode()) + 7919 * zone) % 2_000_000_011


def _before_of_tied(work: Work, tied: Tied, zone: Zone, before: IntArray) -> IntArray:
    """Return the plan before per tied unit; a grid named after an old one is that old one."""
    old = before_of_groups(tied.group, before[zone.units], zone.graph.households)
    previous = work.given.previous
    assert previous is not None
    for unit in np.flatnonzero(tied.graph.anchor >= 0):
        name = work.wishes.names[int(tied.graph.anchor[unit])]
        if name in previous.index:
            old[unit] = int(np.flatnonzero(previous.index == name)[0])
    return old


def _check_named_apart(named: dict[int, int], wishes: Wishes) -> None:
    """Refuse wishes that the search could not keep apart: it ended with fewer grids than are named."""
    sharing: dict[int, list[Hashable]] = {}
    for number, grid in sorted(named.items()):
        sharing.setdefault(grid, []).append(wishes.names[number])
    merged = next((names for names in sharing.values() if len(names) > 1), None)
    if merged is None:
        return
    raise InputRefused(
        "ASSIGNMENT_TOO_MANY_GRIDS",
        zh=f"手工指定的网格 {listed(merged)} 无法各成一个网格：此处户数或地块不够分成 {len(named)} 个指定网格",
        en=f"the grids {listed(merged)} named by hand cannot stand apart: the households or the land here do not "
        f"make {len(named)} named grids",
        remedy_zh="请减少手工指定的网格数，或改指定其中一些建筑",
        remedy_en="name fewer grids by hand, or assign some of the buildings otherwise",
        facts={"grids": [str(name) for name in merged], "named": len(named)},
    )
