"""Where new sites should stand, as one page."""

from __future__ import annotations

from html import escape

from gis.compute.report.charts import curve_html
from gis.compute.report.page import card, cards, page, section, words_html
from gis.compute.report.pictures import legend, line_legend, svg
from gis.compute.report.places import COVERED, GROUND_STYLE, UNCOVERED, ground_svg, sites_svg
from gis.compute.report.tables import Column, about_sections, share, table, whole
from gis.compute.report.values import SitingReport

TITLE = ("新站点选址报告", "Where new sites reach the most households")


def siting_page(report: SitingReport) -> str:
    """The report as HTML text; the same values give the same text."""
    facts = (
        f"{report.reach[0]} {report.reach[1]} · {whole(report.households)} 户 households · "
        f"{whole(report.candidates)} 个备选地点 candidates"
    )
    sections = [
        _cards(report),
        _verdict(report),
        section(("地图", "Map"), _map(report), "map"),
        section(("逐个开设的效果", "What each new site adds"), _curve(report)),
        section(("选中的地点（按开设顺序）", "Places, in the order to open them"), _steps(report)),
        *about_sections(report.about),
    ]
    return page(TITLE, report.about, facts, sections, GROUND_STYLE)


def _cards(report: SitingReport) -> str:
    total = max(report.households, 1)
    return cards(
        [
            card(whole(len(report.steps)), ("新站点", "new sites")),
            card(share(report.before / total), ("现有覆盖率", "covered today")),
            card(share(report.covered / total), ("新增后覆盖率", "covered afterwards")),
            card(whole(report.covered - report.before), ("新增覆盖户数", "households added")),
            card(
                whole(report.households - report.covered), ("仍未覆盖户数", "households still beyond reach")
            ),
            card(share(report.bound / total), ("任何选法的上限", "no choice covers more than")),
        ]
    )


def _verdict(report: SitingReport) -> str:
    if report.proof == "optimal":
        words = ("已证明：没有更好的选法。", "Proven: no choice of as many places covers more.")
    else:
        gap = share((report.bound - report.covered) / max(report.households, 1), 2)
        words = (
            f"离可证明的上限还差 {gap}（按户）。",
            f"Within {gap} of all households of the proven bound.",
        )
    return f"<p>{words_html(words)}</p>"


def _map(report: SitingReport) -> str:
    drawing = ground_svg(report.ground) + sites_svg(report.sites, report.ground.box)
    states = {site.state for site in report.sites}
    rows = [
        (COVERED, ("覆盖的楼", "building within reach"), ""),
        (UNCOVERED, ("未覆盖的楼", "building beyond reach"), ""),
        ("#8a2f6b", ("新站点（编号为开设顺序）", "new site, numbered in order"), ""),
    ]
    rows += [("#1d5c8f", ("现有站点", "site today"), "")] if "standing" in states else []
    rows += [("#9aa5a1", ("备选地点", "candidate"), "")] if "candidate" in states else []
    lines = line_legend(["street"]) if report.ground.outlines else ""
    return f'<div class="map">{svg(report.ground.box, drawing, ("选址地图", "map of places"))}</div>{legend(rows)}{lines}'


def _curve(report: SitingReport) -> str:
    total = max(report.households, 1)
    points = (
        (0.0, report.before / total),
        *((float(at), step[3]) for at, step in enumerate(report.steps, 1)),
    )
    title = ("覆盖率随新站点数", "share covered by number of new sites; dashes: the bound")
    curve = curve_html(title, points, unit="", as_share=True, mark=report.bound / total)
    return f'<div class="charts">{curve}</div>'


def _steps(report: SitingReport) -> str:
    columns = [
        Column(("顺序", "order"), is_number=False),
        Column(("地点", "place"), is_number=False),
        Column(("新增户数", "adds")),
        Column(("累计覆盖户数", "covered in all")),
        Column(("覆盖率", "share")),
    ]
    rows = [
        (str(at), escape(name), whole(gained), whole(covered), share(part))
        for at, (name, gained, covered, part) in enumerate(report.steps, 1)
    ]
    return table(columns, rows)
