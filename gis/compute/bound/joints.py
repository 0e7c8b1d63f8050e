"""What a zone's joints cost: units it falls apart without, each of which lies in one grid only.

Of every side that hangs on a joint, the joint's grid takes a part; what it leaves there is cut into grids that do not
leave the side. Between joints everything is taken lightly: any units may stand in one grid. Sides are weighed from
the tips inwards, for every number of households handed on and of grids closed: what is left at the end is fewer
grids out of band than any contiguous division has, or as many. No sets are listed, so that large zones are no
obstacle; what counts is how few ways the tips leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import networkx

from gis.compute.bound.homes import Band
from gis.compute.zones import ZoneGraph

# (households handed on to the joint's grid, grids closed behind it) -> fewest of those out of band.
Ways = dict[tuple[int, int], int]
# Handed on to a grid around a unit above the band, whose size is no matter.
ANY = -1


@dataclass(frozen=True)
class Allowed:
    """What is asked of k grids: at most `most` are out of band, and those hold `near.low` to `near.high` households.

    `near` holds the whole band. Grids around a unit above the band (one each) may have any size and are not counted as
    out.
    """

    k: int
    band: Band
    near: Band
    most: int

    @property
    def is_near(self) -> bool:
        """Whether no two grids above the band fit into one grid."""
        return self.near.high < 2 * (self.band.high + 1)


class TooManyWaysError(Exception):
    """The zone has too little structure to be weighed in the time given."""


def least_out_of_band(graph: ZoneGraph, allowed: Allowed, effort: int = 200_000) -> int | None:
    """Return how many grids are out of band at least in a contiguous division into k grids with homes.

    `allowed.most` + 1 if every division has more. None where that is not found out with `effort` ways weighed, or the
    zone is not in one piece.
    """
    whole = networkx.Graph()
    whole.add_nodes_from(range(len(graph.households)))
    whole.add_edges_from(
        (u, int(v))
        for u in range(len(graph.households))
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]]
    )
    if not networkx.is_connected(whole):
        return None
    try:
        return _Sides(graph, whole, allowed, effort).least()
    except TooManyWaysError:
        return None


class _Held(NamedTuple):
    """What a block's grids hold so far: households of the joint's grid, of the others (`left`), grids closed behind.

    `left` lies in `pieces` (clusters with homes), of which `lone` are out of band by themselves and `far` not near.
    `above` of them, with `over` households, are above the band, `beyond` above what is near. `excess`: households of the
    rest beyond the band's lower end, which no grid in band can share out. `towers`: grids around units above the band,
    whose households are not in `left`.
    """

    taken: int = 0
    left: int = 0
    closed: int = 0
    excess: int = 0
    above: int = 0
    over: int = 0
    beyond: int = 0
    pieces: int = 0
    lone: int = 0
    far: int = 0
    towers: int = 0


class _Sides:
    """The zone as blocks that hang together at joints, seen from its block with the most households."""

    def __init__(self, graph: ZoneGraph, whole: networkx.Graph, allowed: Allowed, effort: int) -> None:
        self._homes = [int(h) for h in graph.households]
        self._allowed, self._effort = allowed, effort
        self._blocks = sorted(sorted(block) for block in networkx.biconnected_components(whole))
        self._joints = set(networkx.articulation_points(whole))
        self._of: dict[int, list[int]] = {joint: [] for joint in self._joints}
        for number, block in enumerate(self._blocks):
            for unit in block:
                if unit in self._joints:
                    self._of[unit].append(number)
        self._has_tower = max(self._homes) > allowed.band.high
        self._ways_of: dict[int, Ways] = {}

    def least(self) -> int:
        """Return the fewest grids out of band, `most` + 1 where more are."""
        (root, _), *others = self._outwards()
        for block, joint in reversed(others):
            self._ways_of[block] = self._ways(block, joint)
        k, found = self._allowed.k, self._allowed.most + 1
        own = self._own(root, -1)
        for held, out in self._held(root, -1).items():
            found = min(found, out + self._fewest(_with(held, sum(own), len(own)), k - held.closed))
        return found

    def _outwards(self) -> list[tuple[int, int]]:
        """Return the blocks from the one with the most households on, each with the joint it hangs on (first: -1)."""
        root = max(range(len(self._blocks)), key=lambda b: (sum(self._homes[u] for u in self._blocks[b]), -b))
        found = [(root, -1)]
        for block, above in found:
            for unit in self._blocks[block]:
                if unit != above and unit in self._joints:
                    found += [(other, unit) for other in self._of[unit] if other != block]
        return found

    def _ways(self, block: int, joint: int) -> Ways:
        """Return the ways of the side that hangs on the joint by this block."""
        own, ways = self._own(block, joint), Ways()
        sums = _sums(own)
        for held, out in self._held(block, joint).items():
            for part in sums:
                self._weigh()
                rest = _with(held, sums[-1] - part, len(own) - (part > 0))
                for closed in self._numbers(rest, self._allowed.k - 1 - held.closed):
                    self._weigh()
                    lost = out + self._fewest(rest, closed)
                    if lost <= self._allowed.most:
                        way = _together(held.taken, part), held.closed + closed
                        ways[way] = min(lost, ways.get(way, lost))
        return ways

    def _cluster(self, joint: int, above: int) -> Ways:
        """Return the ways of the joint's grid with all sides that hang on it but the block above."""
        ways = self._alone(joint)
        for block in self._of[joint]:
            if block != above:
                ways = self._joined(ways, self._ways_of[block])
        return ways

    def _joined(self, some: Ways, others: Ways) -> Ways:
        joined: Ways = {}
        for (taken, closed), out in some.items():
            for (more, behind), lost in others.items():
                self._weigh()
                way, total = (_together(taken, more), closed + behind), out + lost
                if self._may(way, total) and not taken == more == ANY:
                    joined[way] = min(total, joined.get(way, total))
        return joined

    def _may(self, way: tuple[int, int], out: int) -> bool:
        return out + self._lost_at_least(way[0]) <= self._allowed.most and way[1] < self._allowed.k

    def _lost_at_least(self, size: int) -> int:
        """Return how many grids out of band there will be for a cluster of this size."""
        if self._has_tower or size <= self._allowed.band.high:
            return 0
        return 1 if size <= self._allowed.near.high else self._allowed.most + 1

    def _held(self, block: int, joint: int) -> dict[_Held, int]:
        """Return what the block's clusters (joints but the given one, units nearly a grid by themselves) may come to."""
        found = {_Held(): 0}
        for unit in self._blocks[block]:
            if unit == joint or not self._is_cluster(unit, block):
                continue
            ways = self._cluster(unit, block) if unit in self._joints else self._alone(unit)
            longer: dict[_Held, int] = {}
            for held, out in found.items():
                for (size, closed), lost in ways.items():
                    self._weigh()
                    if out + lost > self._allowed.most or held.closed + closed >= self._allowed.k:
                        continue
                    for one in self._either(held, size, closed, joint >= 0):
                        longer[one] = min(out + lost, longer.get(one, out + lost))
            found = longer
        return found

    def _either(self, held: _Held, size: int, closed: int, may_take: bool) -> Iterator[_Held]:
        """Yield what is held once the cluster is in the joint's grid, or in another one."""
        behind, band = held.closed + closed, self._allowed.band
        together = _together(held.taken, size)
        if may_take and not held.taken == size == ANY:
            yield held._replace(taken=together, closed=behind)
        if size == ANY:
            yield held._replace(closed=behind, towers=held.towers + 1)
            return
        is_above, near = size > band.high, self._allowed.near
        excess = 0 if is_above else max(0, size - band.low)
        yield held._replace(
            left=held.left + size,
            closed=behind,
            excess=held.excess + excess,
            above=held.above + is_above,
            over=held.over + size * is_above,
            beyond=held.beyond + (size > near.high),
            pieces=held.pieces + (size > 0),
            lone=held.lone + (0 < size < band.low or is_above),
            far=held.far + (0 < size < near.low or size > near.high),
        )

    def _alone(self, unit: int) -> Ways:
        homes = self._homes[unit]
        return {(homes if homes <= self._allowed.band.high else ANY, 0): 0}

    def _is_cluster(self, unit: int, block: int) -> bool:
        """Say whether the unit is looked at by itself: every one of a pair, else joints and such as are nearly grids."""
        is_large = self._homes[unit] > self._allowed.band.low
        return is_large or unit in self._joints or len(self._blocks[block]) == 2

    def _own(self, block: int, joint: int) -> list[int]:
        """Return the households of the block's units with homes that are neither joints nor nearly grids."""
        units = [u for u in self._blocks[block] if u != joint and not self._is_cluster(u, block)]
        return [self._homes[u] for u in units if self._homes[u] > 0]

    def _fewest(self, held: _Held, grids: int) -> int:
        """Return how many of so many grids are out of band at least that share out what is held."""
        left, band, near = held.left, self._allowed.band, self._allowed.near
        never, plain = self._allowed.most + 1, grids - held.towers
        if plain <= 0 or left == 0:
            return 0 if plain == 0 and (left == 0 or held.towers > 0) else never
        if plain > held.pieces or (held.beyond and not held.towers):
            return never
        are_alone = plain == held.pieces
        if are_alone and held.far:
            return never
        # What is too much for the others may always stand with a unit above the band.
        least = 0 if held.towers else self._least_above(held)
        if not held.towers and plain * band.low + held.excess > left:
            least = max(least, 1)
        if are_alone:
            least = max(least, held.lone)
        for out in range(least, min(plain, never) + 1):
            inside = plain - out
            if inside * band.low + held.over + max(0, out - held.above) * near.low > left:
                continue
            if held.towers or left <= inside * band.high + out * near.high:
                return out
        return never

    def _numbers(self, held: _Held, grids: int) -> range:
        """Return the numbers of grids, `grids` at most, that can share out what is held: elsewhere `_fewest` knows none."""
        if held.left == 0:
            return range(held.towers, min(held.towers, grids) + 1)
        least = held.towers
        if not held.towers:
            spare = self._allowed.most * (self._allowed.near.high - self._allowed.band.high)
            least = max(1, -((spare - held.left) // self._allowed.band.high))
        return range(least, min(held.towers + held.pieces, grids) + 1)

    def _least_above(self, held: _Held) -> int:
        return held.above if self._allowed.is_near else min(1, held.above)

    def _weigh(self) -> None:
        self._effort -= 1
        if self._effort < 0:
            raise TooManyWaysError


def _with(held: _Held, homes: int, units: int) -> _Held:
    """Return what is held with units of the block's own left beside it."""
    return held._replace(left=held.left + homes, pieces=held.pieces + units)


def _sums(parts: list[int]) -> list[int]:
    """Return, in order, what some of them come to."""
    sums = 1
    for part in parts:
        sums |= sums << part
    return [total for total in range(sum(parts) + 1) if sums >> total & 1]


def _together(some: int, others: int) -> int:
    return ANY if ANY in (some, others) else some + others
