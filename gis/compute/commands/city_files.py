"""The files of a city become a city ready to be drawn, every building with its households."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gis.compute.city import City, CityLayers, prepare_city
from gis.compute.commands.displacement import check_displacement
from gis.compute.commands.homes import count_households, household_parameters, with_ids, with_stand_ins
from gis.compute.commands.layer import Layer, extent_of, keyed
from gis.compute.commands.reading import read_files
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.swapped import told_if_swapped
from gis.compute.commands.wishes import ReadingWishes, wishes_of
from gis.compute.crs import zone_for
from gis.compute.intake import Provenance
from gis.compute.refusal import InputRefused

_KIND_ZH = {
    "buildings": "楼栋",
    "communities": "社区",
    "compounds": "小区",
    "streets": "道路",
    "barriers": "屏障",
    "fitness_sites": "站点",
}


@dataclass(frozen=True)
class Households:
    """Buildings in EPSG:4490, one row for each position in the city's: building_id, households,
    household_source, community_code, use, floors and the shape as given.
    """

    frame: gpd.GeoDataFrame
    notes: tuple[tuple[str, str], ...]


def read_layers(
    paths: Mapping[str, list[Path]],
    options: argparse.Namespace,
    speaker: Speaker,
    beside: Mapping[str, Layer] | None = None,
) -> dict[str, Layer]:
    """Read the files of each kind, communities first; `beside`: layers read before, to compare with.

    Raises InputRefused.
    """
    wishes = wishes_of(options)
    layers: dict[str, Layer] = {}
    order = sorted((kind for kind in paths if paths[kind]), key=lambda kind: kind != "communities")
    for kind in order:
        try:
            layers[kind] = _read(kind, paths[kind], wishes, layers.get("communities"))
        except InputRefused as refused:
            raise told_if_swapped(refused, kind, paths, wishes) from refused
        count = len(layers[kind].frame)
        speaker.note(f"读取{_KIND_ZH[kind]} {count}", f"read {kind}: {count}")
    layers = check_displacement(layers, beside)
    for layer in layers.values():
        for zh, en in layer.notes:
            speaker.note(f"  {zh}", f"  {en}")
    return layers


def _read(kind: str, paths: list[Path], wishes: ReadingWishes, communities: Layer | None) -> Layer:
    extent = None if communities is None else extent_of(communities.frame)
    inside = communities.frame if communities is not None and kind == "buildings" else None
    layer = read_files(kind, paths, wishes, communities=inside, extent=extent)
    if kind == "communities":
        return keyed(layer)
    return layer


def prepared(layers: Mapping[str, Layer], options: argparse.Namespace) -> tuple[City, Households]:
    """The city ready to be drawn, and its buildings with households; raises what the parts raise.

    `layers` holds at least buildings and communities.
    """
    settings = household_parameters(options)
    communities = layers["communities"].frame
    buildings = with_ids(layers["buildings"].frame)
    notes: list[tuple[str, str]] = []
    compounds = _compounds(layers.get("compounds"))
    if compounds is not None:
        west, _, east, _ = extent_of(communities)
        buildings, notes = with_stand_ins(buildings, compounds, zone_for((west + east) / 2))
    named = _named_compounds(buildings, compounds)
    city = prepare_city(
        CityLayers(
            communities=communities.assign(kind=communities["settlement"].fillna("urban")),
            buildings=named.assign(households=0),
            streets=_shapes(layers.get("streets")),
            barriers=_shapes(layers.get("barriers")),
            compounds=compounds if "compound" not in named.columns else None,
        )
    )
    codes = pd.Series(city.codes).astype(str).to_numpy()[city.home]
    totals = communities.set_index(communities["code"].astype(str))["households"]
    if options.no_totals:
        totals = totals.iloc[:0]
    metric = gpd.GeoDataFrame(
        buildings.drop(columns="geometry").reset_index(drop=True),
        geometry=city.buildings.geometry.to_numpy(), crs=city.buildings.crs,
    )  # fmt: skip
    counted = count_households(metric, pd.Series(codes), totals, settings)
    city = replace(city, buildings=city.buildings.assign(households=counted.frame["households"].to_numpy()))
    given = gpd.GeoDataFrame(
        {
            "building_id": buildings["building_id"].to_numpy(),
            "community_code": codes,
            "households": counted.frame["households"].to_numpy(),
            "household_source": counted.frame["source"].to_numpy(),
            "floors_assumed": counted.frame["floors_assumed"].to_numpy(),
            "use": buildings["use"].fillna("").astype(str).to_numpy(),
        },
        geometry=buildings.geometry.to_numpy(), crs=buildings.crs,
    )  # fmt: skip
    return city, Households(given, (*notes, *counted.notes))


@dataclass(frozen=True)
class Counted:
    """Buildings with households (see `Households`), the same in metres, the system, and the city if there are
    communities.
    """

    homes: Households
    metric: gpd.GeoDataFrame
    city: City | None


def counted_buildings(layers: Mapping[str, Layer], options: argparse.Namespace) -> Counted:
    """The buildings with households, with or without communities; `community_code` is "" without."""
    if "communities" in layers:
        city, homes = prepared(layers, options)
        metric = gpd.GeoDataFrame(
            homes.frame.drop(columns="geometry"),
            geometry=city.buildings.geometry.to_numpy(),
            crs=city.buildings.crs,
        )
        return Counted(homes, metric, city)
    buildings = with_ids(layers["buildings"].frame)
    west, _, east, _ = extent_of(buildings)
    metric = buildings.to_crs(zone_for((west + east) / 2))
    nowhere = pd.Series([""] * len(buildings))
    counted = count_households(metric, nowhere, pd.Series(dtype="Int64"), household_parameters(options))
    columns = {
        "building_id": buildings["building_id"].to_numpy(),
        "community_code": "",
        "households": counted.frame["households"].to_numpy(),
        "household_source": counted.frame["source"].to_numpy(),
        "floors_assumed": counted.frame["floors_assumed"].to_numpy(),
        "use": buildings["use"].fillna("").astype(str).to_numpy(),
    }
    frame = gpd.GeoDataFrame(columns, geometry=buildings.geometry.to_numpy(), crs=buildings.crs)
    shapes = gpd.GeoDataFrame(columns, geometry=metric.geometry.to_numpy(), crs=metric.crs)
    return Counted(Households(frame, counted.notes), shapes, None)


def _named_compounds(buildings: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Without a name on any building the compound is told by place."""
    if compounds is not None and buildings.loc[~buildings["stands_in"], "compound"].isna().all():
        return buildings.drop(columns=["compound", "compound_name"])
    return buildings


def _compounds(layer: Layer | None) -> gpd.GeoDataFrame | None:
    if layer is None:
        return None
    refs = layer.frame["ref"].fillna("").astype(str)
    number = pd.Series([f"compound-{at}" for at in range(1, len(refs) + 1)], index=refs.index)
    return layer.frame.assign(compound_id=refs.where(refs != "", number))


def _shapes(layer: Layer | None) -> gpd.GeoDataFrame | None:
    return None if layer is None else layer.frame[["geometry"]]


def sources_of(layers: Mapping[str, Layer]) -> list[dict[str, object]]:
    """Where the input came from, plain values: kind, file, layer, format, crs, rows, used, sha256."""
    return [
        _source_values(kind, source, len(layer.frame) if len(layer.sources) == 1 else source.source_rows)
        for kind, layer in layers.items()
        for source in layer.sources
    ]


def _source_values(kind: str, source: Provenance, used: int) -> dict[str, object]:
    return {
        "kind": kind,
        "kind_zh": _KIND_ZH[kind],
        "file": source.file_name,
        "layer": source.layer,
        "format": source.format,
        "crs": source.crs_used,
        "rows": source.source_rows,
        "used": used,
        "sha256": source.sha256,
    }
