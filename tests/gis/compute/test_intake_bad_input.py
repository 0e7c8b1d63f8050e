"""Bad input is refused with file, row, field and remedy; every row is named, nothing is guessed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.compute.intake import Intake, IntakeOptions, read_layer
from gis.compute.refusal import InputRefused

EXTENT = (112.6, 34.8, 113.7, 35.5)
CROSSED = shapely.Polygon([(113.20, 35.20), (113.21, 35.21), (113.21, 35.20), (113.20, 35.21)])


def _box(column: int, width: float = 0.01) -> shapely.Polygon:
    return shapely.box(113.20 + column * 0.01, 35.20, 113.20 + column * 0.01 + width, 35.21)


def _read(
    tmp_path: Path, kind: str, columns: dict[str, list[Any]], shapes: list[Any], **options: Any
) -> Intake:
    path = tmp_path / "layer.gpkg"
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, geometry=shapes, crs=4490), path)
    return read_layer(path, kind, IntakeOptions(extent=EXTENT, **options))


def _codes(intake: Intake) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.code) for finding in intake.errors]


def _refusal(path: Path, kind: str = "communities", **options: Any) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        read_layer(path, kind, IntakeOptions(extent=EXTENT, **options))
    assert refused.value.remedy_zh and refused.value.remedy_en
    return refused.value


# --- the file as a whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"  \r\n \n"])
@pytest.mark.parametrize("name", ["a.csv", "a.geojson", "a.zip"])
def test_an_empty_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert _refusal(tmp_path / name).code == "FILE_EMPTY"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.dwg", b"AC1027" + b"\0" * 20, "FORMAT_UNKNOWN"),
        ("a.rar", b"Rar!\x1a\x07\x00", "FORMAT_UNKNOWN"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 100, "FORMAT_UNKNOWN"),
        ("a.shp", b"\x00\x00\x27\x0a" + b"\0" * 96, "FORMAT_UNKNOWN"),
        ("a.docx", b"\x7fELF" + b"\0" * 60, "FORMAT_UNKNOWN"),
        ("a.json", b'{"a": 1}', "FORMAT_UNKNOWN"),
        (
            "a.json",
            b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}',
            "FORMAT_UNKNOWN",
        ),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "FILE_BROKEN"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "NO_FEATURES"),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 200, "FILE_BROKEN"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 60, "ARCHIVE_BROKEN"),
        ("a.csv", b"name,address\na,b\n", "COORDINATE_COLUMNS_MISSING"),
        ("a.csv", "名称,经度,纬度\n".encode(), "NO_FEATURES"),
        ("a.csv", b"\xff\xff\x81\x00,lng,lat\n\x80,113,35\n", "MOJIBAKE"),
        ("a.kml", b'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "b">]><kml></kml>', "FORMAT_UNKNOWN"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert _refusal(tmp_path / name, "fitness_sites").code == code


def test_a_200_megabyte_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.gpkg"
    with path.open("wb") as sink:
        sink.truncate(200_000_000)
    refused = _refusal(path)
    assert refused.code == "FILE_TOO_LARGE"
    assert refused.facts["size_bytes"] == 200_000_000


def test_the_size_limit_is_sharp(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lng,lat\na,113.2,35.2\n")
    size = path.stat().st_size
    assert read_layer(path, "fitness_sites", IntakeOptions(most_bytes=size + 1)).is_accepted
    assert _refusal(path, "fitness_sites", most_bytes=size).code == "FILE_TOO_LARGE"


def test_unknown_kind_field_and_column_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lng,lat\na,113.2,35.2\n")
    assert _refusal(path, "parks").code == "LAYER_KIND_UNKNOWN"
    assert _refusal(path, "fitness_sites", columns={"colour": "name"}).code == "FIELD_UNKNOWN"
    assert _refusal(path, "fitness_sites", columns={"name": "title"}).code == "COLUMN_UNKNOWN"


# --- archives -----------------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.shp", b"\0" * 60_000_000)
    refused = _refusal(path)
    assert refused.code == "ARCHIVE_BOMB"
    assert float(str(refused.facts["ratio"])) > 500


def test_an_archive_of_many_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2001):
            archive.writestr(f"{number}.shp", b"")
    assert _refusal(path).code == "ARCHIVE_BOMB"


def test_an_archive_that_lies_about_its_sizes_is_stopped(tmp_path: Path) -> None:
    """The contents list says 10 bytes; the data unpack to 5 MB."""
    path = tmp_path / "liar.zip"
    payload = b"\0" * 5_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", payload)
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = raw.index(signature)
        raw[start + at : start + at + 4] = struct.pack("<I", 10)
        crc_at = start + (16 if at == 24 else 14)
        raw[crc_at : crc_at + 4] = struct.pack("<I", zlib.crc32(payload[:10]))
    path.write_bytes(bytes(raw))
    assert _refusal(path).code in ("ARCHIVE_BOMB", "ARCHIVE_BROKEN", "FORMAT_UNKNOWN", "FILE_EMPTY")


@pytest.mark.parametrize(
    "name", ["../../etc/a.shp", "/etc/a.shp", "a/../../b.shp", "..\\..\\a.shp", "C:\\a.shp"]
)
def test_paths_that_climb_out_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    assert _refusal(path).code == "ARCHIVE_UNSAFE_PATH"


def test_links_and_encrypted_entries_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert _refusal(tmp_path / "link.zip").code == "ARCHIVE_UNSAFE_PATH"
    with zipfile.ZipFile(tmp_path / "locked.zip", "w") as archive:
        archive.writestr("a.shp", b"x")
    raw = bytearray((tmp_path / "locked.zip").read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(raw))
    assert _refusal(tmp_path / "locked.zip").code == "ARCHIVE_ENCRYPTED"


def test_archives_without_layers_and_half_shapefiles(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr("说明.txt", "x")
    assert _refusal(tmp_path / "docs.zip").code == "ARCHIVE_NO_LAYER"
    with zipfile.ZipFile(tmp_path / "half.zip", "w") as archive:
        archive.writestr("a.shp", b"\x00\x00\x27\x0a")
    refused = _refusal(tmp_path / "half.zip")
    assert (refused.code, refused.facts["missing"]) == ("SHAPEFILE_INCOMPLETE", [".shx", ".dbf"])


def test_a_bombed_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    assert _refusal(path, "fitness_sites").code == "ARCHIVE_BOMB"


def test_a_damaged_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<nothing")
    assert _refusal(path, "fitness_sites").code == "FILE_BROKEN"


# --- coordinate systems -------------------------------------------------------------------------------------


def test_old_datums_are_refused_by_label_and_by_declaration(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    moved = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[_box(0)], crs=4490).to_crs(4547)
    pyogrio.write_dataframe(moved.set_crs(2383, allow_override=True), path)
    assert _refusal(path).code == "CRS_OLD_DATUM"
    (tmp_path / "a.csv").write_text("name,lng,lat\na,113.2,35.2\n")
    assert _refusal(tmp_path / "a.csv", "fitness_sites", declared_crs="北京54").code == "CRS_OLD_DATUM"


@pytest.mark.parametrize("declared", ["EPSG:4526", "EPSG:4547"])
def test_a_declaration_the_numbers_contradict_is_refused(tmp_path: Path, declared: str) -> None:
    (tmp_path / "a.csv").write_text("name,lng,lat\na,113.2,35.2\n")
    refused = _refusal(tmp_path / "a.csv", "fitness_sites", declared_crs=declared)
    assert (refused.code, refused.facts["fits"]) == ("CRS_CONTRADICTED", "EPSG:4490")


def test_metres_labelled_as_degrees_are_refused_with_what_they_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    moved = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[_box(0)], crs=4490).to_crs(4526)
    pyogrio.write_dataframe(moved.set_crs(4490, allow_override=True), path)
    refused = _refusal(path)
    assert (refused.code, refused.facts["fits"]) == ("CRS_CONTRADICTED", "EPSG:4526")


def test_rows_of_another_system_and_of_another_city_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["甲,113.24,35.21", "乙,113.25,35.22", "丙,38428285.9,3897000.1", "丁,121.5,31.2", "戊,0,0"]
    path.write_text("name,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    intake = read_layer(path, "fitness_sites", IntakeOptions(extent=EXTENT))
    assert _codes(intake) == [(4, "MIXED_CRS"), (5, "OUTSIDE_CITY"), (6, "MIXED_CRS")]
    without = read_layer(path, "fitness_sites")
    assert _codes(without) == [(4, "MIXED_CRS"), (5, "FAR_FROM_REST"), (6, "MIXED_CRS")]


# --- geometry -----------------------------------------------------------------------------------------------


def test_wrong_missing_and_crossed_geometry_are_all_reported(tmp_path: Path) -> None:
    names = ["甲", "乙", "丙", "丁", "戊"]
    shapes = [_box(0), shapely.Point(113.22, 35.2), None, CROSSED, shapely.Polygon()]
    intake = _read(tmp_path, "communities", {"name": names}, shapes)
    assert _codes(intake) == [
        (2, "GEOMETRY_TYPE"),
        (3, "GEOMETRY_MISSING"),
        (4, "RING_SELF_CROSSING"),
        (5, "GEOMETRY_MISSING"),
    ]
    assert list(intake.frame["name"]) == ["甲"]
    assert intake.errors[2].place == (113.205, 35.205)
    assert all(
        finding.remedy_zh and finding.remedy_en and finding.field == "geometry" for finding in intake.errors
    )


def test_crossed_rings_can_be_repaired_and_are_counted(tmp_path: Path) -> None:
    intake = _read(tmp_path, "communities", {"name": ["甲", "乙"]}, [CROSSED, _box(3)], repair=True)
    assert intake.is_accepted, intake.errors
    assert intake.frame.geometry.is_valid.all()
    assert intake.provenance.repaired_rows == 1
    (warning,) = [warning for warning in intake.warnings if warning.code == "RINGS_REPAIRED"]
    assert warning.facts["rows"] == [1]


def test_a_ring_without_area_cannot_be_repaired(tmp_path: Path) -> None:
    flat = shapely.Polygon([(113.2, 35.2), (113.21, 35.21), (113.2, 35.2), (113.2, 35.2)])
    for repair in (False, True):
        intake = _read(tmp_path, "communities", {"name": ["甲", "乙"]}, [flat, _box(3)], repair=repair)
        assert [row for row, _ in _codes(intake)] == [1]


def test_overlapping_communities_are_named_in_pairs_with_their_area(tmp_path: Path) -> None:
    columns = {"name": ["甲社区", "乙社区", "丙社区"]}
    intake = _read(tmp_path, "communities", columns, [_box(0, 0.0101), _box(1), _box(2)])
    assert _codes(intake) == [(2, "COMMUNITIES_OVERLAP")]
    (error,) = intake.errors
    assert error.facts["pair"] == ["甲社区", "乙社区"]
    assert float(str(error.facts["area_m2"])) == pytest.approx(9.1 * 1109, rel=0.02)
    assert error.place is not None and shapely.Point(error.place).within(_box(1, 0.0101))


def test_drawing_noise_between_neighbours_is_no_overlap(tmp_path: Path) -> None:
    shapes = [_box(0, 0.0100003), _box(1)]
    assert _read(tmp_path, "communities", {"name": ["甲", "乙"]}, shapes).is_accepted
    shapes = [_box(0, 0.010003), _box(1)]
    assert _codes(_read(tmp_path, "communities", {"name": ["甲", "乙"]}, shapes)) == [
        (2, "COMMUNITIES_OVERLAP")
    ]


def test_communities_may_not_overlap_those_the_city_holds(tmp_path: Path) -> None:
    held = gpd.GeoDataFrame({"name": ["旧社区"], "code": [""]}, geometry=[_box(0)], crs=4490)
    intake = _read(tmp_path, "communities", {"name": ["新社区"]}, [_box(0, 0.005)], communities=held)
    assert intake.errors[0].facts["pair"] == ["新社区", "旧社区"]


def test_a_building_outside_every_community(tmp_path: Path) -> None:
    held = gpd.GeoDataFrame({"name": ["甲"], "code": [""]}, geometry=[_box(0)], crs=4490)
    house = shapely.box(113.205, 35.205, 113.2051, 35.2051)
    shapes = [house, shapely.box(113.23, 35.205, 113.2301, 35.2051)]
    intake = _read(tmp_path, "buildings", {"ref": ["1", "2"]}, shapes, communities=held)
    assert _codes(intake) == [(2, "OUTSIDE_COMMUNITIES")]
    left = _read(tmp_path, "buildings", {"ref": ["1", "2"]}, shapes, communities=held, leave_out_outside=True)
    assert left.is_accepted and list(left.frame["ref"]) == ["1"]
    assert "OUTSIDE_LEFT_OUT" in {warning.code for warning in left.warnings}


# --- attributes ---------------------------------------------------------------------------------------------


def _sheet(tmp_path: Path, header: list[str], values: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.append([*header, "经度", "纬度"])
    for number, row in enumerate(values):
        book.active.append([*row, 113.2 + number * 0.001, 35.2])
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-3, "HOUSEHOLDS_NEGATIVE"),
        ("-1", "HOUSEHOLDS_NEGATIVE"),
        (12.5, "HOUSEHOLDS_FRACTIONAL"),
        ("3.2户", "HOUSEHOLDS_FRACTIONAL"),
        (5001, "HOUSEHOLDS_ABSURD"),
        ("约三十", "HOUSEHOLDS_NOT_A_NUMBER"),
        ("1e400", "HOUSEHOLDS_NOT_A_NUMBER"),
        (0, None),
        (5000, None),
        ("５６户", None),
        ("1,024", None),
        ("—", None),
        (None, None),
    ],
)
def test_households_must_be_whole_believable_and_not_negative(
    tmp_path: Path, value: Any, code: str | None
) -> None:
    path = _sheet(tmp_path, ["楼号", "户数"], [["1", 30], ["2", value]])
    intake = read_layer(path, "buildings", IntakeOptions(extent=EXTENT))
    assert [finding.code for finding in intake.errors] == ([code] if code else [])
    if code:
        assert (intake.errors[0].row, intake.errors[0].field) == (3, "households")
        assert intake.errors[0].remedy_zh


def test_every_bad_row_is_reported_at_once(tmp_path: Path) -> None:
    values = [["1", -1, 6], ["1", 2.5, 6], ["3", 4, 6], ["4", "x", -2]]
    intake = read_layer(
        _sheet(tmp_path, ["楼号", "户数", "层数"], values), "buildings", IntakeOptions(extent=EXTENT)
    )
    assert _codes(intake) == [
        (2, "HOUSEHOLDS_NEGATIVE"),
        (3, "HOUSEHOLDS_FRACTIONAL"),
        (3, "KEY_REPEATED"),
        (5, "HOUSEHOLDS_NOT_A_NUMBER"),
    ]
    assert "FLOORS_NEGATIVE" in {warning.code for warning in intake.warnings}
    assert list(intake.frame["ref"]) == ["3"]


def test_required_columns_and_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title,lng,lat\n甲,113.2,35.2\n", encoding="utf-8")
    intake = read_layer(path, "fitness_sites", IntakeOptions(extent=EXTENT))
    assert [(error.row, error.code, error.field) for error in intake.errors] == [
        (None, "COLUMN_REQUIRED", "name")
    ]
    chosen = read_layer(path, "fitness_sites", IntakeOptions(extent=EXTENT, columns={"name": "title"}))
    assert chosen.is_accepted and list(chosen.frame["name"]) == ["甲"]
    path.write_text("name,lng,lat\n,113.2,35.2\n", encoding="utf-8")
    assert _codes(read_layer(path, "fitness_sites", IntakeOptions(extent=EXTENT))) == [(2, "VALUE_REQUIRED")]


def test_codes_must_have_twelve_digits_and_occur_once(tmp_path: Path) -> None:
    columns = {"name": ["甲", "乙", "丙"], "code": ["410802001001", "4108020010", "410802001001"]}
    intake = _read(tmp_path, "communities", columns, [_box(0), _box(1), _box(2)])
    assert _codes(intake) == [(2, "CODE_MALFORMED"), (3, "KEY_REPEATED")]
    assert intake.errors[1].facts["first_row"] == 1


def test_destroyed_text_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lng,lat\n好站点,113.2,35.2\n锟斤拷锟斤拷,113.2,35.2\n", encoding="utf-8")
    refused = _refusal(path, "fitness_sites")
    assert (refused.code, refused.row, refused.field) == ("MOJIBAKE", 3, "name")


def test_foreign_names_are_no_mojibake(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lng,lat\nCafé Zürich,113.2,35.2\n联通,113.2,35.2\n", encoding="utf-8")
    assert list(read_layer(path, "fitness_sites", IntakeOptions(extent=EXTENT)).frame["name"]) == [
        "Café Zürich",
        "联通",
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400),
    head=st.sampled_from([b"", b"PK\x03\x04", b"{", b"<kml>", b"fgb\x03", b"name,x,y\n"]),
)
def test_no_bytes_bring_the_reader_down(tmp_path: Path, content: bytes, head: bytes) -> None:
    """Whatever is uploaded, the answer is an intake or a refusal, never another exception."""
    path = tmp_path / "fuzz.csv"
    path.write_bytes(head + content)
    try:
        read_layer(path, "fitness_sites")
    except InputRefused as refused:
        assert refused.zh and refused.en


def test_a_workbook_whose_xml_grows_without_end_is_refused(tmp_path: Path) -> None:
    """Ten entities, each ten times the one before: 10^9 letters from one cell."""
    plain = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(plain)
    entities = '<!ENTITY e0 "lol">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    cell = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData>'
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as target:
        for entry in source.infolist():
            text = source.read(entry).decode()
            if entry.filename == "xl/worksheets/sheet1.xml":
                text = text.replace("<worksheet", f"<!DOCTYPE x [{entities}]><worksheet", 1)
                text = text.replace("<sheetData/>", cell).replace("<sheetData></sheetData>", cell)
            target.writestr(entry.filename, text)
    assert _refusal(tmp_path / "bomb.xlsx", "fitness_sites").code == "FILE_BROKEN"
