"""Patches are land that a building keeps because it stands there, wherever the nearest site may be.

A footprint may reach over a street where none of its sites stands, or over a barrier; or a ridge may cut it
although the sites came closer. The border then goes round the footprint.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.tessellation.enclosures import Enclosures
from gis.compute.tessellation.overlaps import Groups
from gis.compute.tessellation.sites import CUT_DEPTH_M, Outlines, Sites


@dataclass(frozen=True)
class Patches:
    """Metric polygons with the building of each."""

    shapes: GeometryArray
    building: IntArray

    @staticmethod
    def of(shapes: GeometryArray, building: IntArray) -> Patches:
        """Return the patches large enough to be seen, one for each polygon."""
        parts, of = shapely.get_parts(shapes, return_index=True)
        solid = shapely.area(parts) > CUT_DEPTH_M**2
        return Patches(np.asarray(parts[solid]), building[of[solid]])

    def and_more(self, more: Patches) -> Patches:
        """Return these and more patches."""
        return Patches(
            np.concatenate([self.shapes, more.shapes]), np.concatenate([self.building, more.building])
        )


def patches_of(
    shapes: GeometryArray,
    cut: IntArray,
    outlines: Outlines,
    sites: Sites,
    groups: Groups,
    enclosures: Enclosures,
) -> Patches:
    """Return the patches of buildings that ridges cut, and of those astride streets and barriers."""
    whole = Patches.of(shapely.buffer(shapes[cut], -CUT_DEPTH_M / 2), cut)
    return _astride(shapes, outlines, sites, groups, enclosures).and_more(whole)


def _astride(
    shapes: GeometryArray, outlines: Outlines, sites: Sites, groups: Groups, enclosures: Enclosures
) -> Patches:
    """Return the parts of footprints in enclosures where their buildings have no site; podiums need none.

    Strips narrower than a border wanders are left.
    """
    rows = np.flatnonzero(~outlines.at_home & ~groups.podium & (shapely.area(shapes) > 0))
    cores = shapely.buffer(shapes[rows], -CUT_DEPTH_M)
    row, enclosure = shapely.STRtree(enclosures.metric_faces).query(cores, predicate="intersects")
    building = rows[row]
    count = len(enclosures.bank)
    held = np.isin(building * count + enclosure, sites.building * count + sites.enclosure)
    row, building, enclosure = row[~held], building[~held], enclosure[~held]
    faces = enclosures.metric_faces[enclosure]
    inside = shapely.area(shapely.intersection(cores[row], faces)) > 0
    return Patches.of(shapely.intersection(shapes[building[inside]], faces[inside]), building[inside])
