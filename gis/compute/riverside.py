"""A riverside city from a dirty tile-cut layer: clean buildings, the river a barrier, generated communities.

Reads a GeoPackage with layers buildings, roads, water, pois and landuse in the Tilezen schema (WGS-84, taken
as CGCS2000: they differ by less than a metre). Buildings, streets, water and sites are OpenStreetMap's;
communities are generated from street blocks, never across water, and labelled so; households are estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.crs.systems import STORAGE_EPSG
from gis.compute.generator.plan import Floats, Geometries, Ints
from gis.compute.map_layers import MapLayers
from gis.compute.refusal import InputRefused
from gis.compute.riverside_cleaning import Repairs, clean_buildings, empty_tiles
from gis.compute.riverside_communities import common_sides, long_cuts, merge_blocks, street_blocks
from gis.compute.riverside_dwellings import estimate_dwellings
from gis.compute.riverside_frames import (
    BLOCK_CLASSES,
    MAIN_CLASSES,
    Ground,
    above_ground,
    barriers_frame,
    buildings_frame,
    compounds_frame,
    ground_between_rivers,
    sites_frame,
    stored,
    streets_frame,
)

LAYERS = ("buildings", "roads", "water", "pois", "landuse")
FIRST_SEQUENCE = 901
# Lujiazui lies on the line between two zones (121.5°E); most of the city is west of it.
SHANGHAI_METRIC_CRS = "EPSG:4549"
RIM_M = 2.0


@dataclass(frozen=True)
class Bank:
    """A part of the land and the street/town its generated communities are filed under.

    `inside` is a lon-lat point of the land piece; with `south_of` (a road name) only what lies south of it.
    Street/town borders are not in the data: the filing is assumed, and says so.
    """

    street_town_code: str
    street_town_name: str
    inside: tuple[float, float]
    south_of: str = ""


LUJIAZUI_BANKS = (
    Bank("310115005", "陆家嘴街道", (121.5050, 31.2400)),
    Bank("310101017", "小东门街道", (121.4870, 31.2400), south_of="延安东路"),
    Bank("310101013", "外滩街道", (121.4870, 31.2400)),
    Bank("310109018", "北外滩街道", (121.4870, 31.2470)),
    Bank("310109018", "北外滩街道", (121.4945, 31.2490)),
)


@dataclass(frozen=True)
class RiversideCity(MapLayers):
    """Frames in EPSG:4490 at 7 decimals, with the report of repairs.

    communities  code, name (生成社区NN), kind, street_town_code, street_town_name, street_town_source
                 ("assumed"), county_code, households, label = "generated"
    buildings    building_id, community_code, name, use, use_source, form = "osm", floors, height_m,
                 height_source (osm, assumed), compound_id, villager_group, households,
                 households_source ("estimated"), label = "osm"
    compounds    compound_id, name, community_code, label = "osm"
    streets      street_id, name, street_class, is_bridge, label = "osm"
    barriers     barrier_id, kind (water, main_road), name, label = "osm"
    sites        site_id, name, kind, capacity, community_code, label = "osm"
    missing      polygons of tiles without any feature
    """

    missing: gpd.GeoDataFrame
    repairs: Repairs
    metric_crs: str


def load_riverside(
    path: Path,
    *,
    metric_crs: str = SHANGHAI_METRIC_CRS,
    banks: Sequence[Bank] = LUJIAZUI_BANKS,
    least_households: int = 900,
    most_households: int = 2200,
) -> RiversideCity:
    """Load, clean and complete a tile-cut city; the same file gives the same bytes.

    Raises InputRefused when a layer is missing or empty, or when no bank lies on the land.
    """
    raw = _read(path)
    extent = shapely.box(*raw["roads"].total_bounds)
    missing = empty_tiles([raw[name] for name in ("roads", "pois", "landuse", "water")], extent)
    layers = {name: frame.to_crs(metric_crs) for name, frame in raw.items()}
    # Two metres off the rim, or a strip of land would join the banks where the river is cut.
    inner = shapely.buffer(_project(extent, metric_crs), -RIM_M, join_style="mitre")
    ground = ground_between_rivers(layers["water"], inner)
    offshore = shapely.difference(ground.extent, ground.land)
    cleaned, repairs = clean_buildings(layers["buildings"], offshore, ground.extent, float(extent.centroid.y))
    repairs.missing_tiles = len(missing)
    buildings = estimate_dwellings(cleaned)
    communities = _communities(buildings, layers["roads"], ground, banks, (least_households, most_households))
    compounds = compounds_frame(layers["landuse"], communities, ground.land)
    buildings = buildings_frame(buildings, communities, compounds)
    repairs.compounds_without_buildings = int(
        (~compounds["compound_id"].isin(buildings["compound_id"])).sum()
    )
    homes = buildings.groupby("community_code")["households"].sum()
    communities["households"] = communities["code"].map(homes).fillna(0).astype("int64")
    return RiversideCity(
        communities=stored(communities, "generated"),
        buildings=stored(buildings, "osm"),
        compounds=stored(compounds, "osm"),
        streets=stored(streets_frame(layers["roads"]), "osm"),
        barriers=stored(barriers_frame(ground, layers["roads"]), "osm"),
        sites=stored(sites_frame(layers, communities), "osm"),
        missing=stored(gpd.GeoDataFrame(geometry=list(missing), crs=STORAGE_EPSG), "osm"),
        repairs=repairs,
        metric_crs=metric_crs,
    )


def _read(path: Path) -> dict[str, gpd.GeoDataFrame]:
    known = set(gpd.list_layers(path)["name"])
    layers = {}
    for name in LAYERS:
        frame = gpd.read_file(path, layer=name) if name in known else gpd.GeoDataFrame()
        if len(frame) == 0:
            raise InputRefused(
                "LAYER_MISSING",
                zh=f"{path.name} 缺少图层 {name}",
                en=f"{path.name} has no features in layer {name}",
                facts={"file": path.name, "layer": name},
            )
        layers[name] = frame.set_crs(STORAGE_EPSG, allow_override=True)
    return layers


def _project(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    """A lon-lat shape in metres."""
    return gpd.GeoSeries([shape], crs=STORAGE_EPSG).to_crs(crs).iloc[0]


def _drivable(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return roads[roads["kind_detail"].isin(BLOCK_CLASSES) & above_ground(roads)]


def _communities(
    buildings: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    ground: Ground,
    banks: Sequence[Bank],
    sizes: tuple[int, int],
) -> gpd.GeoDataFrame:
    """Communities of street blocks, bank by bank, coded from 901 under an assumed street/town."""
    streets = _drivable(roads)
    main = shapely.union_all(streets.geometry[streets["kind_detail"].isin(MAIN_CLASSES)].to_numpy())
    blocks, piece = _blocks(ground, streets)
    filed = _filed(blocks, piece, ground, roads, banks)
    middles = buildings.representative_point().to_numpy()
    inside, block = shapely.STRtree(blocks).query(middles, predicate="intersects")
    first = np.unique(inside, return_index=True)[1]
    homes = np.bincount(
        block[first], buildings["households"].to_numpy()[inside[first]].astype(float), minlength=len(blocks)
    ).astype(np.float64)
    near_main = shapely.buffer(main, 1.0)
    number = merge_blocks(blocks, homes, piece * 100 + filed, common_sides(blocks, near_main), *sizes)
    shapes, homes, piece, filed = _united(blocks, homes, piece, filed, number)
    number = merge_blocks(shapes, homes, piece, common_sides(shapes, near_main), sizes[0] / 2, sizes[1])
    shapes, _, _, filed = _united(shapes, homes, piece, filed, number)
    return _numbered(shapes, filed, banks, str(roads.crs))


def _blocks(ground: Ground, streets: gpd.GeoDataFrame) -> tuple[Geometries, Ints]:
    blocks = []
    for land in ground.pieces:
        lines = streets.geometry.to_numpy()
        lines = np.concatenate([lines, long_cuts(street_blocks(land, lines))])
        blocks.append(street_blocks(land, lines))
    piece = np.repeat(np.arange(len(blocks)), [len(part) for part in blocks])
    return np.concatenate(blocks), piece


def _filed(
    blocks: Geometries, piece: Ints, ground: Ground, roads: gpd.GeoDataFrame, banks: Sequence[Bank]
) -> Ints:
    """Index of the bank each block is filed under; a piece no bank lies in goes with the nearest."""
    points = gpd.GeoSeries.from_xy(*zip(*[bank.inside for bank in banks], strict=True), crs=STORAGE_EPSG)
    points = points.to_crs(roads.crs).to_numpy()
    middles = shapely.point_on_surface(blocks)
    filed = np.zeros(len(blocks), dtype=np.int64)
    for number, land in enumerate(ground.pieces):
        away = shapely.distance(points, land)
        members = np.flatnonzero(piece == number)
        candidates = [i for i in range(len(banks)) if away[i] <= away.min() + 0.01]
        whole = [i for i in candidates if not banks[i].south_of]
        filed[members] = whole[0] if whole else candidates[0]
        for i in (i for i in candidates if banks[i].south_of):
            line = roads[roads["name"] == banks[i].south_of]
            if len(line):
                south = shapely.get_y(middles[members]) < float(line.geometry.centroid.y.mean())
                filed[members[south]] = i
    return filed


def _united(
    shapes: Geometries, homes: Floats, piece: Ints, filed: Ints, number: Ints
) -> tuple[Geometries, Floats, Ints, Ints]:
    """Merged shapes with their households, land piece, and the filing of their largest part."""
    count = int(number.max()) + 1
    merged = np.array([shapely.coverage_union_all(shapes[number == i]) for i in range(count)], dtype=object)
    size = shapely.area(shapes)
    leading = [np.flatnonzero(number == i)[np.argmax(size[number == i])] for i in range(count)]
    return (
        merged,
        np.bincount(number, homes, minlength=count).astype(np.float64),
        piece[leading],
        filed[leading],
    )


def _numbered(shapes: Geometries, filed: Ints, banks: Sequence[Bank], crs: str) -> gpd.GeoDataFrame:
    """Codes and names from west to east and north to south inside each street/town."""
    towns = [banks[int(i)].street_town_code for i in filed]
    names = {bank.street_town_code: bank.street_town_name for bank in banks}
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    order = sorted(range(len(shapes)), key=lambda i: (towns[i], round(middles[i, 0]), -round(middles[i, 1])))
    sequence: dict[str, int] = {}
    rows = []
    for serial, i in enumerate(order, start=1):
        sequence[towns[i]] = sequence.get(towns[i], FIRST_SEQUENCE - 1) + 1
        rows.append((f"{towns[i]}{sequence[towns[i]]}", f"生成社区{serial:02d}", towns[i], names[towns[i]]))
    frame = pd.DataFrame(rows, columns=["code", "name", "street_town_code", "street_town_name"])
    frame = frame.assign(kind="urban", street_town_source="assumed", county_code=frame["code"].str[:6])
    return gpd.GeoDataFrame(frame, geometry=[shapes[i] for i in order], crs=crs)
