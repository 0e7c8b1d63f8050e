"""Reports are plain values rendered to one page: nothing outside, nothing unescaped, always the same text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gis.compute.report.comparison_page import comparison_page
from gis.compute.report.coverage_page import coverage_page
from gis.compute.report.partition_page import partition_page
from gis.compute.report.siting_page import siting_page
from gis.compute.report.values import (
    About,
    Area,
    Box,
    Community,
    ComparedGrid,
    ComparisonReport,
    CoverageReport,
    Figures,
    Grid,
    Ground,
    Histogram,
    Line,
    PartitionReport,
    Site,
    SitingReport,
    Source,
    Zone,
)

ROOT = Path(__file__).resolve().parents[4]
EVIL = '<script>alert("网格")</script>&\'"'
ABOUT = About(
    title="",
    parameters=((("目标户数", "households wanted"), "400"),),
    sources=(Source(("楼栋", "buildings"), EVIL, "a", "CSV", "EPSG:4490", 10, 9, "ab" * 32),),
    versions={"wangge": "0"},
    notes=((f"提示{EVIL}", "note"),),
)
HISTOGRAM = Histogram(("偏差", "deviation"), (-0.5, 0.0, 0.5), (3, 4), shaded=(-0.1, 0.1))
GROUND = Ground(Box(0, 0, 100, 80), "M0 0l9 9", "M1 1l2 0 0 2z", "M5 5l2 0 0 2z", "M0 0l99 0 0 79z")


def a_grid(number: int, mood: str, households: int) -> Grid:
    return Grid(
        code=f"410802001001{number:03d}", households=households, buildings=3, deviation=households / 400 - 1, mood=mood,
        compactness=0.61, reock=0.5, street_share=0.4, barrier_m=0.0, compounds_split=0, moved=0,
        reasons=() if mood == "band" else (("未找到更均衡的划分", "no better division was found"),),
        path="M0 0l50 0 0 80-50 0z", at=(25, 40),
    )  # fmt: skip


ZONE = Zone(0, 2, 752, 0.06, 1, "within", 0.5, 2, ("差 1 个网格", "one grid short"))


def figures(**other: Any) -> Figures:
    plain: dict[str, Any] = dict.fromkeys(Figures.__dataclass_fields__, 0)
    return Figures(
        **{
            **plain,
            "grids": 2,
            "in_band": 1,
            "in_band_at_most": 2,
            "coverage_valid": True,
            "sound": True,
            **other,
        }
    )


def a_plan(name: str = "甲社区", **other: Any) -> PartitionReport:
    community = Community(
        code="410802001001", name=name, is_village=False, box=Box(0, 0, 100, 80), outline="M0 0l99 0 0 79z",
        borders="M50 0l0 80", grids=(a_grid(1, "band", 402), a_grid(2, "bit_below", 350)),
        zones=(ZONE,), streets="M0 40l99 0", houses="M1 1l2 0 0 2z",
        lines=(Line("M9 9l1 1", "rail"),),
    )  # fmt: skip
    return PartitionReport(
        about=ABOUT, figures=figures(**other), communities=(community,), box=Box(0, 0, 100, 80),
        lines=(Line("M9 9l1 1", "rail"),), histograms=(HISTOGRAM,), band=0.1, target=400,
    )  # fmt: skip


def a_coverage(name: str = "甲社区") -> CoverageReport:
    return CoverageReport(
        about=ABOUT, reach=("步行 15 分钟", "15 minutes"), households=100, covered=60, buildings=9, by_radius=0,
        mean_m=321.0, by_minutes=((0.0, 0.0), (15.0, 0.6)), walks=HISTOGRAM, areas_are=("社区", "communities"),
        areas=(Area("1", name, 100, 60, 0.6, 321.0, "M0 0l9 0 0 9z"), Area("2", "空", 0, 0, None, None, "M0 0l9 0 0 9z")),
        sites=(Site(name, "standing", 60, (5, 5)),), ground=GROUND,
    )  # fmt: skip


def a_siting(name: str = "甲社区") -> SitingReport:
    return SitingReport(
        about=ABOUT, reach=("步行 15 分钟", "15 minutes"), households=100, before=20, covered=60, bound=64, proof="bound",
        candidates=5, steps=((name, 40, 60, 0.6),), sites=(Site(name, "chosen", 40, (5, 5), 1),), ground=GROUND,
    )  # fmt: skip


def a_comparison(name: str = "甲社区") -> ComparisonReport:
    return ComparisonReport(
        about=ABOUT, names=(name, "new.gpkg"), figures=((("网格", "grids"), "2", "3"),), compared=100, changed=7,
        changed_buildings=1, new_grids=1, gone=("old",),
        grids=(ComparedGrid(name, "x", "c", 10, 12, 2, 0, "M0 0l9 0 0 9z"), ComparedGrid("n", "", "c", 0, 5, 5, 0, "")),
        box=Box(0, 0, 9, 9), outlines_before="M0 0l9 9", moved="M1 1l2 0 0 2z", deviations=(HISTOGRAM, HISTOGRAM),
    )  # fmt: skip


PAGES: dict[str, Callable[[str], str]] = {
    "partition": lambda name: partition_page(a_plan(name)),
    "coverage": lambda name: coverage_page(a_coverage(name)),
    "site": lambda name: siting_page(a_siting(name)),
    "compare": lambda name: comparison_page(a_comparison(name)),
}


class Balanced(HTMLParser):
    """Raises where a tag is closed that is not the last one opened; keeps all attributes."""

    VOID = frozenset({"meta", "br", "path", "use", "rect", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            if name == "id" and value:
                self.ids.append(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def parsed(text: str) -> Balanced:
    reader = Balanced()
    reader.feed(text)
    # Paths with a title inside are closed by name and were not counted when they opened.
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_reaches_nothing_outside(name: str) -> None:
    text = PAGES[name]("甲社区")
    page = parsed(text)
    assert all(link.startswith("#") for link in page.links)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert "script" not in page.seen
    assert not re.search(r"https?:|url\(|@import|//[a-z]", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", PAGES)
def test_names_from_files_cannot_become_markup(name: str) -> None:
    text = PAGES[name](EVIL)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    parsed(text)


@pytest.mark.parametrize("name", PAGES)
def test_the_same_values_give_the_same_text(name: str) -> None:
    assert PAGES[name]("甲社区") == PAGES[name]("甲社区")


@pytest.mark.parametrize("name", PAGES)
def test_chinese_stands_first_and_english_beside_it(name: str) -> None:
    text = PAGES[name]("甲社区")
    assert '<html lang="zh-CN">' in text
    assert re.search(r"<h1>[^<]*[\u4e00-\u9fff][^<]*<small>", text)
    assert len(re.findall(r"<h2>[^<]*[\u4e00-\u9fff][^<]*<small>[A-Za-z]", text)) >= 4


def test_a_plan_that_breaks_a_promise_says_so() -> None:
    good, bad = (
        partition_page(a_plan()),
        partition_page(a_plan(households_lost=7, coverage_valid=False, sound=False)),
    )
    assert 'class="no"' not in good
    assert bad.count('class="no"') == 2
    assert "住户全部保留：缺 7" in bad


def test_what_had_to_be_is_told_apart_from_what_is_wrong() -> None:
    text = partition_page(a_plan(crossing_barriers=2))
    assert 'class="so"' in text and 'class="no"' not in text


def test_grids_out_of_band_are_listed_with_their_reason_and_a_link_to_their_community() -> None:
    text = partition_page(a_plan())
    listed = text.partition("未达标网格")[2].partition("各社区")[0]
    assert "410802001001002" in listed and "410802001001001" not in listed
    assert "未找到更均衡的划分" in listed
    assert 'href="#c-410802001001"' in listed


def test_the_verdict_of_zones_is_shown() -> None:
    text = partition_page(a_plan())
    assert "离上限不超过已知差距" in text
    assert "任何方案最多有 2 个网格达标；本方案 1 个，最多还差 1 个" in text
    assert "差 1 个网格" in text


def test_what_comes_before_shape_is_said_beside_the_figures_of_shape() -> None:
    beside = partition_page(a_plan()).partition("Distributions")[2].partition("离最优还有多远")[0]
    assert "先不让任何网格偏差过大，再让尽量多的网格达标，最后才求形状紧凑" in beside
    assert "no grid far off, then as many in band as can be, and shape after these" in beside
    assert "α 调低到 0.3" in beside


def test_rendering_needs_no_geometry_library() -> None:
    code = (
        "import sys\nfrom gis.compute.report import partition_page, coverage_page, siting_page, comparison_page\n"
        "print(sorted(set(sys.modules) & {'numpy', 'pandas', 'geopandas', 'shapely', 'django'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def without_homes(*reasons: tuple[str, str]) -> PartitionReport:
    plan = a_plan()
    empty = replace(a_grid(1, "no_homes", 0), code="410802001009001", buildings=2, reasons=reasons)
    park = replace(plan.communities[0], code="410802001009", name="公园社区", grids=(empty,), zones=())
    return replace(plan, communities=(*plan.communities, park))


def test_grids_without_homes_are_listed_with_the_reason_why_they_may_be() -> None:
    text = partition_page(without_homes(("本社区没有住户，整体为一个网格", "the community has no homes")))
    assert (
        "没有空网格，1 个例外：所在社区没有住户" in text and "but for 1 of communities without homes" in text
    )
    listed = text.partition('id="no-homes"')[2].partition("</section>")[0]
    assert "410802001009001" in listed and "公园社区" in listed and "410802001001001" not in listed
    assert "本社区没有住户，整体为一个网格" in listed and "没有住户的社区整体为一个网格，不计入达标" in listed


def test_an_empty_grid_that_nothing_allows_still_fails() -> None:
    text = partition_page(replace(without_homes(), figures=figures(empty=1)))
    assert "没有空网格：缺 1" in text
    assert "没有说明" in text.partition('id="no-homes"')[2]


def test_a_plan_whose_communities_all_have_homes_says_nothing_of_the_kind() -> None:
    text = partition_page(a_plan())
    assert "没有住户的网格" not in text and '<li class="yes">没有空网格' in text


@pytest.mark.parametrize("name", PAGES)
def test_a_table_that_cannot_fit_a_phone_says_so_and_keeps_every_column(name: str) -> None:
    text = PAGES[name]("甲社区")
    style, _, body = text.partition("</style>")
    assert "td:first-child,th:first-child{position:sticky" in style and "nth-child(n+" not in style
    for before, table in re.findall(r'(.{0,120})<div class="scroll"[^>]*>(<table>.*?</thead>)', body, re.S):
        assert ("左右滑动" in before) == (table.count("<th") - 1 > 3)
