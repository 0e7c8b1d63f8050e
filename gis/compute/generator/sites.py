"""Fitness sites of a generated city: in parks, school grounds and compounds, with invented names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.generator.fill import Settled

# kind → (Chinese ending of the name, least and most people at a time)
SITE_KINDS = {
    "sports_park": ("体育公园", 120, 400),
    "fitness_square": ("健身广场", 60, 200),
    "fitness_path": ("健身苑", 20, 60),
    "fitness_centre": ("健身中心", 40, 120),
    "village_ground": ("农民体育健身广场", 40, 150),
}
# Streets/towns differ in how many of their communities have a site of their own, as in cities that still work on
# their 15-minute circle.
PROVISION = (0.1, 0.2, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class DrawnSite:
    """One site: point in metres, kind, name, people at a time."""

    point: shapely.Point
    kind: str
    name: str
    capacity: int


def draw_sites(
    short_name: str, items: Sequence[Settled], households: int, provision: float, rng: np.random.Generator
) -> list[DrawnSite]:
    """Zero to two sites for one community: parks first, then the open corners of its compounds.

    `provision` is the share of communities of the street/town that have any.
    """
    if rng.random() > provision:
        return []
    parks = [item for item in items if item.use == "park" and item.plot.area > 3000]
    homes = [item for item in items if item.houses.homes.sum() > 0]
    count = 1 + bool(rng.random() < 0.3 and households > 1500)
    sites: list[DrawnSite] = []
    used: set[str] = set()
    for item in [*parks[:1], *[homes[int(i)] for i in rng.permutation(len(homes))]][:count]:
        kind = _kind(item, rng)
        if kind in used:
            continue
        used.add(kind)
        ending, least, most = SITE_KINDS[kind]
        capacity = int(rng.integers(least, most + 1)) // 5 * 5
        sites.append(DrawnSite(_open_spot(item), kind, f"{short_name}{ending}", capacity))
    return sites


def _kind(item: Settled, rng: np.random.Generator) -> str:
    if item.use == "park":
        return "sports_park" if item.plot.area > 15_000 else "fitness_square"
    if item.use == "rural":
        return "village_ground"
    return str(rng.choice(["fitness_path", "fitness_path", "fitness_centre"]))


def _open_spot(item: Settled) -> shapely.Point:
    """A point of the plot far from its buildings."""
    if len(item.houses) == 0:
        return shapely.point_on_surface(item.plot)
    free = shapely.difference(item.plot, shapely.union_all(shapely.buffer(item.houses.polygons, 2.0)))
    parts = shapely.get_parts(free)
    largest = parts[int(np.argmax(shapely.area(parts)))] if len(parts) else item.plot
    circle = shapely.maximum_inscribed_circle(largest, tolerance=1.0)
    return shapely.Point(shapely.get_coordinates(circle)[0])
