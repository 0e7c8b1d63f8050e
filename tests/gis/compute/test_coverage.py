"""Walks along streets are what a plain graph search finds, and whoever has no streets is told so."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.coverage import (
    WalkRules,
    coverage_at,
    coverage_by,
    sites_in_reach,
    walks_to_sites,
)
from gis.compute.refusal import InputRefused

METRIC = "EPSG:4547"


def lines(*coordinates: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(xy) for xy in coordinates], crs=METRIC)


def homes(*xy: tuple[float, float], households: int = 10) -> gpd.GeoDataFrame:
    points = [shapely.Point(*at) for at in xy]
    return gpd.GeoDataFrame({"households": [households] * len(xy)}, geometry=points, crs=METRIC)


def sites(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    points = [shapely.Point(*at) for at in xy]
    return gpd.GeoDataFrame({"site_id": [f"F{i}" for i in range(len(xy))]}, geometry=points, crs=METRIC)


def networkx_distances(
    streets: gpd.GeoDataFrame, goals: gpd.GeoDataFrame, starts: gpd.GeoDataFrame
) -> list[float]:
    """The same walk by another way: split every line at every foot, then search with networkx."""
    segments = list(shapely.get_parts(shapely.union_all(streets.geometry.to_numpy())))
    points = [*goals.geometry, *starts.geometry]
    feet: dict[int, list[tuple[float, int]]] = {}
    for i, point in enumerate(points):
        nearest = min(range(len(segments)), key=lambda s: segments[s].distance(point))
        feet.setdefault(nearest, []).append((segments[nearest].project(point), i))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(points)))
    for s, segment in enumerate(segments):
        ends = [tuple(round(v, 2) for v in segment.coords[k]) for k in (0, -1)]
        stops = [
            (0.0, ends[0]),
            *[(at, ("foot", i)) for at, i in sorted(feet.get(s, []))],
            (segment.length, ends[1]),
        ]
        for (low, a), (high, b) in pairwise(stops):
            if not graph.has_edge(a, b) or graph[a][b]["weight"] > high - low:
                graph.add_edge(a, b, weight=high - low)
        for _, i in feet.get(s, []):
            graph.add_edge(("foot", i), i, weight=segment.distance(points[i]))
    found = nx.multi_source_dijkstra_path_length(graph, set(range(len(goals))))
    return [found.get(len(goals) + i, np.nan) for i in range(len(starts))]


def test_walk_goes_along_the_street_from_where_the_house_stands() -> None:
    # House 30 m north of x=100, site 20 m south of x=700: 30 + 600 + 20.
    walks = walks_to_sites(homes((100, 30)), sites((700, -20)), lines([(0, 0), (1000, 0)]))
    assert walks.loc[0, "distance_m"] == pytest.approx(650)
    assert walks.loc[0, ["site_id", "method", "covered"]].tolist() == ["F0", "network", True]


@pytest.mark.parametrize(("x", "covered"), [(1200.0, True), (1200.01, False)])
def test_exactly_fifteen_minutes_is_covered_and_a_step_more_is_not(x: float, covered: bool) -> None:
    walks = walks_to_sites(homes((0, 0)), sites((x, 0)), lines([(0, 0), (2000, 0)]))
    assert walks.loc[0, "covered"] == covered


@pytest.mark.parametrize(("x", "covered"), [(1000.0, True), (1000.01, False)])
def test_exactly_the_radius_is_covered_and_a_step_more_is_not(x: float, covered: bool) -> None:
    walks = walks_to_sites(homes((0, 0)), sites((x, 0)), None)
    assert walks.loc[0, ["method", "covered"]].tolist() == ["radius", covered]


def test_minutes_and_pace_are_parameters() -> None:
    rules = WalkRules(minutes=10, metres_per_minute=70)
    walks = walks_to_sites(homes((0, 0), (1, 0)), sites((701, 0)), lines([(0, 0), (2000, 0)]), rules)
    assert walks["covered"].tolist() == [False, True]


def test_a_house_far_from_every_street_is_judged_by_radius() -> None:
    # The site at x=0 is itself 600 m off the street: its link is not a street that others could meet.
    walks = walks_to_sites(homes((0, 200), (0, 200.5)), sites((0, 600)), lines([(0, 0), (900, 0)]))
    assert walks["method"].tolist() == ["network", "radius"]
    assert walks["distance_m"].tolist() == pytest.approx([800, 399.5])


def test_a_river_without_a_bridge_is_walked_around() -> None:
    streets = lines([(0, 0), (3000, 0)], [(0, 100), (3000, 100)], [(3000, 0), (3000, 100)])
    walks = walks_to_sites(homes((2500, 0)), sites((2500, 100)), streets)
    assert walks.loc[0, "distance_m"] == pytest.approx(1100)


def test_nothing_within_the_limit_is_said_as_nothing() -> None:
    walks = walks_to_sites(homes((0, 0)), sites((6000, 0)), lines([(0, 0), (7000, 0)]))
    assert np.isnan(walks.loc[0, "distance_m"])
    assert walks.loc[0, "site_id"] is None
    assert not walks.loc[0, "covered"]


@pytest.mark.parametrize("streets", [None, lines(), lines([(0, 0), (1000, 0)])])
def test_no_sites_cover_nobody(streets: gpd.GeoDataFrame | None) -> None:
    walks = walks_to_sites(homes((0, 0)), sites(), streets)
    assert not walks["covered"].any()
    assert coverage_by(homes((0, 0)), walks, None).loc["all", "share"] == 0


def test_dead_ends_within_the_tolerance_are_joined() -> None:
    for gap, method_distance in ((1.9, 801.9 - 1.9), (2.1, np.nan)):
        streets = lines([(0, 0), (1000, 0)], [(500, gap), (500, 600)])
        walks = walks_to_sites(homes((0, 0)), sites((500, 300)), streets)
        assert walks.loc[0, "distance_m"] == pytest.approx(method_distance, nan_ok=True)


def test_fragments_do_not_catch_houses() -> None:
    streets = lines([(0, 0), (1000, 0)], [(0, 50), (499, 50)])
    walks = walks_to_sites(homes((100, 50)), sites((600, 0)), streets)
    assert walks.loc[0, "distance_m"] == pytest.approx(550)
    kept = walks_to_sites(homes((100, 50)), sites((600, 0)), streets, WalkRules(least_network_m=499))
    assert np.isnan(kept.loc[0, "distance_m"])


def test_crossing_lines_meet_and_drawing_direction_does_not_matter() -> None:
    forth = lines([(0, 0), (1000, 0)], [(500, -500), (500, 500)])
    back = lines([(1000, 0), (0, 0)], [(500, 500), (500, -500)])
    for streets in (forth, back):
        assert walks_to_sites(homes((0, 0)), sites((500, 400)), streets).loc[
            0, "distance_m"
        ] == pytest.approx(900)


def test_house_and_site_on_the_same_stretch() -> None:
    # A ring of one line: the way past the site is not the way round.
    ring = lines([(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)])
    walks = walks_to_sites(homes((100, 0), (0, 100), (390, 0)), sites((200, 0), (380, 0)), ring)
    assert walks["distance_m"].tolist() == pytest.approx([100, 300, 10])
    assert walks["site_id"].tolist() == ["F0", "F0", "F1"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_networkx_finds_the_same_distances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = np.round(rng.uniform(-25, 25, (6, 6, 2)) + np.dstack(np.meshgrid(range(6), range(6))) * 100, 2)
    pairs = [(grid[i, j], grid[i, j + 1]) for i in range(6) for j in range(5)]
    pairs += [(grid[i, j], grid[i + 1, j]) for i in range(5) for j in range(6)]
    streets = lines(*[[tuple(a), tuple(b)] for a, b in pairs if rng.random() < 0.8])
    goals = sites(*[tuple(xy) for xy in rng.uniform(0, 500, (int(rng.integers(1, 6)), 2))])
    starts = homes(*[tuple(xy) for xy in rng.uniform(0, 500, (25, 2))])
    rules = WalkRules(snap_m=0, least_network_m=0, far_m=1000, limit_m=100_000)
    ours = walks_to_sites(starts, goals, streets, rules)["distance_m"].to_numpy()
    assert ours == pytest.approx(networkx_distances(streets, goals, starts), abs=0.05, nan_ok=True)
    assert (
        ours
        >= np.min(shapely.distance(goals.geometry.to_numpy()[:, None], starts.geometry.to_numpy()), axis=0)
        - 0.05
    )[~np.isnan(ours)].all()


def test_coverage_is_weighted_by_households() -> None:
    buildings = pd.DataFrame({"households": [30, 10, 0, 5], "grid": ["a", "a", "b", None]})
    walks = pd.DataFrame(
        {
            "site_id": ["F0", None, "F0", "F0"],
            "distance_m": [400.0, np.nan, 10.0, 800.0],
            "method": ["network", "network", "radius", "radius"],
            "covered": [True, False, True, True],
        }
    )
    grids = coverage_by(buildings, walks, "grid")
    assert grids.loc["a", ["households", "covered_households", "share", "method"]].tolist() == [
        40,
        30,
        0.75,
        "network",
    ]
    assert grids.loc["a", "mean_distance_m"] == 400
    assert np.isnan(grids.loc["b", "share"])
    assert grids.loc["b", "method"] == "radius"
    city = coverage_by(buildings, walks, None).loc["all"]
    assert city[["households", "covered_households", "radius_households", "method"]].tolist() == [
        45,
        35,
        5,
        "mixed",
    ]
    assert city["share"] == pytest.approx(35 / 45)


@pytest.mark.parametrize("households", [-1, np.nan, None])
def test_unusable_households_are_refused_with_their_row(households: float | None) -> None:
    buildings = pd.DataFrame({"households": [1, households]})
    walks = walks_to_sites(homes((0, 0), (1, 0)), sites((0, 0)), None)
    with pytest.raises(InputRefused) as refused:
        coverage_by(buildings, walks, None)
    assert (refused.value.row, refused.value.field) == (2, "households")


def test_sites_in_reach_per_grid() -> None:
    buildings = homes((0, 0), (100, 0), (2500, 0)).assign(grid=["a", "a", "b"])
    goals = sites((1250, 0), (50, 0), (9000, 0))
    found = sites_in_reach(buildings, goals, lines([(0, 0), (9000, 0)]), key="grid")
    assert found.to_dict("records") == [
        {"grid": "a", "site_id": "F1", "distance_m": pytest.approx(50), "households": 20},
        {"grid": "a", "site_id": "F0", "distance_m": pytest.approx(1150), "households": 10},
    ]
    by_radius = sites_in_reach(buildings, goals, None, key="grid")
    assert by_radius["site_id"].tolist() == ["F1"]
    assert len(sites_in_reach(buildings, sites(), None, key="grid")) == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_nearest_site_in_reach_is_the_nearest_site(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = lines(
        *[[(0, y), (2000, y)] for y in (0, 300, 900)], [(0, 0), (0, 900)], [(2000, 0), (2000, 900)]
    )
    starts = homes(*[tuple(xy) for xy in rng.uniform(0, 1500, (30, 2))])
    starts = starts.assign(grid=[f"g{i}" for i in range(30)])
    goals = sites(*[tuple(xy) for xy in rng.uniform(0, 1500, (70, 2))])
    walks = walks_to_sites(starts, goals, streets)
    found = sites_in_reach(starts, goals, streets, key="grid").groupby("grid")["distance_m"].min()
    covered = walks[walks["covered"]].assign(grid=starts["grid"]).set_index("grid")["distance_m"].sort_index()
    assert found.to_numpy() == pytest.approx(covered.to_numpy())
    assert found.index.tolist() == covered.index.tolist()


def test_degrees_mixed_systems_and_wrong_shapes_are_refused() -> None:
    street = lines([(0, 0), (10, 0)])
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        walks_to_sites(homes((0, 0)).to_crs(4490), sites((0, 0)), street)
    with pytest.raises(InputRefused, match="MIXED_CRS"):
        walks_to_sites(homes((0, 0)), sites((0, 0)), street.to_crs("EPSG:4546"))
    with pytest.raises(InputRefused, match="STREETS_NOT_LINES") as refused:
        walks_to_sites(
            homes((0, 0)),
            sites((0, 0)),
            gpd.GeoDataFrame(geometry=[*street.geometry, shapely.Point(0, 0)], crs=METRIC),
        )
    assert refused.value.row == 2
    with pytest.raises(InputRefused, match="GEOMETRY_MISSING"):
        walks_to_sites(
            gpd.GeoDataFrame({"households": [1]}, geometry=[None], crs=METRIC), sites((0, 0)), street
        )


def test_several_walks_are_answered_from_one_measurement_to_the_metre() -> None:
    street = lines([(0, 0), (3000, 0)])
    built = homes((400, 0), (401, 0), (800, 0), (1600, 0), (2900, 0))
    walks = walks_to_sites(built, sites((0, 0)), street)
    table = coverage_at(built, walks, None, (5, 10, 15, 20))
    assert table["covered_households"].tolist() == [10, 30, 30, 40]
    assert table["households"].tolist() == [50] * 4
    usual = coverage_by(built, walks, None)
    assert table.loc[("all", 15), "share"] == usual.loc["all", "share"]


def test_the_radius_shrinks_with_the_minutes_and_nothing_is_told_beyond_what_was_measured() -> None:
    built = homes((500, 0), (501, 0), (1000, 0))
    walks = walks_to_sites(built, sites((0, 0)), None)
    assert coverage_at(built, walks, None, (7.5, 15))["covered_households"].tolist() == [10, 30]
    with pytest.raises(ValueError, match="measured up to"):
        coverage_at(built, walks, None, (600,))
