"""Files in each other's place, in a shifted datum or with repeated ids are told as what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from gis.compute import crs
from gis.compute.generator.profiles import profile_city

Said = Callable[..., Any]
MOVES = {"GCJ-02": crs.to_gcj02, "BD-09": crs.to_bd09}


def shifted(frame: gpd.GeoDataFrame, system: str) -> gpd.GeoDataFrame:
    return frame.set_geometry(
        frame.geometry.transform(lambda xy: np.column_stack(MOVES[system](xy[:, 0], xy[:, 1])))
    )


# ---- A shifted datum --------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", ["refuse", "leave-out"])
@pytest.mark.parametrize("system", list(MOVES))
@pytest.mark.parametrize("command", ["estimate-households", "partition"])
def test_shifted_buildings_are_named_with_the_option_that_mends_them(
    town: Any, tmp_path: Path, said: Said, command: str, system: str, outside: str
) -> None:
    shifted(town.buildings, system).to_file(tmp_path / "amap.gpkg")
    words = [command, tmp_path / "amap.gpkg", town.file("communities"), "--out", tmp_path / "o.gpkg"]
    told = said(*words, "--outside", outside, "--json").json["error"]
    assert (told["code"], told["facts"]["declare"]) == ("LAYER_OFFSET", system), told
    assert f"--crs buildings={system}" in told["remedy_zh"] and f"buildings={system}" in told["remedy_en"]
    assert "米" in told["zh"] and " m " in told["en"]


@pytest.mark.parametrize("count", [2, 5])
def test_a_handful_of_shifted_buildings_is_told_too(
    town: Any, tmp_path: Path, said: Said, count: int
) -> None:
    shifted(town.buildings.iloc[:count], "GCJ-02").to_file(tmp_path / "amap.gpkg")
    words = ["estimate-households", tmp_path / "amap.gpkg", town.file("communities")]
    told = said(*words, "--out", tmp_path / "o.gpkg", "--json").json["error"]
    assert (told["code"], told["facts"]["declare"]) == ("LAYER_OFFSET", "GCJ-02")
    assert said(*words, "--out", tmp_path / "o.gpkg", "--crs", "buildings=GCJ-02").code == 0


def test_shifted_communities_are_told_apart_from_shifted_buildings(
    town: Any, tmp_path: Path, said: Said
) -> None:
    shifted(town.communities, "GCJ-02").to_file(tmp_path / "c.gpkg")
    words = ["estimate-households", town.file("buildings"), tmp_path / "c.gpkg", "--out", tmp_path / "o.gpkg"]
    told = said(*words, "--json").json["error"]
    assert (told["code"], told["facts"]["declare"]) == ("LAYER_OFFSET", "GCJ-02")
    assert "--crs communities=GCJ-02" in told["remedy_zh"]
    assert said(*words, "--crs", "communities=GCJ-02").code == 0


def test_shifted_streets_are_named_where_the_walks_are_measured(tmp_path: Path, said: Said) -> None:
    city = profile_city("mixed", 3, 20_000)
    city.buildings.to_file(tmp_path / "b.gpkg")
    city.sites.to_file(tmp_path / "sites.gpkg")
    shifted(city.streets.to_crs(4490), "GCJ-02").to_file(tmp_path / "s.gpkg")
    words = ["coverage", tmp_path / "b.gpkg", tmp_path / "sites.gpkg", "--streets", tmp_path / "s.gpkg"]
    words += ["--out", tmp_path / "o.gpkg"]
    told = said(*words, "--json").json["error"]
    assert (told["code"], told["facts"]["others"]) == ("LAYER_OFFSET", ["streets"])
    assert "--crs streets=GCJ-02" in told["remedy_zh"] and "communities" not in told["remedy_en"]
    assert said(*words, "--crs", "streets=GCJ-02").code == 0


def test_a_system_that_was_declared_wrongly_is_answered_with_two_ways_that_differ(
    town: Any, tmp_path: Path, said: Said
) -> None:
    words = ["estimate-households", town.file("buildings"), town.file("communities")]
    told = said(*words, "--out", tmp_path / "o.gpkg", "--crs", "buildings=GCJ02", "--json").json["error"]
    assert told["code"] == "LAYER_OFFSET"
    assert "--crs buildings=EPSG:4490;" in told["remedy_en"]
    assert told["remedy_en"].endswith("--crs buildings=GCJ-02 --outside leave-out")


@pytest.mark.parametrize("command", [["coverage"], ["site", "--count", "1"]])
def test_sites_too_few_to_tell_are_noted_as_not_tested(
    town: Any, tmp_path: Path, said: Said, command: list[str]
) -> None:
    words = [*command, town.file("buildings"), town.file("sites"), "--out", tmp_path / "o.gpkg"]
    told = said(*words, "--lang", "en")
    assert "could not be tested" in told.err and "--crs sites=GCJ-02" in told.err
    told = said(*words, "--lang", "en", "--crs", "sites=EPSG:4490")
    assert "could not be tested" not in told.err


def test_more_places_than_help_are_answered_with_why_there_are_fewer(
    town: Any, tmp_path: Path, said: Said
) -> None:
    words = ["site", town.file("buildings"), town.file("sites"), "--out", tmp_path / "o.gpkg"]
    told = said(*words, "--count", "500", "--lang", "en")
    assert "500 were asked for" in told.out + told.err


def test_rows_far_outside_that_no_datum_explains_stay_outside(town: Any, tmp_path: Path, said: Said) -> None:
    town.buildings.set_geometry(town.buildings.translate(0.004, 0.011)).to_file(tmp_path / "b.gpkg")
    words = [
        "estimate-households",
        tmp_path / "b.gpkg",
        town.file("communities"),
        "--out",
        tmp_path / "o.gpkg",
    ]
    told = said(*words, "--json").json["error"]
    assert told["code"] == "OUTSIDE_COMMUNITIES"
    assert "--crs buildings=GCJ-02" in told["remedy_zh"] and "--outside leave-out" in told["remedy_en"]


# ---- Files in each other's place --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "swapped"),
    [
        (["estimate-households", "communities", "buildings"], {"communities", "buildings"}),
        (["partition", "communities", "buildings"], {"communities", "buildings"}),
        (["partition", "streets", "communities", "--streets", "buildings"], {"streets", "buildings"}),
        (["partition", "buildings", "streets", "--streets", "communities"], {"streets", "communities"}),
        (["coverage", "sites", "buildings"], {"sites", "buildings"}),
        (["site", "candidates", "buildings", "--count", "1"], {"candidates", "buildings"}),
    ],
)
def test_two_files_in_each_others_place_are_recognised(
    town: Any, tmp_path: Path, said: Said, words: list[str], swapped: set[str]
) -> None:
    given = [town.file(word) if (town.folder / f"{word}.gpkg").exists() else word for word in words]
    told = said(*given, "--out", tmp_path / "o.gpkg", "--json").json["error"]
    assert told["code"] == "FILES_SWAPPED", told
    assert {Path(path).stem for path in told["facts"]["swapped"]} == swapped
    assert "对调" in told["remedy_zh"] and "exchange" in told["remedy_en"]


@pytest.mark.parametrize(
    ("words", "expected", "looks_like"),
    [
        (["partition", "buildings", "buildings"], "communities", "buildings"),
        (["partition", "communities", "communities"], "buildings", "communities"),
    ],
)
def test_one_file_in_a_wrong_place_is_recognised(
    town: Any, tmp_path: Path, said: Said, words: list[str], expected: str, looks_like: str
) -> None:
    given = [words[0], *[town.file(word) for word in words[1:]]]
    told = said(*given, "--out", tmp_path / "o.gpkg", "--json").json["error"]
    assert (told["code"], told["facts"]["expected"], told["facts"]["looks_like"]) == (
        "LAYER_MISTAKEN", expected, looks_like,
    )  # fmt: skip


def test_waters_given_as_streets_and_streets_given_as_barriers(town: Any, tmp_path: Path, said: Said) -> None:
    roads = pd.concat([town.streets] * 3).assign(kind="residential")
    roads.to_file(tmp_path / "roads.gpkg")
    words = [
        "partition",
        town.file("buildings"),
        town.file("communities"),
        "--out",
        tmp_path / "o.gpkg",
        "--json",
    ]
    for more in (
        ["--streets", town.file("barriers"), "--barriers", tmp_path / "roads.gpkg"],
        ["--barriers", tmp_path / "roads.gpkg", "--streets", town.file("barriers")],
    ):
        assert said(*words, *more).json["error"]["code"] == "FILES_SWAPPED"
    told = said(*words, "--barriers", tmp_path / "roads.gpkg").json["error"]
    assert (told["code"], told["facts"]["looks_like"]) == ("LAYER_MISTAKEN", "streets")


# ---- Repeated ids -----------------------------------------------------------------------------------------


def test_repeated_ids_are_refused_or_the_first_is_kept_and_the_rest_counted(
    town: Any, tmp_path: Path, said: Said
) -> None:
    twice = pd.concat([town.buildings, town.buildings.iloc[:7].assign(households=99)])
    twice.to_file(tmp_path / "b.gpkg")
    words = ["partition", tmp_path / "b.gpkg", town.file("communities"), "--out", tmp_path / "o.gpkg"]
    words += ["--preset", "fast", "--processes", "1", "--report", tmp_path / "r.html"]
    refused = said(*words, "--json").json["error"]
    assert (refused["code"], refused["facts"]["errors"]) == ("KEY_REPEATED", 7)
    assert "--repeated-ids keep-first" in refused["remedy_zh"]
    answer = said(*words, "--repeated-ids", "keep-first", "--json")
    assert answer.json["households"] == int(town.buildings["households"].sum())
    assert "编号重复的7行" in answer.err or "7 rows with repeated ids" in answer.err
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "编号重复的7行" in page and "7 rows with repeated ids" in page
    assert len(pyogrio.read_dataframe(tmp_path / "o.gpkg", layer="buildings")) == len(town.buildings)
