"""One zone that is to be divided: what the search is asked, and what counts as better."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.search.effort import Effort
from gis.compute.search.energy import SLACK, Prices, is_hopeless, plan_prices, shaping_prices
from gis.compute.search.pick import Yardstick, all_in_band, grids_in_band, pick, worst_deviation
from gis.compute.search.polish import Heat
from gis.compute.search.resplit import resplit_pairs
from gis.compute.zones import GridCount, ZoneGraph

# Temperatures, in grids of perfect shape: most cuts are taken; a tenth of a grid; almost none.
HOT, WARM, COLD = 0.5, 0.1, 0.005


@dataclass(frozen=True)
class Task:
    """One zone to be divided into k grids; `before`: part per unit of the plan before, -1 none."""

    graph: ZoneGraph
    k: int
    parameters: PartitionParameters
    effort: Effort
    count: GridCount
    seed: int
    before: IntArray | None = None

    @property
    def prices(self) -> Prices:
        return plan_prices(self.parameters, self.effort.alpha, self.count.attainable)

    @property
    def yardstick(self) -> Yardstick:
        return Yardstick(self.parameters.limits, self.effort.alpha, self.count.attainable)

    def best(self, found: list[IntArray]) -> IntArray:
        """The best of these divisions."""
        return pick(self.graph, found, self.k, self.yardstick)

    def in_band(self, label: IntArray) -> int:
        """The number of grids in band."""
        return grids_in_band(self.graph, label, self.k, self.parameters.limits)

    def is_in_band(self, label: IntArray) -> bool:
        """Whether every grid is in band, towers aside."""
        return all_in_band(self.graph, label, self.k, self.parameters.limits)

    def is_done(self, label: IntArray) -> bool:
        """Whether there is nothing more to reach than shape."""
        return is_hopeless(self.parameters.limits, self.count.attainable) or self.is_in_band(label)

    def narrowed(self) -> Task | None:
        """The same task with a band narrower by the margin on either side; None where it cannot be kept, or is none."""
        limits, margin = self.parameters.limits, self.effort.margin
        reach = math.floor(limits.target * limits.band + SLACK)
        if margin == 0 or reach <= margin:
            return None
        # A unit in band by itself, but not within the margin, would be taken for a tower, whose grid may be any size.
        units = self.graph.households
        if ((units > limits.target + reach - margin) & (units <= limits.target + reach)).any():
            return None
        narrow = replace(self, parameters=replace(self.parameters, band=(reach - margin) / limits.target))
        return None if is_hopeless(narrow.parameters.limits, self.count.attainable) else narrow

    def shaping(self, label: IntArray) -> Prices:
        """The prices under which the division may change its sizes for shape, the worst grid's deviation kept."""
        return shaping_prices(self.prices, worst_deviation(self.graph, label, self.k, self.parameters.limits))


def resplit_task(
    task: Task, start: IntArray, heat: Heat, *, idle: float = 1.0, prices: Prices | None = None
) -> IntArray:
    limits = task.parameters.limits
    return resplit_pairs(task.graph, start, task.k, heat, limits, prices or task.prices, task.before, idle)
