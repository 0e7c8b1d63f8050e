"""Which of several divisions of a zone is the best: first nobody far off, then the band and the shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.search.energy import FAR_PRICE_PICKED, far_deviation, worth_of_band
from gis.compute.search.net import AREA, BORDER, HOMES, part_sums
from gis.compute.zones import ZoneGraph


@dataclass(frozen=True)
class Yardstick:
    """What divisions of one zone are measured by: its size limits, α and its attainable deviation."""

    limits: SizeLimits
    alpha: float
    attainable: float

    @property
    def far(self) -> float:
        """The deviation beyond which a grid is far off."""
        return far_deviation(self.limits, self.attainable)

    @property
    def band_worth(self) -> float:
        """What a grid in band is worth, in grids of perfect shape."""
        return worth_of_band(self.alpha, self.limits, self.attainable)


def score(graph: ZoneGraph, label: IntArray, k: int, yardstick: Yardstick) -> float:
    """Return worth·(grids in band) + Σ PP − 4·Σ max(0, |dev| − far), point 6 of the specification.

    The worth is α, and less where not all grids can be in band (`Yardstick.band_worth`).
    """
    sums = part_sums(graph, label, k)
    limits = yardstick.limits
    deviation = np.abs(sums[:, HOMES] / limits.target - 1)
    compact = 4 * np.pi * sums[:, AREA] / np.maximum(sums[:, BORDER], 1e-9) ** 2
    excess = np.maximum(0, deviation - yardstick.far)
    in_band = (deviation <= limits.band + 1e-9).sum()
    return float(yardstick.band_worth * in_band + compact.sum() - FAR_PRICE_PICKED * excess.sum())


def pick(graph: ZoneGraph, labels: list[IntArray], k: int, yardstick: Yardstick) -> IntArray:
    """Return the best of these divisions, the first among equals: none far off, then the score."""
    ranks = [
        (far_off(graph, label, k, yardstick), -round(score(graph, label, k, yardstick), 9), i)
        for i, label in enumerate(labels)
    ]
    return labels[min(ranks)[2]]


def far_off(graph: ZoneGraph, label: IntArray, k: int, yardstick: Yardstick) -> float:
    """Return by how much (hundredths of the target) the worst grid, towers aside, is far off: 0 where none is."""
    worst = worst_deviation(graph, label, k, yardstick.limits)
    return float(max(0.0, round(100 * (worst - yardstick.far))))


def worst_deviation(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> float:
    """Return the deviation (share of the target) of the worst grid, towers aside."""
    deviation = np.abs(_plain_homes(graph, label, k, limits) / limits.target - 1)
    return float(deviation.max(initial=0.0))


def grids_in_band(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> int:
    """Return the number of grids in band."""
    homes = np.bincount(label, weights=graph.households, minlength=k)
    return int((np.abs(homes / limits.target - 1) <= limits.band + 1e-9).sum())


def all_in_band(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> bool:
    """Say whether every grid is in band, towers aside."""
    homes = _plain_homes(graph, label, k, limits)
    return bool((np.abs(homes / limits.target - 1) <= limits.band + 1e-9).all())


def _plain_homes(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> FloatArray:
    """Return the households of the parts without a unit above the band."""
    homes = np.bincount(label, weights=graph.households, minlength=k)
    largest = np.zeros(k)
    np.maximum.at(largest, label, graph.households)
    return np.asarray(homes[largest <= limits.target * (1 + limits.band)])
