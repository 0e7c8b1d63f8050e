"""Overlapping footprints and equal points are one unit; a crowded podium leaves the towers on it apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.tessellation.enclosures import components

# Two footprints are one unit when they overlap by this part of the smaller one.
OVERLAP_SHARE = 0.2


@dataclass(frozen=True)
class Groups:
    """`of` is the group of each building; `joined` counts the buildings that share theirs; `podium` marks podiums.

    A podium overlaps two or more smaller footprints of a group with too many households for one grid: it gets
    no sites of its own, so that the towers on it are units, and shares the unit in whose cell it stands.
    """

    of: IntArray
    joined: int
    podium: np.ndarray


def overlapping_groups(shapes: GeometryArray, households: IntArray, undivided_max: int) -> Groups:
    """Return the groups of buildings (metric, valid); above `undivided_max` households podiums stand apart."""
    count = len(shapes)
    if count == 0:
        return Groups(np.zeros(0, dtype=np.int64), 0, np.zeros(0, dtype=bool))
    left, right = _overlapping_pairs(shapes)
    if len(left) == 0:
        return Groups(np.arange(count), 0, np.zeros(count, dtype=bool))
    group = components(count, left, right)
    crowded = np.bincount(group, weights=households)[group] > undivided_max
    area = shapely.area(shapes)
    larger = np.where(area[left] >= area[right], left, right)
    podium = crowded & (np.bincount(larger, minlength=count) >= 2) & (area > 0)
    # What fills a grid by itself is a tower, whatever small things are drawn over it.
    podium &= households <= undivided_max
    apart = ~podium[left] & ~podium[right]
    group = components(count, left[apart], right[apart])
    return Groups(group, int((np.bincount(group)[group] > 1).sum()), podium)


def _overlapping_pairs(shapes: GeometryArray) -> tuple[IntArray, IntArray]:
    left, right = shapely.STRtree(shapes).query(shapes)
    keep = left < right
    left, right = left[keep], right[keep]
    # Boxes that share less than the wanted part of the smaller footprint rule most pairs out at once.
    area = shapely.area(shapes)
    smaller = np.minimum(area[left], area[right])
    box = shapely.bounds(shapes)
    wide = np.minimum(box[left, 2:], box[right, 2:]) - np.maximum(box[left, :2], box[right, :2])
    keep = np.maximum(wide, 0).prod(axis=1) >= OVERLAP_SHARE * smaller
    left, right, smaller = left[keep], right[keep], smaller[keep]
    common = np.zeros(len(left))
    solid = smaller > 0
    common[solid] = shapely.area(shapely.intersection(shapes[left[solid]], shapes[right[solid]]))
    # A point shares the unit of the footprint it lies in, or of another point at its place.
    thin = ~solid
    inside = np.zeros(len(left), dtype=bool)
    inside[thin] = shapely.intersects(shapes[left[thin]], shapes[right[thin]])
    same = inside | (solid & (common > OVERLAP_SHARE * smaller))
    return left[same], right[same]
