"""Column names and values of a shapefile are read in the encoding that makes sense of both."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from gis.compute.intake import Intake, IntakeOptions, read_layer

IN_CITY = IntakeOptions(extent=(112.6, 34.8, 113.7, 35.5))
# Every character's two GBK bytes are a letter in UTF-8 as well: 石泉苑 reads as ʯȪԷ.
ALSO_UTF8 = ["石泉苑", "平泉苑", "桐园苑", "水园", "石园", "木园"]
HAN = ["枫华园社区", "民生街社区", "焦西矿社区", "上白作", "中站", "马村"]


def _packed(tmp_path: Path, names: list[str], encoding: str, cpg: str | None) -> Path:
    boxes = [shapely.box(113.20 + i * 0.01, 35.20, 113.21 + i * 0.01, 35.21) for i in range(len(names))]
    columns = {"社区名称": names, "户数": range(100, 100 + len(names))}
    frame = gpd.GeoDataFrame(columns, geometry=boxes, crs="EPSG:4490")
    pyogrio.write_dataframe(frame, tmp_path / "a.shp", encoding=encoding)
    (tmp_path / "a.cpg").unlink()
    if cpg is not None:
        (tmp_path / "a.cpg").write_text(cpg)
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("a.[sdpc][hbrp][xfjgp]"):
            archive.write(part, part.name)
    return packed


def _read_well(intake: Intake, names: list[str]) -> bool:
    found = intake.frame
    return list(found["name"]) == names and list(found["households"]) == list(range(100, 100 + len(names)))


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "ISO-8859-1"])
@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("names", [ALSO_UTF8, HAN, [*HAN, *ALSO_UTF8], ["A1", "A2"]])
def test_names_and_values_are_read_whatever_the_label_says(
    tmp_path: Path, names: list[str], encoding: str, cpg: str | None
) -> None:
    intake = read_layer(_packed(tmp_path, names, encoding, cpg), "communities", IN_CITY)
    assert intake.is_accepted, intake.errors
    assert _read_well(intake, names)


def test_a_few_names_in_gbk_do_not_drown_in_many_values_that_utf8_reads(tmp_path: Path) -> None:
    many = [ALSO_UTF8[number % len(ALSO_UTF8)] for number in range(60)]
    assert _read_well(read_layer(_packed(tmp_path, many, "GBK", None), "communities", IN_CITY), many)


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK"])
def test_names_in_gbk_above_values_in_utf8(tmp_path: Path, cpg: str | None) -> None:
    packed = _packed(tmp_path, HAN, "UTF-8", cpg)
    dbf = (tmp_path / "a.dbf").read_bytes()
    for name in ("社区名称", "户数"):
        written = name.encode()[:10].ljust(11, b"\0")
        assert written in dbf
        dbf = dbf.replace(written, name.encode("gbk").ljust(11, b"\0"))
    (tmp_path / "a.dbf").write_bytes(dbf)
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("a.[sdpc][hbrp][xfjgp]"):
            archive.write(part, part.name)
    assert _read_well(read_layer(packed, "communities", IN_CITY), HAN)


def test_one_accented_letter_is_a_name_in_utf8(tmp_path: Path) -> None:
    names = ["Café Zürich", "Café Genève"]
    assert _read_well(read_layer(_packed(tmp_path, names, "UTF-8", None), "communities", IN_CITY), names)
