"""Where a ridge would cut a footprint, the sites of the houses concerned come closer until it does not."""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.tessellation.enclosures import Enclosures
from gis.compute.tessellation.overlaps import Groups
from gis.compute.tessellation.ridges import Blocks, Ridges, ridges_between
from gis.compute.tessellation.sites import Outlines, Sites

# Borders between touching houses wander by this much around the common wall.
CUT_DEPTH_M = 0.2
_ROUNDS = 4


def uncut_ridges(
    shapes: GeometryArray, groups: Groups, outlines: Outlines, enclosures: Enclosures
) -> tuple[Sites, Ridges]:
    """Return sites and ridges that leave every footprint whole, where sites can bring that about."""
    blocks = Blocks(enclosures)
    sites = outlines.sites(np.arange(len(shapes)))
    ridges = ridges_between(sites, groups.of, blocks)
    check = _Footprints(shapes, groups, outlines.home, enclosures)
    fresh = ridges
    for _ in range(_ROUNDS):
        doubtful = outlines.come_closer(check.concerned(fresh))
        if len(doubtful) == 0:
            break
        again = np.zeros(len(enclosures.bank), dtype=bool)
        again[sites.enclosure[np.isin(sites.building, doubtful)]] = True
        redone = outlines.sites(np.unique(sites.building[again[sites.enclosure]]))
        redone = redone.some(again[redone.enclosure])
        sites = sites.some(~again[sites.enclosure]).and_more(redone)
        fresh = ridges_between(redone, groups.of, blocks)
        ridges = ridges.some(~again[ridges.enclosure]).and_more(fresh)
    return sites, ridges


class _Footprints:
    """Finds the footprints that ridges run through."""

    def __init__(self, shapes: GeometryArray, groups: Groups, home: IntArray, enclosures: Enclosures) -> None:
        self._shapes, self._groups = shapes, groups
        self._bank = enclosures.bank
        self._home = home
        self._rows = np.flatnonzero((shapely.area(shapes) > 0) & ~groups.podium)
        self._tree = shapely.STRtree(shapes[self._rows])
        self._core: dict[int, shapely.Geometry] = {}

    def concerned(self, ridges: Ridges) -> IntArray:
        """Return the buildings that are cut and those on both sides of the ridges that cut them."""
        line, at = self._tree.query(ridges.lines, predicate="intersects")
        building = self._rows[at]
        own_bank = self._bank[ridges.enclosure[line]] == self._bank[self._home[building]]
        line, building = line[own_bank], building[own_bank]
        deep = shapely.intersects(ridges.lines[line], self._cores(building))
        line, building = line[deep], building[deep]
        groups = np.unique(np.concatenate([ridges.left[line], ridges.right[line]]))
        return np.union1d(building, np.flatnonzero(np.isin(self._groups.of, groups)))

    def _cores(self, buildings: IntArray) -> GeometryArray:
        """Return the footprints without the rim that a border between touching houses wanders over."""
        new = np.array([b for b in np.unique(buildings).tolist() if b not in self._core], dtype=np.int64)
        self._core.update(zip(new.tolist(), shapely.buffer(self._shapes[new], -CUT_DEPTH_M), strict=True))
        found = np.empty(len(buildings), dtype=object)
        found[:] = [self._core[b] for b in buildings.tolist()]
        return found
