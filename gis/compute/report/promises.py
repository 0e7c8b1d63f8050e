"""What must hold of a plan, whatever its figures, and the grids without homes, which need a word of their own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from gis.compute.report.page import anchor, words_html
from gis.compute.report.tables import Column, more_rows, table, whole
from gis.compute.report.values import Community, Grid, PartitionReport, Words

_LISTED = 1_500
_UNEXPLAINED: Words = ("没有说明，请报告给开发者", "unexplained: please report it")


def promises(report: PartitionReport) -> Iterator[tuple[str, Words]]:
    """What must hold of a plan, each with its state (see `page.checks`)."""
    figures = report.figures
    yield _none("住户全部保留", "no household lost", figures.households_lost)
    yield _none("楼栋全部保留", "no building lost", figures.buildings_lost)
    yield _state(figures.coverage_valid), ("网格之间无缝无重叠", "no gap, no overlap between grids")
    yield (
        _state(figures.area_gap < 1e-9),
        (f"面积与社区一致（相对差 {figures.area_gap:.0e}）", "the grids' area is the communities'"),
    )
    yield _empty(figures.empty, len(_without_homes(report)))
    yield "yes", ("没有网格跨社区", "no grid crosses a community line")
    yield _forced("网格都连片", "every grid in one piece", figures.not_contiguous, "所含土地本身不相连")
    yield _none(
        "没有不必要的跨屏障", "no grid crosses a barrier without need", figures.crossing_without_need, "例外"
    )
    yield _forced("没有网格跨屏障", "no grid crosses a barrier", figures.crossing_barriers, "一侧户数太少")


def _empty(failed: int, without_homes: int) -> tuple[str, Words]:
    """Grids without homes: those of communities without homes had to be, all others fail."""
    if failed or not without_homes:
        return _none("没有空网格", "no empty grid", failed)
    return "so", (
        f"没有空网格，{without_homes} 个例外：所在社区没有住户，逐个列在下面",
        f"no empty grid, but for {without_homes} of communities without homes, listed below",
    )


def _without_homes(report: PartitionReport) -> list[tuple[Grid, Community]]:
    return [
        (grid, community)
        for community in report.communities
        for grid in community.grids
        if grid.households == 0
    ]


def homeless(report: PartitionReport) -> str:
    """Which grids have no homes, and why each may be so."""
    found = _without_homes(report)
    if not found:
        return ""
    why = words_html(
        (
            "每个社区的土地都要归入网格，不留空白；没有住户的社区整体为一个网格，不计入达标。"
            "若其中有住宅，请核对楼栋的用途、户数和位置。",
            "Every community's land belongs to a grid; a community without homes is one grid and not counted in band. "
            "If people live there, check the use, households and place of its buildings.",
        )
    )
    columns = [
        Column(("网格", "grid"), is_number=False),
        Column(("社区", "community"), is_number=False),
        Column(("楼栋", "buildings")),
        Column(("原因", "why"), is_number=False, is_wide=True),
    ]
    rows = (
        (
            f'<a href="#c-{anchor(community.code)}">{escape(grid.code)}</a>',
            escape(community.name),
            whole(grid.buildings),
            "<br>".join(words_html(reason) for reason in grid.reasons) or words_html(_UNEXPLAINED),
        )
        for grid, community in found[:_LISTED]
    )
    return f"<p>{why}</p>{table(columns, rows)}{more_rows(len(found) - _LISTED)}"


def _state(holds: bool) -> str:
    return "yes" if holds else "no"


def _none(zh: str, en: str, count: int, called: str = "缺") -> tuple[str, Words]:
    words = (zh, en) if count == 0 else (f"{zh}：{called} {count}", f"{en}: {count} fail")
    return _state(count == 0), words


def _forced(zh: str, en: str, count: int, why: str) -> tuple[str, Words]:
    if count == 0:
        return "yes", (zh, en)
    return "so", (f"{zh}，{count} 个例外：{why}", f"{en}, but for {count} that had to: see the table")
