"""Nearest fitness site for every crossing of a city: ours beside networkx and scipy, same graph, same answer.

`./dev bench coverage`. Two street layers of about 200,000 crossings: a bent lattice, and generated old towns laid side
by side (streets that cross without a vertex, stop short or run past each other). 2,000 sites, 1 km. Seconds are CPU,
the middle of five; compiling not counted. Ours names the nearest site too; networkx is asked for metres only. All
lengths are whole micrometres, so that the answers are compared exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from gis.compute.coverage import WalkRules, coverage_at, sites_in_reach, walk_graph, walks_to_sites
from gis.compute.generator.profiles import profile_city
from gis.compute.street_chart import Spots
from gis.compute.street_graph import StreetGraph
from gis.compute.street_search import FAR, Walkways, metres_to_nodes, on_street, walkways

SIDE = 450
SITES, HOMES, REACH_M = 2_000, 200_000, 1_000.0
METRIC = "EPSG:4547"
# The generated town and how often it is laid side by side, overlapping a little so that its streets cross.
TOWN, SEED, HOUSEHOLDS, COPIES, OVERLAP_M = "old_town", 9021, 200_000, 4, 150.0


def timed(question: Callable[[], Any], times: int = 5) -> tuple[Any, float]:
    """The answer, and the middle of the seconds of CPU it took."""
    seconds = []
    for _ in range(times):
        begin = time.process_time()
        answer = question()
        seconds.append(time.process_time() - begin)
    return answer, float(np.median(seconds))


def bent_lattice() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(1)
    xy = np.dstack(np.meshgrid(np.arange(SIDE), np.arange(SIDE))) * 100.0
    xy += rng.uniform(-25, 25, (SIDE, SIDE, 2))
    across, up = np.stack([xy[:, :-1], xy[:, 1:]], axis=2), np.stack([xy[:-1], xy[1:]], axis=2)
    pairs = np.concatenate([across.reshape(-1, 2, 2), up.reshape(-1, 2, 2)])
    pairs = pairs[rng.random(len(pairs)) < 0.73]
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(pairs)), crs=METRIC)


def old_towns() -> gpd.GeoDataFrame:
    city = profile_city(TOWN, SEED, HOUSEHOLDS)
    streets = city.streets.to_crs(city.metric_crs).geometry
    west, south, east, north = streets.total_bounds
    steps = [
        (i * (east - west - OVERLAP_M), j * (north - south - OVERLAP_M))
        for i in range(COPIES)
        for j in range(COPIES)
    ]
    copies = [streets.translate(*step).to_numpy() for step in steps]
    return gpd.GeoDataFrame(geometry=np.concatenate(copies), crs=city.metric_crs)


def scattered(graph: StreetGraph, count: int, seed: int) -> Any:
    """Points within 60 m of crossings."""
    rng = np.random.default_rng(seed)
    return graph.nodes[rng.integers(0, len(graph.nodes), count)] + rng.uniform(-60, 60, (count, 2))


def with_sites(ways: Walkways, places: Spots) -> tuple[csr_array, Any]:
    """The streets with the sites as nodes of their own, each joined to both ends of its street, and those nodes."""
    net, nodes = ways.net, len(ways.net.first) - 1
    site = nodes + np.arange(len(places.edge))
    tail = np.concatenate([net.start, site, site])
    head = np.concatenate([net.stop, net.start[places.edge], net.stop[places.edge]])
    to_stop = net.length[places.edge] - places.along
    length = np.concatenate([net.length, places.off + places.along, places.off + to_stop])
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((length, high, low))
    pairs = np.column_stack([low, high])[order]
    once = np.ones(len(order), dtype=bool)
    once[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    once &= pairs[:, 0] != pairs[:, 1]
    size = nodes + len(site)
    values = np.maximum(length[order][once], 1).astype(np.float64)
    return coo_array((values, pairs[once].T), shape=(size, size)).tocsr(), site


def beside_networkx(name: str, streets: gpd.GeoDataFrame) -> None:
    graph, noding = timed(lambda: walk_graph(streets, WalkRules()), 1)
    ways, ready = timed(lambda: walkways(graph), 1)
    places = on_street(ways, scattered(graph, SITES, 2), 5_000.0)
    places = Spots(places.edge, places.along, np.maximum(places.off, 1))
    metres_to_nodes(ways, places, REACH_M)
    (ours, _), query = timed(lambda: metres_to_nodes(ways, places, REACH_M))

    matrix, sites = with_sites(ways, places)
    net, peer_build = timed(lambda: nx.from_scipy_sparse_array(matrix), 1)
    sources, cutoff = set(sites.tolist()), REACH_M * 1e6
    found, peer = timed(lambda: nx.multi_source_dijkstra_path_length(net, sources, cutoff=cutoff), 3)
    theirs = np.full(matrix.shape[0], np.inf)
    theirs[list(found)] = list(found.values())
    assert (np.where(ours < FAR, ours, np.inf) == theirs[: len(ours)]).all()
    scipy, other = timed(lambda: dijkstra(matrix, directed=False, indices=sites, min_only=True, limit=cutoff))
    assert (scipy == theirs).all()
    print(f"\n{name}: {len(ours):,} crossings, {len(graph.lines):,} stretches, {SITES:,} sites, 1 km")
    print(f"  query: ours {query:.3f} s, scipy {other:.3f}, networkx {peer:.3f}")
    print(
        f"  {peer / query:.1f}× networkx (must be 10×), {other / query:.2f}× scipy; reached {np.mean(ours < FAR):.4f}"
    )
    print(
        f"  graph from {len(streets):,} lines {noding:.1f} s, made ready {ready:.2f} s "
        f"(networkx from the finished matrix {peer_build:.2f} s)"
    )
    whole_call(graph, streets.crs)


def whole_call(graph: StreetGraph, crs: Any) -> None:
    """All that a coverage run asks, for 200,000 homes, the graph being there."""
    sites = gpd.GeoDataFrame(
        {"site_id": np.arange(SITES)}, geometry=list(shapely.points(scattered(graph, SITES, 2))), crs=crs
    )
    homes = gpd.GeoDataFrame(
        {"households": 1, "grid": np.arange(HOMES) // 10},
        geometry=list(shapely.points(scattered(graph, HOMES, 3))),
        crs=crs,
    )
    walks, walked = timed(lambda: walks_to_sites(homes, sites, graph), 1)
    table, summed = timed(lambda: coverage_at(homes, walks, "grid"), 1)
    reach, listed = timed(lambda: sites_in_reach(homes, sites, graph, key="grid"), 1)
    print(
        f"  {HOMES:,} homes: nearest site {walked:.2f} s, 5/10/15/20 minutes by {len(table) // 4:,} grids "
        f"{summed:.2f} s, {len(reach):,} pairs of grid and site in reach {listed:.2f} s"
    )


@pytest.mark.bench
def test_coverage_of_a_bent_lattice() -> None:
    beside_networkx("bent lattice", bent_lattice())


@pytest.mark.bench
def test_coverage_of_generated_towns() -> None:
    beside_networkx(f"{COPIES**2} × {TOWN}", old_towns())


if __name__ == "__main__":
    test_coverage_of_a_bent_lattice()
    test_coverage_of_generated_towns()
