"""Files as people have them: shapefiles in GBK, several layers, tables, other coordinates, missing names."""

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
from gis.compute.commands.reading import read_files
from gis.compute.commands.wishes import ReadingWishes


def households_in(path: Path) -> int:
    return int(pyogrio.read_dataframe(path)["households"].sum())


def test_a_shapefile_is_read_by_its_shp_with_gbk_names(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    named = town.buildings.rename(columns={"households": "户数", "building_id": "楼栋编号"})
    pyogrio.write_dataframe(named, tmp_path / "楼栋.shp", encoding="GBK")
    answer = said("estimate-households", tmp_path / "楼栋.shp", "--out", tmp_path / "o.gpkg", "--json")
    assert answer.json["households"] == int(town.buildings["households"].sum())
    written = pyogrio.read_dataframe(tmp_path / "o.gpkg")
    assert written["building_id"].iloc[0] == town.buildings["building_id"].iloc[0]


def test_one_file_of_several_layers_serves_as_both_inputs(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    path = tmp_path / "city.gpkg"
    town.buildings.to_file(path, layer="a")
    town.communities.to_file(path, layer="b")
    asked = ["estimate-households", path, path, "--out", tmp_path / "o.gpkg", "--json"]
    refused = said(*asked)
    assert (refused.code, refused.json["error"]["code"]) == (2, "LAYER_NOT_NAMED")
    answer = said(*asked, "--layer", "buildings=a", "--layer", "communities=b")
    assert answer.json["buildings"] == len(town.buildings)


def test_a_column_by_any_name(town: Any, tmp_path: Path, said: Callable[..., Any]) -> None:
    town.buildings.rename(columns={"households": "n"}).to_file(tmp_path / "b.gpkg")
    asked = ["estimate-households", tmp_path / "b.gpkg", "--out", tmp_path / "o.gpkg", "--json"]
    assert said(*asked, "--households-column", "n").json["by_source"]["given"]["buildings"] == len(
        town.buildings
    )
    assert "given" not in said(*asked).json["by_source"]


def test_a_table_with_lon_and_lat(town: Any, tmp_path: Path, said: Callable[..., Any]) -> None:
    spots = town.buildings.geometry.representative_point()
    table = pd.DataFrame({"编号": town.buildings["building_id"], "户数": town.buildings["households"]})
    table = table.assign(经度=spots.x.round(7), 纬度=spots.y.round(7))
    table.to_csv(tmp_path / "楼栋.csv", index=False, encoding="gb18030")
    out = tmp_path / "o.csv"
    answer = said(
        "estimate-households", tmp_path / "楼栋.csv", town.file("communities"), "--out", out, "--json"
    )
    assert answer.json["households"] == int(town.buildings["households"].sum())
    written = pd.read_csv(out)
    assert len(written) == len(table) and "community_code" in written.columns


def test_metres_without_a_stated_system_are_told_by_the_communities_or_declared(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    metres = town.buildings.to_crs(4547)
    bare = gpd.GeoDataFrame(
        pd.DataFrame(metres.drop(columns="geometry")), geometry=metres.geometry.to_numpy()
    )
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(tmp_path / "b.gpkg")
    asked = ["estimate-households", tmp_path / "b.gpkg", "--out", tmp_path / "o.gpkg", "--json"]
    assert said(*asked).json["error"]["code"].startswith("CRS_")
    assert said(*asked, "--crs", "buildings=EPSG:4547").code == 0
    together = said(asked[0], asked[1], town.file("communities"), *asked[2:])
    assert together.json["sources"][1]["crs"] == "EPSG:4547"


def test_a_file_in_gcj02_is_caught_and_read_when_declared(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    def shifted(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(crs.to_gcj02(xy[:, 0], xy[:, 1]))

    moved = town.buildings.set_geometry(town.buildings.geometry.transform(shifted))
    moved.to_file(tmp_path / "amap.gpkg")
    asked = [
        "estimate-households",
        tmp_path / "amap.gpkg",
        town.file("communities"),
        "--out",
        tmp_path / "o.gpkg",
    ]
    assert said(*asked).code == 2
    assert said(*asked, "--crs", "buildings=GCJ-02").code == 0
    spots = pyogrio.read_dataframe(tmp_path / "o.gpkg").geometry.representative_point()
    assert np.abs(spots.x - town.buildings.geometry.representative_point().x).max() < 1e-5


def test_communities_need_neither_names_nor_official_codes(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    for columns in ({"name": ["a", "b", "c"]}, {"code": ["7", "8", "9"]}, {}):
        plain = gpd.GeoDataFrame(columns, geometry=town.communities.geometry.to_numpy(), crs=4490)
        plain.to_file(tmp_path / "c.gpkg")
        answer = said(
            "estimate-households", town.file("buildings"), tmp_path / "c.gpkg", "--out", tmp_path / "o.gpkg"
        )
        assert answer.code == 0, answer.err
        codes = sorted(pyogrio.read_dataframe(tmp_path / "o.gpkg")["community_code"].unique())
        assert codes == (sorted(next(iter(columns.values()))) if columns else ["C001", "C002", "C003"])


def test_buildings_outside_may_be_left_out(town: Any, tmp_path: Path, said: Callable[..., Any]) -> None:
    two = town.communities.iloc[:2]
    two.to_file(tmp_path / "c.gpkg")
    asked = [
        "estimate-households",
        town.file("buildings"),
        tmp_path / "c.gpkg",
        "--out",
        tmp_path / "o.gpkg",
        "--json",
    ]
    refused = said(*asked).json["error"]
    assert (refused["code"], refused["facts"]["errors"]) == ("OUTSIDE_COMMUNITIES", len(town.buildings) // 3)
    answer = said(*asked, "--outside", "leave-out")
    assert answer.json["buildings"] == len(town.buildings) * 2 // 3
    assert households_in(tmp_path / "o.gpkg") == answer.json["households"]


def test_barriers_need_no_kind_and_sites_no_name(town: Any, tmp_path: Path) -> None:
    town.barriers[["geometry"]].to_file(tmp_path / "water.gpkg")
    assert len(read_files("barriers", [tmp_path / "water.gpkg"], ReadingWishes()).frame) == len(town.barriers)
    town.sites.assign(name=["", "二号站"]).to_file(tmp_path / "sites.gpkg")
    layer = read_files("fitness_sites", [tmp_path / "sites.gpkg"], ReadingWishes())
    assert sorted(layer.frame["name"].fillna("")) == ["", "二号站"]
    assert np.allclose(sorted(layer.frame.geometry.x), sorted(town.sites.geometry.x), atol=1e-6)


def test_several_files_of_one_kind_become_one_layer(town: Any, tmp_path: Path) -> None:
    paths = [tmp_path / f"{part}.gpkg" for part in range(2)]
    for part, path in enumerate(paths):
        town.streets.iloc[part::2].to_file(path)
    layer = read_files("streets", paths, ReadingWishes())
    assert len(layer.frame) == len(town.streets)
    assert [source.source_rows for source in layer.sources] == [3, 2]


def test_many_findings_of_one_kind_are_told_once(town: Any, tmp_path: Path) -> None:
    town.buildings.assign(use="yes").to_file(tmp_path / "b.gpkg")
    notes = read_files("buildings", [tmp_path / "b.gpkg"], ReadingWishes()).notes
    assert len([note for note in notes if "yes" in note[1]]) == 1
    assert f"({len(town.buildings) - 1} more like this)" in notes[0][1]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "csv"])
def test_households_are_written_in_the_format_the_name_says(
    town: Any, tmp_path: Path, said: Callable[..., Any], suffix: str
) -> None:
    out = tmp_path / f"o.{suffix}"
    assert said("estimate-households", town.file("buildings"), "--out", out).code == 0
    frame = pd.read_csv(out) if suffix == "csv" else pyogrio.read_dataframe(out)
    assert int(frame["households"].sum()) == int(town.buildings["households"].sum())
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
