"""Every method's plan of one city: the same units, the same zones, the same drawing; only the division differs.

The engine's own pipeline runs for all: it asks `divide` once per zone, and here `divide` is handed each method's answer.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import shapely

from gis.compute.city import City, CityPlan, finish_city, partition_city
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import division, plots
from gis.compute.search import Division, Yardstick, divide, pick
from gis.compute.search.effort import PRESETS
from gis.compute.starts import repaired
from gis.compute.zones import GridCount, ZoneGraph

Labels = dict[str, Division]
# Seeds of the runs beside each other lie this far apart.
SEED_STEP = 1_000_003


@dataclass
class AskedZone:
    """A zone as the engine asked for it: graph, count, seed, its community, and the units' numbers there."""

    key: str
    graph: ZoneGraph
    count: GridCount
    seed: int


@dataclass
class PreparedCity:
    """A city with its communities cut into units, and the zones the engine asked to divide."""

    city: City
    zones: list[AskedZone] = field(default_factory=list)
    cells: dict[str, Any] = field(default_factory=dict)
    cut_cpu_s: float = 0.0

    @property
    def key(self) -> str:
        """Names all graphs of the city at once."""
        return hashlib.sha256("".join(sorted(zone.key for zone in self.zones)).encode()).hexdigest()[:16]


def zone_key(graph: ZoneGraph, count: GridCount) -> str:
    """Name a zone by what it consists of."""
    parts = (graph.indptr, graph.indices, graph.households, np.round(graph.length_m, 3), np.array([count.k]))
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[:20]


@contextmanager
def _same_units(prepared: PreparedCity, answer: Callable[..., Division]) -> Iterator[None]:
    """The pipeline with every community cut into units once only, and another answer to `divide`."""
    cut = plots.tessellate

    def tessellate(ring: shapely.Geometry, *rest: Any, **more: Any) -> Any:
        key = hashlib.sha256(shapely.to_wkb(ring)).hexdigest()
        if key not in prepared.cells:
            began = time.process_time()
            prepared.cells[key] = cut(ring, *rest, **more)
            prepared.cut_cpu_s += time.process_time() - began
        return prepared.cells[key]

    with patch.object(plots, "tessellate", tessellate), patch.object(division, "divide", answer):
        yield


def prepare(city: City, parameters: PartitionParameters) -> PreparedCity:
    """Cut a city into units and learn its zones."""
    prepared = PreparedCity(city)

    def ask(graph: ZoneGraph, count: GridCount, wanted: PartitionParameters, seed: int, *_: Any) -> Division:
        prepared.zones.append(AskedZone(zone_key(graph, count), graph, count, seed))
        return Division(np.zeros(len(graph.households), dtype=np.int64), 1)

    with _same_units(prepared, ask):
        list(partition_city(city, parameters, processes=1))
    return prepared


def draw(prepared: PreparedCity, labels: Labels, parameters: PartitionParameters) -> CityPlan:
    """The plan of a city whose zones are divided like that."""

    def answer(graph: ZoneGraph, count: GridCount, *_: Any) -> Division:
        return labels[zone_key(graph, count)]

    with _same_units(prepared, answer):
        return finish_city(prepared.city, partition_city(prepared.city, parameters, processes=1))


@dataclass
class Divided:
    """A method's division of all zones, CPU seconds by zone, draws, and zones another had to divide for it."""

    labels: Labels
    cpu_s: dict[str, float]
    draws: int = 0
    fell_back: int = 0

    @property
    def total_cpu_s(self) -> float:
        """CPU seconds of the whole city."""
        return sum(self.cpu_s.values())


def ours(prepared: PreparedCity, parameters: PartitionParameters, run: int) -> Divided:
    """Our division with the preset of the parameters; `run` 0 is what the product itself draws."""
    found = Divided({}, {})
    for zone in prepared.zones:
        began = time.process_time()
        found.labels[zone.key] = divide(zone.graph, zone.count, parameters, zone.seed + run * SEED_STEP)
        found.cpu_s[zone.key] = time.process_time() - began
        found.draws += 1
    return found


# ---- Peers -------------------------------------------------------------------------------------------------


def zone_arrays(prepared: PreparedCity, budget_s: dict[str, float], target: int) -> dict[str, np.ndarray]:
    """The zones as plain arrays for `run.py`: towers weigh one full grid, as they do in our own starts."""
    graphs = [zone.graph for zone in prepared.zones]
    return {
        "units": np.array([len(graph.households) for graph in graphs]),
        "links": np.array([len(graph.indices) for graph in graphs]),
        "k": np.array([_parts(zone) for zone in prepared.zones]),
        "budget_s": np.array([budget_s[zone.key] for zone in prepared.zones]),
        "indptr": np.concatenate([graph.indptr for graph in graphs]),
        "indices": np.concatenate([graph.indices for graph in graphs]),
        "cut": np.concatenate([np.maximum(1, np.rint(graph.length_m)).astype(np.int64) for graph in graphs]),
        "weight": np.concatenate([np.minimum(graph.households, target) for graph in graphs]),
    }


def _parts(zone: AskedZone) -> int:
    return max(1, min(zone.count.k, int((zone.graph.households > 0).sum())))


def picked(prepared: PreparedCity, drawn: dict[str, np.ndarray], parameters: PartitionParameters) -> Divided:
    """The best of a peer's divisions by our own score, each mended by our own repair; zones without one are left out."""
    found = Divided({}, {}, int(drawn["draws"].sum()))
    at = 0
    for number, zone in enumerate(prepared.zones):
        units, kept = len(zone.graph.households), int(drawn["kept"][number])
        block = drawn["labels"][at : at + units * kept].reshape(kept, units).astype(np.int64)
        at += units * kept
        best = _best(zone, block, parameters)
        if best is not None:
            found.labels[zone.key] = best
        found.cpu_s[zone.key] = float(drawn["cpu_s"][number])
    return found


def filled_up(
    prepared: PreparedCity, found: dict[str, Divided], parameters: PartitionParameters
) -> dict[str, Divided]:
    """Zones on which a peer found nothing sound are given METIS' division, or the best of the others'."""
    for zone in prepared.zones:
        there = [one.labels[zone.key] for one in found.values() if zone.key in one.labels]
        if len(there) == len(found):
            continue
        if zone.key in found["metis"].labels:
            spare = found["metis"].labels[zone.key]
        elif there:
            alike = [one.label for one in there]
            spare = Division(pick(zone.graph, alike, there[0].k, _yardstick(zone, parameters)), there[0].k)
        else:
            spare = divide(zone.graph, zone.count, replace(parameters, preset="fast"), zone.seed)
        for one in found.values():
            if zone.key not in one.labels:
                one.labels[zone.key] = spare
                one.fell_back += 1
    return found


def _yardstick(zone: AskedZone, parameters: PartitionParameters) -> Yardstick:
    alpha = PRESETS[parameters.preset].alpha if parameters.alpha is None else parameters.alpha
    return Yardstick(parameters.limits, alpha, zone.count.attainable)


def _best(zone: AskedZone, block: np.ndarray, parameters: PartitionParameters) -> Division | None:
    k = _parts(zone)
    if k == 1:
        return Division(np.zeros(len(zone.graph.households), dtype=np.int64), 1)
    mended = [repaired(zone.graph, label, k) for label in block]
    sound = [label for label in mended if label is not None]
    if not sound:
        return None
    alpha = PRESETS[parameters.preset].alpha if parameters.alpha is None else parameters.alpha
    return Division(pick(zone.graph, sound, k, Yardstick(parameters.limits, alpha, zone.count.attainable)), k)
