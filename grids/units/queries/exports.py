"""Grids as files, through the same writers as the layers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio

from gis.layers.queries import exports as layer_files


def export_grids(frame: gpd.GeoDataFrame, form: str, path: Path) -> None:
    """Write grids (EPSG:4490 lon-lat) to `path` as geojson, gpkg, csv or xlsx; tables carry point and outline."""
    if form == "geojson":
        # RFC 7946 knows WGS-84 only; CGCS2000 agrees with it within a metre, so the numbers stay.
        labelled = frame.set_crs(4326, allow_override=True)
        pyogrio.write_dataframe(labelled, path, driver="GeoJSON", COORDINATE_PRECISION=7)
    elif form == "gpkg":
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer="grids")
    elif form == "csv":
        layer_files._write_csv(frame, path)
    else:
        layer_files._write_workbook(frame, "grids", path)
