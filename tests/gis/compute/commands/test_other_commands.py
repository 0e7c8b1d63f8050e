"""`coverage`, `site`, `compare` and `generate` from files to files, figures and pages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest

ROOT = Path(__file__).resolve().parents[4]


def coverage_words(town: Any, out: Path, *more: object) -> list[object]:
    return [
        "coverage", town.file("buildings"), town.file("sites"), "--streets", town.file("streets"),
        "--out", out, "--distance", 300, "--json", "--quiet", *more,
    ]  # fmt: skip


def test_coverage_per_community_and_per_grid(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    page, figures = tmp_path / "coverage.html", tmp_path / "coverage.json"
    asked = coverage_words(town, tmp_path / "c.gpkg", "--communities", town.file("communities"))
    answer = said(*asked, "--report", page, "--report-json", figures)
    assert answer.code == 0, answer.err
    assert 0 < answer.json["covered"] < answer.json["households"] == int(town.buildings["households"].sum())
    buildings = pyogrio.read_dataframe(tmp_path / "c.gpkg", layer="buildings")
    assert int(buildings.loc[buildings["covered"], "households"].sum()) == answer.json["covered"]
    areas = pyogrio.read_dataframe(tmp_path / "c.gpkg", layer="areas")
    assert int(areas["covered_households"].sum()) == answer.json["covered"]
    assert "丙社区" in page.read_text(encoding="utf-8")
    assert len(json.loads(figures.read_text(encoding="utf-8"))["areas"]) == 3
    by_grid = said(*coverage_words(town, tmp_path / "g.gpkg", "--grids", plan))
    assert by_grid.json["covered"] == answer.json["covered"]
    grids = pyogrio.read_dataframe(tmp_path / "g.gpkg", layer="areas")
    assert len(grids) == len(pyogrio.read_dataframe(plan, layer="grids"))


def test_coverage_grows_with_the_walk_and_works_without_streets(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    short = said(*coverage_words(town, tmp_path / "a.gpkg", "--distance", 150)).json
    long = said(*coverage_words(town, tmp_path / "a.gpkg", "--distance", 900)).json
    assert short["covered"] < long["covered"]
    by_radius = said(
        "coverage",
        town.file("buildings"),
        town.file("sites"),
        "--out",
        tmp_path / "b.gpkg",
        "--radius",
        200,
        "--json",
    )
    assert by_radius.json["judged_by_radius"] == by_radius.json["households"]


def test_places_for_sites_are_chosen_with_a_bound(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    page = tmp_path / "site.html"
    answer = said(
        "site", town.file("buildings"), town.file("candidates"), "--sites", town.file("sites"), "--streets",
        town.file("streets"), "--communities", town.file("communities"), "--count", 3, "--distance", 200,
        "--out", tmp_path / "s.gpkg", "--report", page, "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = answer.json
    assert found["covered_before"] < found["covered"] <= found["bound"]
    chosen = pyogrio.read_dataframe(tmp_path / "s.gpkg", layer="chosen")
    assert chosen["number"].tolist() == [1, 2, 3]
    assert chosen["covered"].iloc[-1] == found["covered"]
    buildings = pyogrio.read_dataframe(tmp_path / "s.gpkg", layer="buildings")
    assert int(buildings.loc[buildings["covered"], "households"].sum()) == found["covered"]
    assert "新站点选址报告" in page.read_text(encoding="utf-8")


def test_two_plans_are_compared(town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]) -> None:
    other = tmp_path / "other.gpkg"
    drawn = said(
        "partition", town.file("buildings"), town.file("communities"), "--out", other, "--preset", "fast",
        "--target", 300, "--soft-min", 200, "--quiet", "--processes", 1,
    )  # fmt: skip
    assert drawn.code == 0, drawn.err
    page = tmp_path / "compare.html"
    answer = said("compare", plan, other, "--out", tmp_path / "moved.gpkg", "--report", page, "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert (
        0
        < found["changed_households"]
        < found["compared_households"]
        == int(town.buildings["households"].sum())
    )
    moved = pyogrio.read_dataframe(tmp_path / "moved.gpkg", layer="changed")
    assert int(moved["households"].sum()) == found["changed_households"]
    assert "两个方案对比" in page.read_text(encoding="utf-8")


def test_a_plan_is_the_same_as_itself_and_needs_no_buildings_of_its_own(
    plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    grids = pyogrio.read_dataframe(plan, layer="grids")[["code", "geometry"]]
    grids.to_file(tmp_path / "bare.gpkg", layer="grids")
    for before in (plan, tmp_path / "bare.gpkg"):
        answer = said("compare", before, plan, "--out", tmp_path / "moved.csv", "--json")
        assert answer.json["changed_households"] == 0
        assert answer.json["gone_grids"] == []
    alone = said(
        "compare", tmp_path / "bare.gpkg", tmp_path / "bare.gpkg", "--out", tmp_path / "x.csv", "--json"
    )
    assert alone.json["error"]["code"] == "PLAN_WITHOUT_BUILDINGS"


def test_plans_of_different_land_are_not_compared(
    plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    other = tmp_path / "elsewhere.gpkg"
    for layer in ("grids", "buildings"):
        frame = pyogrio.read_dataframe(plan, layer=layer)
        if layer == "buildings":
            frame["building_id"] = "E" + frame["building_id"].astype(str)
        frame.to_file(other, layer=layer)
    answer = said("compare", plan, other, "--out", tmp_path / "moved.gpkg", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, "PLANS_APART")
    assert not (tmp_path / "moved.gpkg").exists()


@pytest.mark.slow
def test_a_generated_city_serves_every_command(tmp_path: Path) -> None:
    def run(*words: object) -> dict[str, Any]:
        command = [sys.executable, "-m", "gis.compute", *(str(word) for word in words), "--json", "--quiet"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    city = tmp_path / "city"
    made = run("generate", "--out", city, "--profile", "slab_town", "--households", 4000, "--seed", 3)
    buildings, communities = city / "buildings.gpkg", city / "communities.gpkg"
    estimated = run("estimate-households", buildings, communities, "--out", tmp_path / "homes.csv")
    assert estimated["households"] == made["households"] == 4000
    drawn = run(
        "partition", buildings, communities, "--streets", city / "streets.gpkg", "--barriers", city / "barriers.gpkg",
        "--compounds", city / "compounds.gpkg", "--preset", "fast", "--out", tmp_path / "grids.gpkg",
    )  # fmt: skip
    assert (drawn["sound"], drawn["households"]) == (True, 4000)
    covered = run("coverage", buildings, city / "sites.gpkg", "--out", tmp_path / "coverage.gpkg")
    assert covered["households"] == 4000
    sited = run("site", buildings, city / "candidates.gpkg", "--count", 2, "--out", tmp_path / "places.gpkg")
    assert len(sited["chosen"]) <= 2
    compared = run(
        "compare", tmp_path / "grids.gpkg", tmp_path / "grids.gpkg", "--out", tmp_path / "moved.gpkg"
    )
    assert compared["changed_households"] == 0


@pytest.mark.parametrize(
    ("more", "code"), [(["--profile", "moon"], "UNKNOWN_PROFILE"), (["--households", 0], "PARAMETERS")]
)
def test_cities_that_cannot_be_made(
    tmp_path: Path, said: Callable[..., Any], more: list[object], code: str
) -> None:
    answer = said("generate", "--out", tmp_path / "city", *more)
    assert (answer.code, code in answer.err) == (2, True)
