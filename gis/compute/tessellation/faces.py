"""Faces are what the ridges and the rims of the enclosures enclose; each goes to one group of buildings or a block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gis.compute.lattice import (
    FloatArray,
    GeometryArray,
    IntArray,
    Lattice,
    divide_keeping_corners,
    faces_within,
    sum_per,
)
from gis.compute.tessellation.borders import Borders
from gis.compute.tessellation.enclosures import Enclosures, components
from gis.compute.tessellation.overlaps import Groups
from gis.compute.tessellation.patches import Patches
from gis.compute.tessellation.ridges import Ridges
from gis.compute.tessellation.sites import Outlines, Sites

_ROUNDS = 6


@dataclass(frozen=True)
class Faces:
    """Faces on the lattice, and the enclosure of each."""

    shapes: GeometryArray
    enclosure: IntArray


def faces_between(
    frame: shapely.Geometry, lattice: Lattice, ridges: Ridges, patches: Patches, enclosures: Enclosures
) -> Faces:
    """Return the faces between the ridges, the rims of the patches and the rims of the enclosures."""
    rims = shapely.boundary(enclosures.lattice_faces)
    cuts = lattice.from_metric(np.concatenate([ridges.lines, shapely.boundary(patches.shapes)]))
    faces = divide_keeping_corners(rims, cuts, frame)
    faces, spots = faces_within(shapely.coverage_union_all(enclosures.lattice_faces), faces)
    of = np.full(len(faces), -1, dtype=np.int64)
    tree = shapely.STRtree(enclosures.lattice_faces)
    row, enclosure = tree.query(spots, predicate="within")
    of[row] = enclosure
    # A face of a few square centimetres, made by the noding on an enclosure's rim, belongs to the nearest one.
    orphans = np.flatnonzero(of < 0)
    if len(orphans):
        of[orphans] = tree.nearest(spots[orphans])
    return Faces(faces, of)


def label_faces(
    faces: Faces, sites: Sites, patches: Patches, groups: Groups, outlines: Outlines, lattice: Lattice
) -> IntArray:
    """Return per face the group whose building stands in it, else that of the nearest site of the enclosure.

    A face of an enclosure without any site is labelled with the number of buildings + the enclosure.
    """
    label = len(groups.of) + faces.enclosure
    open_faces = np.isin(faces.enclosure, sites.enclosure)
    if len(patches.building):
        spots = lattice.to_metric(shapely.point_on_surface(faces.shapes))
        row, patch = shapely.STRtree(patches.shapes).query(spots, predicate="within")
        label[row] = groups.of[patches.building[patch]]
        open_faces[row] = False
    standing = np.flatnonzero(~groups.podium)
    middles = shapely.points(lattice.from_metric_xy(outlines.spot[standing]))
    row, face = shapely.STRtree(faces.shapes).query(middles, predicate="within")
    # Where two groups would share a face, the first keeps it; the other is found to have none.
    label[face[::-1]] = groups.of[standing[row[::-1]]]
    open_faces[face] = False
    rest = np.flatnonzero(open_faces)
    if len(rest):
        spots = shapely.get_coordinates(shapely.point_on_surface(faces.shapes[rest]))
        nearest = _nearest_sites(lattice.to_metric_xy(spots), faces.enclosure[rest], sites)
        label[rest] = groups.of[sites.building[nearest]]
    return label


def _nearest_sites(spots: FloatArray, enclosure: IntArray, sites: Sites) -> IntArray:
    """Return the nearest site of the same enclosure; the third axis keeps the enclosures apart."""
    apart = 4.0 * float(np.ptp(np.vstack([spots, sites.xy]), axis=0).max()) + 1.0
    tree = cKDTree(np.column_stack([sites.xy, sites.enclosure * apart]))
    return np.asarray(tree.query(np.column_stack([spots, enclosure * apart]))[1])


class Settling:
    """Gives stray faces of a unit to the neighbour with the longest common border, first in the same enclosure."""

    def __init__(
        self,
        faces: Faces,
        borders: Borders,
        enclosures: Enclosures,
        sites: Sites,
        groups: Groups,
        lattice: Lattice,
    ) -> None:
        self._faces, self._sites, self._groups, self._lattice = faces, sites, groups, lattice
        self._left, self._right = borders.owner[borders.first], borders.owner[borders.second]
        self._length = borders.length_m[borders.first]
        self._bank = enclosures.bank[faces.enclosure]
        self._area = shapely.area(faces.shapes)

    def settle(self, label: IntArray) -> IntArray:
        """Return the labels with every unit in one part, where a neighbour can take the others."""
        label = label.copy()
        for _ in range(_ROUNDS):
            strays = self._strays(label)
            if len(strays) == 0 or not self._give_away(strays, label):
                break
        return label

    def _strays(self, label: IntArray) -> IntArray:
        """Return the faces outside the main connected part of their unit: the one with most sites, then most area.

        A Voronoi region clipped to a block that is not convex falls apart; only one part of it holds the house.
        """
        same = label[self._left] == label[self._right]
        part = components(len(label), self._left[same], self._right[same])
        count = int(part.max()) + 1
        label_of_part = np.zeros(count, dtype=np.int64)
        label_of_part[part] = label
        parts_of_label = np.bincount(label_of_part)
        several = parts_of_label[label_of_part] > 1
        if not several.any():
            return np.zeros(0, dtype=np.int64)
        sites = np.bincount(part[self._faces_of_sites(label, several[part])], minlength=count)
        area = sum_per(part, self._area, count)
        order = np.lexsort((np.arange(count), -area, -sites, label_of_part))
        main = np.zeros(count, dtype=bool)
        main[order[np.r_[True, label_of_part[order][1:] != label_of_part[order][:-1]]]] = True
        return np.flatnonzero(~main[part])

    def _faces_of_sites(self, label: IntArray, candidate: np.ndarray) -> IntArray:
        """Return the face of every site that lies in a candidate face of its own unit."""
        faces = np.flatnonzero(candidate)
        owner = self._groups.of[self._sites.building]
        rows = np.flatnonzero(np.isin(owner, label[faces]))
        if len(rows) == 0:
            return np.zeros(0, dtype=np.int64)
        spots = shapely.points(self._lattice.from_metric_xy(self._sites.xy[rows]))
        row, face = shapely.STRtree(self._faces.shapes[faces]).query(spots, predicate="within")
        own = label[faces[face]] == owner[rows[row]]
        return np.asarray(faces[face[own]])

    def _give_away(self, strays: IntArray, label: IntArray) -> bool:
        stray = np.zeros(len(label), dtype=bool)
        stray[strays] = True
        a = np.concatenate([self._left, self._right])
        b = np.concatenate([self._right, self._left])
        metres = np.concatenate([self._length, self._length])
        offered = stray[a] & ~stray[b]
        a, b, metres = a[offered], b[offered], metres[offered]
        if len(a) == 0:
            return False
        # 2 the same enclosure, 1 the same bank, 0 beyond: nearness goes before length.
        near = np.where(
            self._faces.enclosure[a] == self._faces.enclosure[b],
            2,
            (self._bank[a] == self._bank[b]).astype(int),
        )
        width = int(label.max()) + 1
        offer, of = np.unique(a * width + label[b], return_inverse=True)
        face, unit = offer // width, offer % width
        nearness = np.zeros(len(offer), dtype=np.int64)
        np.maximum.at(nearness, of, near)
        order = np.lexsort((unit, -sum_per(of, metres, len(offer)), -nearness, face))
        best = order[np.r_[True, face[order][1:] != face[order][:-1]]]
        changed = bool((label[face[best]] != unit[best]).any())
        label[face[best]] = unit[best]
        return changed
