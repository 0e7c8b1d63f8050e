"""Where a ridge would cut a footprint, the sites of the houses concerned come closer."""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.tessellation.enclosures import Enclosures
from gis.compute.tessellation.overlaps import Groups
from gis.compute.tessellation.ridges import Blocks, Ridges, ridges_between
from gis.compute.tessellation.sites import CUT_DEPTH_M, Outlines, Sites

# Noding and rounding move a border by up to this much after it was looked at.
_NODING_M = 0.04


def refined_ridges(
    shapes: GeometryArray, groups: Groups, outlines: Outlines, enclosures: Enclosures
) -> tuple[Sites, Ridges, IntArray]:
    """Return sites and ridges, and the buildings that ridges cut all the same."""
    blocks = Blocks(enclosures)
    sites = outlines.sites(np.arange(len(shapes)))
    ridges = ridges_between(sites, groups.of, blocks)
    footprints = _Footprints(shapes, groups, outlines.home, enclosures)
    cut, beside = footprints.cut_by(ridges)
    if len(cut) == 0:
        return sites, ridges, cut
    concerned = np.union1d(cut, np.flatnonzero(np.isin(groups.of, beside)))
    outlines.come_closer(concerned)
    again = np.zeros(len(enclosures.bank), dtype=bool)
    again[sites.enclosure[np.isin(sites.building, concerned)]] = True
    redone = outlines.sites(np.unique(sites.building[again[sites.enclosure]]))
    redone = redone.some(again[redone.enclosure])
    fresh = ridges_between(redone, groups.of, blocks)
    return (
        sites.some(~again[sites.enclosure]).and_more(redone),
        ridges.some(~again[ridges.enclosure]).and_more(fresh),
        footprints.cut_by(fresh)[0],
    )


class _Footprints:
    """Finds the footprints that ridges run through."""

    def __init__(self, shapes: GeometryArray, groups: Groups, home: IntArray, enclosures: Enclosures) -> None:
        self._shapes, self._groups = shapes, groups
        self._bank = enclosures.bank
        self._home = home
        self._rows = np.flatnonzero((shapely.area(shapes) > 0) & ~groups.podium)
        self._tree = shapely.STRtree(shapes[self._rows])
        self._core: dict[int, shapely.Geometry] = {}

    def cut_by(self, ridges: Ridges) -> tuple[IntArray, IntArray]:
        """Return the buildings that are cut, and the groups on both sides of the ridges that cut them."""
        line, at = self._tree.query(ridges.lines, predicate="intersects")
        building = self._rows[at]
        own_bank = self._bank[ridges.enclosure[line]] == self._bank[self._home[building]]
        line, building = line[own_bank], building[own_bank]
        deep = shapely.intersects(ridges.lines[line], self._cores(building))
        line, building = line[deep], building[deep]
        return np.unique(building), np.unique(np.concatenate([ridges.left[line], ridges.right[line]]))

    def _cores(self, buildings: IntArray) -> GeometryArray:
        """Return the footprints without the rim that a border between touching houses wanders over."""
        new = np.array([b for b in np.unique(buildings).tolist() if b not in self._core], dtype=np.int64)
        cores = shapely.buffer(self._shapes[new], _NODING_M - CUT_DEPTH_M)
        self._core.update(zip(new.tolist(), cores, strict=True))
        found = np.empty(len(buildings), dtype=object)
        found[:] = [self._core[b] for b in buildings.tolist()]
        return found
