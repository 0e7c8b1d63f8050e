"""Dirt in any layer ends in a clear refusal or in a sound division: never in another error, never in a silent loss.

Shapes are drawn from places where arithmetic breaks (nothing, the same twice, hair-thin, far away, no number), and
put among the houses, lines and communities of a drawn town. What once broke stands at the end as a plain test.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.compute.city import CityLayers, finish_city, partition_city, prepare_city
from gis.compute.parameters import PartitionParameters
from gis.compute.refusal import InputRefused
from tests.gis.compute.drawn_towns import CRS, STEP_M, Block, Town, X, Y, towns
from tests.gis.compute.soundness import faults

FAST = PartitionParameters(preset="fast")
NAN, INF = float("nan"), float("inf")
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def drawing(examples: int) -> Any:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
    )


# ---- Dirty shapes ------------------------------------------------------------------------------------------

# Mostly places in town, some a hair's breadth beside another, few that are nowhere.
_tame = st.one_of(
    st.integers(-3, 63).map(float),
    st.sampled_from((20.0, 20.0 + 1e-9, 20.0 + 1e-4, 20.002, 0.0, 60.0, 60.0 - 1e-7)),
)
_wild = st.sampled_from((NAN, INF, -INF, 1e9, 1e18, 1e300, -1e6))


def _places(wild: bool) -> st.SearchStrategy[tuple[float, float]]:
    one = st.one_of(_tame, _tame, _tame, _wild) if wild else _tame
    return st.tuples(one, one)


def _drawn(kind: str, xy: list[tuple[float, float]], z: float | None) -> shapely.Geometry | None:
    """A shape of a kind through some places, however little sense it makes."""
    at = np.array(xy, dtype=float).reshape(-1, 2) * STEP_M + np.array([X, Y])
    if z is not None:
        at = np.column_stack([at, np.full(len(at), z)])
    makers: dict[str, Callable[[], shapely.Geometry | None]] = {
        "none": lambda: None,
        "empty": lambda: shapely.from_wkt(f"{('POLYGON', 'POINT', 'GEOMETRYCOLLECTION')[len(xy) % 3]} EMPTY"),
        "point": lambda: shapely.Point(at[0]),
        "points": lambda: shapely.MultiPoint(at),
        "line": lambda: shapely.LineString(np.vstack([at, at[-1:]])),
        "lines": lambda: shapely.MultiLineString([np.vstack([at, at[:1]]), np.vstack([at[:1], at[:1] + 5])]),
        "area": lambda: _ring(at),
        "areas": lambda: shapely.MultiPolygon([_ring(at), _ring(at[::-1] + 15)]),
        "holed": lambda: shapely.Polygon(_ring(at).exterior, [_ring(at[::-1] * 1.0 + 3).exterior]),
        "mixed": lambda: shapely.GeometryCollection([_ring(at), shapely.Point(at[0]), _line(at)]),
        "curl": lambda: _ring(np.vstack([at, at[::-1], at])),
    }
    try:
        return makers[kind]()
    except shapely.errors.GEOSException:  # a ring that begins with NaN cannot even be made
        return None


def _ring(at: np.ndarray) -> shapely.Polygon:
    return shapely.Polygon(np.vstack([at, at[-1:], at[-1:], at[:1]]))


def _line(at: np.ndarray) -> shapely.LineString:
    return shapely.LineString(np.vstack([at, at[-1:]]))


FAMILIES = {
    "houses": ("area", "area", "areas", "holed", "curl", "point"),
    "lines": ("line", "lines", "line"),
    "barriers": ("line", "lines", "area", "areas", "holed", "curl", "mixed"),
    "any": ("area", "none", "empty", "point", "points", "line", "lines", "areas", "holed", "mixed", "curl"),
}


def dirty_shapes(family: str, *, wild: bool = False) -> st.SearchStrategy[shapely.Geometry | None]:
    """Shapes that a layer may hold but no draughtsman would draw; `wild` ones are nowhere on Earth too."""
    return st.builds(
        _drawn,
        st.sampled_from(FAMILIES[family]),
        st.lists(_places(wild), min_size=1, max_size=6),
        st.sampled_from((None, None, 0.0, NAN)),
    )


def some(family: str, *, wild: bool = False) -> st.SearchStrategy[list[Any]]:
    """One to three dirty shapes."""
    return st.lists(dirty_shapes(family, wild=wild), min_size=1, max_size=3)


def _with_rows(series: gpd.GeoSeries, more: list[Any]) -> gpd.GeoSeries:
    return gpd.GeoSeries([*series, *more], crs=CRS)


def _more_houses(buildings: gpd.GeoDataFrame, more: list[Any]) -> gpd.GeoDataFrame:
    """The houses, the dirty ones with 70 households each, and the first ones a second time."""
    shapes = [*buildings.geometry, *more, *buildings.geometry.iloc[: len(more)]]
    homes = [*buildings["households"], *[70] * (len(shapes) - len(buildings))]
    return gpd.GeoDataFrame(
        {"households": np.array(homes, dtype=np.int64)}, geometry=gpd.GeoSeries(shapes, crs=CRS)
    )


# ---- Outcomes ----------------------------------------------------------------------------------------------


def refused_clearly(refused: InputRefused) -> None:
    assert refused.code == refused.code.upper() != ""
    assert refused.zh
    assert refused.en
    assert refused.row is None or refused.row >= 1


def outcome(layers: CityLayers) -> str:
    """Divide a city; return the code of the refusal, or "" when the division is sound."""
    try:
        city = prepare_city(layers)
        parts = list(partition_city(city, FAST, processes=1))
    except InputRefused as refused:
        refused_clearly(refused)
        return refused.code
    plan = finish_city(city, parts)
    assert plan.check.holds, plan.check
    assert plan.check.buildings == len(layers.buildings)
    metric = city.frames.metric_crs
    for part in parts:
        own = city.buildings.loc[part.partition.assignment.index]
        assert faults(city.frames.lonlat.geometry[part.key], own, part.partition, metric) == []
    return ""


def layers_of(town: Town, **other: Any) -> CityLayers:
    communities = town.communities().assign(code=lambda c: c["name"])
    frames = town.frames().metric
    buildings = town.buildings()
    inside = buildings.representative_point().within(frames.union_all())
    given = {
        "communities": communities,
        "buildings": buildings[inside],
        "streets": town.street_lines(),
        "barriers": town.barrier_shapes(),
        **other,
    }
    return CityLayers(**given)


def fuzz_lines(town: Town, streets: list[Any], barriers: list[Any]) -> None:
    outcome(
        layers_of(
            town,
            streets=_with_rows(town.street_lines(), streets),
            barriers=_with_rows(town.barrier_shapes(), barriers),
        )
    )


def fuzz_houses(town: Town, houses: list[Any]) -> None:
    """One community, whose houses come unchecked."""
    one = town.inputs()[0]
    buildings = _more_houses(one.buildings, houses)
    try:
        drawn = one.divided(buildings=buildings, parameters=FAST)
    except InputRefused as refused:
        refused_clearly(refused)
        return
    assert faults(one.frame, buildings, drawn, CRS) == []


# ---- Dirty borders between communities ---------------------------------------------------------------------


def _spiked(land: shapely.Geometry, far: float) -> shapely.Geometry:
    """A spike out of a corner and back on the same line, and every vertex twice."""
    xy = shapely.get_coordinates(shapely.get_parts(land)[0].exterior)
    return shapely.Polygon(np.repeat(np.vstack([xy[:1], xy[:1] + far, xy]), 2, axis=0))


def _strip(land: shapely.Geometry, wide: float) -> shapely.Geometry:
    """Land this wide along the east side of other land."""
    _, south, east, north = land.bounds
    return shapely.box(east, south, east + wide, north)


def _slit(land: shapely.Geometry, wide: float) -> shapely.Geometry:
    west, south, east, north = land.bounds
    middle = (west + east) / 2 + 7
    return shapely.difference(land, shapely.box(middle, south + 31, middle + wide, north + 1))


def _specked(land: shapely.Geometry, wide: float) -> shapely.Geometry:
    west, south, _, _ = land.bounds
    return shapely.union(land, shapely.box(west - 9, south, west - 9 + wide, south + wide))


# What is done to the first community (or beside it), by a length in metres.
BORDER_DIRT: dict[str, Callable[[shapely.Geometry, float], list[shapely.Geometry]]] = {
    "moved": lambda land, d: [shapely.affinity.translate(land, d, d / 3)],
    "wider": lambda land, d: [land.buffer(d)],
    "narrower": lambda land, d: [land.buffer(-d)],
    "strip": lambda land, d: [land, _strip(land, d)],
    "strip apart": lambda land, d: [land, shapely.affinity.translate(_strip(land, d), d)],
    "slit": lambda land, d: [_slit(land, d)],
    "filled slit": lambda land, d: [_slit(land, d), shapely.difference(land, _slit(land, d))],
    "specked": lambda land, d: [_specked(land, d)],
    "spiked": lambda land, d: [_spiked(land, d)],
    "twice": lambda land, d: [land, land],
    "nested": lambda land, d: [shapely.difference(land, land.centroid.buffer(d)), land.centroid.buffer(d)],
    "turned": lambda land, d: [shapely.make_valid(shapely.affinity.rotate(land, d / 100))],
    "rounded": lambda land, d: [land.buffer(3 * d).buffer(-3 * d)],
}
LENGTHS = (0.0, 1e-9, 1e-4, 0.005, 0.02, 0.1, 0.4, 0.6, 3.0, 40.0)


def fuzz_communities(town: Town, dirt: str, metres: float) -> None:
    layers = layers_of(town)
    first, *others = layers.communities.geometry
    shapes = [s for s in BORDER_DIRT[dirt](first, metres) if not s.is_empty] + others
    names = [f"c{i}" for i in range(len(shapes))]
    communities = gpd.GeoDataFrame({"name": names, "code": names}, geometry=gpd.GeoSeries(shapes, crs=CRS))
    inside = layers.buildings.representative_point().within(shapely.union_all(np.array(shapes)))
    outcome(layers_of(town, communities=communities, buildings=layers.buildings[inside]))


def fuzz_more_communities(town: Town, shapes: list[Any]) -> None:
    communities = layers_of(town).communities
    names = [f"脏{i}" for i in range(len(shapes))]
    more = gpd.GeoDataFrame({"name": names, "code": names}, geometry=gpd.GeoSeries(shapes, crs=CRS))
    outcome(layers_of(town, communities=pd.concat([communities, more], ignore_index=True)))


# ---- The fuzz itself ---------------------------------------------------------------------------------------

FUZZ: dict[str, tuple[Callable[..., None], tuple[st.SearchStrategy[Any], ...]]] = {
    "lines": (fuzz_lines, (towns(4), some("lines"), some("barriers"))),
    "wild lines": (fuzz_lines, (towns(3), some("any", wild=True), some("any", wild=True))),
    "houses": (fuzz_houses, (towns(4), some("houses"))),
    "wild houses": (fuzz_houses, (towns(3), some("any", wild=True))),
    "borders": (fuzz_communities, (towns(4), st.sampled_from(sorted(BORDER_DIRT)), st.sampled_from(LENGTHS))),
    "more communities": (fuzz_more_communities, (towns(3), some("any", wild=True))),
}


def fuzz(name: str, examples: int) -> None:
    run, arguments = FUZZ[name]

    @drawing(examples)
    @given(st.tuples(*arguments))
    def drawn(values: tuple[Any, ...]) -> None:
        run(*values)

    drawn()


@pytest.mark.parametrize("name", list(FUZZ))
def test_dirt_is_refused_clearly_or_divided_soundly(name: str) -> None:
    fuzz(name, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FUZZ))
def test_much_dirt_is_refused_clearly_or_divided_soundly(name: str) -> None:
    fuzz(name, 800)


@pytest.mark.parametrize(
    "metres", [d if d in (1e-9, 0.02, 0.4) else pytest.param(d, marks=pytest.mark.slow) for d in LENGTHS]
)
@pytest.mark.parametrize("dirt", sorted(BORDER_DIRT))
def test_borders_that_miss_each_other_by_any_length(dirt: str, metres: float) -> None:
    town = Town(split="two", blocks=(Block("slabs", 4, 30, 1, 30), Block("slabs", 34, 6, 2, 60)))
    fuzz_communities(town, dirt, metres)


# ---- What once broke ---------------------------------------------------------------------------------------


def _at(wkt: str) -> shapely.Geometry:
    return shapely.affinity.translate(shapely.from_wkt(wkt), X, Y)


def test_a_crack_along_the_frame_closes_without_a_new_vertex() -> None:
    """Two tangled footprints as large as the town; the grid's ring came back to a vertex of the frame."""
    town = Town(split="exclave", blocks=(Block("slabs", 13, 19, 5, 60),))
    tangles = [
        _at(
            "MULTIPOLYGON (((100 -15, 305 250, 210 105, 60 300, 30 110, 100 100, 100 -15)),"
            " ((115 115, 45 125, 75 315, 225 120, 320 265, 115 0, 115 115)))"
        ),
        _at(
            "POLYGON ((300 85, 100 200, 300 190, 75 100, 300 85), (78 103, 303 193, 103 203, 303 88, 78 103))"
        ),
    ]
    fuzz_houses(town, tangles)


def _lifted(z: float, xyz: np.ndarray) -> np.ndarray:
    return np.column_stack([xyz[:, :2], np.full(len(xyz), z)])


@pytest.mark.parametrize("z", [NAN, INF, 0.0])
def test_a_height_that_is_no_number_does_not_matter(z: float) -> None:
    layers = layers_of(Town(split="two", blocks=(Block("slabs", 4, 30, 4, 60),), streets=((0, 9, 60, 9),)))

    def raised(frame: Any) -> Any:
        shapes = shapely.transform(
            shapely.force_3d(frame.geometry.to_numpy()), partial(_lifted, z), include_z=True
        )
        return frame.set_geometry(shapes)

    outcome_of = outcome(
        CityLayers(
            communities=raised(layers.communities),
            buildings=raised(layers.buildings),
            streets=raised(gpd.GeoDataFrame(geometry=layers.streets)),
        )
    )
    assert outcome_of == ""


@pytest.mark.parametrize("reach", [1e6, 1e8, 1e15, NAN])
def test_a_community_with_a_vertex_gone_astray_is_refused_at_once(reach: float) -> None:
    stray = shapely.Polygon([(X, Y - 9), (X + 300, Y - 9), (X + 300 + reach, Y - 99), (X, Y - 30)])
    town = Town(blocks=(Block("slabs", 4, 30, 1, 60),))
    communities = layers_of(town).communities
    more = gpd.GeoDataFrame({"name": ["远"], "code": ["远"]}, geometry=[stray], crs=CRS)
    refused = outcome(layers_of(town, communities=pd.concat([communities, more], ignore_index=True)))
    assert refused in ("INVALID_GEOMETRY", "OUTSIDE_CHINA")


@pytest.mark.parametrize("rest", [(), ((X + 9, Y), (X + 9, Y + 9))], ids=["nothing else", "a place beside"])
def test_a_community_that_begins_and_ends_at_infinity_is_refused(rest: tuple[Any, ...]) -> None:
    """Its ring came back from projecting unclosed, before anybody had looked at it."""
    endless = shapely.Polygon([(X, -INF), (X, -INF), *rest, (X, -INF)])
    town = Town(blocks=(Block("slabs", 4, 30, 1, 60),))
    more = gpd.GeoDataFrame({"name": ["远"], "code": ["远"]}, geometry=[endless], crs=CRS)
    beside = pd.concat([layers_of(town).communities, more], ignore_index=True)
    assert outcome(layers_of(town, communities=beside)) == "INVALID_GEOMETRY"
    assert outcome(layers_of(town, communities=more)) == "INVALID_GEOMETRY"
