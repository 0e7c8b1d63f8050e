"""`partition`: grids from files, kept as it goes, repeatable, with a summary for people and for programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gis.compute.commands.partition import _exceptions
from gis.compute.report.values import Figures

ROOT = Path(__file__).resolve().parents[4]


def words(town: Any, out: Path, *more: object) -> list[object]:
    return [
        "partition", town.file("buildings"), town.file("communities"), "--streets", town.file("streets"),
        "--barriers", town.file("barriers"), "--out", out, "--preset", "fast", "--quiet", *more,
    ]  # fmt: skip


def grids_of(path: Path) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path, layer="grids")


def contents(path: Path) -> dict[str, Any]:
    """Every layer of a GeoPackage as plain values, whatever the order of its bytes."""
    found = {}
    for name in pyogrio.list_layers(path)[:, 0]:
        frame = pyogrio.read_dataframe(path, layer=name)
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = frame.geometry.to_wkb(hex=True)
            frame = pd.DataFrame(frame.drop(columns="geometry")).assign(shape=shapes)
        found[str(name)] = frame.to_json()
    return found


def test_the_file_holds_grids_buildings_zones_and_how_it_was_made(plan: Path, town: Any) -> None:
    grids = grids_of(plan)
    buildings = pyogrio.read_dataframe(plan, layer="buildings")
    run = pyogrio.read_dataframe(plan, layer="run").set_index("name")["value"]
    assert set(pyogrio.list_layers(plan)[:, 0]) == {"grids", "buildings", "zones", "run"}
    assert grids.crs.to_epsg() == 4490
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    assert grids["households"].sum() == town.buildings["households"].sum()
    assert sorted(buildings["building_id"]) == sorted(town.buildings["building_id"])
    assert buildings.groupby("grid_code")["households"].sum().to_dict() == dict(
        zip(grids["code"], grids["households"], strict=True)
    )
    assert grids["code"].str.fullmatch(r"\d{15}").all()
    assert json.loads(run["parameters"])["preset"] == "fast"


def test_the_figures_stand_beside_the_page(plan: Path) -> None:
    figures = json.loads(plan.with_name("report.json").read_text(encoding="utf-8"))
    page = plan.with_name("report.html").read_text(encoding="utf-8")
    assert figures["figures"]["sound"] is True
    assert figures["figures"]["households_lost"] == 0
    assert figures["figures"]["grids"] == len(grids_of(plan))
    assert "path" not in figures["communities"][0]["grids"][0]
    assert "网格划分质量报告" in page
    assert not plan.with_name("grids.gpkg.unfinished").exists()


def test_the_same_input_gives_the_same_bytes_in_any_number_of_processes(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    out, page = tmp_path / "grids.gpkg", tmp_path / "report.html"
    assert said(*words(town, out, "--processes", 2, "--report", page)).code == 0
    assert contents(out) == contents(plan)
    assert page.read_bytes() == plan.with_name("report.html").read_bytes()
    assert out.read_bytes() == plan.read_bytes()


def test_a_summary_for_programs_and_one_for_people_in_either_language(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    asked = ["estimate-households", town.file("buildings"), "--out", tmp_path / "a.csv", "--quiet"]
    assert said(*asked, "--json").json["households"] == int(town.buildings["households"].sum())
    chinese, english, both = (said(*asked, "--lang", language).out for language in ("zh", "en", "both"))
    assert "栋楼" in chinese and "buildings" not in chinese
    assert "buildings" in english and "栋楼" not in english
    assert "栋楼" in both and "buildings" in both


def command(*more: object) -> list[str]:
    return [sys.executable, "-m", "gis.compute", *(str(word) for word in more)]


def test_a_killed_run_goes_on_where_it_was(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    out = tmp_path / "grids.gpkg"
    folder = tmp_path / "grids.gpkg.unfinished"
    asked = words(town, out, "--processes", 1)
    run = subprocess.Popen(command(*asked), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(15_000):  # kernels may have to be compiled first
            if list(folder.glob("community-*.json")):
                break
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    finally:
        run.wait()
    kept = len(list(folder.glob("community-*.json")))
    assert kept >= 1
    assert not out.exists()
    refused = said(*asked)
    assert (refused.code, "RUN_UNFINISHED" in refused.err, "--resume" in refused.err) == (2, True, True)
    other = said(*words(town, out, "--processes", 1, "--seed", 9, "--resume"))
    assert (other.code, "RESUME_DIFFERS" in other.err) == (2, True)
    assert said(*asked, "--resume").code == 0
    assert contents(out) == contents(plan)
    assert not folder.exists()


def test_a_plan_that_breaks_a_promise_is_no_success(
    tmp_path: Path, said: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gis.compute.commands.partition.run", lambda options, speaker: {"sound": False, "lines": []}
    )
    assert said("partition", "b.gpkg", "c.gpkg", "--out", tmp_path / "grids.gpkg").code == 1


def test_nothing_to_resume_is_said(town: Any, tmp_path: Path, said: Callable[..., Any]) -> None:
    answer = said(*words(town, tmp_path / "grids.gpkg", "--resume"))
    assert (answer.code, "RESUME_NOTHING" in answer.err) == (2, True)


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(town: Any, tmp_path: Path) -> None:
    out = tmp_path / "grids.gpkg"
    folder = tmp_path / "grids.gpkg.unfinished"
    run = subprocess.Popen(
        command(*words(town, out, "--processes", 2, "--lang", "both")),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(15_000):  # kernels may have to be compiled first
        if folder.exists():
            break
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=120)
    assert run.returncode == 130
    assert "--resume" in err and "Traceback" not in err
    assert not out.exists()


def test_a_community_is_redrawn_and_the_others_stay_byte_for_byte(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    out = tmp_path / "grids.gpkg"
    asked = words(town, out, "--previous", plan, "--only", "410802001002", "--seed", 77, "--stability", 0)
    answer = said(*asked, "--processes", 1, "--json")
    assert answer.code == 0
    figures = json.loads(plan.with_name("report.json").read_text(encoding="utf-8"))["figures"]
    assert answer.json["attainable"] == figures["attainable"]
    zones, before_zones = (pyogrio.read_dataframe(path, layer="zones") for path in (out, plan))
    assert zones.dtypes.equals(before_zones.dtypes)
    before, after = grids_of(plan).set_index("code"), grids_of(out).set_index("code")
    kept = before.index[before["community_code"] != "410802001002"]
    assert len(kept) > 0
    assert after.loc[kept].geometry.to_wkb().equals(before.loc[kept].geometry.to_wkb())
    same = before.columns.difference(["geometry", "inherits", "moved_households"])
    assert after.loc[kept, same].equals(before.loc[kept, same])
    assert shapely.coverage_is_valid(after.geometry.to_numpy())
    assert after["households"].sum() == before["households"].sum()


def test_locked_grids_stay_and_buildings_go_where_they_are_put_by_hand(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any]
) -> None:
    buildings = pyogrio.read_dataframe(plan, layer="buildings")
    own = buildings[buildings["community_code"] == "410802001001"].to_crs(4547)
    codes = sorted(own["grid_code"].unique())
    middles = own.geometry.centroid
    goal = middles[own["grid_code"] == codes[1]]
    strangers = own[own["grid_code"] == codes[0]]
    away = strangers.geometry.centroid.distance(goal.union_all().centroid)
    near = strangers.loc[away.idxmin()]
    by_hand = tmp_path / "by_hand.csv"
    by_hand.write_text(f"building_id,grid_code\n{near['building_id']},{codes[1]}\n", encoding="utf-8")
    before = grids_of(plan).set_index("code")
    locked = before.index[before["community_code"] == "410802001003"][0]
    out = tmp_path / "grids.gpkg"
    asked = words(town, out, "--previous", plan, "--assign", by_hand, "--lock", locked, "--seed", 77)
    answer = said(*asked, "--stability", 0, "--processes", 1)
    assert answer.code == 0, answer.err
    assert grids_of(out).set_index("code").geometry[locked].equals(before.geometry[locked])
    after = pyogrio.read_dataframe(out, layer="buildings").set_index("building_id")["grid_code"]
    assert after[near["building_id"]] == codes[1]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--lock", "410802001001001"], "PREVIOUS_NEEDED"),
        (["--target", "0"], "PARAMETERS"),
        (["--band", "2"], "PARAMETERS"),
        (["--soft-min", "900"], "PARAMETERS"),
        (["--processes", "0"], "PARAMETERS"),
        (["--alpha", "7"], "PARAMETERS"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(
    town: Any, tmp_path: Path, said: Callable[..., Any], more: list[str], code: str
) -> None:
    answer = said(*words(town, tmp_path / "grids.gpkg", *more))
    assert (answer.code, code in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--lock", "410802001001999"], "LOCKED_UNKNOWN"),
        (["--only", "999999999999"], "COMMUNITY_UNKNOWN"),
    ],
)
def test_unknown_codes_are_named(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any], more: list[str], code: str
) -> None:
    answer = said(*words(town, tmp_path / "grids.gpkg", "--previous", plan, *more))
    assert (answer.code, code in answer.err, more[1] in answer.err) == (2, True, True)


def test_households_are_spread_where_buildings_have_none(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    totals = town.communities.assign(households=[1000, 1200, 800])
    totals.to_file(tmp_path / "communities.gpkg")
    town.buildings.drop(columns="households").to_file(tmp_path / "buildings.gpkg")
    out = tmp_path / "grids.gpkg"
    answer = said(
        "partition", tmp_path / "buildings.gpkg", tmp_path / "communities.gpkg", "--out", out,
        "--preset", "fast", "--processes", 1, "--json",
    )  # fmt: skip
    assert answer.json["households"] == 3000
    per_community = grids_of(out).groupby("community_code")["households"].sum().tolist()
    assert per_community == [1000, 1200, 800]
    assert np.isfinite(grids_of(out)["deviation"]).all()


@pytest.mark.parametrize(
    ("figures", "said_zh", "said_en"),
    [
        ({}, None, None),
        ({"outside_hard_limits": 2}, "2 个超出硬限", "2 outside the hard limits"),
        (
            {"empty": 70, "not_contiguous": 1},
            "70 个没有住户，1 个不相连",
            "70 without households, 1 not in one piece",
        ),
    ],
)
def test_what_is_out_of_the_ordinary_is_told_beside_the_checks(
    figures: dict[str, int], said_zh: str | None, said_en: str | None
) -> None:
    counted = {"outside_hard_limits": 0, "empty": 0, "not_contiguous": 0, "crossing_barriers": 0} | figures
    lines = _exceptions(cast(Figures, SimpleNamespace(**counted)))
    if said_zh is None or said_en is None:
        assert lines == []
        return
    [(zh, en)] = lines
    assert zh.endswith(said_zh) and en.endswith(said_en)
