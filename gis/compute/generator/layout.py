"""Land of a generated city: streets, river, railway and main road, and what stands on every plot."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.generator.borders import exchange_blocks
from gis.compute.generator.fill import Settled, plots_of, settle_urban, settle_village
from gis.compute.generator.plan import (
    Bend,
    Cuts,
    Floats,
    Geometries,
    Names,
    Plan,
    Ring,
    bend_plan,
    irregular_outline,
    polyline_cuts,
    split_blocks,
    split_by_land,
    wandering_line,
)
from gis.compute.generator.roughness import roughened
from gis.compute.generator.specs import CommunitySpec
from gis.compute.generator.style import Style

# Half widths with pavement, in metres: what a block loses to a street of that class beyond its own inset.
STREET_HALF_WIDTH_M = {"primary": 24.0, "secondary": 16.0, "tertiary": 11.0}
RIVER_WIDTH_M = 58.0
RIVER_MARGIN_M = 26.0
RAIL_MARGIN_M = 22.0
RAIL_GAP_M = 9.0
BLOCK_INSET_M = {"urban": 8.0, "village": 4.0}
LEAST_PLOT_M2 = 1500.0
URBAN_LAND_M2 = (105.0, 150.0)
BLOCK_M2 = {"urban": 26_000.0, "village": 15_000.0}
BLOCK_STREETS = {
    "urban": ("tertiary", "tertiary", "residential"),
    "village": ("tertiary", "lane"),
}
# Only these cross water and railway; smaller streets end at them.
CROSSING_CLASSES = ("primary", "secondary")
MAIN_ROAD = "main_road"


@dataclass(frozen=True)
class BarrierLine:
    """How a kind of barrier runs: heading, swing in metres and as a share of the city's reach, way off its middle."""

    heading_deg: tuple[float, float]
    swing_m: float
    swing_share: float
    off_share: float


# In the order in which they are drawn.
BARRIER_LINES = {
    "main_road": BarrierLine((98, 112), 0.0, 0.012, -0.2),
    "river": BarrierLine((72, 84), 70.0, 0.0, 0.12),
    "rail": BarrierLine((-9, 9), 26.0, 0.0, -0.08),
}


@dataclass(frozen=True)
class Layout:
    """A city's land in metres: plan, river (polygon), railway and main road (lines)."""

    plan: Plan
    river: shapely.Geometry
    rail: shapely.Geometry
    main_road: shapely.Geometry


def _land_m2(spec: CommunitySpec, rng: np.random.Generator, style: Style | None) -> float:
    households = spec.households or 0
    if spec.kind == "village":
        return max(280_000.0, households * float(rng.uniform(1100, 1700)))
    return households * float(rng.uniform(*(style.land_m2 if style else URBAN_LAND_M2)))


def _cells(
    specs: Sequence[CommunitySpec], outline: Ring, land: Floats, rng: np.random.Generator, cuts: Cuts
) -> dict[int, Ring]:
    """One convex cell per community, cut county by county and street/town by street/town."""
    cells: dict[int, Ring] = {}
    counties = _split_level(specs, outline, land, 6, range(len(specs)), rng, cuts)
    for county, county_ring in counties.items():
        in_county = [i for i, spec in enumerate(specs) if spec.code[:6] == county]
        towns = _split_level(specs, county_ring, land, 9, in_county, rng, cuts)
        for town, town_ring in towns.items():
            members = [i for i in in_county if specs[i].code[:9] == town]
            members.sort(key=lambda i: (specs[i].kind == "village", specs[i].code))
            wanted: list[tuple[Hashable, float, bool]] = [
                (i, float(land[i]), specs[i].kind == "village") for i in members
            ]
            parts = split_by_land(town_ring, wanted, "secondary", rng, cuts)
            cells |= {int(str(i)): ring for i, ring in parts.items()}
    return cells


def _split_level(
    specs: Sequence[CommunitySpec],
    ring: Ring,
    land: Floats,
    digits: int,
    members: Sequence[int],
    rng: np.random.Generator,
    cuts: Cuts,
) -> dict[str, Ring]:
    """Cells of the code prefixes of a length; those with villages lie outside."""
    total: dict[str, float] = {}
    villages: dict[str, int] = {}
    for i in members:
        key = specs[i].code[:digits]
        total[key] = total.get(key, 0.0) + float(land[i])
        villages[key] = villages.get(key, 0) + (specs[i].kind == "village")
    ordered = sorted(total, key=lambda key: (villages[key], key))
    wanted: list[tuple[Hashable, float, bool]] = [(key, total[key], villages[key] > 0) for key in ordered]
    return {str(key): cell for key, cell in split_by_land(ring, wanted, "primary", rng, cuts).items()}


def lay_out(specs: Sequence[CommunitySpec], rng: np.random.Generator, style: Style | None = None) -> Layout:
    """Draw outline, cells, streets, rivers, railways and main roads for the communities."""
    land = np.array([_land_m2(spec, rng, style) for spec in specs])
    outline = irregular_outline(float(land.sum()), rng)
    bend = Bend.drawn(rng)
    cuts = Cuts(crookedness=style.crookedness, least_share=style.least_share) if style else Cuts()
    cells = _cells(specs, outline, land, rng, cuts)
    for i, ring in cells.items():
        kind = specs[i].kind
        split_blocks(ring, _block_m2(kind, rng, style), BLOCK_STREETS[kind], rng, cuts)
    reach = math.sqrt(float(land.sum()))
    count = max(1, round(reach / style.barrier_every_m)) if style else 1
    roads, rivers, rails = (_barrier_lines(kind, count, outline, reach, rng) for kind in BARRIER_LINES)
    for road in roads:
        for ends in polyline_cuts(road[::6], outline):
            cuts.add(ends, MAIN_ROAD)
    plan = bend_plan(outline, cells, cuts, bend)
    city = shapely.coverage_union_all(plan.faces)
    lines = bend.apply(np.array([shapely.LineString(line) for line in [*rivers, *rails]], dtype=object))
    water = shapely.union_all(shapely.buffer(lines[:count], RIVER_WIDTH_M / 2, quad_segs=4))
    highway = shapely.line_merge(shapely.multilinestrings(plan.edges[plan.edge_class == MAIN_ROAD]))
    plan.edge_class[plan.edge_class == MAIN_ROAD] = "primary"
    return Layout(
        plan=exchange_blocks(plan, specs, style.exchanged, rng) if style else plan,
        river=shapely.intersection(water, city),
        rail=shapely.intersection(shapely.union_all(lines[count:]), city),
        main_road=highway,
    )


def _block_m2(kind: str, rng: np.random.Generator, style: Style | None) -> float:
    if style is None or kind == "village":
        return BLOCK_M2[kind] * float(rng.uniform(0.85, 1.35))
    least, most = style.block_m2
    return least * (most / least) ** float(rng.random())


def _barrier_lines(
    kind: str, count: int, outline: Ring, reach: float, rng: np.random.Generator
) -> list[Ring]:
    """The first line of a kind lies as in every city, further ones side by side with it."""
    line = BARRIER_LINES[kind]
    low, high = line.heading_deg
    found = []
    for number in range(count):
        swing = line.swing_m + line.swing_share * reach
        off = line.off_share * reach
        if count > 1:
            off += reach * 0.9 * ((number + 0.5) / count - 0.5)
        found.append(wandering_line(outline, float(rng.uniform(low, high)), swing, off, rng))
    return found


def _margins(layout: Layout) -> Geometries:
    """What plots lose to water, railway and wide streets, in many small pieces for a quick search."""
    pieces = [
        shapely.buffer(_short(layout.river.boundary), RIVER_MARGIN_M, quad_segs=2),
        np.array([layout.river], dtype=object),
        shapely.buffer(_short(layout.rail), RAIL_MARGIN_M, quad_segs=2),
    ]
    for street_class, half_width in STREET_HALF_WIDTH_M.items():
        edges = layout.plan.edges[layout.plan.edge_class == street_class]
        pieces.append(shapely.buffer(edges, half_width, quad_segs=2))
    return np.concatenate(pieces)


def _short(line: shapely.Geometry) -> Geometries:
    """Two-point pieces of every line in a geometry."""
    pieces = []
    for part in shapely.get_parts(line):
        xy = shapely.get_coordinates(part)
        if len(xy) > 1:
            pieces.append(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))
    return np.concatenate(pieces) if pieces else np.array([], dtype=object)


def settle(
    specs: Sequence[CommunitySpec], layout: Layout, seed: int, style: Style | None = None
) -> list[list[Settled]]:
    """Plots with their buildings, community by community, each from its own seed: none depends on others."""
    margins = _margins(layout)
    tree = shapely.STRtree(margins)
    faces, owner = layout.plan.faces, layout.plan.face_community
    near_face, near_margin = tree.query(faces, predicate="intersects")
    starts = np.searchsorted(near_face, np.arange(len(faces) + 1))
    centrality = _centrality(specs, layout)
    result = []
    for i, spec in enumerate(specs):
        plots: list[shapely.Polygon] = []
        for face in np.flatnonzero(owner == i):
            taken = margins[near_margin[starts[face] : starts[face + 1]]]
            plots += plots_of(faces[face], taken, BLOCK_INSET_M[spec.kind], LEAST_PLOT_M2)
        rng = np.random.default_rng([seed, 3, int(spec.code)])
        result.append(_settled(spec, plots, float(centrality[i]), rng, style))
    return result


def _settled(
    spec: CommunitySpec,
    plots: Sequence[shapely.Polygon],
    centrality: float,
    rng: np.random.Generator,
    style: Style | None,
) -> list[Settled]:
    households = spec.households or 0
    # Where not every home is lived in, more homes are built than there are households.
    homes = round(households / np.mean(style.occupancy)) if style and spec.kind == "urban" else households
    if not plots:
        return []
    if spec.kind == "village":
        items = settle_village(plots, homes, rng, style)
    else:
        items = settle_urban(plots, homes, centrality, rng, style)
    return roughened(items, style, rng) if style else items


def _centrality(specs: Sequence[CommunitySpec], layout: Layout) -> Floats:
    """0 in the middle of the county's towns, 1 at the farthest urban community."""
    centres = np.zeros((len(specs), 2))
    middle = shapely.get_coordinates(shapely.centroid(layout.plan.faces))
    for i in range(len(specs)):
        centres[i] = middle[layout.plan.face_community == i].mean(axis=0)
    far = np.zeros(len(specs))
    counties = np.array([spec.county_code for spec in specs])
    urban = np.array([spec.kind == "urban" for spec in specs])
    for county in np.unique(counties):
        here = counties == county
        heart = centres[here & urban].mean(axis=0) if (here & urban).any() else centres[here].mean(axis=0)
        distance = np.hypot(*(centres - heart).T)
        far[here] = distance[here] / max(1.0, float(distance[here & urban].max(initial=1.0)))
    return np.asarray(np.clip(far, 0.0, 1.0))


def standing_streets(layout: Layout, settled: Sequence[Sequence[Settled]]) -> tuple[Geometries, Names]:
    """Street lines and classes as they stand: small ones end at water and railway, none cross fields."""
    plan = layout.plan
    keep = plan.edge_class != "rim"
    lanes = np.flatnonzero(plan.edge_class == "lane")
    lived_in = [item.plot for items in settled for item in items if item.use == "rural" and len(item.houses)]
    keep[lanes] = False
    if lived_in and len(lanes):
        middles = shapely.line_interpolate_point(plan.edges[lanes], 0.5, normalized=True)
        near, _ = shapely.STRtree(lived_in).query(middles, predicate="dwithin", distance=8.0)
        keep[lanes[np.unique(near)]] = True
    lines, classes = plan.edges[keep], plan.edge_class[keep]
    small = ~np.isin(classes, CROSSING_CLASSES)
    obstacle = np.array(
        [layout.river, shapely.buffer(layout.rail, RAIL_GAP_M, cap_style="flat")], dtype=object
    )
    met = np.unique(shapely.STRtree(obstacle).query(lines, predicate="intersects")[0])
    met = met[small[met]]
    lines = lines.copy()
    lines[met] = shapely.difference(lines[met], shapely.union_all(obstacle))
    parts, index = shapely.get_parts(lines, return_index=True)
    whole = shapely.length(parts) > 1.0
    return parts[whole], classes[index[whole]]
