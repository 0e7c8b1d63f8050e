"""Wishes for a plan that goes on from one before: what nobody would fulfil is refused, not dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from numba import njit

from gis.compute.commands.plans import Plan
from gis.compute.commands.preparing import told_of_compiling
from gis.compute.commands.redrawing import Redrawing, check_codes, with_communities
from gis.compute.commands.speaking import Speaker
from gis.compute.refusal import InputRefused

HOME_OF_BUILDING = {"x": "A", "y": "B", "v": "V"}
GRID_OF_BUILDING = {"x": "A-001", "y": "B-001", "v": "V-001"}


def city(*codes: str, villages: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(
        codes=list(codes), kind=tuple("village" if code in villages else "urban" for code in codes)
    )


def plan_of(codes: list[str], **columns: Any) -> Plan:
    shapes = [shapely.box(at, 0, at + 1, 1) for at in range(len(codes))]
    grids = gpd.GeoDataFrame({"code": codes, **columns}, geometry=shapes, index=codes, crs=4490)
    standing = {building: code for building, code in GRID_OF_BUILDING.items() if code in codes}
    buildings = gpd.GeoDataFrame(
        {"building_id": list(standing), "grid_code": list(standing.values())},
        geometry=[shapely.Point(0, 0)] * len(standing),
        crs=4490,
    )
    return Plan(grids, buildings, pd.DataFrame())


def refusal_of(redrawing: Redrawing, before: Plan | None, of: Any = None) -> InputRefused:
    where = city("A", "B", "V", villages=("V",)) if of is None else of
    with pytest.raises(InputRefused) as refused:
        checked(redrawing, before, where)
    return refused.value


def checked(redrawing: Redrawing, before: Plan | None, where: Any) -> None:
    homes = pd.DataFrame(
        {"building_id": list(HOME_OF_BUILDING), "community_code": list(HOME_OF_BUILDING.values())}
    )
    named = None if before is None else with_communities(before, where)
    check_codes(redrawing, where, homes, named)


BEFORE = plan_of(["A-001", "B-001", "B-002", "V-001"])


def test_a_building_of_a_community_that_is_kept_cannot_be_put_elsewhere() -> None:
    refused = refusal_of(Redrawing(only=("A",), assigned=pd.Series({"x": "A-001", "y": "B-002"})), BEFORE)
    assert refused.code == "ASSIGNMENT_COMMUNITY_KEPT"
    assert (refused.facts["building"], refused.facts["community"]) == ("y", "B")
    assert "B" in refused.remedy_zh and "add B to --only" in refused.remedy_en


def test_a_wish_that_the_kept_community_fulfils_already_is_no_offence() -> None:
    wishes = Redrawing(only=("A",), locked=("B-001", "V-001"), assigned=pd.Series({"y": "B-001"}))
    checked(wishes, BEFORE, city("A", "B", "V", villages=("V",)))


@pytest.mark.parametrize(
    ("redrawing", "option", "fact"),
    [
        (Redrawing(locked=("A-001", "V-001")), "--lock", ("grid", "V-001")),
        (Redrawing(assigned=pd.Series({"x": "A-001", "v": "V-002"})), "--assign", ("building", "v")),
    ],
)
def test_villages_take_no_wishes(redrawing: Redrawing, option: str, fact: tuple[str, str]) -> None:
    refused = refusal_of(redrawing, BEFORE)
    assert (refused.code, refused.field, refused.facts["community"]) == ("RURAL_UNIT", option, "V")
    assert refused.facts[fact[0]] == fact[1]
    assert option in refused.zh and option in refused.en


def test_a_locked_grid_of_a_community_that_is_gone_is_unknown() -> None:
    for before in (BEFORE, plan_of(["A-001", "B-001"], community_code=["A", "B"])):
        refused = refusal_of(Redrawing(locked=("A-001", "B-001")), before, city("A"))
        assert (refused.code, refused.facts["unknown"]) == ("LOCKED_UNKNOWN", ["B-001"])


def test_a_grid_belongs_to_the_community_whose_code_it_has_in_full() -> None:
    codes = ["1-001", "11-002", "1001", "11003", "410802001001002", "12-x", "9-001"]
    before = with_communities(plan_of(codes), city("1", "11", "410802001001"))
    assert before.grids["community_code"].tolist() == ["1", "11", "1", "11", "410802001001", "", ""]


def test_the_column_of_a_plan_goes_before_its_codes() -> None:
    before = with_communities(plan_of(["1-001", "11-002"], community_code=["11", "1"]), city("1", "11"))
    assert before.grids["community_code"].tolist() == ["11", "1"]


def test_shares_are_told_of_the_grids_that_have_a_size_to_keep(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    communities = tmp_path / "communities.gpkg"
    town.communities.assign(settlement=["urban", "urban", "rural"]).to_file(communities)
    words = [
        "partition", town.file("buildings"), communities, "--preset", "fast", "--processes", 1,
        "--quiet", "--report", tmp_path / "report.html", "--lang", "both",
    ]  # fmt: skip
    first = tmp_path / "grids.gpkg"
    answer = said(*words, "--out", first)
    assert answer.code == 0, answer.err
    grids = pyogrio.read_dataframe(first, layer="grids")
    sized = grids[grids["kind"] == "urban"]
    in_band = int((sized["size_class"] == "band").sum())
    share = f"{in_band / len(sized):.1%}"
    assert len(sized) < len(grids)
    assert f"{in_band} of {len(sized)} sized grids in band ({share})" in answer.out
    assert f"{len(sized)} 个定户数的网格中达标 {in_band} 个（{share}）" in answer.out
    villages = len(grids) - len(sized)
    assert f"{villages} village grids" in answer.out and f"村网格 {villages} 个" in answer.out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"/ {len(sized)} · {share}" in page
    village = grids["code"][grids["kind"] == "village"].iloc[0]
    refused = said(*words, "--out", tmp_path / "next.gpkg", "--previous", first, "--lock", village)
    assert (refused.code, "RURAL_UNIT" in refused.err, village in refused.err) == (2, True, True)


def test_only_a_kernel_that_is_really_compiled_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    @njit
    def doubled(number: int) -> int:
        return 2 * number

    for told in (True, False):
        with told_of_compiling(Speaker("en")):
            doubled(4)
        assert ("compiles its kernels" in capsys.readouterr().err) is told
