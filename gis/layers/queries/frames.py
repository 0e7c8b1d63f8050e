"""The layers as frames for the map arithmetic: GeoDataFrames in EPSG:4490, indexed by row id, one statement
each.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsWKB
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import F, QuerySet, Sum

from gis.layers.models import (
    STORAGE_SRID,
    Barrier,
    Building,
    Community,
    FitnessSite,
    LayerKind,
    Street,
)
from gis.layers.queries.features import current_features, unplaced_buildings

_DEGREES_PER_M = 1 / 90_000  # generous between 18° and 54° north: a box for "near", never a measure


def frame_of(rows: QuerySet[Any], columns: dict[str, Any], geometry: str = "geometry") -> gpd.GeoDataFrame:
    """Rows as a GeoDataFrame: `columns` maps the frame's names to model fields or expressions; index = id (int64)."""
    fields = {f"_{name}": F(field) if isinstance(field, str) else field for name, field in columns.items()}
    found = list(rows.order_by("id").values_list("id", *fields.values(), AsWKB(geometry)))
    frame = pd.DataFrame([row[:-1] for row in found], columns=["id", *columns]).set_index("id")
    frame.index = frame.index.astype("int64")
    shapes = shapely.from_wkb([bytes(row[-1]) for row in found])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=STORAGE_SRID)


def community_frame(community: Community) -> gpd.GeoDataFrame:
    """One row: code, name, settlement, households (None when unknown); geometry is the frame that grids must
    tile.
    """
    columns = {name: name for name in ("code", "name", "settlement", "households")}
    return frame_of(Community.objects.filter(pk=community.pk), columns, "frame")


def community_frames() -> gpd.GeoDataFrame:
    """All current communities: code, name, settlement, households, unit_path; geometry is the frame."""
    columns = {
        "code": "code",
        "name": "name",
        "settlement": "settlement",
        "households": "households",
        "unit_path": "unit__path",
    }
    return frame_of(current_features(LayerKind.COMMUNITIES), columns, "frame")


_BUILDING = {
    "ref": "ref",
    "households": "households",
    "household_source": "household_source",
    "use": "use",
    "floors": "floors",
    "height_m": "height_m",
    "given_households": "given_households",
    "compound_name": "compound_name",
    "villager_group": "villager_group",
    "community_id": "community_id",
    "stands_for_id": "stands_for_id",
}


def buildings_of(community: Community) -> gpd.GeoDataFrame:
    """The community's buildings: ref, households (0 if none), household_source, use, floors, height_m,
    given_households, compound_name and villager_group (None when empty), community_id, stands_for_id (the
    compound without buildings that a row stands for)."""
    frame = frame_of(Building.objects.filter(retired_by=None, community=community), _BUILDING)
    for column in ("compound_name", "villager_group"):
        frame[column] = frame[column].replace("", None)
    return frame


def _near(community: Community, reach_m: float) -> GEOSGeometry:
    west, south, east, north = community.frame.extent
    margin = reach_m * _DEGREES_PER_M
    box = GEOSGeometry(shapely.box(west - margin, south - margin, east + margin, north + margin).wkt)
    box.srid = STORAGE_SRID
    return box


def streets_near(community: Community, reach_m: float = 50) -> gpd.GeoDataFrame:
    """Street lines whose box comes within reach of the frame's box, uncut: name, road_class, is_bridge,
    is_tunnel.
    """
    rows = Street.objects.filter(retired_by=None, geometry__bboverlaps=_near(community, reach_m))
    return frame_of(rows, {name: name for name in ("name", "road_class", "is_bridge", "is_tunnel")})


def barriers_near(community: Community, reach_m: float = 50) -> gpd.GeoDataFrame:
    """Barriers (lines and polygons) near the frame, uncut: name, kind (water, rail, main_road, other)."""
    rows = Barrier.objects.filter(retired_by=None, geometry__bboverlaps=_near(community, reach_m))
    return frame_of(rows, {"name": "name", "kind": "barrier_kind"})


def fitness_sites() -> gpd.GeoDataFrame:
    """All fitness sites of the city: ref, name, site_kind."""
    rows = FitnessSite.objects.filter(retired_by=None)
    return frame_of(rows, {name: name for name in ("ref", "name", "site_kind")})


def all_streets() -> gpd.GeoDataFrame:
    """All street lines of the city: road_class, is_bridge, is_tunnel."""
    rows = Street.objects.filter(retired_by=None)
    return frame_of(rows, {name: name for name in ("road_class", "is_bridge", "is_tunnel")})


def homes() -> gpd.GeoDataFrame:
    """Buildings with households, each as a point inside it: community_id (Int64, NA = unplaced),
    households.
    """
    rows = Building.objects.filter(retired_by=None, households__gt=0)
    frame = frame_of(rows, {"community_id": "community_id", "households": "households"})
    frame["community_id"] = frame["community_id"].astype("Int64")
    return frame.set_geometry(frame.representative_point())


def unplaced_households() -> int:
    """Households of buildings that lie in no community."""
    return int(unplaced_buildings().aggregate(sum=Sum("households"))["sum"] or 0)


def city_extent() -> tuple[float, float, float, float] | None:
    """West, south, east, north of the current communities; None before their first import."""
    extent = current_features(LayerKind.COMMUNITIES).aggregate(extent=Extent("geometry"))["extent"]
    return tuple(extent) if extent else None
