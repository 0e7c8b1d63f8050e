"""Dirt in what is to stay – locked grids, buildings assigned by hand – ends in a clear refusal or a sound division.

The plan before is one the engine drew; it is then spoilt as files spoil it: moved, cut, doubled, without geometry, in
another system. Locks and wishes name what is there, what is not, and the same thing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gis.compute.lattice import to_lattice
from gis.compute.outcome import CommunityPartition
from gis.compute.refusal import InputRefused
from tests.gis.compute.drawn_towns import CRS, Block, Community, Town, towns
from tests.gis.compute.soundness import faults
from tests.gis.compute.test_dirty_geometry import FAST, drawing, refused_clearly, some

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

Shapes = list[Any]
DEGREE_M = 1e-5  # about a metre


# ---- A spoilt plan before ---------------------------------------------------------------------------------


def _needled(shape: shapely.Geometry) -> shapely.Geometry:
    xy = shapely.get_coordinates(shapely.get_parts(shape)[0].exterior)
    return shapely.Polygon(np.vstack([xy[:1], xy[:1] + 3e-5, xy]))


SPOILT: dict[str, Callable[[shapely.Geometry], Any]] = {
    "as it was": lambda shape: shape,
    "moved by a hair": lambda shape: shapely.affinity.translate(shape, 1e-7, 0),
    "moved by a metre": lambda shape: shapely.affinity.translate(shape, DEGREE_M, DEGREE_M),
    "moved far away": lambda shape: shapely.affinity.translate(shape, 1.0, 1.0),
    "shrunk": lambda shape: shapely.affinity.scale(shape, 0.8, 0.8),
    "grown": lambda shape: shapely.affinity.scale(shape, 1.3, 1.3),
    "turned": lambda shape: shapely.affinity.rotate(shape, 30),
    "needled": _needled,
    "a triangle": lambda shape: shapely.convex_hull(shapely.MultiPoint(shapely.get_coordinates(shape)[:3])),
    "a hole": lambda shape: shapely.difference(shape, shapely.affinity.scale(shape, 0.3, 0.3)),
    "two parts": lambda shape: shapely.difference(
        shape, shapely.box(shape.centroid.x - 2e-5, -90, shape.centroid.x + 2e-5, 90)
    ),
    "a point": lambda shape: shape.centroid,
    "its border": lambda shape: shape.boundary,
    "empty": lambda shape: shapely.Polygon(),
    "missing": lambda shape: None,
    "crossed": lambda shape: (
        shapely.Polygon(shapely.get_coordinates(shape)[[0, 2, 1, 3, 0]])
        if shapely.get_num_coordinates(shape) > 4
        else shape
    ),
    "of heights": lambda shape: shapely.force_3d(shape, 35.0),
    "in metres": lambda shape: shapely.affinity.scale(shape, 1e5, 1e5, origin=(0, 0)),
}


def _plan_of(one: Community) -> gpd.GeoDataFrame | None:
    """The grids the engine draws, under names; None where it refuses the town as it is."""
    try:
        grids = one.divided(parameters=FAST).grids
    except InputRefused as refused:
        refused_clearly(refused)
        return None
    return grids.set_index(pd.Index([f"网格{at}" for at in range(len(grids))], dtype=object))


def _spoilt(before: gpd.GeoDataFrame, dirt: str, which: int, *, twice: bool) -> gpd.GeoDataFrame:
    shapes: Shapes = list(before.geometry)
    at = which % len(shapes)
    shapes[at] = SPOILT[dirt](shapes[at])
    frame = gpd.GeoDataFrame({"households": 0}, index=before.index, geometry=gpd.GeoSeries(
        shapes, index=before.index, crs=before.crs
    ))  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([frame, frame.iloc[[at]]]), crs=before.crs) if twice else frame


# ---- Outcomes ---------------------------------------------------------------------------------------------


def _drawn(one: Community, **wishes: Any) -> CommunityPartition | None:
    """The division, sound; None where it was refused clearly."""
    try:
        drawn = one.divided(parameters=FAST, **wishes)
    except InputRefused as refused:
        refused_clearly(refused)
        return None
    assert faults(one.frame, one.buildings, drawn, CRS) == []
    return drawn


def _check_locked(drawn: CommunityPartition, before: gpd.GeoDataFrame, locked: list[Hashable]) -> None:
    """Every grid that was locked stands there, on the same places."""
    stays = drawn.grids[drawn.grids["locked"]]
    assert sorted(stays["name"].astype(str)) == sorted({str(label) for label in locked})
    for label, shape in zip(stays["name"], stays.geometry, strict=True):
        was, now = to_lattice(np.array([shapely.force_2d(before.geometry[label]), shape], dtype=object))
        assert was.equals(now), label


def _check_assigned(drawn: CommunityPartition, assigned: pd.Series) -> None:
    """Buildings of one name stand in one grid, those of different names in different ones."""
    named = assigned.dropna()
    grid = drawn.assignment[named.index]
    grids_of = pd.DataFrame({"name": named.astype(str).to_numpy(), "grid": grid.to_numpy()}).drop_duplicates()
    assert grids_of["name"].is_unique and grids_of["grid"].is_unique


# ---- The fuzz itself --------------------------------------------------------------------------------------


def fuzz_locked(town: Town, dirt: str, which: int, chosen: list[int], twice: bool) -> None:
    one = town.inputs()[0]
    plan = _plan_of(one)
    if plan is None:
        return
    before = _spoilt(plan, dirt, which, twice=twice)
    locked = [plan.index[at % len(plan)] if at < 90 else "没有这个网格" for at in chosen]
    drawn = _drawn(one, previous=before, locked=locked)
    if drawn is not None:
        assert not twice or not before.index[before.index.duplicated()].isin(locked).any()
        _check_locked(drawn, before, locked)


def fuzz_locked_among_dirt(town: Town, chosen: list[int], streets: Shapes, barriers: Shapes) -> None:
    """The plan is sound, the layers beside it are not what they were."""
    one = town.inputs()[0]
    plan = _plan_of(one)
    if plan is None:
        return
    locked = [plan.index[at % len(plan)] for at in chosen if at < 90]
    more = {
        "streets": gpd.GeoSeries([*one.streets, *streets], crs=CRS),
        "barriers": gpd.GeoSeries([*one.barriers, *barriers], crs=CRS),
    }
    drawn = _drawn(one, previous=plan, locked=locked, **more)
    if drawn is not None:
        _check_locked(drawn, plan, locked)


LABELS = ("网格0", "网格1", "新网格", "", " ", 7, 7.0, None, float("nan"), pd.NA, "Ω" * 400)


def fuzz_assigned(
    town: Town, wishes: list[tuple[int, int]], with_plan: bool, chosen: list[int], repeated: bool
) -> None:
    one = town.inputs()[0]
    if len(one.buildings) == 0:
        return
    plan = _plan_of(one) if with_plan else None
    ids = [one.buildings.index[at % len(one.buildings)] if at < 90 else "没有这栋楼" for at, _ in wishes]
    assigned = pd.Series(
        [LABELS[label] for _, label in wishes], index=pd.Index(ids, dtype=object), dtype=object
    )
    if not repeated:
        assigned = assigned[~assigned.index.duplicated()]
    locked = [] if plan is None else [plan.index[at % len(plan)] for at in chosen if at < 90]
    drawn = _drawn(one, previous=plan, locked=locked, assigned=assigned)
    if drawn is not None:
        _check_assigned(drawn, assigned[~assigned.index.duplicated()])
        if plan is not None:
            _check_locked(drawn, plan, locked)


_few = st.lists(st.integers(0, 100), max_size=3)
_wishes = st.lists(st.tuples(st.integers(0, 95), st.integers(0, len(LABELS) - 1)), min_size=1, max_size=6)
FUZZ: dict[str, tuple[Callable[..., None], tuple[st.SearchStrategy[Any], ...]]] = {
    "locked": (
        fuzz_locked,
        (towns(4), st.sampled_from(sorted(SPOILT)), st.integers(0, 9), _few, st.booleans()),
    ),
    "locked among dirt": (fuzz_locked_among_dirt, (towns(4), _few, some("lines"), some("barriers"))),
    "assigned": (fuzz_assigned, (towns(4), _wishes, st.booleans(), _few, st.booleans())),
}


def fuzz(name: str, examples: int) -> None:
    run, arguments = FUZZ[name]

    # Not shrunk: a division takes long, and a drawn town is small as it is.
    @settings(drawing(examples), phases=(Phase.generate,))
    @given(st.tuples(*arguments))
    def drawn(values: tuple[Any, ...]) -> None:
        run(*values)

    drawn()


NAMES = list(FUZZ)


@pytest.mark.parametrize("name", NAMES)
def test_dirty_wishes_are_refused_clearly_or_kept(name: str) -> None:
    fuzz(name, 15)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_dirty_wishes_are_refused_clearly_or_kept(name: str) -> None:
    fuzz(name, 600)


TOWN = Town(blocks=(Block("slabs", 4, 30, 6, 120), Block("slabs", 34, 6, 6, 120)))


@pytest.mark.parametrize("dirt", sorted(SPOILT))
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_plan_before_spoilt_in_any_way(dirt: str, is_locked: bool) -> None:
    one = TOWN.inputs()[0]
    plan = _plan_of(one)
    assert plan is not None and len(plan) > 2
    before = _spoilt(plan, dirt, 1, twice=False)
    locked = [plan.index[1 if is_locked else 0]]
    drawn = _drawn(one, previous=before, locked=locked)
    if dirt == "as it was":
        assert drawn is not None
    if drawn is not None:
        _check_locked(drawn, before, locked)
