"""A generated city: communities, blocks, houses, streets, river, railway and fitness sites from a fixed seed.

For demos and benches where no open geometry exists. Codes, names and household totals may be real; every
shape is invented and every row says so (`label` = "generated"). The same specs and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.compute.generator import frames
from gis.compute.generator.layout import lay_out, settle, standing_streets
from gis.compute.generator.specs import CommunitySpec, check_specs, draw_households, read_community_specs
from gis.compute.generator.street_dirt import dirty_streets
from gis.compute.generator.style import Style
from gis.compute.map_layers import MapLayers

__all__ = [
    "CommunitySpec",
    "GeneratedCity",
    "Style",
    "draw_households",
    "generate_city",
    "read_community_specs",
]


@dataclass(frozen=True)
class GeneratedCity(MapLayers):
    """Frames of a generated city in EPSG:4490 at 7 decimals; every frame has `label` = "generated".

    communities  code, name, kind (urban, village), street_town_code, street_town_name, county_code,
                 households
    buildings    building_id, community_code, use (residential, other), form (slab, tower, old_town, rural,
                 school, shops, works), floors, height_m, compound_id or None, villager_group or None,
                 households or NA
    compounds    compound_id, name, community_code: polygons of walled estates
    streets      street_id, street_class (primary, secondary, tertiary, residential, lane): lines
    barriers     barrier_id, kind (water: polygon; rail, main_road: line), name
    sites        site_id, name, kind, capacity, community_code: points
    """

    metric_crs: str
    seed: int


def generate_city(
    communities: Sequence[CommunitySpec],
    *,
    seed: int,
    centre_lonlat: tuple[float, float],
    with_households: bool = False,
    style: Style | None = None,
) -> GeneratedCity:
    """Generate a city around a place; every community must know its households (see `draw_households`).

    With `with_households`, `buildings.households` is filled so that each community's sum is its total;
    otherwise it is NA and the totals stand on the communities alone, as bureaus usually have them. A `style`
    makes a kind of city of its own, more crooked than the plain one and with the faults of real street layers.
    Raises InputRefused for unusable specs and for a place outside the CGCS2000 zones.
    """
    check_specs(communities)
    placing = frames.Placing(centre_lonlat)
    layout = lay_out(communities, np.random.default_rng([seed, 2]), style)
    settled = settle(communities, layout, seed, style)
    lines, classes = standing_streets(layout, settled)
    if style:
        houses = np.concatenate([item.houses.polygons for items in settled for item in items])
        lines, classes = dirty_streets(lines, classes, houses, np.random.default_rng([seed, 6]))
    return GeneratedCity(
        communities=frames.communities_frame(communities, layout, placing),
        buildings=frames.buildings_frame(communities, settled, with_households, placing),
        compounds=frames.compounds_frame(communities, settled, placing),
        streets=frames.streets_frame(lines, classes, placing),
        barriers=frames.barriers_frame(layout, placing),
        sites=frames.sites_frame(communities, settled, seed, placing),
        metric_crs=placing.metric_crs,
        seed=seed,
    )
