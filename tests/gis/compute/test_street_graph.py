"""Streets become a graph whose crossings are where the streets meet, whoever drew them and in whatever order."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.refusal import InputRefused
from gis.compute.street_graph import StreetGraph, matrix, street_graph

METRIC = "EPSG:4547"


def lines(*coordinates: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(xy) for xy in coordinates], crs=METRIC)


def walk(graph: StreetGraph, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres along the graph between the nodes nearest to two places."""
    net = nx.Graph()
    for start, stop, metres in zip(graph.start, graph.stop, graph.length_m, strict=True):
        if metres < net.get_edge_data(start, stop, {"weight": np.inf})["weight"]:
            net.add_edge(start, stop, weight=metres)
    ends = [int(np.argmin(np.hypot(*(graph.nodes - at).T))) for at in (a, b)]
    return float(nx.dijkstra_path_length(net, *ends)) if nx.has_path(net, *ends) else np.inf


def is_same(a: StreetGraph, b: StreetGraph) -> bool:
    return (
        a.nodes.tobytes() == b.nodes.tobytes()
        and a.start.tolist() == b.start.tolist()
        and a.stop.tolist() == b.stop.tolist()
        and a.length_m.tobytes() == b.length_m.tobytes()
        and shapely.to_wkb(a.lines).tolist() == shapely.to_wkb(b.lines).tolist()
    )


def random_streets(seed: int) -> gpd.GeoDataFrame:
    """Long crossing lines, some with bends, some repeated, some dead ends, some as one MultiLineString."""
    rng = np.random.default_rng(seed)
    drawn = [shapely.LineString(rng.uniform(0, 1000, (int(rng.integers(2, 5)), 2))) for _ in range(8)]
    drawn += [drawn[0], shapely.reverse(drawn[1]), shapely.MultiLineString(drawn[2:4])]
    return gpd.GeoDataFrame(geometry=drawn, crs=METRIC)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_rows_and_drawing_direction_do_not_decide_the_graph(seed: int) -> None:
    streets = random_streets(seed)
    rng = np.random.default_rng(seed)
    turned = streets.iloc[rng.permutation(len(streets))].copy()
    turned.geometry = [g.reverse() if rng.random() < 0.5 else g for g in turned.geometry]
    assert is_same(street_graph(streets), street_graph(turned))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_is_lost_and_every_edge_runs_between_its_nodes(seed: int) -> None:
    streets = random_streets(seed)
    graph = street_graph(streets, snap_m=0)
    drawn = shapely.union_all(streets.geometry.to_numpy()).length
    assert graph.length_m.sum() == pytest.approx(drawn, abs=1.0)
    assert graph.length_m == pytest.approx(shapely.length(graph.lines))
    for at, node in ((0, graph.start), (-1, graph.stop)):
        ends = shapely.get_coordinates(shapely.get_point(graph.lines, at))
        assert np.abs(ends - graph.nodes[node]).max() < 0.02
    # Lines meet at nodes only.
    tree = shapely.STRtree(graph.lines)
    assert len(tree.query(graph.lines, predicate="crosses")[0]) == 0


@pytest.mark.parametrize("angle", [0.1, 0.7, 1.3, 2.9])
def test_streets_meet_on_a_through_street_drawn_without_a_vertex_there(angle: float) -> None:
    """Side streets whose common end is off the through street by the rounding of their coordinates, or by less than a
    centimetre.
    """
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    for off in (0.0, 0.004):
        foot = along * 333.333 + across * off
        streets = lines(
            [(0.0, 0.0), tuple(along * 1000)],
            [tuple(foot), tuple(foot + across * 300)],
            [tuple(foot), tuple(foot + (across + along) * 300)],
        )
        graph = street_graph(streets, snap_m=0)
        assert walk(graph, tuple(foot + across * 300), (0.0, 0.0)) == pytest.approx(633.33, abs=0.05)
        assert walk(graph, tuple(foot + (across + along) * 300), tuple(along * 1000)) < 1100


def test_dead_ends_are_joined_where_they_point_and_only_within_the_tolerance() -> None:
    streets = lines(
        [(0, 0), (1000, 0)],
        [(300, 1.5), (300, 200)],
        [(300, -1.5), (300, -200)],
        [(600, 2.5), (600, 200)],
        [(1001, 1), (1200, 1)],
    )
    graph = street_graph(streets, snap_m=2)
    assert walk(graph, (300, 200), (300, -200)) == pytest.approx(400)
    assert walk(graph, (600, 200), (0, 0)) == np.inf
    assert walk(graph, (0, 0), (1200, 1)) == pytest.approx(1000 + np.sqrt(2) + 199)
    assert graph.length_m.sum() == pytest.approx(1000 + 2 * 200 + 197.5 + 199 + np.sqrt(2))


def test_two_dead_ends_facing_each_other_meet() -> None:
    graph = street_graph(lines([(0, 0), (500, 0)], [(501, 0), (900, 0)]), snap_m=2)
    assert walk(graph, (0, 0), (900, 0)) == pytest.approx(900)


def test_a_bent_street_is_cut_without_losing_its_bends() -> None:
    bent = lines([(0, 0), (100, 0), (100, 100), (200, 100)], [(101, 50), (400, 50)], [(99, 50), (-50, 50)])
    graph = street_graph(bent, snap_m=2)
    assert len(graph.lines) == 6  # two pieces, two links, two side streets
    assert walk(graph, (0, 0), (200, 100)) == pytest.approx(300)
    assert walk(graph, (400, 50), (-50, 50)) == pytest.approx(450)


def test_repeated_zero_length_and_closed_streets() -> None:
    ring = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 0.0)]
    streets = lines(ring, ring, [(0, 0), (0, 0)], [(100, 0), (300, 0)], [(300, 0), (100, 0)])
    graph = street_graph(streets)
    assert walk(graph, (300, 0), (0, 0)) == pytest.approx(300)
    assert len(graph.lines) == 3
    assert matrix(graph).nnz == 2  # the two arcs of the ring run between the same crossings
    assert len(street_graph(lines([(5, 5), (5, 5)])).lines) == 0
    assert len(street_graph(gpd.GeoDataFrame(geometry=[shapely.LineString()], crs=METRIC)).lines) == 0


def test_fragments_are_left_out_by_their_whole_length() -> None:
    streets = lines([(0, 0), (300, 0)], [(300, 0), (600, 0)], [(0, 50), (400, 50)])
    assert street_graph(streets, least_network_m=500).length_m.sum() == pytest.approx(600)
    assert street_graph(streets, least_network_m=400).length_m.sum() == pytest.approx(1000)
    assert len(street_graph(streets, least_network_m=601).lines) == 0


def test_heights_are_ignored() -> None:
    high = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 0, 5), (10, 0, 90)]), shapely.LineString([(5, -5, 1), (5, 5, 1)])],
        crs=METRIC,
    )
    assert walk(street_graph(high), (0, 0), (5, 5)) == pytest.approx(10)


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("STREETS_NOT_LINES", shapely.Point(0, 0)),
        ("STREETS_NOT_LINES", None),
        ("COORDINATES_NOT_FINITE", shapely.LineString([(0, 0), (np.inf, 1)])),
    ],
)
def test_layers_that_are_no_streets_are_refused(code: str, shape: shapely.Geometry | None) -> None:
    street = shapely.LineString([(0, 0), (10, 0)])
    with pytest.raises(InputRefused) as refused:
        street_graph(gpd.GeoDataFrame(geometry=[street, shape], crs=METRIC))
    assert (refused.value.code, refused.value.row) == (code, 2)
    assert all((refused.value.zh, refused.value.en, refused.value.remedy_zh, refused.value.remedy_en))
