"""Sites are points along the outlines of the footprints; every piece of land belongs to the nearest one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops

from gis.compute.lattice import FloatArray, GeometryArray, IntArray
from gis.compute.tessellation.enclosures import Enclosures
from gis.compute.tessellation.nearness import facing, gaps_within
from gis.compute.tessellation.overlaps import Groups

# Footprints are shrunk so that touching houses keep apart; "Tessellate" of the specification.
SHRINK_M = 0.5
# Borders between touching houses wander by this much around the common wall.
CUT_DEPTH_M = 0.2
# Houses further apart than this do not ask for closer sites.
_FREE_M = 12.0
_LEAST_STEP_M, _MOST_STEP_M = 0.6, 12.0
# Across a gap narrower than this, every site has one that faces it.
_NARROW_M = 2.0
_NARROW_STEP_M = 6.0
# How much closer sites stand where a border was found to cut a footprint, and how near to the walls.
_CLOSER = 0.16
_CLOSE_SHRINK_M = 0.3
# No outline needs more sites than this, however long it is.
_MOST_SITES = 400.0


@dataclass(frozen=True)
class Sites:
    """Places in metres (n, 2) with the building and the enclosure of each."""

    xy: FloatArray
    building: IntArray
    enclosure: IntArray

    def some(self, keep: np.ndarray) -> Sites:
        """Return the sites that a mask or an index picks."""
        return Sites(self.xy[keep], self.building[keep], self.enclosure[keep])

    def and_more(self, more: Sites) -> Sites:
        """Return these and more sites."""
        return Sites(
            np.vstack([self.xy, more.xy]),
            np.concatenate([self.building, more.building]),
            np.concatenate([self.enclosure, more.enclosure]),
        )


class Outlines:
    """The buildings of one community as the sites are made from them.

    `home` is the enclosure of each building's middle, `spot` (n, 2) that middle, moved into the enclosure
    where it lies in none; `at_home` says that the whole footprint lies in it. A building keeps to the bank
    (land between barriers) of its home; across a street it may reach, so that a street drawn through a house
    does not cut it. Water is nobody's home while there is land.
    """

    def __init__(self, shapes: GeometryArray, enclosures: Enclosures, groups: Groups) -> None:
        self._enclosures = enclosures
        self._podium, self._group = groups.podium, groups.of
        middle = shapely.point_on_surface(shapes)
        self.home = _home_enclosure(middle, enclosures)
        self.spot = _inside(middle, enclosures.metric_faces[self.home])
        self._shapes = shapes
        self._outline = _shrunk(shapes)
        self._gap = gaps_within(shapes, _FREE_M)
        self._step = _first_step(self._gap)
        shapely.prepare(enclosures.metric_faces)
        self.at_home = shapely.covers(enclosures.metric_faces[self.home], shapes)

    def sites(self, buildings: IntArray) -> Sites:
        """Return the sites of some buildings; one that would have none has its middle."""
        buildings = buildings[~self._podium[buildings]]
        outline = self._outline[buildings]
        step = np.maximum(self._step[buildings], shapely.length(outline) / _MOST_SITES)
        xy, index = shapely.get_coordinates(shapely.segmentize(outline, step), return_index=True)
        xy, building = self._with_facing(xy, buildings[index], buildings)
        found = Sites(xy, building, self._enclosures_of(xy, building))
        found = found.some(found.enclosure >= 0)
        without = np.setdiff1d(buildings, found.building)
        return found.and_more(Sites(self.spot[without], without, self.home[without]))

    def _with_facing(
        self, xy: FloatArray, building: IntArray, buildings: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Return the places and, for each near another building's walls, the places on those walls that face it.

        Then the sites on both sides of a narrow gap are alike, and the land between is parted straight.
        """
        near = np.flatnonzero(self._gap[building] < _NARROW_M)
        if len(near) == 0:
            return xy, building
        start, end, owner = _walls(self._outline, buildings[self._gap[buildings] < _NARROW_M])
        places, wall = facing(
            xy[near],
            self._group[building[near]],
            np.hstack([start, end]),
            self._group[owner],
            _NARROW_M + 2 * SHRINK_M,
        )
        return np.vstack([xy, places]), np.concatenate([building, owner[wall]])

    def _enclosures_of(self, xy: FloatArray, building: IntArray) -> IntArray:
        """Return the enclosure of each place, -1 where it is none on the building's own bank."""
        enclosures = self._enclosures
        of = self.home[building]
        away = np.flatnonzero(~self.at_home[building])
        if len(away):
            tree = shapely.STRtree(enclosures.metric_faces)
            row, face = tree.query(shapely.points(xy[away]), predicate="within")
            found = np.full(len(away), -1, dtype=np.int64)
            found[row] = face
            home = of[away]
            own = (enclosures.bank[found] == enclosures.bank[home]) & (
                enclosures.is_water[found] == enclosures.is_water[home]
            )
            of[away] = np.where((found >= 0) & own, found, -1)
        return of

    def come_closer(self, buildings: IntArray) -> None:
        """Let the sites of some buildings stand closer, and nearer to the walls.

        A wing narrower than twice the shrink had none.
        """
        core = shapely.buffer(self._shapes[buildings], -_CLOSE_SHRINK_M, join_style="mitre", mitre_limit=2.0)
        wide = ~shapely.is_empty(core)
        self._outline[buildings[wide]] = core[wide]
        self._step[buildings] = np.maximum(self._step[buildings] * _CLOSER, _LEAST_STEP_M)


def _home_enclosure(middle: GeometryArray, enclosures: Enclosures) -> IntArray:
    land = np.flatnonzero(~enclosures.is_water)
    if len(land) == 0:
        land = np.arange(len(enclosures.is_water))
    tree = shapely.STRtree(enclosures.metric_faces[land])
    row, face = tree.query(middle, predicate="intersects")
    home = np.full(len(middle), len(land), dtype=np.int64)
    np.minimum.at(home, row, face)
    astray = np.flatnonzero(home == len(land))
    if len(astray):
        home[astray] = tree.nearest(middle[astray])
    return np.asarray(land[home])


def _inside(middle: GeometryArray, faces: GeometryArray) -> FloatArray:
    """Return the middle itself where it lies in its face, else a place just inside the face nearest to it."""
    xy = shapely.get_coordinates(middle)
    for at in np.flatnonzero(~shapely.contains(faces, middle)):
        inner = shapely.buffer(faces[at], -SHRINK_M)
        target = inner if not inner.is_empty else faces[at].representative_point()
        xy[at] = shapely.get_coordinates(shapely.ops.nearest_points(target, middle[at])[0])[0]
    return xy


def _shrunk(shapes: GeometryArray) -> GeometryArray:
    """Return every footprint a little smaller; what would vanish is shrunk less, then stands as a point."""
    shrunk = shapes.copy()
    solid = np.flatnonzero(shapely.area(shapes) > 0)
    shrunk[solid] = shapely.buffer(shapes[solid], -SHRINK_M, join_style="mitre", mitre_limit=2.0)
    gone = solid[shapely.is_empty(shrunk[solid])]
    shrunk[gone] = shapely.buffer(shapes[gone], -SHRINK_M / 10)
    flat = np.setdiff1d(np.arange(len(shapes)), solid)
    gone = np.concatenate([gone[shapely.is_empty(shrunk[gone])], flat])
    shrunk[gone] = shapely.point_on_surface(shapes[gone])
    return shrunk


def _walls(outline: GeometryArray, buildings: IntArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return both ends of every straight wall of some outlines, the open air on its right, and whose it is."""
    rings, of = shapely.get_rings(shapely.orient_polygons(outline[buildings]), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    goes_on = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    return xy[goes_on], xy[goes_on + 1], buildings[of[ring[goes_on]]]


def _first_step(gap: FloatArray) -> FloatArray:
    """Return how far apart the sites of each building stand at first, by the gap to the nearest building.

    Two rows of sites s apart, across a gap g between the walls, part the land by a zigzag that reaches up to
    s² / 8 (g + 1) m from the middle line. It should stay off both walls; where walls are alike on both sides
    the sites are, too, and there is hardly any zigzag. Where a border
    is found to cut a footprint all the same, sites come closer.
    """
    safe = np.sqrt(8 * (gap + 2 * SHRINK_M) * (0.15 + gap / 2))
    return np.asarray(np.clip(safe, _NARROW_STEP_M, _MOST_STEP_M))
