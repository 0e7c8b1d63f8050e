"""Which of several divisions of a zone is the best: first nobody far off, then the band and the shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.search.net import AREA, BORDER, HOMES, part_sums
from gis.compute.zones import ZoneGraph

# A deviation up to this share is nobody's complaint, unless nothing better is attainable.
FAR = 0.15


@dataclass(frozen=True)
class Yardstick:
    """What divisions of one zone are measured by: its size limits, α and its attainable deviation."""

    limits: SizeLimits
    alpha: float
    attainable: float

    @property
    def far(self) -> float:
        """The deviation beyond which a grid is far off."""
        return max(FAR, self.attainable)


def score(graph: ZoneGraph, label: IntArray, k: int, yardstick: Yardstick) -> float:
    """Return α·(grids in band) + Σ PP − 4·Σ max(0, |dev| − far), point 6 of the specification."""
    sums = part_sums(graph, label, k)
    limits = yardstick.limits
    deviation = np.abs(sums[:, HOMES] / limits.target - 1)
    compact = 4 * np.pi * sums[:, AREA] / np.maximum(sums[:, BORDER], 1e-9) ** 2
    excess = np.maximum(0, deviation - yardstick.far)
    in_band = (deviation <= limits.band + 1e-9).sum()
    return float(yardstick.alpha * in_band + compact.sum() - 4 * excess.sum())


def pick(graph: ZoneGraph, labels: list[IntArray], k: int, yardstick: Yardstick) -> IntArray:
    """Return the best of these divisions, the first among equals."""
    ranks = [
        (worst_class(graph, label, k, yardstick), -round(score(graph, label, k, yardstick), 9), i)
        for i, label in enumerate(labels)
    ]
    return labels[min(ranks)[2]]


def worst_class(graph: ZoneGraph, label: IntArray, k: int, yardstick: Yardstick) -> int:
    """Return 0 where no grid is far off, 1 within the soft limits, 2 within the hard ones, 3 beyond (towers
    aside).
    """
    limits = yardstick.limits
    homes = np.bincount(label, weights=graph.households, minlength=k)
    largest = np.zeros(k)
    np.maximum.at(largest, label, graph.households)
    homes = homes[largest <= limits.target * (1 + limits.band)]
    if len(homes) == 0 or np.abs(homes / limits.target - 1).max() <= yardstick.far + 1e-9:
        return 0
    if homes.min() >= limits.soft_min and homes.max() <= limits.soft_max:
        return 1
    return 2 if homes.min() >= limits.hard_min and homes.max() <= limits.hard_max else 3


def all_in_band(graph: ZoneGraph, label: IntArray, k: int, limits: SizeLimits) -> bool:
    """Say whether every grid is in band, towers aside."""
    homes = np.bincount(label, weights=graph.households, minlength=k)
    largest = np.zeros(k)
    np.maximum.at(largest, label, graph.households)
    plain = largest <= limits.target * (1 + limits.band)
    return bool((np.abs(homes[plain] / limits.target - 1) <= limits.band + 1e-9).all())
