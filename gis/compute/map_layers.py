"""The six frames a made or mended city comes as."""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd


@dataclass(frozen=True)
class MapLayers:
    """A city's frames in EPSG:4490; what columns they have, who makes them says."""

    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """The six frames by layer name."""
        return {one.name: getattr(self, one.name) for one in fields(MapLayers)}
