"""A layer as the commands hold it: its rows in storage degrees, its sources, its notes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from gis.compute.crs import Extent
from gis.compute.intake import Provenance


@dataclass(frozen=True)
class Layer:
    """Rows of one kind in EPSG:4490 with the fields of the kind, where they came from, and what was noticed.

    `notes` are pairs of Chinese and English.
    """

    kind: str
    frame: gpd.GeoDataFrame
    sources: tuple[Provenance, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def extent_of(frame: gpd.GeoDataFrame) -> Extent:
    """West, south, east, north of a layer, lon-lat."""
    west, south, east, north = (float(value) for value in frame.total_bounds)
    return west, south, east, north


def keyed(layer: Layer) -> Layer:
    """The communities with a `code` for each: the file's, else the name where it is unique, else the row number."""
    frame = layer.frame
    names = frame["name"].fillna("").astype(str)
    codes = frame["code"].fillna("").astype(str)
    unique = names[names != ""].is_unique
    number = (pd.Series(range(1, len(frame) + 1), index=frame.index)).map(lambda row: f"C{row:03d}")
    stand_in = names.where((names != "") & unique, number)
    codes = codes.where(codes != "", stand_in)
    labelled = frame.assign(code=codes, name=names.where(names != "", codes))
    return replace(layer, frame=labelled)
