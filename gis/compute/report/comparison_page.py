"""Two plans side by side, as one page."""

from __future__ import annotations

from html import escape

from gis.compute.report.charts import histograms_html
from gis.compute.report.page import card, cards, page, section
from gis.compute.report.pictures import MAP_STYLE, legend, svg
from gis.compute.report.tables import Column, about_sections, share, table, whole
from gis.compute.report.values import ComparedGrid, ComparisonReport

TITLE = ("两个方案对比", "Two plans side by side")
_SHARES = ((0.0, "#eef1ef"), (0.0001, "#e6dcec"), (0.1, "#cdb4da"), (0.25, "#a97fc0"), (0.5, "#7d4b9a"))
_NEW = "#f2d9a8"
_STYLE = (
    MAP_STYLE
    + """
.a{stroke:#4c605b;stroke-width:.7;vector-effect:non-scaling-stroke}
.a:hover{stroke:#1c2a29;stroke-width:2}
.old{fill:none;stroke:#b3402a;stroke-width:1;stroke-dasharray:4 3;vector-effect:non-scaling-stroke;pointer-events:none}
.moved{fill:#3a1d4d;stroke:none;pointer-events:none}
"""
)


def comparison_page(report: ComparisonReport) -> str:
    """The comparison as HTML text; the same values give the same text."""
    facts = f"旧 before {report.names[0]} → 新 after {report.names[1]} · {whole(report.compared)} 户可比 households in both"
    sections = [
        _cards(report),
        section(("指标", "Figures"), _figures(report)),
        section(("变动地图", "Map of changes"), _map(report), "map"),
        section(("户数偏差", "Deviations"), histograms_html(report.deviations)),
        section(("有变动的网格", "Grids that changed"), _changed(report)),
        section(("取消的网格", "Grids without a successor"), _gone(report)),
        *about_sections(report.about),
    ]
    return page(TITLE, report.about, facts, sections, _STYLE)


def _cards(report: ComparisonReport) -> str:
    touched = sum(_is_changed(grid) for grid in report.grids)
    return cards(
        [
            card(
                share(report.changed / max(report.compared, 1), 2),
                ("换网格的住户", "of households changed grid"),
            ),
            card(whole(report.changed), ("换网格户数", "households that changed grid")),
            card(whole(report.changed_buildings), ("换网格楼栋", "buildings that changed grid")),
            card(whole(touched), ("有变动的网格", "grids that changed"), unit=f"/ {len(report.grids)}"),
            card(whole(report.new_grids), ("新增网格", "new grids")),
            card(whole(len(report.gone)), ("取消的网格", "grids gone")),
        ]
    )


def _is_changed(grid: ComparedGrid) -> bool:
    return not grid.old or grid.came > 0 or grid.left > 0


def _figures(report: ComparisonReport) -> str:
    columns = [
        Column(("指标", "figure"), is_number=False),
        Column(("旧方案", "before")),
        Column(("新方案", "after")),
    ]
    return table(
        columns,
        [
            (f'{escape(words[0])} <span class="en">{escape(words[1])}</span>', escape(before), escape(after))
            for words, before, after in report.figures
        ],
    )


def _colour(grid: ComparedGrid) -> str:
    if not grid.old:
        return _NEW
    part = grid.came / max(grid.after, 1)
    return next(colour for least, colour in reversed(_SHARES) if part >= least)


def _map(report: ComparisonReport) -> str:
    grids = "".join(
        f'<path class="a" style="fill:{_colour(grid)}" d="{grid.path}"><title>{escape(_said(grid))}</title></path>'
        for grid in report.grids
    )
    old = f'<path class="old" d="{report.outlines_before}"/>'
    moved = f'<path class="moved" d="{report.moved}"/>' if report.moved else ""
    words = (
        ("没有变动", "unchanged"),
        ("10% 以下", "below 10 %"),
        ("10–25%", ""),
        ("25–50%", ""),
        ("50% 以上", "above"),
    )
    rows = [(colour, said, "") for (_, colour), said in zip(_SHARES, words, strict=True)]
    rows += [
        (_NEW, ("新增网格", "new grid"), ""),
        ("#3a1d4d", ("换网格的楼", "building that changed grid"), ""),
    ]
    return (
        '<p>颜色表示网格中由别处转来的住户比例；红色虚线为撤销的旧网格界。 <span class="en">Colours: share of a grid\'s '
        "households that came from another grid. Red dashes: borders given up.</span></p>"
        f'<div class="map">{svg(report.box, grids + old + moved, ("变动地图", "map of changes"))}</div>{legend(rows)}'
    )


def _said(grid: ComparedGrid) -> str:
    was = f"承接 {grid.old}" if grid.old else "新增"
    return f"{grid.code}（{was}）\n{grid.before} → {grid.after} 户\n转入 {grid.came}，转出 {grid.left}"


def _changed(report: ComparisonReport) -> str:
    rows = sorted(
        (grid for grid in report.grids if _is_changed(grid)),
        key=lambda grid: (-grid.came - grid.left, grid.code),
    )
    if not rows:
        return '<p>没有网格变动。 <span class="en">No grid changed.</span></p>'
    columns = [
        Column(("网格", "grid"), is_number=False),
        Column(("转入户数", "came")),
        Column(("转出户数", "left")),
        Column(("现户数", "after")),
        Column(("原户数", "before")),
        Column(("承接", "takes over"), is_number=False),
    ]
    cells = [
        (
            f'<span class="sw" style="background:{_colour(grid)}"></span>{escape(grid.code)}', whole(grid.came),
            whole(grid.left), whole(grid.after), whole(grid.before), escape(grid.old or "新增 new"),
        )
        for grid in rows
    ]  # fmt: skip
    return table(columns, cells)


def _gone(report: ComparisonReport) -> str:
    return "" if not report.gone else f"<p>{escape('、'.join(report.gone[:400]))}</p>"
