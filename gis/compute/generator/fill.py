"""Which plot of a generated community holds what, so that its homes come close to its households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.generator.high_rise import giants, great_towers, podiums
from gis.compute.generator.housing import HOUSING, Houses
from gis.compute.generator.lots import urban_village, warren
from gis.compute.generator.plan import Floats, Geometries, Ints
from gis.compute.generator.style import Style, draw_form

# Plots kept free of homes whatever the need: the school, the park, the market.
RESERVED_SHARE = 0.13
# An estate is begun only where at least half of it is needed; a few homes short fall on all houses alike.
HALF_FILLED = 0.5
NEARLY_ENOUGH = 0.94
VILLAGER_GROUP_HOUSEHOLDS = 45
DWELLING_FORMS = (
    "slab", "tower", "old_town", "rural",
    "warren", "urban_village", "great_tower", "giant", "podium",
)  # fmt: skip
BUILDERS = {
    **HOUSING,
    "warren": warren,
    "urban_village": urban_village,
    "great_tower": great_towers,
    "giant": giants,
    "podium": podiums,
}


@dataclass(frozen=True)
class Settled:
    """One plot, its use (a dwelling form, school, shops, works, park or field) and its buildings.

    `lived_in`: homes lived in per building, where they are not all.
    """

    plot: shapely.Polygon
    use: str
    houses: Houses
    lived_in: Ints | None = None

    @property
    def weights(self) -> Ints:
        """What each building counts for when a community's households are spread over its buildings."""
        return self.houses.homes if self.lived_in is None else self.lived_in


def _built(plot: shapely.Polygon, use: str, rng: np.random.Generator) -> Settled:
    if use in BUILDERS:
        houses = BUILDERS[use](plot, rng)
        if len(houses):
            return Settled(plot, use, houses)
    return open_land(plot, "park" if use != "rural" else "field")


def open_land(plot: shapely.Polygon, use: str) -> Settled:
    """A plot without buildings."""
    nothing = np.zeros(0, np.int64)
    return Settled(plot, use, Houses(np.array([], dtype=object), nothing, nothing, use))


def _dwelling_form(centrality: float, rng: np.random.Generator) -> str:
    old = 0.42 * max(0.0, 1 - centrality / 0.55)
    tower = 0.12 + 0.28 * centrality
    return str(rng.choice(["old_town", "tower", "slab"], p=[old, tower, 1 - old - tower]))


def _other_use(centrality: float, rng: np.random.Generator) -> str:
    works = 0.35 * centrality
    return str(rng.choice(["park", "school", "shops", "works"], p=[0.3, 0.22, 0.48 - works, works]))


def _homes(settled: Sequence[Settled]) -> int:
    return sum(int(item.houses.homes.sum()) for item in settled)


def settle_urban(
    plots: Sequence[shapely.Polygon],
    households: int,
    centrality: float,
    rng: np.random.Generator,
    style: Style | None = None,
) -> list[Settled]:
    """Fill an urban community's plots until its homes come near its households.

    `centrality` is 0 in the middle of town and 1 at the rim. Where the land does not suffice, low houses give
    way to towers (or to the style's filler). The last plot is built only as far as needed.
    """
    order = [int(i) for i in rng.permutation(len(plots))]
    shares = style.shares_at(centrality, rng) if style else None
    reserved = order[: round((style.reserved if style else RESERVED_SHARE) * len(plots))]
    settled: dict[int, Settled] = {}
    homes = 0
    for i in order[len(reserved) :]:
        form = draw_form(shares, rng) if shares else _dwelling_form(centrality, rng)
        item = _built(plots[i], form, rng)
        if households - homes < HALF_FILLED * item.houses.homes.sum():
            settled[i] = _built(plots[i], _other_use(centrality, rng), rng)
            continue
        settled[i] = _not_beyond(item, households - homes)
        homes += int(settled[i].houses.homes.sum())
    for i in reserved:
        vacant = style is not None and rng.random() < style.vacant
        settled[i] = (
            open_land(plots[i], "vacant") if vacant else _built(plots[i], _other_use(centrality, rng), rng)
        )
    _fill_up(settled, order[::-1], (households, style.filler if style else "tower"), rng)
    return [settled[i] for i in range(len(plots))]


def _not_beyond(item: Settled, homes_needed: int) -> Settled:
    """Only as many houses of the plot as it takes to reach the homes needed (the last one may pass them)."""
    running = np.cumsum(item.houses.homes)
    if len(running) == 0 or running[-1] <= homes_needed:
        return item
    count = int(np.searchsorted(running, homes_needed)) + 1
    return Settled(item.plot, item.use, item.houses.first(count))


def _fill_up(
    settled: dict[int, Settled], order: Sequence[int], wanted: tuple[int, str], rng: np.random.Generator
) -> None:
    """Where homes are still short: towers (or another form) on the plots with the fewest homes per hectare, parks and
    all. `wanted`: households and form.
    """
    households, form = wanted
    homes = _homes(list(settled.values()))
    if homes >= NEARLY_ENOUGH * households:
        return
    density = {i: settled[i].houses.homes.sum() / settled[i].plot.area for i in order}
    for i in sorted(order, key=lambda i: (settled[i].use not in DWELLING_FORMS, density[i])):
        before = int(settled[i].houses.homes.sum())
        item = _not_beyond(_built(settled[i].plot, form, rng), households - homes + before)
        after = int(item.houses.homes.sum())
        if after > before:
            settled[i] = item
            homes += after - before
        if homes >= NEARLY_ENOUGH * households:
            return


def settle_village(
    plots: Sequence[shapely.Polygon],
    households: int,
    rng: np.random.Generator,
    style: Style | None = None,
) -> list[Settled]:
    """Fill a village's plots with farmhouses from its middle (or its hamlets) outwards; the rest is field."""
    centres = shapely.get_coordinates(shapely.centroid(np.array(plots, dtype=object)))
    middle = np.average(centres, axis=0, weights=shapely.area(np.array(plots, dtype=object)))
    away = np.hypot(*(centres - middle).T)
    if style:
        hearts = centres[rng.integers(0, len(centres), style.hamlets)]
        away = np.hypot(*(centres[:, None] - hearts[None]).transpose(2, 0, 1)).min(axis=1)
    settled: dict[int, Settled] = {}
    homes = 0
    for i in np.argsort(away, kind="stable"):
        if homes >= households:
            settled[int(i)] = open_land(plots[int(i)], "field")
            continue
        settled[int(i)] = _not_beyond(_built(plots[int(i)], "rural", rng), households - homes)
        homes += int(settled[int(i)].houses.homes.sum())
    return [settled[i] for i in range(len(plots))]


def villager_groups(centres: Floats, households: Ints) -> Ints:
    """Numbers 1… of compact villager groups of about 45 households each, one per house."""
    groups = np.zeros(len(centres), dtype=np.int64)
    count = max(1, round(float(households.sum()) / VILLAGER_GROUP_HOUSEHOLDS))
    _bisect(np.arange(len(centres)), centres, count, 1, groups)
    return groups


def _bisect(members: Ints, centres: Floats, count: int, first: int, groups: Ints) -> None:
    if count <= 1 or len(members) < 2:
        groups[members] = first
        return
    axis = int(np.argmax(np.ptp(centres[members], axis=0)))
    ordered = members[np.lexsort((centres[members, 1 - axis], centres[members, axis]))]
    at = round(len(ordered) * (count // 2) / count)
    _bisect(ordered[:at], centres, count // 2, first, groups)
    _bisect(ordered[at:], centres, count - count // 2, first + count // 2, groups)


def plots_of(
    face: shapely.Polygon, taken: Geometries, inset_m: float, least_m2: float
) -> list[shapely.Polygon]:
    """The buildable parts of a block: pulled in from its streets, without water and railway margin."""
    inner = shapely.buffer(face, -inset_m, join_style="mitre")
    if len(taken):
        inner = shapely.difference(inner, shapely.union_all(taken))
        inner = shapely.buffer(shapely.buffer(inner, -6.0), 6.0, quad_segs=2)
    parts = [part for part in shapely.get_parts(inner) if part.area >= least_m2]
    return [shapely.simplify(part, 0.3) for part in parts]
