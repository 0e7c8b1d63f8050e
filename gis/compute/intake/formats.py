"""Reading files of every accepted format into one raw frame, before any field is understood.

What a file is, is told by its first bytes, not by its name. Archives are unpacked under plain names of our
own, so Chinese folder names and GDAL's virtual paths never meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyproj

from gis.compute.crs import CoordinateSystem, system_of
from gis.compute.intake.archives import DEFAULT_LIMITS, ArchiveLimits, Unpacked, check_archive, unpack
from gis.compute.intake.encodings import Encoding, bytes_read_as, decode_text, shapefile_encoding
from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import LayerKind
from gis.compute.intake.tables import Table, read_csv, read_workbook
from gis.compute.refusal import InputRefused

GEOPACKAGE, GEOJSON, SHAPEFILE, KML, XLSX, CSV, FLATGEOBUF = (
    "GeoPackage",
    "GeoJSON",
    "Shapefile",
    "KML",
    "XLSX",
    "CSV",
    "FlatGeobuf",
)
_DATA_SUFFIXES = {
    ".shp": SHAPEFILE,
    ".gpkg": GEOPACKAGE,
    ".geojson": GEOJSON,
    ".json": GEOJSON,
    ".kml": KML,
    ".xlsx": XLSX,
    ".csv": CSV,
    ".fgb": FLATGEOBUF,
}
_UNPACKED_SUFFIXES = frozenset(_DATA_SUFFIXES) | {".shx", ".dbf", ".prj", ".cpg"}
# Formats whose standard fixes WGS-84: the label is the format's, not the file's, and is often untrue.
_IMPLIED_WGS84 = {GEOJSON, KML}
_REFUSED_SIGNATURES = (
    (
        b"AC10",
        "DWG",
        "请在CAD中另存为Shapefile或GeoPackage",
        "save as Shapefile or GeoPackage from the CAD program",
    ),
    (b"Rar!", "RAR", "请改用ZIP压缩", "pack as ZIP"),
    (b"7z\xbc\xaf", "7z", "请改用ZIP压缩", "pack as ZIP"),
    (  # one container for both: what has a password is no ZIP
        b"\xd0\xcf\x11\xe0",
        "XLS或有密码的XLSX",
        "请取消打开密码，另存为XLSX",
        "take the password off and save as XLSX",
    ),
    (
        b"\x00\x00\x27\x0a",
        "SHP",
        "请把.shp、.shx、.dbf、.prj、.cpg一起打成ZIP",
        "pack .shp, .shx, .dbf, .prj and .cpg as ZIP",
    ),
)
_TEXT_HEAD_BYTES = 4096


@dataclass(frozen=True)
class RawLayer:
    """A layer as read: its columns as the file names them, geometry in the file's own numbers.

    `rows` are the source row numbers; `label` the coordinate system the file states (None: it states none),
    which is `label_is_implied` when only the format's standard says so.
    """

    frame: gpd.GeoDataFrame
    rows: npt.NDArray[np.int64]
    format: str
    layer: str
    encoding: str
    label: CoordinateSystem | None
    label_is_implied: bool = False
    encoding_label_is_wrong: bool = False
    bad_coordinate_rows: tuple[int, ...] = ()
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Source:
    """A layer that could be read: its format, file, layer name inside the file and the name shown to
    people.
    """

    format: str
    path: Path
    layer: str | None
    shown: str


def sniff(path: Path, file_name: str) -> str:
    """The format of a file (or `ZIP`), told by its first bytes; raises `FILE_EMPTY` or `FORMAT_UNKNOWN`."""
    with path.open("rb") as source:
        head = source.read(_TEXT_HEAD_BYTES)
    if not head.strip():
        raise InputRefused(
            "FILE_EMPTY",
            zh="文件是空的",
            en="the file is empty",
            remedy_zh="请检查导出是否成功后重新上传",
            remedy_en="check the export and upload again",
        )
    for signature, name, remedy_zh, remedy_en in _REFUSED_SIGNATURES:
        if head.startswith(signature):
            raise _unknown_format(name, remedy_zh, remedy_en)
    if head.startswith(b"SQLite format 3\0"):
        return GEOPACKAGE
    if head.startswith(b"fgb\x03"):
        return FLATGEOBUF
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(path)
    return _sniff_text(head, file_name)


def _sniff_zip(path: Path) -> str:
    names = {entry.filename for entry in check_archive(path)}
    return XLSX if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names) else "ZIP"


def _sniff_text(head: bytes, file_name: str) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        return GEOJSON
    if start.startswith(b"<") and re.search(rb"<(\w+:)?kml[\s>]", head):
        return KML
    if (
        Path(file_name).suffix.lower() in (".csv", ".txt", ".tsv")
        and b"\0" not in head.removeprefix(b"\xff\xfe")[1:2]
    ):
        return CSV
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and Path(file_name).suffix.lower() in (".csv", ".txt"):
        return CSV
    raise _unknown_format(Path(file_name).suffix or "?")


def _unknown_format(name: str, remedy_zh: str = "", remedy_en: str = "") -> InputRefused:
    return InputRefused(
        "FORMAT_UNKNOWN",
        zh=f"不能导入{name}格式的文件",
        en=f"files of format {name} cannot be imported",
        remedy_zh=remedy_zh or "可导入：GeoPackage、GeoJSON、Shapefile（ZIP）、KML、FlatGeobuf、XLSX、CSV",
        remedy_en=remedy_en or "use GeoPackage, GeoJSON, zipped Shapefile, KML, FlatGeobuf, XLSX or CSV",
        facts={"format": name},
    )


def read_raw(
    path: Path,
    file_name: str,
    kind: LayerKind,
    layer: str | None,
    scratch: Path,
    limits: ArchiveLimits = DEFAULT_LIMITS,
) -> RawLayer:
    """The layer of a file that holds this kind, as it stands.

    `layer` names one of several layers, sheets or shapefiles; `scratch` is an empty folder of the caller's,
    into which archives are unpacked. Raises `InputRefused` for whatever keeps the file from being read at
    all.
    """
    found = sniff(path, file_name)
    if found == "ZIP":
        sources = _sources_in(unpack(path, scratch, _UNPACKED_SUFFIXES, limits))
    else:
        sources = _layers_of(found, path, Path(file_name).stem)
    return _read(_chosen(sources, kind, layer), kind)


def _sources_in(files: list[Unpacked]) -> list[_Source]:
    sources: list[_Source] = []
    for file in files:
        found = _DATA_SUFFIXES.get(file.path.suffix)
        if found:
            sources.extend(_layers_of(found, file.path, Path(file.name).stem))
    if not sources:
        raise InputRefused(
            "ARCHIVE_NO_LAYER",
            zh="压缩包内没有可导入的图层",
            en="the archive holds no layer that can be imported",
            remedy_zh="请打包.shp、.shx、.dbf、.prj、.cpg，或GeoPackage、GeoJSON、KML",
            remedy_en="pack .shp, .shx, .dbf, .prj and .cpg, or GeoPackage, GeoJSON or KML",
        )
    return sources


def _layers_of(found: str, path: Path, stem: str) -> list[_Source]:
    """The layers of one file; single-layer formats bear the file's own name."""
    if found == XLSX:
        return [_Source(found, path, None, stem)]
    if found not in (GEOPACKAGE, KML):
        return [_Source(found, path, None, stem)]
    _refuse_entities(path, found)
    listed = [str(name) for name, geometry in _opened(pyogrio.list_layers, path) if geometry is not None]
    if not listed:
        raise _no_features(stem)
    return [
        _Source(found, path, name, name if len(listed) > 1 or found == GEOPACKAGE else stem)
        for name in listed
    ]


def _refuse_entities(path: Path, found: str) -> None:
    """XML entities can grow without end and no map program writes them."""
    if found != KML:
        return
    with path.open("rb") as source:
        if b"<!ENTITY" in source.read():
            raise _unknown_format("XML (ENTITY)", "请删除文件中的实体声明", "remove the entity declarations")


def _opened(function: Any, *args: Any, **options: Any) -> Any:
    try:
        return function(*args, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, RuntimeError) as error:
        raise InputRefused(
            "FILE_BROKEN",
            zh="文件已损坏或内容与格式不符，无法读取",
            en="the file is damaged or does not hold what its format promises",
            remedy_zh="请重新导出后上传",
            remedy_en="export it again and upload",
        ) from error


def _no_features(shown: str) -> InputRefused:
    return InputRefused(
        "NO_FEATURES",
        zh=f"图层“{shown}”中没有任何要素",
        en=f"layer “{shown}” holds no features",
        remedy_zh="请检查导出的图层是否正确",
        remedy_en="check that the right layer was exported",
        facts={"layer": shown},
    )


def _chosen(sources: list[_Source], kind: LayerKind, layer: str | None) -> _Source:
    """The one source asked for; without a name the only one, or the only one called like the kind."""
    names = [source.shown for source in sources]
    if sources[0].format == XLSX and len(sources) == 1:
        return replace(sources[0], layer=layer)
    wanted = [source for source in sources if source.shown == layer] if layer else sources
    if layer and not wanted:
        raise _which_layer("LAYER_UNKNOWN", f"文件中没有图层“{layer}”", f"there is no layer “{layer}”", names)
    if len(wanted) > 1:
        wanted = [source for source in wanted if source.shown.lower() in kind.layer_names]
    if len(wanted) != 1:
        raise _which_layer("LAYER_NOT_NAMED", "文件中有多个图层", "the file holds several layers", names)
    return wanted[0]


def _which_layer(code: str, zh: str, en: str, names: list[str]) -> InputRefused:
    return InputRefused(
        code,
        zh=f"{zh}（现有：{'、'.join(names[:20])}）",
        en=f"{en} (there are: {', '.join(names[:20])})",
        remedy_zh="请指明要导入的图层",
        remedy_en="name the layer to import",
        field="layer",
        facts={"layers": names[:100]},
    )


def _read(source: _Source, kind: LayerKind) -> RawLayer:
    if source.format in (XLSX, CSV):
        table = (
            read_workbook(source.path, kind, source.layer)
            if source.format == XLSX
            else read_csv(source.path, source.shown)
        )
        return _from_table(table, source)
    if source.format == SHAPEFILE:
        return _read_shapefile(source)
    if source.format == GEOJSON:
        _require_geojson(source.path)
    raw = _read_vector(source, source.path, encoding=None)
    return replace(raw, encoding="UTF-8")


def _from_table(table: Table, source: _Source) -> RawLayer:
    return RawLayer(
        frame=table.frame,
        rows=table.rows,
        format=source.format,
        layer=table.name,
        encoding=table.encoding,
        label=table.label,
        bad_coordinate_rows=table.bad_coordinate_rows,
        warnings=table.warnings,
    )


def _read_vector(source: _Source, path: Path, encoding: str | None) -> RawLayer:
    frame = _opened(
        pyogrio.read_dataframe,
        path,
        layer=source.layer,
        encoding=encoding,
        on_invalid="ignore",
        datetime_as_string=True,
    )
    if len(frame) == 0:
        raise _no_features(source.shown)
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
    return RawLayer(
        frame=frame,
        rows=np.arange(1, len(frame) + 1, dtype=np.int64),
        format=source.format,
        layer=source.shown,
        encoding=encoding or "",
        label=_label(frame.crs),
        label_is_implied=source.format in _IMPLIED_WGS84,
    )


def _label(crs: pyproj.CRS | None) -> CoordinateSystem | None:
    """The file's own label; an undefined engineering system (GeoPackage's -1) counts as none."""
    if crs is None or not (crs.is_geographic or crs.is_projected) or "undefined" in crs.name.lower():
        return None
    return system_of(crs)


def _read_shapefile(source: _Source) -> RawLayer:
    missing = [suffix for suffix in (".shx", ".dbf") if not source.path.with_suffix(suffix).exists()]
    if missing:
        raise InputRefused(
            "SHAPEFILE_INCOMPLETE",
            zh=f"Shapefile“{source.shown}”缺少{'、'.join(missing)}文件",
            en=f"shapefile “{source.shown}” lacks {', '.join(missing)}",
            remedy_zh="请把.shp、.shx、.dbf、.prj、.cpg一起打包",
            remedy_en="pack .shp, .shx, .dbf, .prj and .cpg together",
            facts={"missing": missing},
        )
    cpg = source.path.with_suffix(".cpg")
    encoding = shapefile_encoding(source.path.with_suffix(".dbf"), cpg if cpg.exists() else None)
    # Bytes are fetched as they are and decoded here: names cut in mid-character stop GDAL's own decoding.
    raw = _decoded(_read_vector(source, source.path, encoding="ISO-8859-1"), encoding)
    shown = "GBK" if encoding.name == "gb18030" else encoding.name.upper()
    return replace(raw, encoding=shown, encoding_label_is_wrong=encoding.label_is_wrong)


def _decoded(raw: RawLayer, encoding: Encoding) -> RawLayer:
    """The raw layer with column names and texts read from Latin-1's stand-ins for bytes."""
    names = {name: bytes_read_as(str(name), encoding.of_names) for name in raw.frame.columns}
    frame = raw.frame.rename(columns=names)
    for name in frame.columns:
        if name != frame.geometry.name and not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = [
                bytes_read_as(cell, encoding.name) if isinstance(cell, str) else cell for cell in frame[name]
            ]
    return replace(raw, frame=frame)


def _require_geojson(path: Path) -> None:
    """Refuse JSON that is no GeoJSON (GDAL would run pipelines it finds in JSON), and rewrite GBK as
    UTF-8.
    """
    raw = path.read_bytes()
    text, encoding = decode_text(raw, path.name)
    is_geojson = re.search(r'"type"\s*:\s*"(FeatureCollection|Feature)"', text)
    if not is_geojson or "gdal_streamed_alg" in text:
        raise _unknown_format(
            "JSON", "请导出为GeoJSON（FeatureCollection）", "export it as a GeoJSON FeatureCollection"
        )
    if encoding != "UTF-8":
        path.write_text(text, encoding="utf-8")
