"""Buildings of a generated city: what stands on one plot of land, by the kind of place it is.

A plot is a block without its streets, water and railway margin, as one polygon in metres. Every form lays
rows along the plot's own direction, nearest to east-west, as houses in northern China face south. Sizes
follow common stock: walk-up slabs of two homes per landing, lift towers of 60 to 200 homes, old courtyards
wall to wall, farmhouses in rows. Invented, not surveyed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.generator.plan import Floats, Geometries, Ints

# Slabs hold 24 to 72 households, towers 60 to 200; the margin is for scaling homes to a community's total.
SLAB_HOMES = (26, 70)
TOWER_HOMES = (64, 192)
STAIR_WIDTH_M = 14.0
HOMES_PER_LANDING = 2

# Unit outlines, scaled to the house's box. Shares of the box are chosen so that walls stay over 4 m thick.
OUTLINES: dict[str, list[tuple[float, float]]] = {
    "rect": [(0, 0), (1, 0), (1, 1), (0, 1)],
    "butterfly": [
        (0, 0), (0.36, 0), (0.36, 0.2), (0.64, 0.2), (0.64, 0), (1, 0),
        (1, 0.85), (0.72, 0.85), (0.72, 1), (0.28, 1), (0.28, 0.85), (0, 0.85),
    ],
    "cross": [
        (0.25, 0), (0.75, 0), (0.75, 0.28), (1, 0.28), (1, 0.72), (0.75, 0.72),
        (0.75, 1), (0.25, 1), (0.25, 0.72), (0, 0.72), (0, 0.28), (0.25, 0.28),
    ],
    "ell": [(0, 0), (1, 0), (1, 0.42), (0.38, 0.42), (0.38, 1), (0, 1)],
    "u": [(0, 0), (0.3, 0), (0.3, 0.62), (0.7, 0.62), (0.7, 0), (1, 0), (1, 1), (0, 1)],
    "yard": [(0, 0), (1, 0), (1, 1), (0, 1)],
}  # fmt: skip
YARD_HOLE = [(0.3, 0.3), (0.3, 0.68), (0.7, 0.68), (0.7, 0.3)]


@dataclass(frozen=True)
class Houses:
    """Buildings of one plot: polygons in metres, floors above ground, homes (0 where nobody lives), form."""

    polygons: Geometries
    floors: Ints
    homes: Ints
    form: str

    def __len__(self) -> int:
        return len(self.polygons)

    def first(self, count: int) -> Houses:
        """Only the first `count` buildings, which stand together."""
        return Houses(self.polygons[:count], self.floors[:count], self.homes[:count], self.form)


@dataclass
class Boxes:
    """House boxes in a plot's own frame (x along the rows), with outline name, floors and homes."""

    box: list[tuple[float, float, float, float]]
    outline: list[str]
    floors: list[int]
    homes: list[int]

    @classmethod
    def none(cls) -> Boxes:
        """An empty list to add to."""
        return cls([], [], [], [])

    def add(self, box: tuple[float, float, float, float], outline: str, floors: int, homes: int) -> None:
        """Add one house; `box` is (west, south, east, north)."""
        self.box.append(box)
        self.outline.append(outline)
        self.floors.append(floors)
        self.homes.append(homes)


def row_direction(plot: shapely.Polygon) -> float:
    """Angle in radians of the plot's side that runs nearest to east-west, within ±45°."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(plot))
    side = corners[1] - corners[0]
    angle = math.atan2(side[1], side[0])
    return (angle + math.pi / 4) % (math.pi / 2) - math.pi / 4


def turn(xy: Floats, angle: float, about: tuple[float, float]) -> Floats:
    """Rotate points (n, 2) about a point."""
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = xy[:, 0] - about[0], xy[:, 1] - about[1]
    return np.column_stack([about[0] + cos * x - sin * y, about[1] + sin * x + cos * y])


def free_rows(
    plot: shapely.Polygon, first_m: float, pitch_m: float, depth_m: float
) -> list[tuple[float, float, float]]:
    """Rows (south edge, west end, east end) of the given depth that fit a plot in its own frame."""
    west, south, east, north = shapely.bounds(plot)
    bottoms = np.arange(south + first_m, north - depth_m, pitch_m)
    if len(bottoms) == 0:
        return []
    levels = np.concatenate([bottoms, bottoms + depth_m])
    ends = np.array([[[west - 1, level], [east + 1, level]] for level in levels])
    chords = shapely.intersection(shapely.linestrings(ends), plot)
    spans = np.array([_longest_span(chord) for chord in chords])
    lower, upper = spans[: len(bottoms)], spans[len(bottoms) :]
    starts = np.maximum(lower[:, 0], upper[:, 0])
    stops = np.minimum(lower[:, 1], upper[:, 1])
    return [(float(y), float(a), float(b)) for y, a, b in zip(bottoms, starts, stops, strict=True) if b > a]


def _longest_span(chord: shapely.Geometry) -> tuple[float, float]:
    best = (0.0, 0.0)
    for part in shapely.get_parts(chord):
        x = shapely.get_coordinates(part)[:, 0]
        if len(x) and x.max() - x.min() > best[1] - best[0]:
            best = (float(x.min()), float(x.max()))
    return best


def raise_boxes(
    plot: shapely.Polygon, boxes: Boxes, angle: float, about: tuple[float, float], form: str
) -> Houses:
    """Turn boxes into building polygons, dropping those that stick out of the plot."""
    if not boxes.box:
        return Houses(np.array([], dtype=object), np.zeros(0, np.int64), np.zeros(0, np.int64), form)
    box = np.array(boxes.box)
    shapely.prepare(plot)
    inside = shapely.contains(plot, shapely.box(box[:, 0], box[:, 1], box[:, 2], box[:, 3]))
    kept = np.flatnonzero(inside)
    names = np.array(boxes.outline)[kept]
    polygons = np.empty(len(kept), dtype=object)
    for name in np.unique(names):
        same = np.flatnonzero(names == name)
        polygons[same] = _outline_polygons(str(name), box[kept[same]], angle, about)
    return Houses(
        polygons,
        np.array(boxes.floors, dtype=np.int64)[inside],
        np.array(boxes.homes, dtype=np.int64)[inside],
        form,
    )


def _outline_polygons(name: str, box: Floats, angle: float, about: tuple[float, float]) -> Geometries:
    """One outline drawn into many boxes at once."""

    def rings(unit: list[tuple[float, float]]) -> Geometries:
        xy = np.array(unit, dtype=np.float64)[None] * (box[:, None, 2:] - box[:, None, :2]) + box[:, None, :2]
        return np.asarray(shapely.linearrings(turn(xy.reshape(-1, 2), angle, about).reshape(xy.shape)))

    holes = rings(YARD_HOLE)[:, None] if name == "yard" else None
    return np.asarray(shapely.polygons(rings(OUTLINES[name]), holes=holes))


def in_own_frame(plot: shapely.Polygon) -> tuple[shapely.Polygon, float, tuple[float, float]]:
    """The plot turned so that its rows run along x, the angle it was turned by, and the point it was turned about."""
    angle = row_direction(plot)
    centre = shapely.get_coordinates(shapely.centroid(plot))[0]
    about = (float(centre[0]), float(centre[1]))
    return shapely.transform(plot, lambda xy: turn(xy, -angle, about)), angle, about


def slabs(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Walk-up slabs of 5 to 6 floors (11 with a lift in newer ones), 24 to 72 homes each."""
    local, angle, about = in_own_frame(plot)
    lift = bool(rng.random() < 0.22)
    floors = int(rng.choice([11, 9]) if lift else rng.choice([5, 6, 6, 7]))
    depth = float(rng.uniform(11.5, 13.5))
    pitch = depth + 3.0 * floors * float(rng.uniform(0.95, 1.2))
    least = math.ceil(SLAB_HOMES[0] / (HOMES_PER_LANDING * floors))
    most = SLAB_HOMES[1] // (HOMES_PER_LANDING * floors)
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 4.0, pitch, depth):
        x = start + 4.0
        while stop - x >= least * STAIR_WIDTH_M:
            fits = min(most, int((stop - x) // STAIR_WIDTH_M))
            stairs = int(rng.integers(least, fits + 1)) if fits - least > 2 else fits
            shift = float(rng.uniform(-1.2, 1.2))
            box = (x, y + shift, x + stairs * STAIR_WIDTH_M - 0.6, y + depth + shift)
            boxes.add(box, "rect", floors, stairs * floors * HOMES_PER_LANDING)
            x += stairs * STAIR_WIDTH_M + float(rng.uniform(8.0, 13.0))
    return raise_boxes(local, boxes, angle, about, "slab")


def towers(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Lift towers of 15 to 33 floors, 60 to 200 homes each."""
    local, angle, about = in_own_frame(plot)
    floors = int(rng.integers(15, 34))
    per_floor = int(rng.choice([4, 4, 4, 6, 2 if floors >= 30 else 4]))
    homes = int(np.clip(floors * per_floor - rng.integers(0, per_floor + 1), *TOWER_HOMES))
    depth = float(rng.uniform(16.0, 19.0))
    width = max(18.0, per_floor * float(rng.uniform(94, 106)) / (0.88 * depth))
    pitch = depth + float(rng.uniform(34.0, 44.0))
    outline = str(rng.choice(["butterfly", "butterfly", "cross", "rect"]))
    boxes = Boxes.none()
    for number, (y, start, stop) in enumerate(free_rows(local, 7.0, pitch, depth)):
        room, gap = stop - start - 10.0, float(rng.uniform(17.0, 24.0))
        count = int((room + gap) // (width + gap))
        if count < 1:
            continue
        spare = (room - count * width) / count
        for i in range(count):
            x = start + 5.0 + spare * (0.3 if number % 2 else 0.7) + i * (width + spare)
            boxes.add((x, y, x + width, y + depth), outline, floors, homes)
    return raise_boxes(local, boxes, angle, about, "tower")


def old_town(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Lanes of courtyard houses of 1 to 3 floors standing wall to wall, a few homes each."""
    local, angle, about = in_own_frame(plot)
    boxes = Boxes.none()
    for number, (y, start, stop) in enumerate(free_rows(local, 1.5, 17.0, 13.0)):
        x = start + float(rng.uniform(0.5, 3.0))
        while stop - x >= 9.0:
            width = float(rng.uniform(9.0, 16.0))
            depth = float(rng.uniform(8.5, 13.0))
            outline = str(rng.choice(["yard", "rect", "u", "ell"], p=[0.16, 0.5, 0.22, 0.12]))
            depth = 13.0 if outline in ("yard", "u") else depth
            width = max(width, 13.0) if outline in ("yard", "u") else width
            floors = int(rng.choice([1, 2, 2, 3]))
            south = y if number % 2 else y + 13.0 - depth
            share = {"rect": 1.0, "yard": 0.85, "u": 0.75, "ell": 0.64}[outline]
            homes = max(1, round(width * depth * share * floors / 78.0))
            boxes.add((x, south, x + width, south + depth), outline, floors, homes)
            x += width + (0.0 if rng.random() < 0.8 else float(rng.uniform(1.5, 4.0)))
    return raise_boxes(local, boxes, angle, about, "old_town")


def farmhouses(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Village rows: one household to a house of 1 to 3 floors, party walls between most, a lane to every row."""
    local, angle, about = in_own_frame(plot)
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 2.0, float(rng.uniform(20.0, 24.0)), 14.5):
        count = int((stop - start) // 11.0) + 1
        widths = rng.uniform(11.0, 15.0, count)
        gaps = np.where(rng.random(count) < 0.7, 0.0, rng.uniform(1.0, 5.0, count))
        depths = rng.uniform(9.0, 12.0, count)
        kinds, floors, built = rng.random(count), rng.integers(1, 4, count), rng.random(count) < 0.93
        east = start + float(rng.uniform(0.0, 6.0)) + np.cumsum(widths + gaps) - gaps
        for i in np.flatnonzero(built & (east <= stop)):
            outline = "u" if kinds[i] > 0.88 else "ell" if kinds[i] > 0.6 else "rect"
            north = y + (14.0 if outline == "u" else float(depths[i]))
            boxes.add((float(east[i] - widths[i]), y, float(east[i]), north), outline, int(floors[i]), 1)
    return raise_boxes(local, boxes, angle, about, "rural")


def _large(
    plot: shapely.Polygon, rng: np.random.Generator, form: str, sizes: tuple[float, float, float]
) -> Houses:
    depth, width, gap = sizes
    local, angle, about = in_own_frame(plot)
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 10.0, depth + gap, depth):
        x = start + 8.0
        while stop - x >= 0.7 * width + 8.0:
            length = min(float(rng.uniform(0.7, 1.5)) * width, stop - x - 8.0)
            outline = str(rng.choice(["rect", "ell", "u"], p=[0.5, 0.25, 0.25]))
            floors = int(rng.integers(1, 3) if form == "works" else rng.integers(3, 6))
            if rng.random() < 0.72:
                boxes.add((x, y, x + length, y + depth), outline, floors, 0)
            x += length + gap
    return raise_boxes(local, boxes, angle, about, form)


def school(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Teaching wings of 3 to 5 floors with the rest of the plot left as a sports ground."""
    houses = _large(plot, rng, "school", (26.0, 62.0, 24.0))
    return houses.first(max(1, len(houses) * 2 // 3))


def shops(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Offices, markets and shops."""
    return _large(plot, rng, "shops", (34.0, 52.0, 14.0))


def works(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Halls of a factory or depot."""
    return _large(plot, rng, "works", (40.0, 85.0, 18.0))


HOUSING: dict[str, Callable[[shapely.Polygon, np.random.Generator], Houses]] = {
    "slab": slabs,
    "tower": towers,
    "old_town": old_town,
    "rural": farmhouses,
    "school": school,
    "shops": shops,
    "works": works,
}
