"""Features as GeoJSON and as vector tiles, both built by the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import F, Func, QuerySet, Value

from gis.layers.models import STORAGE_SRID, LayerKind
from wangge.errors import RuleBroken

_HALF_WORLD_M = 20037508.342789244
MAX_ZOOM = 20
_SHOWN = "shown_"
# Below these zooms a layer's features are smaller than a pixel and its tiles would be huge.
LEAST_ZOOM = {LayerKind.BUILDINGS: 13, LayerKind.COMPOUNDS: 12, LayerKind.STREETS: 10}


def tile_envelope(z: int, x: int, y: int) -> Polygon:
    """The tile's square in EPSG:3857; 400 BAD_TILE for numbers that name none."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise RuleBroken(
            "BAD_TILE", zh=f"没有瓦片 {z}/{x}/{y}", en=f"there is no tile {z}/{x}/{y}", status=400
        )
    side = 2 * _HALF_WORLD_M / 2**z
    west, north = -_HALF_WORLD_M + x * side, _HALF_WORLD_M - y * side
    box = Polygon.from_bbox((west, north - side, west + side, north))
    box.srid = 3857
    return box


def vector_tile(
    rows: QuerySet[Any], layer: str, columns: dict[str, Any], geometry: str, tile: Polygon
) -> bytes:
    """One layer's Mapbox vector tile: `columns` maps attribute names to expressions, `geometry` names a 3857
    field.

    A margin of 64/4096 of the tile is kept around it so that outlines join.
    """
    west, south, east, north = tile.extent
    margin = (east - west) * 64 / 4096
    wide = Polygon.from_bbox((west - margin, south - margin, east + margin, north + margin))
    wide.srid = 3857
    inside = rows.order_by().filter(**{f"{geometry}__bboverlaps": wide})
    bounds = Func(*map(Value, (*tile.extent, 3857)), function="ST_MakeEnvelope")
    shape = Func(F(geometry), bounds, Value(4096), Value(64), Value(True), function="ST_AsMVTGeom")
    shape.output_field = rows.model._meta.get_field(geometry).output_field
    named = {name if name not in _names(rows) else f"_{name}": value for name, value in columns.items()}
    query = inside.annotate(_shape=shape, **named).values_list("id", "_shape", *named)
    statement, parameters = query.query.sql_with_params()
    aliases = ", ".join(["id", "geom", *(f'"{name}"' for name in columns)])
    text = f"SELECT ST_AsMVT(t.*, %s, 4096, 'geom', 'id') FROM (SELECT * FROM ({statement}) AS s({aliases}) OFFSET 0) t"
    with connection.cursor() as cursor:
        cursor.execute(text, [layer, *parameters])
        return bytes(cursor.fetchone()[0])


def _names(rows: QuerySet[Any]) -> set[str]:
    return {field.attname for field in rows.model._meta.get_fields() if hasattr(field, "attname")} | {
        field.name for field in rows.model._meta.get_fields()
    }


def layer_tile(
    rows: QuerySet[Any], shown: Mapping[str, Any], kind: str, place: tuple[int, int, int]
) -> bytes:
    """The tile z, x, y of one layer with the attributes `shown_attributes` gives, empty below the zoom from which
    the layer is drawn.
    """
    z, x, y = place
    tile = tile_envelope(z, x, y)
    if z < LEAST_ZOOM.get(LayerKind(kind), 0):
        return b""
    geometry = "frame_mercator" if kind == LayerKind.COMMUNITIES else "geometry_mercator"
    return vector_tile(rows, kind, dict(shown), geometry, tile)


def in_bbox(rows: QuerySet[Any], bbox: tuple[float, float, float, float] | None) -> QuerySet[Any]:
    """Rows whose box meets west, south, east, north in lon-lat."""
    if bbox is None:
        return rows
    box = Polygon.from_bbox(bbox)
    box.srid = STORAGE_SRID
    return rows.filter(geometry__bboverlaps=box)


def parse_bbox(text: str | None) -> tuple[float, float, float, float] | None:
    """`west,south,east,north` in degrees; 400 BAD_BBOX for anything else."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        return west, south, east, north
    raise RuleBroken(
        "BAD_BBOX",
        zh=f"bbox“{text}”无效",
        en=f"bbox “{text}” is not valid",
        status=400,
        field="bbox",
        how_to_fix_zh="格式为 西,南,东,北（经纬度，度）",
        how_to_fix_en="use west,south,east,north in degrees",
    )


def as_features(rows: Iterable[Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """GeoJSON features of rows that bear `geojson` (see `with_geojson`)."""
    return [
        {
            "type": "Feature",
            "id": row.pk,
            "geometry": json.loads(row.geojson),
            "properties": {name: _shown(row, name) for name in names},
        }
        for row in rows
    ]


def _shown(row: Any, name: str) -> Any:
    return vars(row)[_SHOWN + name] if _SHOWN + name in vars(row) else getattr(row, name)


def with_shown(rows: QuerySet[Any], shown: Mapping[str, Any]) -> QuerySet[Any]:
    """Rows that bear, for `as_features`, the attributes as a user may see them (see `shown_attributes`)."""
    changed = {_SHOWN + name: value for name, value in shown.items() if not isinstance(value, F)}
    hidden = [name.removeprefix(_SHOWN) for name in changed]
    bearing: QuerySet[Any] = rows.annotate(**changed).only(
        "id", *(name for name in shown if name not in hidden)
    )
    return bearing


def with_geojson(rows: QuerySet[Any], geometry: str = "geometry") -> QuerySet[Any]:
    """Rows with their geometry as GeoJSON text in CRS84, 7 decimals."""
    bearing: QuerySet[Any] = rows.annotate(geojson=AsGeoJSON(geometry, precision=7))
    return bearing
