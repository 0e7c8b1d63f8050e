"""Every file a bureau may send is read: formats, encodings, folders, layers, coordinate systems."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely

from gis.compute import crs
from gis.compute.intake import IntakeOptions, read_layer
from gis.compute.refusal import InputRefused

EXTENT = (112.6, 34.8, 113.7, 35.5)
NAMES = ["枫华园社区", "民生街社区", "焦西矿社区"]
IN_CITY = IntakeOptions(extent=EXTENT)


def _communities(crs_code: str = "EPSG:4490") -> gpd.GeoDataFrame:
    boxes = [shapely.box(113.20 + i * 0.01, 35.20, 113.21 + i * 0.01, 35.21) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"社区名称": NAMES, "区划代码": [f"41080200100{i}" for i in (1, 2, 3)], "户数": [2400, 1800, 950]},
        geometry=boxes,
        crs="EPSG:4490",
    )
    return frame.to_crs(crs_code)


def _is_first_box(shape: shapely.Geometry) -> bool:
    return bool(shape.normalize().equals_exact(shapely.box(113.20, 35.20, 113.21, 35.21).normalize(), 2e-7))


def _zip_shapefile(
    tmp_path: Path,
    frame: gpd.GeoDataFrame,
    *,
    encoding: str,
    folder: str = "",
    keep_cpg: bool = True,
    cpg: str | None = None,
    stem: str = "shequ",
    driver_byte: int | None = None,
) -> Path:
    raw = tmp_path / "raw"
    raw.mkdir(exist_ok=True)
    pyogrio.write_dataframe(frame, raw / f"{stem}.shp", encoding=encoding)
    if driver_byte is not None:
        dbf = bytearray((raw / f"{stem}.dbf").read_bytes())
        dbf[29] = driver_byte
        (raw / f"{stem}.dbf").write_bytes(bytes(dbf))
    if cpg is not None:
        (raw / f"{stem}.cpg").write_text(cpg)
    packed = tmp_path / "上传.zip"
    with zipfile.ZipFile(packed, "a") as archive:
        for part in sorted(raw.glob(f"{stem}.*")):
            if part.suffix != ".cpg" or keep_cpg:
                archive.write(part, f"{folder}{part.name}")
    return packed


def _workbook(path: Path, rows: list[list[object]], sheet: str = "站点") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "kml"])
def test_vector_files_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"社区.{suffix}"
    frame = _communities()
    if suffix in ("kml", "geojson"):
        frame = frame.rename(columns={"社区名称": "Name"}).to_crs(4326)
    pyogrio.write_dataframe(frame, path, driver="LIBKML" if suffix == "kml" else None)
    intake = read_layer(path, "communities", IN_CITY)
    assert intake.is_accepted, intake.errors
    assert sorted(intake.frame["name"]) == sorted(NAMES)
    assert sorted(intake.frame["households"]) == [950, 1800, 2400]
    assert intake.frame.crs.to_epsg() == 4490
    assert intake.provenance.file_name == path.name
    assert len(intake.provenance.sha256) == 64
    assert intake.frame.geometry.union_all().equals(shapely.box(113.2, 35.2, 113.23, 35.21))


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("GBK", {"keep_cpg": True}),
        ("GBK", {"cpg": "936"}),
        ("GBK", {"cpg": "GB2312"}),
        ("GBK", {"cpg": "OEM"}),
        ("GBK", {"keep_cpg": False, "driver_byte": 0}),
        ("GBK", {"keep_cpg": False, "driver_byte": 0x4D}),
        ("GBK", {"cpg": "UTF-8"}),
        ("GBK", {"folder": "网格/最终版/"}),
        ("UTF-8", {"keep_cpg": True}),
        ("UTF-8", {"keep_cpg": False, "driver_byte": 0}),
        ("UTF-8", {"cpg": "GBK"}),
    ],
)
def test_shapefiles_are_read_whatever_their_encoding_says(
    tmp_path: Path, encoding: str, options: dict[str, object]
) -> None:
    path = _zip_shapefile(tmp_path, _communities("EPSG:4526"), encoding=encoding, **options)  # type: ignore[arg-type]
    intake = read_layer(path, "communities", IN_CITY)
    assert intake.is_accepted, intake.errors
    assert list(intake.frame["name"]) == NAMES
    assert intake.provenance.encoding == encoding
    assert intake.provenance.crs_used == "EPSG:4526"
    lied = any(warning.code == "ENCODING_LABEL_OVERRULED" for warning in intake.warnings)
    assert lied == (options.get("cpg") in ("UTF-8", "GBK"))


def test_a_folder_name_in_gbk_bytes_is_no_hindrance(tmp_path: Path) -> None:
    utf8 = _zip_shapefile(tmp_path, _communities(), encoding="GBK")
    gbk = tmp_path / "gbk.zip"
    with zipfile.ZipFile(utf8) as source, zipfile.ZipFile(gbk, "w") as target:
        for entry in source.infolist():
            target.writestr(f"XXXX/{entry.filename}", source.read(entry))
    gbk.write_bytes(gbk.read_bytes().replace(b"XXXX/", "网格".encode("gbk") + b"/"))
    assert read_layer(gbk, "communities", IN_CITY).is_accepted


def test_one_of_several_shapefiles_is_chosen_by_name(tmp_path: Path) -> None:
    _zip_shapefile(tmp_path, _communities(), encoding="UTF-8", stem="gongyuan")
    path = _zip_shapefile(tmp_path, _communities(), encoding="UTF-8", stem="jiedao")
    with pytest.raises(InputRefused) as refused:
        read_layer(path, "communities", IN_CITY)
    assert refused.value.code == "LAYER_NOT_NAMED"
    assert refused.value.facts["layers"] == ["gongyuan", "jiedao"]
    chosen = read_layer(path, "communities", IntakeOptions(extent=EXTENT, layer="jiedao"))
    assert chosen.provenance.layer == "jiedao"
    with pytest.raises(InputRefused, match="LAYER_UNKNOWN"):
        read_layer(path, "communities", IntakeOptions(extent=EXTENT, layer="没有"))


def test_the_layer_called_like_the_kind_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    pyogrio.write_dataframe(_communities(), path, layer="公园")
    pyogrio.write_dataframe(_communities(), path, layer="社区")
    assert read_layer(path, "communities", IN_CITY).provenance.layer == "社区"


SITES = [
    ["站点名称", "经度", "纬度", "地址"],
    ["东方红广场站", 113.24, 35.21, "解放路"],
    ["龙源湖站", 113.25, 35.19, ""],
]


def test_a_workbook_keeps_its_own_row_numbers(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["焦作市健身站点一览表"],
        [None],
        *SITES,
        [None],
        ["坏站点", "东经", 35.2, ""],
    ]
    intake = read_layer(_workbook(tmp_path / "站点.xlsx", rows), "fitness_sites", IN_CITY)
    assert list(intake.frame["row"]) == [4, 5]
    assert [(error.row, error.code) for error in intake.errors] == [(7, "COORDINATE_UNREADABLE")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_any_chinese_encoding(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "站点.csv"
    path.write_bytes("\r\n".join(separator.join(map(str, row)) for row in SITES).encode(encoding))
    intake = read_layer(path, "fitness_sites", IN_CITY)
    assert intake.is_accepted, intake.errors
    assert list(intake.frame["name"]) == ["东方红广场站", "龙源湖站"]
    assert list(intake.frame["row"]) == [2, 3]


def test_csv_rows_are_counted_by_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('name,lng,lat\n"甲\n站",113.2,35.2\n乙站,abc,35.2\n', encoding="utf-8")
    assert [(error.row, error.code) for error in read_layer(path, "fitness_sites", IN_CITY).errors] == [
        (4, "COORDINATE_UNREADABLE")
    ]


@pytest.mark.parametrize(
    ("lon_name", "lat_name"),
    [
        ("经度", "纬度"),
        ("lng", "lat"),
        ("LON", "LAT"),
        ("X", "Y"),
        ("经度（°）", "纬度（°）"),
        ("GPS经度", "GPS纬度"),
    ],
)
def test_coordinate_columns_have_many_names(tmp_path: Path, lon_name: str, lat_name: str) -> None:
    path = _workbook(tmp_path / "a.xlsx", [["名称", lon_name, lat_name], ["甲", "113°14′24″", "35.21"]])
    intake = read_layer(path, "fitness_sites", IN_CITY)
    assert (intake.frame.geometry[0].x, intake.frame.geometry[0].y) == (113.24, 35.21)


def test_a_column_that_names_its_datum_is_believed(tmp_path: Path) -> None:
    x, y = (float(value) for value in crs.to_gcj02(113.24, 35.21))
    path = _workbook(tmp_path / "a.xlsx", [["名称", "高德经度", "高德纬度"], ["甲", x, y]])
    intake = read_layer(path, "fitness_sites", IN_CITY)
    assert intake.provenance.crs_used == "GCJ-02"
    assert (intake.frame.geometry[0].x, intake.frame.geometry[0].y) == (113.24, 35.21)


def test_polygons_as_wkt_in_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'name;wkt\n甲社区;"POLYGON((113.2 35.2, 113.21 35.2, 113.21 35.21, 113.2 35.2))"\n', encoding="utf-8"
    )
    assert read_layer(path, "communities", IN_CITY).is_accepted


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4526", "EPSG:4547", "EPSG:4497", "EPSG:4508"])
def test_unlabelled_numbers_are_recognised_within_the_citys_extent(tmp_path: Path, code: str) -> None:
    path = _zip_shapefile(tmp_path, _communities(code).set_crs(None, allow_override=True), encoding="UTF-8")
    with zipfile.ZipFile(path) as archive:
        assert not any(name.endswith(".prj") for name in archive.namelist())
    intake = read_layer(path, "communities", IN_CITY)
    assert intake.is_accepted, intake.errors
    # The 6-degree meridian 111° (EPSG:4508) is also a 3-degree one.
    assert intake.provenance.crs_used == {"EPSG:4508": "EPSG:4546"}.get(code, code)
    assert _is_first_box(intake.frame.geometry[0])
    assert any(warning.code == "DATUM_UNPROVEN" for warning in intake.warnings) == (code == "EPSG:4490")


@pytest.mark.parametrize("declared", ["GCJ-02", "BD-09"])
def test_a_declared_shifted_datum_beats_the_label(tmp_path: Path, declared: str) -> None:
    move = crs.to_gcj02 if declared == "GCJ-02" else crs.to_bd09
    frame = _communities()
    moved = shapely.transform(frame.geometry.values, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame.set_geometry(gpd.GeoSeries(moved, crs=4326)), path)
    intake = read_layer(path, "communities", IntakeOptions(extent=EXTENT, declared_crs=declared))
    assert intake.frame.geometry[0].equals(shapely.box(113.2, 35.2, 113.21, 35.21))
    assert any(warning.code == "CRS_LABEL_OVERRULED" for warning in intake.warnings)


def test_metres_in_a_geojson_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    ring = [list(pair) for pair in _communities("EPSG:4526").geometry[0].exterior.coords]
    feature = {
        "type": "Feature",
        "properties": {"name": "甲"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False))
    intake = read_layer(path, "communities", IN_CITY)
    assert intake.provenance.crs_used == "EPSG:4526"
    assert _is_first_box(intake.frame.geometry[0])


def test_swapped_axes_are_turned_with_a_warning(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [["名称", "经度", "纬度"], ["甲", 35.21, 113.24]])
    intake = read_layer(path, "fitness_sites", IN_CITY)
    assert (intake.frame.geometry[0].x, intake.frame.geometry[0].y) == (113.24, 35.21)
    assert "AXES_SWAPPED" in {warning.code for warning in intake.warnings}


def test_gbk_geojson_and_twice_misread_text_are_mended(tmp_path: Path) -> None:
    frame = _communities().rename(columns={"社区名称": "name"})
    text = frame.to_json(ensure_ascii=False)
    gbk = tmp_path / "gbk.geojson"
    gbk.write_bytes(text.encode("gbk"))
    assert sorted(read_layer(gbk, "communities", IN_CITY).frame["name"]) == sorted(NAMES)
    misread = [
        [name.encode("utf-8").decode("latin-1") for name in NAMES],
        [name.encode("gbk").decode("latin-1") for name in NAMES],
        ["焦作市解放区".encode().decode("gb18030")] * 3,
    ]
    for names in misread:
        path = tmp_path / "a.gpkg"
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(frame.assign(name=names), path)
        intake = read_layer(path, "communities", IN_CITY)
        assert set(intake.frame["name"]) in ({*NAMES}, {"焦作市解放区"})
        assert "TEXT_MENDED" in {warning.code for warning in intake.warnings}


def test_source_bytes_are_left_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "gbk.geojson"
    path.write_bytes(
        _communities().rename(columns={"社区名称": "name"}).to_json(ensure_ascii=False).encode("gbk")
    )
    before = path.read_bytes()
    read_layer(path, "communities", IN_CITY)
    assert path.read_bytes() == before
