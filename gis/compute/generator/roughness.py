"""Houses as they stand and are drawn: turned, notched, with walls that are not straight, lived in to uneven degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from gis.compute.generator.fill import Settled
from gis.compute.generator.plan import Floats, Geometries, Ints
from gis.compute.generator.style import Style

# Forms that stand apart; the others stand wall to wall on lots that are crooked already.
FREE_STANDING = ("slab", "tower", "great_tower", "giant", "school", "shops", "works")
WALL_STEP_M = 9.0
WALL_NOISE_M = 0.22
NOTCHED = 0.3
TURNED = 0.12
# Common ground below this is a rounding; more means that a house was turned into its neighbour.
TOUCH_M2 = 0.01
REVERT_ROUNDS = 6
# A house without registered households, and one at which the households of its whole plot are registered.
EMPTY_HOUSES = 0.02
LUMPS = 0.01
LUMP_FACTOR = 3.0


def roughened(items: Sequence[Settled], style: Style, rng: np.random.Generator) -> list[Settled]:
    """The plots of one community with their houses roughened and unevenly lived in."""
    occupied = [_occupied(item, style, rng) for item in items]
    moving = [i for i, item in enumerate(occupied) if item.use in FREE_STANDING and len(item.houses)]
    if not moving:
        return occupied
    shapes = np.concatenate([occupied[i].houses.polygons for i in moving])
    plots = np.repeat(
        np.array([occupied[i].plot for i in moving], dtype=object), [len(occupied[i].houses) for i in moving]
    )
    rough = _kept_apart(shapes, _distorted(shapes, rng), plots)
    start = 0
    for i in moving:
        houses = occupied[i].houses
        occupied[i] = replace(
            occupied[i], houses=replace(houses, polygons=rough[start : start + len(houses)])
        )
        start += len(houses)
    return occupied


def _occupied(item: Settled, style: Style, rng: np.random.Generator) -> Settled:
    homes = item.houses.homes
    if homes.sum() == 0:
        return item
    share = float(rng.uniform(*style.occupancy)) * np.exp(rng.normal(0.0, 0.08, len(homes)))
    lived_in = np.rint(homes * np.minimum(share, 1.1)).astype(np.int64)
    lived_in[rng.random(len(homes)) < EMPTY_HOUSES] = 0
    lump = (rng.random(len(homes)) < LUMPS) & (homes < 80)
    lived_in[lump] = (lived_in[lump] * LUMP_FACTOR).astype(np.int64)
    return replace(item, lived_in=homes if lived_in.sum() == 0 else lived_in)


def _distorted(shapes: Geometries, rng: np.random.Generator) -> Geometries:
    """Notch, turn and shift every house and move its wall points a little."""
    notched = shapes.copy()
    for i in np.flatnonzero((shapely.get_num_coordinates(shapes) == 5) & (rng.random(len(shapes)) < NOTCHED)):
        notched[i] = _notch(shapes[i], rng)
    centres = shapely.get_coordinates(shapely.centroid(notched))
    angle = rng.normal(0.0, np.radians(2.0), len(shapes))
    wide = rng.random(len(shapes)) < TURNED
    angle[wide] = rng.uniform(-0.6, 0.6, int(wide.sum()))
    shift = rng.normal(0.0, 0.7, (len(shapes), 2))
    walls = shapely.segmentize(notched, WALL_STEP_M)
    xy, owner = shapely.get_coordinates(walls, return_index=True)
    noise = _noise_by_point(xy, owner, rng)
    away = xy - centres[owner]
    cos, sin = np.cos(angle)[owner], np.sin(angle)[owner]
    turned = np.column_stack([cos * away[:, 0] - sin * away[:, 1], sin * away[:, 0] + cos * away[:, 1]])
    return np.asarray(shapely.set_coordinates(walls, turned + centres[owner] + shift[owner] + noise))


def _noise_by_point(xy: Floats, owner: Ints, rng: np.random.Generator) -> Floats:
    """The same noise for the first and the last point of a ring, which are one."""
    keys = np.column_stack([owner, np.rint(xy * 1000).astype(np.int64)])
    _, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    return np.asarray(rng.normal(0.0, WALL_NOISE_M, (int(place.max()) + 1, 2))[place])


def _notch(house: shapely.Polygon, rng: np.random.Generator) -> shapely.Polygon:
    """The four-cornered house with one corner set back."""
    ring = shapely.get_coordinates(house)[:-1]
    corner = int(rng.integers(4))
    at, before, after = ring[corner], ring[corner - 1], ring[(corner + 1) % 4]
    back, on = (before - at) * float(rng.uniform(0.2, 0.55)), (after - at) * float(rng.uniform(0.2, 0.45))
    new = [at + back, at + back + on, at + on]
    return shapely.Polygon(np.vstack([ring[:corner], new, ring[corner + 1 :]]))


def _kept_apart(before: Geometries, after: Geometries, plots: Geometries) -> Geometries:
    """The houses after, or before where one is invalid, leaves its plot or stands in another one's way."""
    shapes = np.where(shapely.is_valid(after) & shapely.covered_by(after, plots), after, before)
    for _ in range(REVERT_ROUNDS):
        left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        apart = left < right
        left, right = left[apart], right[apart]
        common = shapely.area(shapely.intersection(shapes[left], shapes[right])) > TOUCH_M2
        bad = np.unique(np.concatenate([left[common], right[common]]))
        bad = bad[shapes[bad] != before[bad]]
        if len(bad) == 0:
            break
        shapes[bad] = before[bad]
    return np.asarray(shapes)
