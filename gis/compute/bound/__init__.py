"""What any contiguous division of a zone into its grids could reach at best: proven, never a guess.

Every bound here is that of a relaxation (point 7 of the partition specification): a division that is
contiguous, has k grids with homes and no two units above the band in one grid, fulfils all that is asked, so
none can have more grids in band. Cheap bounds first: sums of households, units above the band, pockets between
those. Then, where that leaves a question and the sets are few, all connected sets in band are listed and the
largest number of disjoint ones is found by a whole-number programme (HiGHS).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gis.compute.bound.cheap import in_band_by_sums, in_band_in_pockets, out_of_reach
from gis.compute.bound.columns import sets_in_band
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, HomesGraph, homes_graph
from gis.compute.bound.packing import Question, pack
from gis.compute.parameters import SizeLimits
from gis.compute.zones import GridCount, ZoneGraph

__all__ = ["CHEAP", "EXACT", "Bound", "BoundEffort", "Proof", "bound_of"]


class Proof(StrEnum):
    """What proves a bound."""

    COUNT = "count"  # no more grids than the zone has
    SUMS = "sums"  # the households of the zone do not make more
    TOWERS = "towers"  # units above the band, each a grid out of band
    REACH = "reach"  # pockets between units that are in no connected set in band
    PACKING = "packing"  # all connected sets in band were listed; no more of them are disjoint


@dataclass(frozen=True)
class BoundEffort:
    """How hard a bound is worked for: sets in band listed at most (0: cheap bounds only), branches, rounds."""

    sets: int = 0
    nodes: int = 50
    rounds: int = 20


CHEAP = BoundEffort()
EXACT = BoundEffort(sets=3_000, nodes=50)


@dataclass(frozen=True)
class Bound:
    """At most so many grids of the zone can be in band; the worst deviation (share) is at least so much.

    `proof`: what limits the number. `is_exact`: a set of grids was found that reaches it, land without homes
    taken as open to all.
    """

    in_band_at_most: int
    worst_at_least: float
    proof: Proof
    is_exact: bool = False


def bound_of(
    graph: ZoneGraph,
    count: GridCount,
    limits: SizeLimits,
    effort: BoundEffort = CHEAP,
    reached: int = -1,
) -> Bound:
    """Return the bound of the zone for its number of grids.

    `reached`: grids in band of a plan at hand; where a cheap bound says that there are no more, nothing dearer is
    tried, and the dearer search only asks for one more.
    """
    homes, band = homes_graph(graph), Band.of(limits)
    units = len(homes.households)
    if units == 0:
        return Bound(0, 1.0, Proof.SUMS, is_exact=True)
    k = max(1, min(count.k, units))
    dead = out_of_reach(homes, band)
    at_most, proof = _cheapest(homes, k, dead, band)
    worst = _worst_at_least(homes, k, limits)
    tower = homes.households > band.high
    if at_most <= max(reached, 0) or effort.sets == 0 or int(tower.sum()) > k:
        return Bound(at_most, worst, proof)
    columns = sets_in_band(homes, band, effort.sets, dead)
    if columns is None:
        return Bound(at_most, worst, proof)
    if len(columns) == 0:
        return Bound(0, worst, Proof.REACH, is_exact=True)
    question = Question(
        k,
        at_most,
        tower,
        more_than=reached,
        nodes=effort.nodes,
        rounds=effort.rounds,
        exclusive=gates_of(graph, homes, columns),
    )
    packing = pack(homes, columns, question)
    if packing.at_most < at_most:
        at_most, proof = packing.at_most, Proof.PACKING
    return Bound(
        at_most, worst, proof, is_exact=packing.chosen is not None and len(packing.chosen) == at_most
    )


def _cheapest(homes: HomesGraph, k: int, dead: np.ndarray, band: Band) -> tuple[int, Proof]:
    """Return the least of the cheap bounds and the first that gives it."""
    towers = int((homes.households > band.high).sum())
    rest = int(homes.households[homes.households <= band.high].sum())
    found = [(k, Proof.COUNT)]
    if towers == 0:
        found.append((in_band_by_sums(rest, k, band), Proof.SUMS))
        found.append((k - int(dead.any()), Proof.REACH))
    elif towers <= k:
        found.append((k - towers, Proof.TOWERS))
        found.append((rest // band.low, Proof.SUMS))
    else:
        found.append((k - 1, Proof.TOWERS))
    found.append((in_band_in_pockets(homes, dead, band), Proof.REACH))
    return min(found, key=lambda one: one[0])


def _worst_at_least(homes: HomesGraph, k: int, limits: SizeLimits) -> float:
    """Return a deviation (share of the target) that some grid of any division has at least.

    Some grid has no fewer households than the mean, some no more, and some holds the largest unit.
    """
    total = int(homes.households.sum())
    off = max(
        math.ceil(total / k) - limits.target,
        limits.target - total // k,
        int(homes.households.max()) - limits.target,
        0,
    )
    return off / limits.target
