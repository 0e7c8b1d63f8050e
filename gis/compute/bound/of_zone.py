"""The bound of one zone: the cheap ones first, the dearer ones only where they leave a question."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from gis.compute.bound.cheap import in_band_by_sums, in_band_in_pockets, out_of_reach
from gis.compute.bound.columns import sets_in_band
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, HomesGraph, homes_graph
from gis.compute.bound.joints import Allowed, least_out_of_band
from gis.compute.bound.packing import Question, pack
from gis.compute.bound.proven_cover import ProvenCover, Wanted
from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.zones import GridCount, ZoneGraph


class Proof(StrEnum):
    """What proves a bound."""

    COUNT = "count"  # no more grids than the zone has
    SUMS = "sums"  # the households of the zone do not make more
    TOWERS = "towers"  # units above the band, each a grid out of band
    REACH = "reach"  # pockets between units that are in no connected set in band
    JOINTS = "joints"  # what hangs on units the zone falls apart without cannot be shared out
    PACKING = "packing"  # all connected sets in band were listed; no more of them are disjoint


@dataclass(frozen=True)
class BoundEffort:
    """How hard a bound is worked for: sets in band listed at most (0: cheap bounds only), branches, rounds.

    `soft_sets`: sets listed at most where all grids are to keep within a range of sizes, which is decided sooner;
    `looks`: sets looked at for that; `ways`: ways to share out what hangs on the zone's joints weighed at most.
    """

    sets: int = 0
    soft_sets: int = 0
    looks: int = 1_000_000
    ways: int = 200_000
    nodes: int = 20
    rounds: int = 8


CHEAP = BoundEffort()
EXACT = BoundEffort(sets=500, soft_sets=5_000, nodes=20, rounds=8)


@dataclass(frozen=True)
class Bound:
    """At most so many grids of the zone can be in band; the worst deviation (share) is at least so much.

    `proof`: what limits the number. `is_exact`: a set of grids was found that reaches it, land without homes
    taken lightly. `is_listed`: all sets in band were listed for it. `in_band_if_soft`: so many at most while
    every grid without a unit above the band keeps within the soft limits (0 where none can be; None: not
    asked, or too many sets). `in_band_if_as_near`: the same while these grids deviate no more than `off` households
    asked about.
    """

    in_band_at_most: int
    worst_at_least: float
    proof: Proof
    is_exact: bool = False
    is_listed: bool = False
    in_band_if_soft: int | None = None
    in_band_if_as_near: int | None = None


@dataclass(frozen=True)
class _Case:
    """A zone whose bound is asked for; `k` is no more than its units with homes.

    `is_fixed`: just k grids have homes; else as few as one may.
    """

    graph: ZoneGraph
    homes: HomesGraph
    k: int
    limits: SizeLimits
    effort: BoundEffort
    reached: int
    is_fixed: bool = True

    @property
    def band(self) -> Band:
        return Band.of(self.limits)

    @property
    def tower(self) -> np.ndarray:
        return self.homes.households > self.band.high


def bound_of(
    graph: ZoneGraph,
    count: GridCount,
    limits: SizeLimits,
    effort: BoundEffort = CHEAP,
    reached: int = -1,
    off: int | None = None,
) -> Bound:
    """Return the bound of the zone for its number of grids.

    `reached`: grids in band of a plan at hand; where a cheap bound says that there are no more, nothing dearer is
    tried, and the dearer search only asks for one more. `off`: the most households by which a grid of that plan
    without a unit above the band misses the target. Where grids may be without homes (a named grid may, and
    where there are more grids than units with homes, others may), only the cheap bounds hold that need no number of
    grids with homes.
    """
    homes = homes_graph(graph)
    if homes is None or len(homes.households) == 0:
        return _by_sums(graph, count, limits)
    k, is_fixed = _grids_with_homes(graph, count)
    case = _Case(graph, homes, k, limits, effort, reached, is_fixed)
    dead = out_of_reach(homes, case.band)
    at_most, proof = _cheapest(case, dead)
    found = Bound(at_most, _worst_at_least(homes.households, k, limits, is_fixed), proof)
    if not is_fixed or at_most <= max(reached, 0) or effort.sets == 0 or int(case.tower.sum()) > k:
        return found
    found = _jointed(case, found)
    if found.in_band_at_most <= max(reached, 0):
        return found
    found = _short_of_all(case, found)
    if found.in_band_at_most <= max(reached, 0):
        return found
    found = _packed(case, dead, found)
    if found.in_band_at_most > max(reached, 0):
        found = replace(found, in_band_if_soft=_if_soft(case))
    if off is not None and found.in_band_at_most > max(reached, 0):
        near = Band(max(1, limits.target - off), limits.target + off)
        found = replace(found, in_band_if_as_near=_if_within(case, near))
    return found


def _grids_with_homes(graph: ZoneGraph, count: GridCount) -> tuple[int, bool]:
    """Return how many grids have homes at most, and whether a division must have just so many."""
    housed = graph.households > 0
    number = int(housed.sum())
    is_fixed = count.k <= number and not bool(((graph.anchor >= 0) & ~housed).any())
    return max(1, min(count.k, number)), is_fixed


def _by_sums(graph: ZoneGraph, count: GridCount, limits: SizeLimits) -> Bound:
    """Return what households alone tell of a zone without homes, or too large to look at its borders."""
    homes = graph.households[graph.households > 0]
    if len(homes) == 0:
        return Bound(0, 1.0, Proof.SUMS, is_exact=True)
    k, is_fixed = _grids_with_homes(graph, count)
    at_most, proof = min(_by_households(homes, k, Band.of(limits), is_fixed), key=lambda one: one[0])
    return Bound(at_most, _worst_at_least(homes, k, limits, is_fixed), proof)


def _jointed(case: _Case, cheap: Bound) -> Bound:
    """Return the bound made tighter by what the zone's joints cost."""
    at_most = _between_joints(case, Band(1, int(case.homes.households.sum())))
    if at_most is None or at_most >= cheap.in_band_at_most:
        return cheap
    return replace(cheap, in_band_at_most=at_most, proof=Proof.JOINTS)


def _between_joints(case: _Case, sizes: Band) -> int | None:
    """Return how many grids can be in band at most if those without towers keep within these sizes, None if unknown.

    No less than the number reached: more is not asked.
    """
    plain, least = case.k - int(case.tower.sum()), min(case.band.low, sizes.low)
    near = Band(least, max(case.band.high, sizes.high))
    most = plain - max(case.reached, 0) - 1
    if most < 0:
        return None
    out = least_out_of_band(case.graph, Allowed(case.k, case.band, near, most), case.effort.ways)
    return None if out is None else plain - out


def _short_of_all(case: _Case, cheap: Bound) -> Bound:
    """Return the bound less one where not all grids without towers can be in band at once."""
    plain = case.k - int(case.tower.sum())
    if cheap.in_band_at_most < plain or _if_listed(case, case.band) != 0:
        return cheap
    return replace(cheap, in_band_at_most=plain - 1, proof=Proof.PACKING, is_listed=True)


def _packed(case: _Case, dead: np.ndarray, cheap: Bound) -> Bound:
    """Return the cheap bound made tighter by packing all sets in band, where they are few enough."""
    columns = sets_in_band(case.homes, case.band, case.effort.sets, dead)
    if columns is None:
        return cheap
    if len(columns) == 0:
        return replace(cheap, in_band_at_most=0, proof=Proof.REACH, is_exact=True, is_listed=True)
    question = Question(
        case.k,
        cheap.in_band_at_most,
        case.tower,
        more_than=case.reached,
        nodes=case.effort.nodes,
        rounds=case.effort.rounds,
        exclusive=gates_of(case.graph, case.homes, columns),
    )
    packing = pack(case.homes, columns, question)
    is_exact = packing.chosen is not None and len(packing.chosen) == packing.at_most
    proof = Proof.PACKING if packing.at_most < cheap.in_band_at_most else cheap.proof
    return replace(cheap, in_band_at_most=packing.at_most, proof=proof, is_exact=is_exact, is_listed=True)


def _if_soft(case: _Case) -> int | None:
    """Return how many grids can be in band at most if those without towers keep within the soft limits."""
    return _if_within(case, Band(case.limits.soft_min, case.limits.soft_max))


def _if_within(case: _Case, sizes: Band) -> int | None:
    """Return how many grids can be in band at most if those without towers keep within these sizes.

    None if the band itself is not within them, or too many sets are and joints do not tell.
    """
    if sizes.low > case.band.low or sizes.high < case.band.high:
        return None
    at_most = _between_joints(case, sizes)
    if at_most is not None and at_most <= max(case.reached, 0):
        return at_most
    listed = _if_listed(case, sizes)
    return at_most if listed is None else listed


def _if_listed(case: _Case, sizes: Band) -> int | None:
    """Return the same by listing all sets of these sizes, None where they are too many."""
    band, tower = case.band, case.tower
    plain = case.k - int(tower.sum())
    columns = sets_in_band(case.homes, sizes, case.effort.soft_sets, tower)
    if columns is None:
        return None
    if len(columns) == 0 or len(columns) < plain:
        return 0
    size = np.add.reduceat(case.homes.households[columns.members], columns.start[:-1])
    in_band = (size >= band.low) & (size <= band.high)
    wanted = Wanted(
        plain,
        in_band.astype(np.float64),
        tower,
        np.zeros(len(tower)),
        tower | bool(tower.any()),
        gates_of(case.graph, case.homes, columns),
    )
    covered = ProvenCover(case.homes, columns, wanted, sizes, case.effort.looks).best()
    if not covered.is_proven:
        return None
    return 0 if covered.chosen is None else int(in_band[covered.chosen].sum())


def _cheapest(case: _Case, dead: np.ndarray) -> tuple[int, Proof]:
    """Return the least of the cheap bounds and the first that gives it."""
    found = _by_households(case.homes.households, case.k, case.band, case.is_fixed)
    if not case.tower.any():
        found.append((case.k - int(dead.any()), Proof.REACH))
    found.append((in_band_in_pockets(case.homes, dead, case.band), Proof.REACH))
    return min(found, key=lambda one: one[0])


def _by_households(homes: IntArray, k: int, band: Band, is_fixed: bool) -> list[tuple[int, Proof]]:
    """Return the bounds that take units with these households and nothing of where they lie."""
    towers = int((homes > band.high).sum())
    rest = int(homes[homes <= band.high].sum())
    found = [(k, Proof.COUNT)]
    if towers == 0 and not is_fixed:
        found.append((rest // band.low, Proof.SUMS))
    elif towers == 0:
        found.append((in_band_by_sums(rest, k, band), Proof.SUMS))
    elif towers <= k:
        found += [(k - towers, Proof.TOWERS), (rest // band.low, Proof.SUMS)]
    else:
        found.append((k - 1, Proof.TOWERS))
    return found


def _worst_at_least(homes: IntArray, k: int, limits: SizeLimits, is_fixed: bool) -> float:
    """Return a deviation (share of the target) that some grid with homes of any division has at least.

    Some grid has no fewer households than the mean, some no more, and some holds the largest unit.
    """
    total, fewest = int(homes.sum()), k if is_fixed else 1
    off = max(
        math.ceil(total / k) - limits.target,
        limits.target - total // fewest,
        int(homes.max()) - limits.target,
        0,
    )
    return off / limits.target
