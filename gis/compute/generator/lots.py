"""Housing on crooked lots: old quarters wall to wall with courtyards, and urban villages with a hand's breadth between.

A plot is cut again and again, each cut a little askew; the first cuts leave lanes, the last ones party walls.
"""

from __future__ import annotations

import math

import numpy as np
import shapely

from gis.compute.generator.housing import Houses, in_own_frame, turn
from gis.compute.generator.plan import Floats, Geometries, Ring, clip_ring, ring_area_m2

LEAST_HOUSE_M2 = 24.0
LEAST_CLEARANCE_M = 0.05
M2_PER_HOME = 58.0
# A courtyard this large may have a house of its own in it.
YARD_WITH_HOUSE_M2 = 42.0


def _askew(ring: Ring, rng: np.random.Generator) -> tuple[tuple[float, float], float]:
    """Normal and offset of a cut across a convex ring's longer side."""
    x, y = np.array(ring).T
    wide = np.ptp(x) >= np.ptp(y)
    angle = (0.0 if wide else math.pi / 2) + math.radians(float(rng.uniform(-13, 13)))
    normal = (math.cos(angle), math.sin(angle))
    reach = x * normal[0] + y * normal[1]
    share = float(rng.uniform(0.36, 0.64))
    return normal, float(reach.min() + share * np.ptp(reach))


def _cut_lots(ring: Ring, most_m2: float, lane_from_m2: float, rng: np.random.Generator) -> list[Ring]:
    waiting, lots = [ring], []
    while waiting:
        one = waiting.pop()
        area = ring_area_m2(one) if len(one) > 2 else 0.0
        if area < LEAST_HOUSE_M2:
            continue
        if area < most_m2 * float(rng.uniform(0.6, 1.6)):
            lots.append(one)
            continue
        normal, offset = _askew(one, rng)
        half = float(rng.uniform(1.0, 1.9)) if area > lane_from_m2 else 0.0
        waiting.append(clip_ring(one, normal, offset - half)[0])
        waiting.append(clip_ring(one, normal, offset + half)[1])
    return lots


def _lots(plot: shapely.Polygon, sizes: tuple[float, float], rng: np.random.Generator) -> Geometries:
    """Lots of about `sizes[0]` m² inside a plot in its own frame; pieces above `sizes[1]` part by lanes."""
    west, south, east, north = shapely.bounds(plot)
    rim: Ring = [(west, south), (east, south), (east, north), (west, north)]
    rings = _cut_lots(rim, sizes[0], sizes[1], rng)
    if not rings:
        return np.array([], dtype=object)
    lots = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    shapely.prepare(plot)
    whole = shapely.contains_properly(plot, lots)
    cut = shapely.intersection(lots[~whole], plot)
    lots[~whole] = [max(shapely.get_parts(piece), key=lambda part: part.area, default=piece) for piece in cut]
    good = (shapely.get_type_id(lots) == 3) & (shapely.area(lots) >= LEAST_HOUSE_M2)
    return lots[good]


def _scaled(shape: shapely.Polygon, factor: float, about: Floats) -> shapely.Polygon:
    return shapely.transform(shape, lambda xy: about + factor * (xy - about))


def _on_lot(lot: shapely.Polygon, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Zero to two houses on one lot of an old quarter."""
    kind = float(rng.random())
    middle = shapely.get_coordinates(shapely.centroid(lot))[0]
    if kind < 0.07:
        return []
    if kind < 0.3 and lot.area > 130:
        yard = _scaled(lot, float(rng.uniform(0.4, 0.62)), middle)
        if not shapely.contains_properly(lot, yard):
            return [lot]
        within = _scaled(yard, 0.58, middle)
        ring = shapely.difference(lot, yard)
        return [ring, within] if yard.area > YARD_WITH_HOUSE_M2 and rng.random() < 0.5 else [ring]
    if kind < 0.55 and lot.area > 90:
        corner = shapely.get_coordinates(lot)[int(rng.integers(4))]
        left = shapely.difference(lot, _scaled(lot, float(rng.uniform(0.35, 0.6)), corner))
        return [max(shapely.get_parts(left), key=lambda part: part.area)]
    if kind < 0.7:
        free = shapely.buffer(lot, -float(rng.uniform(0.3, 1.2)), join_style="mitre")
        return [free] if free.geom_type == "Polygon" and free.area > LEAST_HOUSE_M2 else [lot]
    return [lot]


def _raised(local: Geometries, per_floor: Floats, frame: tuple[float, tuple[float, float]], form: str,
            floors: Floats) -> Houses:  # fmt: skip
    shapes = shapely.transform(local, lambda xy: turn(xy, frame[0], frame[1]))
    homes = np.maximum(1, np.rint(per_floor * floors)).astype(np.int64)
    # Stored coordinates are rounded to a centimetre: points nearer than that to another wall would cross it.
    good = (shapely.get_type_id(shapes) == 3) & (shapely.minimum_clearance(shapes) > LEAST_CLEARANCE_M)
    return Houses(shapes[good], floors.astype(np.int64)[good], homes[good], form)


def warren(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Old houses of 1 to 4 floors wall to wall on crooked lots: courtyards, houses inside courtyards, L shapes."""
    local, angle, about = in_own_frame(plot)
    lots = _lots(local, (float(rng.uniform(120, 290)), float(rng.uniform(900, 1800))), rng)
    houses = [house for lot in lots for house in _on_lot(lot, rng)]
    shapes = np.array([*houses, None], dtype=object)[:-1]
    floors = rng.choice([1.0, 2.0, 2.0, 3.0, 4.0], len(shapes))
    return _raised(shapes, shapely.area(shapes) / M2_PER_HOME, (angle, about), "warren", floors)


def urban_village(plot: shapely.Polygon, rng: np.random.Generator) -> Houses:
    """Let rooms in houses of 4 to 7 floors, one or two metres apart, as stand in villages a city grew around."""
    local, angle, about = in_own_frame(plot)
    lots = _lots(local, (float(rng.uniform(95, 150)), 1300.0), rng)
    shapes = shapely.buffer(lots, -rng.uniform(0.4, 1.0, len(lots)), join_style="mitre")
    keep = (
        (shapely.get_type_id(shapes) == 3)
        & (shapely.area(shapes) > LEAST_HOUSE_M2)
        & (rng.random(len(shapes)) < 0.95)
    )
    shapes = shapes[keep]
    floors = rng.integers(4, 8, len(shapes)).astype(np.float64)
    per_floor = shapely.area(shapes) / float(rng.uniform(32, 45))
    return _raised(shapes, per_floor, (angle, about), "urban_village", floors)
