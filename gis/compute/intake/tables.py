"""Tables with coordinates in columns: CSV in any Chinese encoding, and XLSX read row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs import BD09, GCJ02, CoordinateSystem
from gis.compute.intake.encodings import plain
from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import LayerKind
from gis.compute.intake.separated import HEADER_WITHIN_ROWS, separated_rows
from gis.compute.intake.sheets import VerticalMerge, fill_down, merged_warning, nameless_warning
from gis.compute.intake.workbooks import Sheet, opened_workbook
from gis.compute.refusal import InputRefused

_LON = ("经度", "东经", "lng", "lon", "long", "longitude", "x", "x坐标", "坐标x", "东坐标", "横坐标y", "jd")
_LAT = ("纬度", "北纬", "lat", "latitude", "y", "y坐标", "坐标y", "北坐标", "纵坐标x", "wd")
_WKT = ("wkt", "geometry", "geom", "thegeom", "几何")
# A column that names its datum: 高德经度, gcj02_lng, bd_lat.
_DATUM_WORDS = ((GCJ02, ("gcj02", "gcj", "高德", "腾讯", "火星")), (BD09, ("bd09", "bd", "百度")))
_HARMLESS_WORDS = ("wgs84", "cgcs2000", "gps", "中心", "center", "坐标")
_MOST_COLUMNS = 500
_DMS = re.compile(
    r"""^(\d{1,3})[°度]\s*(\d{1,2})['′分]\s*(?:(\d{1,2}(?:\.\d+)?)(?:["″秒]|''|′′)?)?\s*[NESW东北]?$""", re.I
)


@dataclass(frozen=True)
class Table:
    """A table with geometry made of its coordinate columns; `label` is set when a column names its datum."""

    frame: gpd.GeoDataFrame
    rows: npt.NDArray[np.int64]
    name: str
    encoding: str
    label: CoordinateSystem | None
    bad_coordinate_rows: tuple[int, ...]
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Coordinates:
    """Which columns hold the place: a WKT column, or east and north."""

    wkt: int | None
    east: int | None
    north: int | None
    label: CoordinateSystem | None


def normal_name(name: object) -> str:
    """A column name as it is compared: narrowed, lower case, without blanks, marks and what stands in
    brackets.
    """
    bare = re.sub(r"[（(\[【].*?[）)\]】]", "", plain(str(name if name is not None else "")))
    return re.sub(r"[\s_\-:：.*·/、]", "", bare).lower()


def read_csv(path: Path, name: str) -> Table:
    """A CSV with lon/lat or WKT columns; the encoding and the separator are found out."""
    rows, encoding = separated_rows(path, name, lambda first: any(map(_coordinates_in, first)))
    return _table(rows, name, encoding)


def read_workbook(path: Path, kind: LayerKind, sheet: str | None) -> Table:
    """A sheet of a workbook: the one named, else the only one people see (or the first called like the kind) with
    coordinates.

    The caller has already measured the archive. Raises `LAYER_UNKNOWN`, `COORDINATE_COLUMNS_MISSING`,
    `NO_FEATURES` or `FILE_BROKEN`.
    """
    with opened_workbook(path) as sheets:
        if sheet is not None:
            return _of_sheet(_named(sheets, sheet))
        return _first_with_coordinates(sheets, kind)


def _named(sheets: Sequence[Sheet], wanted: str) -> Sheet:
    names = [sheet.name for sheet in sheets]
    if wanted not in names:
        raise InputRefused(
            "LAYER_UNKNOWN",
            zh=f"工作簿中没有工作表“{wanted}”（现有：{'、'.join(names[:20])}）",
            en=f"there is no sheet “{wanted}” (there are: {', '.join(names[:20])})",
            remedy_zh="请指明要导入的工作表",
            remedy_en="name the sheet to import",
            field="layer",
            facts={"layers": names},
        )
    return sheets[names.index(wanted)]


def _first_with_coordinates(sheets: Sequence[Sheet], kind: LayerKind) -> Table:
    refusal: InputRefused | None = None
    seen = [sheet for sheet in sheets if not sheet.is_hidden]
    for sheet in sorted(seen, key=lambda each: each.name.lower() not in kind.layer_names):
        try:
            table = _of_sheet(sheet)
        except InputRefused as refused:
            refusal = refusal or refused
        else:
            others = [other.name for other in sheets if other is not sheet and not _is_empty(other)]
            return replace(table, warnings=(*table.warnings, *_left_warning(others)))
    raise refusal or _no_rows("")


def _of_sheet(sheet: Sheet) -> Table:
    reading = sheet.reading(_MOST_COLUMNS)
    return _table(iter(reading), sheet.name, "UTF-8", reading.merges)


def _is_empty(sheet: Sheet) -> bool:
    return all(_is_blank(row) for _, row in sheet.reading(_MOST_COLUMNS, HEADER_WITHIN_ROWS))


def _left_warning(sheets: list[str]) -> list[Finding]:
    if not sheets:
        return []
    return [
        Finding(
            "SHEETS_LEFT",
            zh=f"以下工作表未导入：{'、'.join(sheets[:20])}",
            en=f"these sheets were not imported: {', '.join(sheets[:20])}",
            remedy_zh="如其中有需要导入的数据，请指明工作表后分别导入",
            remedy_en="if one of them is wanted, import it by itself, naming the sheet",
            facts={"sheets": sheets[:100]},
        )
    ]


def _is_blank(row: Iterable[object]) -> bool:
    return all(value is None or not str(value).strip() for value in row)


def _table(
    records: Iterator[tuple[int, list[object]]],
    name: str,
    encoding: str,
    merges: Sequence[VerticalMerge] = (),
) -> Table:
    """The table of the records; `merges` may be filled in by reading them to their end."""
    header, coordinates = _header(records)
    filled = [(number, row) for number, row in records if not _is_blank(row)]
    if not filled:
        raise _no_rows(name)
    width = len(header)
    whole = [(number, (row + [None] * width)[:width]) for number, row in filled]
    down = fill_down(whole, [(at, at, called) for at, called in enumerate(header) if called], merges)
    cells = [row for _, row in whole]
    geometry, bad = _geometry(cells, coordinates)
    numbers = np.array([number for number, _ in filled], dtype=np.int64)
    taken = {coordinates.wkt, coordinates.east, coordinates.north}
    columns = {
        header[at]: [row[at] for row in cells] for at in range(width) if at not in taken and header[at]
    }
    columns.pop("geometry", None)
    frame = gpd.GeoDataFrame(columns, geometry=geometry)
    bad_rows = tuple(int(numbers[at]) for at in bad)
    told = merged_warning(down) + nameless_warning(_nameless(header, [row for _, row in filled]))
    return Table(frame, numbers, name, encoding, coordinates.label, bad_rows, tuple(told))


def _nameless(header: Sequence[str], rows: Iterable[Sequence[object]]) -> set[int]:
    """The positions of columns that hold something below no name."""
    named = {at for at, name in enumerate(header) if name}
    return {at for row in rows for at in range(len(row)) if at not in named and not _is_blank([row[at]])}


def _no_rows(name: str) -> InputRefused:
    return InputRefused(
        "NO_FEATURES",
        zh=f"表“{name}”中没有数据行",
        en=f"table “{name}” holds no rows",
        remedy_zh="请检查工作表是否正确",
        remedy_en="check that this is the right sheet",
        facts={"layer": name},
    )


def _header(records: Iterator[tuple[int, list[object]]]) -> tuple[list[str], _Coordinates]:
    """The first row, among the first fifteen, that names coordinate columns: titles may stand above it."""
    seen = False
    for _, (_number, row) in zip(range(HEADER_WITHIN_ROWS), records, strict=False):
        seen = seen or not _is_blank(row)
        coordinates = _coordinates_in(row)
        if coordinates is not None:
            return _unique([plain(str(cell)) if cell is not None else "" for cell in row]), coordinates
    if not seen:
        raise _no_rows("")
    raise InputRefused(
        "COORDINATE_COLUMNS_MISSING",
        zh="表中没有坐标列",
        en="the table has no coordinate columns",
        remedy_zh="请提供“经度”和“纬度”两列（或lng/lat、x/y），或一列WKT",
        remedy_en="give a “lon” and a “lat” column (or lng/lat, x/y), or a WKT column",
        field="经度/纬度",
    )


def _coordinates_in(header: Sequence[object]) -> _Coordinates | None:
    return _coordinate_columns([normal_name(cell) for cell in header])


def _unique(names: list[str]) -> list[str]:
    """Repeated column names get a number, so that none is lost."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 or not name else f"{name}_{seen[name]}")
    return unique


def _coordinate_columns(names: list[str]) -> _Coordinates | None:
    stripped = [_without_datum(name) for name in names]
    bare = [name for name, _ in stripped]
    for wkt in _WKT:
        if wkt in bare:
            return _Coordinates(bare.index(wkt), None, None, None)
    east = next((bare.index(name) for name in _LON if name in bare), None)
    north = next((bare.index(name) for name in _LAT if name in bare), None)
    if east is None or north is None:
        return None
    datum = stripped[east][1]
    return _Coordinates(None, east, north, CoordinateSystem(datum) if datum else None)


def _without_datum(name: str) -> tuple[str, str]:
    """A column name without the datum it names, and that datum."""
    for datum, words in _DATUM_WORDS:
        for word in words:
            rest = name.removeprefix(word).removesuffix(word)
            if rest != name and rest in _LON + _LAT:
                return rest, datum
    for word in _HARMLESS_WORDS:
        rest = name.removeprefix(word).removesuffix(word)
        if rest in _LON + _LAT:
            return rest, ""
    return name, ""


def _geometry(cells: list[list[object]], coordinates: _Coordinates) -> tuple[npt.NDArray[Any], list[int]]:
    """A geometry per row (None where it cannot be read) and the positions of the rows that cannot."""
    geometry = np.full(len(cells), None, dtype=object)
    bad: list[int] = []
    for at, row in enumerate(cells):
        try:
            geometry[at] = _one_geometry(row, coordinates)
        except ValueError:
            bad.append(at)
    return geometry, bad


def _one_geometry(row: list[object], coordinates: _Coordinates) -> Any:
    if coordinates.wkt is not None:
        text = row[coordinates.wkt]
        if text is None or not str(text).strip():
            return None
        try:
            return shapely.from_wkt(str(text))
        except shapely.errors.GEOSException as error:
            raise ValueError("no WKT") from error
    assert coordinates.east is not None and coordinates.north is not None
    east, north = _number(row[coordinates.east]), _number(row[coordinates.north])
    if east is None or north is None:
        if east is None and north is None:
            return None
        raise ValueError("half a coordinate")
    return shapely.Point(east, north)


def _number(value: object) -> float | None:
    """A coordinate cell as a number; degrees, minutes and seconds are understood; None when it is blank."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if np.isfinite(value) else None
    text = plain(str(value)).rstrip("°度")
    if not text:
        return None
    dms = _DMS.match(text)
    if dms:
        degrees, minutes, seconds = (float(part or 0) for part in dms.groups())
        return degrees + minutes / 60 + seconds / 3600
    number = float(text)
    if not np.isfinite(number):
        raise ValueError("no number")
    return number
