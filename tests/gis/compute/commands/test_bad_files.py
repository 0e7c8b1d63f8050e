"""Bad input ends in one clear message with a code, the remedy and exit code 2: never in a stack trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

Frames = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]


def no_rows(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings.iloc[:0], communities


def lines(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings.set_geometry(buildings.boundary), communities


def negative(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    homes = buildings["households"].copy()
    homes.iloc[3] = -5
    return buildings.assign(households=homes), communities


def fractional(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings.assign(households=buildings["households"] + 0.5), communities


def outside(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    moved = buildings.geometry.copy()
    moved.iloc[5] = shapely.transform(moved.iloc[5], lambda xy: xy + np.array([0.1, 0.0]))
    return buildings.set_geometry(moved), communities


def degrees_said_to_be_metres(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings.set_crs(4547, allow_override=True), communities


def points_for_communities(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings, communities.set_geometry(communities.representative_point())


def overlapping(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    wide = communities.geometry.copy()
    wide.iloc[0] = wide.iloc[0].buffer(0.0005)
    return buildings, communities.set_geometry(wide)


def crossed(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    west, south, east, north = communities.geometry.iloc[0].bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    shapes = communities.geometry.copy()
    shapes.iloc[0] = bow
    return buildings, communities.set_geometry(shapes)


def same_code_twice(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    return buildings, communities.assign(code=communities["code"].iloc[0])


def nobody(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Frames:
    points = buildings.set_geometry(buildings.representative_point())
    return points.assign(households=0), communities


BAD_FRAMES = {
    "NO_FEATURES": no_rows,
    "GEOMETRY_TYPE": lines,
    "HOUSEHOLDS_NEGATIVE": negative,
    "HOUSEHOLDS_FRACTIONAL": fractional,
    "OUTSIDE_COMMUNITIES": outside,
    "CRS_CONTRADICTED": degrees_said_to_be_metres,
    "GEOMETRY_TYPE ": points_for_communities,
    "COMMUNITIES_OVERLAP": overlapping,
    "RING_SELF_CROSSING": crossed,
    "KEY_REPEATED": same_code_twice,
    "NO_HOUSEHOLDS": nobody,
}


@pytest.mark.parametrize("code", BAD_FRAMES)
def test_bad_layers_are_refused_with_the_file_and_the_place(
    town: Any, tmp_path: Path, said: Callable[..., Any], code: str
) -> None:
    buildings, communities = BAD_FRAMES[code](town.buildings, town.communities)
    buildings.to_file(tmp_path / "buildings.gpkg")
    communities.to_file(tmp_path / "communities.gpkg")
    answer = said(
        "partition", tmp_path / "buildings.gpkg", tmp_path / "communities.gpkg",
        "--out", tmp_path / "grids.gpkg", "--lang", "both",
    )  # fmt: skip
    assert (answer.code, f"[{code.strip()}]" in answer.err) == (2, True), answer.err
    assert "办法" in answer.err and "remedy" in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "grids.gpkg").exists()


def test_a_refusal_is_json_for_programs(town: Any, tmp_path: Path, said: Callable[..., Any]) -> None:
    negative(town.buildings, town.communities)[0].to_file(tmp_path / "b.gpkg")
    answer = said("estimate-households", tmp_path / "b.gpkg", "--out", tmp_path / "o.gpkg", "--json")
    error = answer.json["error"]
    assert (error["code"], error["row"], error["field"]) == ("HOUSEHOLDS_NEGATIVE", 4, "households")
    assert error["facts"]["errors"] == 1
    assert "b.gpkg" in error["zh"]


BAD_FILES = {
    "FILE_MISSING": ("missing.gpkg", None),
    "FORMAT_UNKNOWN": ("text.gpkg", b"hello"),
    "FILE_EMPTY": ("empty.gpkg", b""),
    "FILE_BROKEN": ("broken.gpkg", b"SQLite format 3\0" + bytes(200)),
    "COORDINATE_COLUMNS_MISSING": ("table.csv", b"a,b\n1,2\n"),
    "SHAPEFILE_INCOMPLETE": ("lonely.shp", b"\x00\x00\x27\x0a" + bytes(100)),
    "FILE_IS_FOLDER": ("", None),
}


@pytest.mark.parametrize("code", BAD_FILES)
def test_files_that_cannot_be_read(tmp_path: Path, said: Callable[..., Any], code: str) -> None:
    name, content = BAD_FILES[code]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    answer = said("estimate-households", tmp_path / name, "--out", tmp_path / "o.gpkg", "--lang", "zh")
    assert (answer.code, f"[{code}]" in answer.err, "Traceback" in answer.err) == (2, True, False), answer.err


@pytest.mark.parametrize(
    ("out", "code"),
    [
        ("nowhere/o.gpkg", "OUT_FOLDER_MISSING"),
        ("o.txt", "OUT_SUFFIX"),
        ("folder.gpkg", "OUT_IS_FOLDER"),
        ("/proc/o.gpkg", "OUT_UNWRITABLE"),
    ],
)
def test_outputs_that_cannot_be_written_are_refused_before_the_work(
    town: Any, tmp_path: Path, said: Callable[..., Any], out: str, code: str
) -> None:
    (tmp_path / "folder.gpkg").mkdir()
    answer = said("estimate-households", town.file("buildings"), "--out", tmp_path / out)
    assert (answer.code, f"[{code}]" in answer.err) == (2, True), answer.err


def test_an_input_is_never_written_over(town: Any, said: Callable[..., Any]) -> None:
    before = Path(town.file("buildings")).read_bytes()
    answer = said("estimate-households", town.file("buildings"), "--out", town.file("buildings"))
    assert (answer.code, "OUT_IS_INPUT" in answer.err) == (2, True)
    assert Path(town.file("buildings")).read_bytes() == before


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--crs", "buildings=EPSG:99999"], "CRS_UNKNOWN"),
        (["--crs", "houses=EPSG:4547"], "OPTIONS"),
        (["--layer", "buildings"], "OPTIONS"),
        (["--layer", "buildings=nothing"], "LAYER_UNKNOWN"),
        (["--households-column", "nothing"], "COLUMN_UNKNOWN"),
        (["--column", "buildings.nothing=floors"], "FIELD_UNKNOWN"),
        (["--column", "floors=floors"], "OPTIONS"),
        (["--m2-per-home", "0"], "PARAMETERS"),
        (["--m2-per-home", "many"], "OPTIONS"),
    ],
)
def test_options_that_do_not_fit_the_file(
    town: Any, tmp_path: Path, said: Callable[..., Any], more: list[str], code: str
) -> None:
    answer = said("estimate-households", town.file("buildings"), "--out", tmp_path / "o.gpkg", *more)
    assert (answer.code, f"[{code}]" in answer.err) == (2, True), answer.err


def test_a_fault_of_the_program_is_told_apart_and_shows_its_stack_only_on_request(
    town: Any, tmp_path: Path, said: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr("gis.compute.commands.estimate.write_layers", broken)
    words = ["estimate-households", town.file("buildings"), "--out", tmp_path / "o.gpkg"]
    plain, debugged = said(*words), said(*words, "--debug")
    assert (plain.code, "Traceback" in plain.err, "ZeroDivisionError" in plain.err) == (1, False, True)
    assert "Traceback" in debugged.err
