"""How many grids of a city's attainable zones no plan at all can bring into band, by the engine's proven bound."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from gis.compute.bound import EXACT, bound_of
from gis.compute.parameters import SizeLimits
from tests.bench.peers.plans import AskedZone, Divided, PreparedCity


def least_out_of_band(
    prepared: PreparedCity, own: Sequence[Divided], limits: SizeLimits
) -> tuple[int, float]:
    """The sum over the attainable zones of grids that stay out of band whatever is done, and the CPU seconds it took.

    Grids around single units above the band are not counted, as in the scorer.
    """
    began = time.process_time()
    least = 0
    for zone in prepared.zones:
        if zone.count.attainable > limits.band:
            continue
        reached = max(_in_band(zone, one, limits) for one in own)
        plain = zone.count.k - zone.count.towers
        if reached < plain:
            bound = bound_of(zone.graph, zone.count, limits, EXACT, reached)
            least += max(0, plain - bound.in_band_at_most)
    return least, time.process_time() - began


def _in_band(zone: AskedZone, one: Divided, limits: SizeLimits) -> int:
    division = one.labels[zone.key]
    homes = np.bincount(division.label, zone.graph.households, division.k)
    return int((np.abs(homes / limits.target - 1) <= limits.band + 1e-9).sum())
