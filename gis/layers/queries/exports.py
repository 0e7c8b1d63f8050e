"""A layer as a file that any map or table program opens, and that can be imported again as it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from gis.layers.queries.features import layers_label
from gis.layers.queries.frames import frame_of
from tenants.bureau.queries.city import city_profile

EXPORT_TYPES = {
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A spreadsheet reads a cell that begins so as a formula; in CSV a leading apostrophe keeps it text.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# A workbook's cell holds no more characters; a longer outline is left to the other formats.
_LONGEST_CELL = 32_000


def export_file(rows: QuerySet[Any], shown: Mapping[str, Any], kind: str, path: Path) -> None:
    """Write rows of a layer as geojson, gpkg, csv or xlsx (by the path's suffix), EPSG:4490 lon-lat.

    Attributes are those of `shown_attributes`, as in the API; `data_label` says of every row what must be said
    of the data. Tables carry `lon` and `lat` of an inner point and the outline as `wkt`, except for point layers.
    """
    frame = frame_of(rows, dict(shown)).reset_index()
    labels = [city_profile().data_label, layers_label(kind)]
    frame["data_label"] = "；".join(dict.fromkeys(label for label in labels if label))
    export_frame(frame, kind, path.suffix[1:], path)


def export_frame(frame: gpd.GeoDataFrame, layer: str, form: str, path: Path) -> None:
    """Write any EPSG:4490 frame so; `layer` names the layer or sheet inside the file. The index is not
    written.
    """
    if form == "geojson":
        # RFC 7946 knows WGS-84 only; CGCS2000 agrees with it within a metre, so the numbers stay.
        labelled = _plain(frame.set_crs(4326, allow_override=True))
        pyogrio.write_dataframe(labelled, path, driver="GeoJSON", COORDINATE_PRECISION=7)
    elif form == "gpkg":
        pyogrio.write_dataframe(_plain(frame), path, driver="GPKG", layer=layer)
    elif form == "csv":
        _write_csv(frame, path)
    else:
        _write_workbook(frame, layer, path)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns in types that GDAL can write: numbers with gaps as nullable, the rest as text."""
    plain = frame.copy()
    for name in plain.columns.drop("geometry"):
        if plain[name].dtype == object:
            numbers = pd.to_numeric(plain[name], errors="coerce")
            is_number = bool((numbers.notna() == plain[name].notna()).all()) and not _is_text(plain[name])
            plain[name] = numbers if is_number else plain[name]
    return plain


def _is_text(column: pd.Series) -> bool:
    return any(isinstance(value, str) for value in column)


def _table(frame: gpd.GeoDataFrame) -> Iterator[list[Any]]:
    """Header and rows of a layer as a table."""
    names = [name for name in frame.columns if name != "geometry"]
    points = shapely.point_on_surface(frame.geometry.values)
    has_outline = bool((frame.geometry.geom_type != "Point").any())
    outlines = shapely.to_wkt(frame.geometry.values, rounding_precision=7) if has_outline else None
    yield [*names, "lon", "lat", *(["wkt"] if has_outline else [])]
    for at, values in enumerate(frame[names].itertuples(index=False)):
        row = [None if pd.isna(value) else value for value in values]
        outline = [] if outlines is None else [outlines[at]]
        yield [*row, round(points[at].x, 7), round(points[at].y, 7), *outline]


def _harmless(values: Iterable[Any]) -> list[Any]:
    return [
        f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
        for value in values
    ]


def _write_csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    """UTF-8 with its mark, without which spreadsheets show Chinese as gibberish."""
    with path.open("w", encoding="utf-8-sig", newline="") as sink:
        writer = csv.writer(sink)
        for row in _table(frame):
            writer.writerow(_harmless(row))


def _write_workbook(frame: gpd.GeoDataFrame, layer: str, path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(layer)
    for row in _table(frame):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_short(value))
            if isinstance(value, str):
                cell.data_type = "s"  # text stays text, whatever it begins with
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_CELL else ""
    return value.item() if hasattr(value, "item") else value
