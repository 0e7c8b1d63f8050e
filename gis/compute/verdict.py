"""How near a zone's division is to the best there can be, said in figures and in words.

Point 10 of the partition specification. The figures rest on `gis.compute.bound`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from gis.compute.bound import CHEAP, EXACT, Bound, BoundEffort, Proof, bound_of
from gis.compute.bound.homes import Band
from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.refusal import EngineFault
from gis.compute.starts import is_sound
from gis.compute.zones import GridCount, ZoneGraph

# A bound is worked for as hard as the plan was.
EFFORTS: dict[str, BoundEffort] = {
    "fast": CHEAP,
    "standard": EXACT,
    "best": BoundEffort(sets=3_000, soft_sets=30_000, looks=10_000_000, nodes=50, rounds=20),
}


class Verdict(StrEnum):
    """What is proven about the number of grids in band of a zone."""

    OPTIMAL = "optimal"
    OPTIMAL_IF_SOFT = "optimal_if_soft"
    OPTIMAL_IF_AS_NEAR = "optimal_if_as_near"
    WITHIN = "within"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class ZoneVerdict:
    """The verdict on a zone, the bound it rests on, and by what share of the bound the plan is below it."""

    verdict: Verdict
    bound: Bound
    in_band: int

    @property
    def gap(self) -> float:
        """Share of the grids that could be in band at most and are not (0: optimal)."""
        most = self._most
        return 0.0 if most <= self.in_band else (most - self.in_band) / most

    @property
    def _most(self) -> int:
        if self.verdict in (Verdict.OPTIMAL_IF_SOFT, Verdict.OPTIMAL_IF_AS_NEAR):
            return self.in_band
        return self.bound.in_band_at_most

    @property
    def words(self) -> tuple[str, str]:
        """The verdict as a sentence, Chinese and English."""
        most, soft = self.bound.in_band_at_most, self.bound.in_band_if_soft
        if self.verdict is Verdict.OPTIMAL and self.bound.proof is Proof.COUNT:
            return f"{self.in_band} 个网格全部达标", f"all {self.in_band} grids are in band"
        if self.verdict is Verdict.OPTIMAL:
            return (
                f"已证明最优：任何连片划分达标的网格都不会多于 {self.in_band} 个",
                f"proven optimal: no contiguous division has more than {self.in_band} grids in band",
            )
        if self.verdict is Verdict.OPTIMAL_IF_SOFT:
            return (
                f"不突破软限制时已证明最优：至多 {soft} 个达标；最多 {most} 个，须以牺牲个别网格为代价",
                f"proven optimal within the soft limits: at most {soft} in band; up to {most} only at the cost of "
                "a grid outside them",
            )
        if self.verdict is Verdict.OPTIMAL_IF_AS_NEAR:
            return (
                f"不使最大偏差更大时已证明最优：达标 {self.in_band} 个；最多 {most} 个，须有网格偏得更远",
                f"proven optimal for its worst deviation: {self.in_band} in band; up to {most} only with a grid "
                "farther off than any is now",
            )
        if self.verdict is Verdict.WITHIN:
            return (
                f"达标 {self.in_band} 个，理论上限 {most} 个，差距不超过 {self.gap:.0%}",
                f"{self.in_band} in band, {most} at the very most: within {self.gap:.0%} of the best there can be",
            )
        return (
            f"达标 {self.in_band} 个；分区较大，未逐一证明，按户数上限为 {most} 个",
            f"{self.in_band} in band; too large a zone for a proof, by its households {most} at most",
        )


def zone_verdict(
    graph: ZoneGraph, count: GridCount, label: IntArray, limits: SizeLimits, effort: BoundEffort = EXACT
) -> ZoneVerdict:
    """Return the verdict on a division of the zone, grid per unit 0…k-1.

    `graph`, `count`: as they were divided (units tied by hand in one). The cost is bounded by `effort`, and where
    sums alone show that no more can be in band, nothing else is tried. Raises EngineFault where a sound division of
    count.k grids beats what was proven.
    """
    households = np.bincount(label, weights=graph.households, minlength=count.k)
    in_band = int((np.abs(households / limits.target - 1) <= limits.band + 1e-9).sum())
    bound = bound_of(graph, count, limits, effort, reached=in_band, off=_off(graph, label, limits))
    if in_band > bound.in_band_at_most:
        return _beyond(graph, count.k, label, limits, ZoneVerdict(Verdict.UNPROVEN, bound, in_band))
    if in_band == bound.in_band_at_most:
        return ZoneVerdict(Verdict.OPTIMAL, bound, in_band)
    if (
        bound.in_band_if_soft is not None
        and in_band >= bound.in_band_if_soft
        and _is_soft(graph, label, limits)
    ):
        return ZoneVerdict(Verdict.OPTIMAL_IF_SOFT, bound, in_band)
    if bound.in_band_if_as_near is not None and in_band >= bound.in_band_if_as_near:
        return ZoneVerdict(Verdict.OPTIMAL_IF_AS_NEAR, bound, in_band)
    is_told = bound.is_listed or bound.proof is Proof.JOINTS
    return ZoneVerdict(Verdict.WITHIN if is_told else Verdict.UNPROVEN, bound, in_band)


def _beyond(graph: ZoneGraph, k: int, label: IntArray, limits: SizeLimits, told: ZoneVerdict) -> ZoneVerdict:
    """Return the verdict on a division that the bound is not about: not sound, or units above the band together."""
    towers = label[graph.households > Band.of(limits).high]
    if is_sound(graph, label, k) and len(np.unique(towers)) == len(towers):
        raise EngineFault(
            f"{told.in_band} grids of a zone are in band, at most {told.bound.in_band_at_most} were proven"
        )
    at_most = min(k, int(graph.households.sum()) // Band.of(limits).low)
    return replace(told, bound=Bound(at_most, 0.0, Proof.SUMS))


def _is_soft(graph: ZoneGraph, label: IntArray, limits: SizeLimits) -> bool:
    """Say whether every grid without a unit above the band keeps within the soft limits."""
    households = _plain_households(graph, label, limits)
    return bool(((households >= limits.soft_min) & (households <= limits.soft_max)).all())


def _off(graph: ZoneGraph, label: IntArray, limits: SizeLimits) -> int:
    """Return by how many households the worst grid without a unit above the band misses the target."""
    return int(np.abs(_plain_households(graph, label, limits) - limits.target).max(initial=0))


def _plain_households(graph: ZoneGraph, label: IntArray, limits: SizeLimits) -> FloatArray:
    """Return the households of the grids without a unit above the band."""
    households = np.bincount(label, weights=graph.households)
    plain = np.ones(len(households), dtype=bool)
    plain[label[graph.households > limits.target * (1 + limits.band)]] = False
    return np.asarray(households[plain], dtype=np.float64)
