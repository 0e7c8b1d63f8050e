"""Nearest fitness site on a graph of 50,000 crossings: scipy's one-call search against networkx, same graph, same answer.

Prints seconds of CPU and the ratio; run with `./dev bench`.
"""

from __future__ import annotations

import time

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from gis.compute.coverage import WalkRules, walks_to_sites
from gis.compute.street_graph import attach, matrix, street_graph

SIDE = 224
METRIC = "EPSG:4547"


def bent_city() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    rng = np.random.default_rng(1)
    xy = np.dstack(np.meshgrid(np.arange(SIDE), np.arange(SIDE))) * 100.0 + rng.uniform(
        -25, 25, (SIDE, SIDE, 2)
    )
    pairs = np.concatenate(
        [
            np.stack([xy[:, :-1], xy[:, 1:]], axis=2).reshape(-1, 2, 2),
            np.stack([xy[:-1], xy[1:]], axis=2).reshape(-1, 2, 2),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) < 0.8]
    streets = gpd.GeoDataFrame(geometry=list(shapely.linestrings(pairs)), crs=METRIC)
    sites = gpd.GeoDataFrame(
        {"site_id": np.arange(500)},
        geometry=list(shapely.points(rng.uniform(0, SIDE * 100, (500, 2)))),
        crs=METRIC,
    )
    buildings = gpd.GeoDataFrame(
        geometry=list(shapely.points(rng.uniform(0, SIDE * 100, (50_000, 2)))), crs=METRIC
    )
    return streets, sites, buildings


@pytest.mark.bench
def test_nearest_site() -> None:
    streets, sites, buildings = bent_city()
    start = time.process_time()
    attached = attach(street_graph(streets), sites.geometry.to_numpy())
    lengths = matrix(attached.graph)
    build = time.process_time() - start
    start = time.process_time()
    ours = dijkstra(lengths, directed=False, indices=attached.node, min_only=True, limit=1200)
    query = time.process_time() - start

    start = time.process_time()
    peer = nx.from_scipy_sparse_array(lengths)
    peer_build = time.process_time() - start
    start = time.process_time()
    found = nx.multi_source_dijkstra_path_length(peer, set(attached.node.tolist()), cutoff=1200)
    peer_query = time.process_time() - start
    theirs = np.full(lengths.shape[0], np.inf)
    theirs[list(found)] = list(found.values())
    assert np.allclose(ours, theirs)

    start = time.process_time()
    walks_to_sites(buildings, sites, streets, WalkRules())
    whole = time.process_time() - start
    print(f"\n{lengths.shape[0]:,} nodes, {len(sites)} sites, 1,200 m; seconds of CPU")
    print(f"search: scipy {query:.3f}, networkx {peer_query:.3f}: {peer_query / query:.1f}×")
    print(f"graph from lines and points {build:.2f} (networkx from the finished matrix {peer_build:.2f})")
    print(f"whole call, lines to 50,000 buildings: {whole:.2f}")


if __name__ == "__main__":
    test_nearest_site()
