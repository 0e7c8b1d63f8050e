"""Walks on the graph are exact, whoever counts them, and the compiled search does what its text says."""

from __future__ import annotations

import heapq
from itertools import count, pairwise
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from gis.compute import street_chart, street_search
from gis.compute.street_chart import PER_M, Spots
from gis.compute.street_graph import street_graph
from gis.compute.street_search import (
    FAR,
    Walkways,
    metres_to_nodes,
    nearest_place,
    on_street,
    reached_homes,
    walkways,
)

METRIC = "EPSG:4547"


def bent_lattice(seed: int, side: int = 7, jitter: float = 30.0) -> Walkways:
    """Streets of a jittered lattice with gaps, one ring road, one loop back to its own start."""
    rng = np.random.default_rng(seed)
    xy = (
        rng.uniform(-jitter, jitter, (side, side, 2)) + np.dstack(np.meshgrid(range(side), range(side))) * 100
    )
    drawn = [shapely.LineString([xy[i, j], xy[i, j + 1]]) for i in range(side) for j in range(side - 1)]
    drawn += [shapely.LineString([xy[i, j], xy[i + 1, j]]) for i in range(side - 1) for j in range(side)]
    drawn = [line for line in drawn if rng.random() < 0.7]
    drawn.append(shapely.LineString([xy[0, 0], (-200, -200), (-300, 0), xy[0, 0]]))
    return walkways(street_graph(gpd.GeoDataFrame(geometry=drawn, crs=METRIC), snap_m=0))


def points(rng: np.random.Generator, count: int) -> Any:
    return rng.uniform(-300, 700, (count, 2))


def plain_graph(ways: Walkways, places: Spots, homes: Spots) -> dict[Any, list[tuple[Any, int]]]:
    """Streets cut at the foot of every point, and every point joined to its foot: node to (node, micrometres)."""
    net = ways.net
    arcs: dict[Any, list[tuple[Any, int]]] = {}

    def join(a: Any, b: Any, metres: int) -> None:
        arcs.setdefault(a, []).append((b, metres))
        arcs.setdefault(b, []).append((a, metres))

    on: dict[int, list[tuple[int, Any]]] = {}
    for kind, spots in (("place", places), ("home", homes)):
        for i in np.flatnonzero(spots.edge >= 0):
            on.setdefault(int(spots.edge[i]), []).append((int(spots.along[i]), ("foot", kind, int(i))))
            join(("foot", kind, int(i)), (kind, int(i)), int(spots.off[i]))
    for edge in range(len(net.length)):
        chain = [(0, int(net.start[edge])), *sorted(on.get(edge, []), key=lambda at: at[0])]
        chain.append((int(net.length[edge]), int(net.stop[edge])))
        for (low, a), (high, b) in pairwise(chain):
            join(a, b, high - low)
    return arcs


def plain_distances(ways: Walkways, places: Spots, homes: Spots) -> dict[tuple[int, int], int]:
    """Micrometres of every (place, home) that streets join, by a search with heapq from each place."""
    arcs = plain_graph(ways, places, homes)
    found = {}
    for i in range(len(places.edge)):
        done: dict[Any, int] = {}
        queue: list[tuple[int, int, Any]] = [(0, 0, ("place", i))]
        for pushed in count(1):
            if not queue:
                break
            metres, _, at = heapq.heappop(queue)
            if at not in done:
                done[at] = metres
                for k, (other, length) in enumerate(arcs.get(at, [])):
                    heapq.heappush(queue, (metres + length, pushed * 1000 + k, other))
        found.update({(i, at[1]): m for at, m in done.items() if isinstance(at, tuple) and at[0] == "home"})
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([300.0, 700.0, 1e5]))
def test_a_plain_search_over_every_point_finds_the_same_micrometres(seed: int, limit_m: float) -> None:
    ways, rng = bent_lattice(seed), np.random.default_rng(seed)
    places, homes = (on_street(ways, points(rng, many), 500.0) for many in (6, 25))
    plain = plain_distances(ways, places, homes)
    limit = round(limit_m * PER_M)
    pairs = {(int(i), int(h)): int(m) for i, h, m in reached_homes(ways, places, homes, limit_m)}
    assert pairs == {pair: metres for pair, metres in plain.items() if metres <= limit}
    far, who = nearest_place(ways, places, homes, limit_m)
    for h in range(25):
        options = [(metres, i) for (i, home), metres in pairs.items() if home == h]
        assert (far[h], who[h]) == min(options, default=(FAR, -1))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_networkx_and_scipy_find_the_same_micrometres(seed: int) -> None:
    ways, rng = bent_lattice(seed), np.random.default_rng(seed)
    net, nodes = ways.net, len(ways.net.first) - 1
    sources = rng.choice(nodes, 3, replace=False)
    places = at_nodes(ways, sources)
    ours, rank = metres_to_nodes(ways, places, 1_000.0)
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    for start, stop, length in zip(net.start, net.stop, net.length, strict=True):
        if length < graph.get_edge_data(start, stop, {"weight": FAR})["weight"]:
            graph.add_edge(start, stop, weight=int(length))
    theirs = nx.multi_source_dijkstra_path_length(graph, set(sources.tolist()), cutoff=1_000 * PER_M)
    assert {n: int(m) for n, m in enumerate(ours) if m < FAR} == theirs
    best = np.argmin(
        [
            [nx.single_source_dijkstra_path_length(graph, s).get(n, FAR) for s in sources]
            for n in range(nodes)
        ],
        axis=1,
    )
    assert (rank == np.where(ours < FAR, best, -1)).all()
    matrix = coo_array(
        (
            [float(graph[a][b]["weight"]) for a, b in graph.edges if a != b],
            np.array([(a, b) for a, b in graph.edges if a != b]).T,
        ),
        shape=(nodes, nodes),
    ).tocsr()
    scipy = dijkstra(matrix, directed=False, indices=sources, min_only=True, limit=1_000 * PER_M)
    assert (np.where(ours < FAR, ours, np.inf) == scipy).all()


def at_nodes(ways: Walkways, nodes: Any) -> Spots:
    """Spots that stand at some nodes exactly."""
    edges = [int(np.flatnonzero((ways.net.start == n) | (ways.net.stop == n))[0]) for n in nodes]
    along = [0 if ways.net.start[e] == n else ways.net.length[e] for e, n in zip(edges, nodes, strict=True)]
    return Spots(np.array(edges), np.array(along, dtype=np.int64), np.zeros(len(edges), dtype=np.int64))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([5.0, 60.0, 1_000.0, 1e6]))
def test_the_nearest_spot_is_the_nearest_of_all_streets(seed: int, within_m: float) -> None:
    rng = np.random.default_rng(seed)
    drawn = [shapely.LineString(rng.uniform(0, 500, (3, 2))) for _ in range(6)]
    drawn += [shapely.LineString([(0, 0), (900, 0)]), shapely.LineString([(5_000, 5_000), (5_000, 5_001)])]
    graph = street_graph(gpd.GeoDataFrame(geometry=drawn, crs=METRIC), snap_m=0)
    xy = np.vstack([rng.uniform(-900, 1500, (30, 2)), graph.nodes[:5], [(5_000, 5_000.5), (-90_000, 3)]])
    spots = on_street(walkways(graph), xy, within_m)
    apart = shapely.distance(shapely.points(xy)[:, None], graph.lines[None, :])
    for i in range(len(xy)):
        if spots.edge[i] < 0:
            assert apart[i].min() > within_m
            continue
        assert spots.off[i] / PER_M == pytest.approx(apart[i].min(), abs=1e-5)
        foot = graph.lines[spots.edge[i]].interpolate(spots.along[i] / PER_M)
        assert foot.distance(shapely.Point(xy[i])) == pytest.approx(apart[i].min(), abs=1e-5)


def test_of_streets_at_equal_distance_the_first_counts() -> None:
    graph = street_graph(
        gpd.GeoDataFrame(geometry=[shapely.LineString([(0, y), (100, y)]) for y in (20, 0, 40)], crs=METRIC)
    )
    spots = on_street(walkways(graph), np.array([(50.0, 10.0), (50.0, 30.0)]), 100.0)
    assert graph.lines[spots.edge[0]].coords[0] == (0, 0) and graph.lines[spots.edge[1]].coords[0] == (0, 20)


def test_of_places_at_equal_distance_the_first_counts() -> None:
    graph = street_graph(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=METRIC))
    ways = walkways(graph)
    homes = on_street(ways, np.array([(500.0, 0.0), (250.0, 0.0)]), 1.0)
    for left, right in ((400.0, 600.0), (600.0, 400.0)):
        places = on_street(ways, np.array([(left, 0.0), (right, 0.0), (left, 0.0)]), 1.0)
        far, who = nearest_place(ways, places, homes, 1e4)
        assert far.tolist() == [100 * PER_M, 150 * PER_M]
        assert who[0] == 0 and who[1] == (0 if left < right else 1)


def test_the_limit_counts_the_way_from_the_door() -> None:
    graph = street_graph(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=METRIC))
    ways = walkways(graph)
    place = on_street(ways, np.array([(100.0, 5.0)]), 50.0)
    homes = on_street(ways, np.array([(200.0, 10.0), (200.0, 10.1), (200.0, 90.0)]), 50.0)
    assert homes.edge.tolist() == [0, 0, -1]
    assert nearest_place(ways, place, homes, 115.0)[1].tolist() == [0, -1, -1]
    assert reached_homes(ways, place, homes, 115.0).tolist() == [[0, 0, 115 * PER_M]]
    assert len(reached_homes(ways, place, Spots(*(np.zeros(0, dtype=np.int64),) * 3), 115.0)) == 0


def test_homes_and_places_on_a_street_that_comes_back_to_its_start() -> None:
    loop = [(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)]
    streets = [shapely.LineString(loop), shapely.LineString([(0, 0), (-500, 0)])]
    ways = walkways(street_graph(gpd.GeoDataFrame(geometry=streets, crs=METRIC)))
    places = on_street(ways, np.array([(200.0, 0.0), (-100.0, 0.0)]), 1.0)
    homes = on_street(ways, np.array([(0.0, 300.0), (390.0, 0.0), (-300.0, 0.0)]), 1.0)
    far, who = nearest_place(ways, places, homes, 5_000.0)
    assert (far // PER_M).tolist() == [400, 190, 200] and who.tolist() == [1, 0, 1]
    pairs = reached_homes(ways, places, homes, 5_000.0)
    assert (pairs[:, 2] // PER_M).tolist() == [500, 190, 500, 400, 490, 200]


def test_compiled_kernels_do_what_their_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    ways, rng = bent_lattice(3, side=4), np.random.default_rng(3)
    xy, goals = points(rng, 30), points(rng, 4)

    def everything() -> list[Any]:
        homes, places = on_street(ways, xy, 200.0), on_street(ways, goals, 500.0)
        found = [*homes, *places, *nearest_place(ways, places, homes, 400.0)]
        return [values.tolist() for values in (*found, reached_homes(ways, places, homes, 400.0))]

    compiled = everything()
    for module in (street_chart, street_search):
        for name, kernel in list(vars(module).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, name, kernel.py_func)
    assert everything() == compiled
