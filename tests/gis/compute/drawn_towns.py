"""Small drawn towns for hypothesis: land, communities, houses, streets and waters on a five-metre draught.

A town is a list of whole numbers and names, so that a failing one shrinks to something that can be drawn on paper
and kept as a plain test; its repr is the call that draws it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from gis.compute.frames import Frames, assign_communities, build_frames
from gis.compute.partition import CommunityPartition, partition_community

CRS = "EPSG:4547"
X, Y = 428_000.0, 3_900_000.0
# The draught of a town is this many steps of STEP_M wide and high.
STEP_M = 5
SIDE = 60

Numbers = tuple[int, ...]


def _placed(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy * STEP_M + np.array([X, Y]))


# ---- Land and communities ----------------------------------------------------------------------------------


def _land(name: str) -> shapely.Geometry:
    whole = shapely.box(0, 0, SIDE, SIDE)
    cuts = {
        "square": shapely.Polygon(),
        "strip": shapely.box(0, 14, SIDE, SIDE),
        "corner": shapely.box(30, 30, SIDE, SIDE),
        "horseshoe": shapely.box(20, 20, 40, SIDE),
        "hole": shapely.box(22, 22, 36, 36),
        "islands": shapely.box(26, -1, 30, SIDE + 1),
        "wedge": shapely.Polygon([(0, 0), (SIDE, 0), (0, SIDE)]),
    }
    return shapely.difference(whole, cuts[name])


LANDS = ("square", "strip", "corner", "horseshoe", "hole", "islands", "wedge")


def _shares(land: shapely.Geometry, split: str) -> list[shapely.Geometry]:
    """The land of each community; their common borders are drawn crooked."""
    crooked = shapely.Polygon([(-1, -1), (24, -1), (33, 18), (27, 41), (35, SIDE + 1), (-1, SIDE + 1)])
    exclave = shapely.box(45, 5, 55, 18)
    ways: dict[str, list[shapely.Geometry]] = {
        "one": [shapely.box(-1, -1, SIDE + 1, SIDE + 1)],
        "two": [crooked, shapely.difference(shapely.box(-1, -1, SIDE + 1, SIDE + 1), crooked)],
        "exclave": [
            shapely.union(crooked, exclave),
            shapely.difference(shapely.box(-1, -1, SIDE + 1, SIDE + 1), shapely.union(crooked, exclave)),
        ],
    }
    shares = [shapely.intersection(land, share) for share in ways[split]]
    polygons = [[p for p in shapely.get_parts(s) if p.geom_type == "Polygon"] for s in shares]
    kept = [parts for parts in polygons if parts]
    return [parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts) for parts in kept]


SPLITS = ("one", "two", "exclave")


# ---- Houses ------------------------------------------------------------------------------------------------


def _row(x: int, y: int, count: int, width: float, depth: float, gap: float) -> list[shapely.Geometry]:
    return [
        shapely.box(x + i * (width + gap), y, x + i * (width + gap) + width, y + depth) for i in range(count)
    ]


def _terrace(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """Houses wall to wall, not all of one depth, the last one a hand's breadth off."""
    return [
        *(shapely.box(x + 2 * i, y, x + 2 * i + 2, y + 2 + i % 2) for i in range(count - 1)),
        shapely.box(x + 2 * count - 1.98, y, x + 2 * count, y + 2),
    ]


def _courtyard(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """A block round a yard, with small houses in the yard and one against its wall."""
    block = shapely.difference(shapely.box(x, y, x + 12, y + 12), shapely.box(x + 2, y + 2, x + 10, y + 10))
    inner = [shapely.box(x + 4 + 3 * i, y + 5, x + 6 + 3 * i, y + 7) for i in range(min(count - 1, 2))]
    return [block, *inner, shapely.box(x + 12, y + 3, x + 14, y + 6)]


def _tower(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """Towers on a common podium that overlaps them all."""
    towers = [shapely.box(x + 1 + 5 * i, y + 1, x + 4 + 5 * i, y + 4) for i in range(min(count, 3))]
    return [*towers, shapely.box(x, y, x + 5 * len(towers), y + 5)]


def _crosses(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """Houses with arms thinner than a metre, which fall apart when shrunk."""
    return [
        shapely.union_all([shapely.box(a, y, a + 2, y + 2), shapely.box(a + 2, y + 1, a + 4, y + 1.15),
                           shapely.box(a + 4, y, a + 5, y + 2)])
        for a in (x + 7 * i for i in range(min(count, 4)))
    ]  # fmt: skip


def _points(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """Houses known by a point only, two of them at one place."""
    spots = [shapely.Point(x + 3 * (i % 4), y + 3 * (i // 4)) for i in range(count)]
    return [*spots, spots[0]]


def _diamonds(x: int, y: int, count: int) -> list[shapely.Geometry]:
    """Houses corner to corner."""
    return [
        shapely.Polygon([(a, y), (a + 2, y + 2), (a, y + 4), (a - 2, y + 2)])
        for a in (x + 2 + 4 * i for i in range(count))
    ]


BLOCKS: dict[str, Callable[[int, int, int], list[shapely.Geometry]]] = {
    "houses": lambda x, y, n: _row(x, y, n, 2, 2.4, 1.6),
    "slabs": lambda x, y, n: [shapely.box(x, y + 5 * i, x + 12, y + 5 * i + 2.4) for i in range(n)],
    "terrace": _terrace,
    "courtyard": _courtyard,
    "tower": _tower,
    "crosses": _crosses,
    "points": _points,
    "diamonds": _diamonds,
}


@dataclass(frozen=True)
class Block:
    """Some houses of one kind at a place: `homes` households in each, a little more in each further one."""

    kind: str
    x: int
    y: int
    count: int
    homes: int
    compound: bool = False

    def shapes(self) -> list[shapely.Geometry]:
        """The footprints on the draught."""
        return BLOCKS[self.kind](self.x, self.y, self.count)

    def households(self) -> list[int]:
        """Households of each; of a podium none."""
        number = [self.homes + 7 * i * (self.homes > 0) for i in range(len(self.shapes()))]
        if self.kind == "tower":
            number = [min(1000, n * 8) for n in number[:-1]] + [0]
        return number


@dataclass(frozen=True)
class Community:
    """One community of a town as the partition takes it."""

    key: str
    frame: shapely.Geometry
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoSeries
    barriers: gpd.GeoSeries

    def divided(self, **options: Any) -> CommunityPartition:
        """Its grids; `options` take the place of what the town says."""
        given: dict[str, Any] = {
            "metric_crs": CRS,
            "streets": self.streets,
            "barriers": self.barriers,
            "key": self.key,
            **options,
        }
        return partition_community(
            given.pop("frame", self.frame), given.pop("buildings", self.buildings), **given
        )


# ---- The town ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """A drawn town. `streets` and `rails` are ends of lines (x, y, x, y), `river` the same with a width of 20 m."""

    land: str = "square"
    split: str = "one"
    blocks: tuple[Block, ...] = ()
    streets: tuple[Numbers, ...] = ()
    rails: tuple[Numbers, ...] = ()
    river: Numbers = ()
    pond: bool = False

    def communities(self) -> gpd.GeoDataFrame:
        """The communities, metric."""
        shares = [_placed(s) for s in _shares(_land(self.land), self.split)]
        names = list("甲乙丙丁"[: len(shares)])
        return gpd.GeoDataFrame({"name": names}, geometry=shares, crs=CRS)

    def buildings(self) -> gpd.GeoDataFrame:
        """All houses, metric, with `households` and `compound`; index building ids."""
        shapes = [_placed(s) for b in self.blocks for s in b.shapes()]
        households = [n for b in self.blocks for n in b.households()]
        compound = [f"小区{i}" if b.compound else None for i, b in enumerate(self.blocks) for _ in b.shapes()]
        return gpd.GeoDataFrame(
            {
                "households": np.array(households, dtype=np.int64),
                "compound": pd.Series(compound, dtype=object),
            },
            geometry=gpd.GeoSeries(shapes, crs=CRS) if shapes else gpd.GeoSeries([], crs=CRS),
        ).rename(index=lambda i: f"b{i}")

    def street_lines(self) -> gpd.GeoSeries:
        """Street centrelines, metric."""
        return _series([shapely.LineString([s[:2], s[2:]]) for s in self.streets])

    def barrier_shapes(self) -> gpd.GeoSeries:
        """Railways as lines, river and pond as polygons, metric."""
        shapes: list[shapely.Geometry] = [shapely.LineString([r[:2], r[2:]]) for r in self.rails]
        if self.river:
            shapes.append(shapely.LineString([self.river[:2], self.river[2:]]).buffer(2.0))
        if self.pond:
            shapes.append(shapely.Point(12, 44).buffer(5))
        return _series(shapes)

    def frames(self) -> Frames:
        """The frames of the communities."""
        return build_frames(self.communities(), CRS)

    def inputs(self) -> list[Community]:
        """What the partition is given for each community."""
        frames = self.frames()
        buildings = self.buildings()
        home = assign_communities(buildings, frames).community
        return [
            Community(
                str(name),
                frames.lonlat.geometry[i],
                buildings[(home == i).to_numpy()],
                self.street_lines(),
                self.barrier_shapes(),
            )
            for i, name in frames.lonlat["name"].items()
        ]


def _series(shapes: list[shapely.Geometry]) -> gpd.GeoSeries:
    return gpd.GeoSeries([_placed(s) for s in shapes], crs=CRS)


def shuffled(frame: Any, seed: int) -> Any:
    """The rows in another order."""
    return frame.iloc[np.random.default_rng(seed).permutation(len(frame))]


# ---- Strategies --------------------------------------------------------------------------------------------

_spots = st.integers(0, SIDE - 4)
_ends = st.tuples(*[st.integers(-2, SIDE + 2)] * 4).filter(lambda e: e[:2] != e[2:])


def blocks(most: int) -> st.SearchStrategy[tuple[Block, ...]]:
    """Blocks of houses; they may overlap each other, stand in the water, and reach out of town."""
    one = st.builds(
        Block,
        kind=st.sampled_from(list(BLOCKS)),
        x=_spots,
        y=_spots,
        count=st.integers(1, 8),
        homes=st.sampled_from((60, 30, 120, 0, 1)),
        compound=st.booleans(),
    )
    return st.lists(one, min_size=1, max_size=most).map(tuple)


def towns(most_blocks: int = 6) -> st.SearchStrategy[Town]:
    """Whole towns, from an empty square to a few dozen houses on both sides of a river."""
    return st.builds(
        Town,
        land=st.sampled_from(LANDS),
        split=st.sampled_from(SPLITS),
        blocks=blocks(most_blocks),
        streets=st.lists(_ends, max_size=3).map(tuple),
        rails=st.lists(_ends, max_size=1).map(tuple),
        river=st.one_of(st.just(()), _ends),
        pond=st.booleans(),
    )
