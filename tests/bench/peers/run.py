"""Divide zones with another tool, in that tool's environment: `python run.py PEER ZONES.npz ANSWER.npz`.

Knows nothing of the product. Reads plain arrays (see `plans.write_zones`): per zone a graph in CSR form with whole
edge weights (metres of common border) and unit weights (households, a tower counting as one full grid), the number of
parts and the CPU seconds it may use. Draws seed after seed until that CPU is used up, counting only the tool's
own calls, and writes every different division found.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

LEAST_DRAWS = 4
MOST_KEPT = 2000
SECONDS_PER_CALL = 20.0
# GerryChain is given up on a zone after so many plans that it could not make.
MOST_FAILURES = 40


@dataclass(frozen=True)
class Zone:
    """A zone's graph in CSR form, parts wanted, CPU seconds to be used up."""

    indptr: np.ndarray
    indices: np.ndarray
    cut: np.ndarray
    weight: np.ndarray
    k: int
    budget_s: float

    def edges(self) -> list[tuple[int, int]]:
        """Each edge once."""
        rows = np.repeat(np.arange(len(self.weight)), np.diff(self.indptr))
        once = rows < self.indices
        return list(zip(rows[once].tolist(), self.indices[once].tolist(), strict=True))

    def edge_weights(self) -> list[int]:
        """Weights of `edges`."""
        rows = np.repeat(np.arange(len(self.weight)), np.diff(self.indptr))
        return self.cut[rows < self.indices].tolist()


RING_OF_FOUR = Zone(
    indptr=np.array([0, 2, 4, 6, 8]),
    indices=np.array([1, 3, 0, 2, 1, 3, 0, 2]),
    cut=np.ones(8, dtype=np.int64),
    weight=np.ones(4, dtype=np.int64),
    k=2,
    budget_s=0.0,
)


class TookTooLong(Exception):
    """A call of the tool was ended."""


def metis(zone: Zone) -> Iterator[np.ndarray]:
    """METIS k-way, contiguous, with four tolerances in turn."""
    import pymetis

    graph = pymetis.CSRAdjacency(zone.indptr.tolist(), zone.indices.tolist())
    weight, cut = zone.weight.tolist(), zone.cut.tolist()
    for seed in range(10**9):
        options = pymetis.Options(seed=seed, ufactor=(20, 50, 100, 30)[seed % 4], contig=1)
        _, parts = pymetis.part_graph(
            zone.k, adjacency=graph, vweights=weight, eweights=cut, options=options, recursive=False
        )
        yield np.asarray(parts)


def kahip(zone: Zone) -> Iterator[np.ndarray]:
    """KaHIP eco and strong, with three tolerances in turn."""
    import kahip as tool

    weight, indptr = zone.weight.tolist(), zone.indptr.tolist()
    cut, indices = zone.cut.tolist(), zone.indices.tolist()
    for seed in range(10**9):
        imbalance, mode = (0.03, 0.05, 0.10)[seed % 3], (1, 1, 1, 2)[seed % 4]
        _, parts = tool.kaffpa(weight, indptr, cut, indices, zone.k, imbalance, True, seed, mode)
        yield np.asarray(parts)


def mtkahypar(zone: Zone) -> Iterator[np.ndarray]:
    """Mt-KaHyPar default and quality on one thread, with three tolerances in turn."""
    import mtkahypar as tool

    start = _mtkahypar_started(tool)
    contexts = []
    for preset in (tool.PresetType.DEFAULT, tool.PresetType.QUALITY):
        for imbalance in (0.03, 0.05, 0.10):
            context = start.context_from_preset(preset)
            context.set_partitioning_parameters(zone.k, imbalance, tool.Objective.CUT)
            context.logging = False
            contexts.append(context)
    weight, cut = zone.weight.tolist(), zone.edge_weights()
    graph = start.create_graph(contexts[0], len(weight), len(cut), zone.edges(), weight, cut)
    for seed in range(10**9):
        tool.set_seed(seed)
        parts = graph.partition(contexts[seed % len(contexts)])
        yield np.asarray(parts.get_partition())


_started: list[object] = []


def _mtkahypar_started(tool):  # type: ignore[no-untyped-def]
    if not _started:
        _started.append(tool.initialize(1))
    return _started[0]


def gerrychain(zone: Zone) -> Iterator[np.ndarray]:
    """GerryChain: a recursive tree plan, then a ReCom chain of 200 steps from it; wider tolerance where it fails."""
    import networkx
    from gerrychain import Graph, Partition
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom
    from gerrychain.updaters import Tally

    plain = networkx.Graph()
    for unit, weight in enumerate(zone.weight.tolist()):
        plain.add_node(unit, pop=weight)
    plain.add_edges_from(zone.edges())
    graph = Graph.from_networkx(plain)
    ideal = float(zone.weight.sum()) / zone.k
    bipartition = _tree_cuts(200)
    tolerance = failures = 0
    for seed in range(10**9):
        chance = random.Random(seed)
        epsilon = (0.05, 0.1, 0.2, 0.35, 0.6)[tolerance % 5]
        try:
            plan = recursive_tree_part(
                graph, range(zone.k), ideal, "pop", epsilon, 1, bipartition, rng=chance
            )
        except (RuntimeError, ValueError, IndexError, TookTooLong, ArithmeticError):
            tolerance += 1
            failures += 1
            if failures > MOST_FAILURES:
                return
            yield np.zeros(0, dtype=np.int64)
            continue
        tolerance = max(0, tolerance % 5 - 1)
        partition = Partition(graph, plan, updaters={"pop": Tally("pop")})
        yield _as_array(partition, len(zone.weight))
        for _ in range(200):
            try:
                partition = recom(
                    partition, "pop", ideal, max(epsilon, 0.1), 1, bipartition_tree_fn=bipartition, rng=chance
                )
            except (RuntimeError, ValueError, IndexError, ArithmeticError, TookTooLong):
                break
            yield _as_array(partition, len(zone.weight))


def _tree_cuts(attempts: int) -> Callable[..., object]:
    import functools

    from gerrychain.tree import bipartition_tree

    return functools.partial(bipartition_tree, max_attempts=attempts, warn_attempts=attempts + 1)


def _as_array(partition, units: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    label = np.zeros(units, dtype=np.int64)
    for unit, part in partition.assignment.items():
        label[int(unit)] = int(part)
    return label


PEERS: dict[str, Callable[[Zone], Iterator[np.ndarray]]] = {
    "metis": metis,
    "kahip": kahip,
    "mtkahypar": mtkahypar,
    "gerrychain": gerrychain,
}


@dataclass
class Answer:
    """Different divisions of one zone, draws made, CPU used by the tool, what went wrong."""

    labels: list[np.ndarray]
    draws: int = 0
    cpu_s: float = 0.0
    failed: str = ""


def divide(peer: str, zone: Zone) -> Answer:
    """Draw divisions until the zone's CPU is used up."""
    answer = Answer([])
    if zone.k < 2:
        return answer
    seen: set[bytes] = set()
    draws = iter(PEERS[peer](zone))
    while answer.cpu_s < zone.budget_s or answer.draws < LEAST_DRAWS:
        began = time.process_time()
        try:
            label = _within_time(draws)
        except StopIteration:
            break
        except (TookTooLong, RuntimeError, ValueError, KeyError, ArithmeticError) as fault:
            answer.failed = f"{type(fault).__name__}: {fault}"[:200]
            break
        finally:
            answer.cpu_s += time.process_time() - began
            answer.draws += 1
        key = _canonical(label)
        if len(label) and key not in seen and len(seen) < MOST_KEPT:
            seen.add(key)
            answer.labels.append(label.astype(np.int16))
    return answer


def _within_time(draws: Iterator[np.ndarray]) -> np.ndarray:
    def too_long(*_: object) -> None:
        raise TookTooLong

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_CALL)
    try:
        return next(draws)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _canonical(label: np.ndarray) -> bytes:
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse.reshape(-1)].astype(np.int16).tobytes()


def read_zones(path: str) -> list[Zone]:
    """The zones of a file."""
    data = np.load(path)
    units, links = np.cumsum([0, *data["units"]]), np.cumsum([0, *data["links"]])
    zones = []
    for z in range(len(data["k"])):
        own, their = slice(units[z] + z, units[z + 1] + z + 1), slice(links[z], links[z + 1])
        zones.append(
            Zone(
                data["indptr"][own],
                data["indices"][their],
                data["cut"][their],
                data["weight"][units[z] : units[z + 1]],
                int(data["k"][z]),
                float(data["budget_s"][z]),
            )
        )
    return zones


def main(peer: str, zones_path: str, answer_path: str) -> None:
    """Divide all zones of a file and write the answers beside them."""
    divide(peer, RING_OF_FOUR)  # imports and first calls are not the zones' CPU
    answers = [divide(peer, zone) for zone in read_zones(zones_path)]
    labels = [label for answer in answers for label in answer.labels]
    np.savez_compressed(
        answer_path,
        labels=np.concatenate(labels) if labels else np.zeros(0, np.int16),
        kept=np.array([len(answer.labels) for answer in answers]),
        draws=np.array([answer.draws for answer in answers]),
        cpu_s=np.array([answer.cpu_s for answer in answers]),
        failed=np.array([answer.failed for answer in answers]),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
