"""The report of who lives within reach of a site, as one page."""

from __future__ import annotations

from html import escape

from gis.compute.report.charts import curve_html, histogram_html
from gis.compute.report.page import card, cards, page, section, words_html
from gis.compute.report.pictures import legend, line_legend, svg
from gis.compute.report.places import (
    COVERED,
    GROUND_STYLE,
    UNCOVERED,
    ground_svg,
    share_colour,
    share_legend,
    sites_svg,
)
from gis.compute.report.tables import Column, about_sections, share, table, whole
from gis.compute.report.values import Area, CoverageReport

TITLE = ("健身站点覆盖报告", "Households within reach of a fitness site")
_LISTED = 1_500


def coverage_page(report: CoverageReport) -> str:
    """The report as HTML text; the same values give the same text."""
    facts = (
        f"{report.reach[0]} {report.reach[1]} · {whole(report.buildings)} 栋楼 buildings · "
        f"{whole(report.households)} 户 households · {len(report.sites)} 个站点 sites"
    )
    sections = [
        _cards(report),
        section(("地图", "Map"), _map(report), "map"),
        section(("距离", "Distances"), _charts(report)),
        section((f"各{report.areas_are[0]}", report.areas_are[1]), _areas(report)),
        section(("站点", "Sites"), _sites(report)),
        *about_sections(report.about),
    ]
    return page(TITLE, report.about, facts, sections, GROUND_STYLE)


def _cards(report: CoverageReport) -> str:
    without = report.households - report.covered
    empty = sum(area.share == 0 for area in report.areas)
    mean = "–" if report.mean_m is None else whole(report.mean_m)
    return cards(
        [
            card(
                share(report.covered / max(report.households, 1)), ("覆盖率（按户）", "of households covered")
            ),
            card(whole(report.covered), ("覆盖户数", "households covered")),
            card(whole(without), ("未覆盖户数", "households not covered")),
            card(mean, ("平均步行距离", "mean walk to the nearest"), unit="m"),
            card(whole(report.by_radius), ("附近无路网、按半径计的户数", "households judged by radius")),
            card(
                whole(empty),
                (f"完全没有覆盖的{report.areas_are[0]}", f"{report.areas_are[1]} without any coverage"),
            ),
        ]
    )


def _map(report: CoverageReport) -> str:
    areas = "".join(
        f'<path class="a" style="fill:{share_colour(area.share)}" d="{area.path}"><title>{escape(_said(area))}</title></path>'
        for area in report.areas
    )
    drawing = areas + ground_svg(report.ground) + sites_svg(report.sites, report.ground.box)
    houses = legend(
        [
            (COVERED, ("覆盖的楼", "building within reach"), ""),
            (UNCOVERED, ("未覆盖的楼", "building beyond reach"), ""),
            ("#1d5c8f", ("站点", "site"), ""),
        ]
    )
    outline = (f"{report.areas_are[0]}界", f"border of {report.areas_are[1]}")
    lines = line_legend(["street"] if report.ground.streets else [], outline)
    return (
        f'<div class="map">{svg(report.ground.box, drawing, ("覆盖地图", "map of coverage"))}</div>'
        + (share_legend() if report.areas else "")
        + houses
        + lines
    )


def _said(area: Area) -> str:
    known = (
        ""
        if area.share is None
        else f"\n{share(area.share)}：{whole(area.covered)} / {whole(area.households)} 户"
    )
    return f"{area.name}\n{area.code}{known}" if area.name != area.code else f"{area.code}{known}"


def _charts(report: CoverageReport) -> str:
    points = tuple((minutes, covered) for minutes, covered in report.by_minutes)
    curve = curve_html(
        ("覆盖率随步行时间", "share covered by minutes on foot"), points, unit="min", as_share=True
    )
    return f'<div class="charts">{histogram_html(report.walks)}{curve}</div>'


def _areas(report: CoverageReport) -> str:
    rows = sorted(
        report.areas,
        key=lambda area: (1.0 if area.share is None else area.share, -area.households, area.code),
    )
    columns = [
        Column(report.areas_are, is_number=False),
        Column(("覆盖率", "covered")),
        Column(("户数", "households")),
        Column(("未覆盖户数", "not covered")),
        Column(("平均距离 m", "mean walk")),
    ]
    shown = [
        (
            f'<span class="sw" style="background:{share_colour(area.share)}"></span>{escape(area.name)}',
            "–" if area.share is None else share(area.share),
            whole(area.households),
            whole(area.households - area.covered),
            "–" if area.mean_m is None else whole(area.mean_m),
        )
        for area in rows[:_LISTED]
    ]
    return table(columns, shown) if shown else ""


def _sites(report: CoverageReport) -> str:
    columns = [
        Column(("站点", "site"), is_number=False),
        Column(("以它为最近的覆盖户数", "households it is nearest to")),
    ]
    rows = sorted(report.sites, key=lambda site: (-site.households, site.name))
    unused = sum(site.households == 0 for site in rows)
    words = (
        f"{unused} 个站点不是任何覆盖住户的最近站点。",
        f"{unused} sites are nearest to no covered household.",
    )
    said = f"<p>{words_html(words)}</p>" if unused else ""
    return said + table(columns, [(escape(site.name), whole(site.households)) for site in rows[:_LISTED]])
