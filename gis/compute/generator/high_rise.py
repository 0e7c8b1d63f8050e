"""High-rise housing: towers of up to 400 homes, single buildings of up to 900, towers that stand on a podium."""

from __future__ import annotations

import math

import numpy as np
import shapely

from gis.compute.generator.housing import Boxes, Houses, free_rows, in_own_frame, raise_boxes

M2_PER_HOME = 92.0
GREAT_TOWER_HOMES = (90, 400)
GIANT_HOMES = (420, 900)


def great_towers(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Towers of 18 to 46 floors and 90 to 400 homes, no two sizes alike."""
    local, angle, about = in_own_frame(plot)
    depth = float(rng.uniform(17.0, 22.0))
    most = math.log(GREAT_TOWER_HOMES[1] / GREAT_TOWER_HOMES[0])
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 6.0, depth + float(rng.uniform(32.0, 48.0)), depth):
        x = start + float(rng.uniform(4.0, 14.0))
        while stop - x > 30.0:
            homes = round(GREAT_TOWER_HOMES[0] * math.exp(most * float(rng.random()) ** 1.8))
            floors = int(rng.integers(18, 47))
            width = max(20.0, homes / floors * M2_PER_HOME / (0.86 * depth))
            if width > stop - x:
                break
            outline = str(rng.choice(["butterfly", "cross", "rect", "ell"], p=[0.45, 0.15, 0.25, 0.15]))
            shift = float(rng.uniform(-4.0, 4.0))
            boxes.add((x, y + shift, x + width, y + depth + shift), outline, floors, homes)
            x += width + float(rng.uniform(14.0, 30.0))
    return raise_boxes(local, boxes, angle, about, "great_tower")


def giants(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Single buildings of 420 to 900 homes, bent around a yard or along a street."""
    local, angle, about = in_own_frame(plot)
    side = float(rng.uniform(52.0, 70.0))
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 8.0, side + 40.0, side):
        x = start + 8.0
        while stop - x > side * 0.9:
            homes = int(rng.integers(*GIANT_HOMES))
            outline = str(rng.choice(["u", "yard", "ell"]))
            width = min(side * float(rng.uniform(0.9, 1.4)), stop - x)
            boxes.add((x, y, x + width, y + side), outline, int(rng.integers(12, 34)), homes)
            x += width + float(rng.uniform(20.0, 60.0))
    houses = raise_boxes(local, boxes, angle, about, "giant")
    return houses.first(int(rng.integers(1, 3)))


def podiums(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Two to four towers over each podium of shops: one footprint with all their homes where no one drew the towers
    apart, else the towers in openings of the podium, wall to wall with it.
    """
    local, angle, about = in_own_frame(plot)
    tower, gap, rim = float(rng.uniform(22.0, 27.0)), 16.0, 6.0
    depth = tower + 2 * rim
    boxes = Boxes.none()
    for y, start, stop in free_rows(local, 8.0, depth + float(rng.uniform(22.0, 30.0)), depth):
        x = start + 6.0
        for _ in range(40):
            count = int(rng.integers(2, 5))
            width = count * tower + (count - 1) * gap + 2 * rim
            if x + width > stop - 4.0:
                break
            _podium(boxes, (x, y, width, depth), (tower, gap, rim), count, rng)
            x += width + float(rng.uniform(14.0, 22.0))
    return _opened(raise_boxes(local, boxes, angle, about, "podium"))


def _podium(
    boxes: Boxes,
    place: tuple[float, float, float, float],
    sizes: tuple[float, float, float],
    count: int,
    rng: np.random.Generator,
) -> None:
    x, y, width, depth = place
    tower, gap, rim = sizes
    homes = [int(rng.integers(90, 300)) for _ in range(count)]
    together = sum(homes) < GIANT_HOMES[1] and rng.random() < 0.3
    boxes.add((x, y, x + width, y + depth), "rect", 4, sum(homes) if together else 0)
    if together:
        return
    for number, one in enumerate(homes):
        west = x + rim + number * (tower + gap)
        box = (west, y + rim, west + tower, y + rim + tower)
        boxes.add(box, "rect", int(rng.integers(20, 40)), one)


def _opened(houses: Houses) -> Houses:
    """Podiums without homes lose the ground of the towers that stand on them."""
    shapes = houses.polygons.copy()
    bare = np.flatnonzero(houses.homes == 0)
    if len(bare):
        above = shapes[houses.homes > 0]
        if len(above):
            shapes[bare] = shapely.difference(shapes[bare], shapely.union_all(above))
    good = (shapely.get_type_id(shapes) == 3) & (shapely.minimum_clearance(shapes) > 0.05)
    return Houses(shapes[good], houses.floors[good], houses.homes[good], houses.form)
