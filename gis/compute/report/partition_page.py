"""The quality report of a plan, as one page."""

from __future__ import annotations

from collections import Counter
from html import escape

from gis.compute.report.charts import histograms_html
from gis.compute.report.page import anchor, card, cards, checks, page, section, words_html
from gis.compute.report.pictures import (
    MAP_STYLE,
    MOOD_COLOURS,
    bar,
    legend,
    line_legend,
    lines_svg,
    svg,
)
from gis.compute.report.promises import homeless, promises
from gis.compute.report.tables import Column, about_sections, more_rows, share, signed, table, whole
from gis.compute.report.trade import trade_html
from gis.compute.report.values import (
    MOODS,
    OUT_OF_BAND,
    VERDICTS,
    Community,
    Figures,
    Grid,
    PartitionReport,
    Zone,
)

TITLE = ("网格划分质量报告", "Quality of the grid plan")
# A community's own sheet lists its grids; beyond this many in all only those out of band are listed.
MOST_LISTED = 8_000
_OUT_LISTED = 1_500
# From so many communities on the lines of the whole map are thinner.
_MANY = 120
_VERDICT_COLOURS = {
    "optimal": "#2c6b5a",
    "optimal_if_soft": "#6aa08c",
    "optimal_if_as_near": "#8fb8a8",
    "within": "#d9b36a",
    "unproven": "#e1e6e3",
}


def partition_page(report: PartitionReport) -> str:
    """The report as HTML text; the same values give the same text."""
    figures = report.figures
    facts = (
        f"{figures.communities} 个社区 communities · {whole(figures.buildings)} 栋楼 buildings · "
        f"{whole(figures.households)} 户 households · 目标 target {report.target} ± {share(report.band, 0)}"
    )
    sections = [
        _cards(report),
        section(("硬性要求", "What must hold"), checks(promises(report))),
        section(("没有住户的网格", "Grids without homes"), homeless(report), "no-homes"),
        section(("地图", "Map"), _map(report), "map"),
        section(("分布", "Distributions"), histograms_html(report.histograms) + trade_html()),
        section(("离最优还有多远", "How far from the best possible"), _verdicts(report)),
        section(("未达标网格", "Grids out of band"), _out_of_band(report)),
        section(("各社区", "Communities"), _communities(report)),
        *about_sections(report.about),
        *(_sheet(community, report) for community in report.communities),
    ]
    return page(TITLE, report.about, facts, sections, MAP_STYLE)


def _cards(report: PartitionReport) -> str:
    figures = report.figures
    villages = figures.village_grids
    return cards(
        [
            card(
                whole(figures.grids),
                ("网格", "grids") if villages == 0 else (f"网格，其中村民小组 {villages}", f"grids, {villages} of villages"),
            ),
            card(
                whole(figures.in_band), ("定户数的网格中达标", "of the sized grids in band"),
                unit=f"/ {whole(report.sized_grids)} · {share(figures.in_band_share)}",
            ),
            card(
                whole(figures.attainable_in_band), ("可达标分区中达标", "in band where the band can be met"),
                unit=f"/ {whole(figures.attainable)}",
            ),
            card(
                "–" if figures.in_band_at_most is None else whole(figures.in_band_at_most),
                ("可证明的达标上限", "in band at most (proven)"),
            ),
            card(
                share(figures.worst_attainable),
                ("可达标分区最大偏差 / 不计大楼", "worst where the band can be met / without towers"),
                unit=f"/ {share(figures.worst_attainable_without_towers)}",
            ),
            card(share(figures.worst_deviation), ("全市最大偏差", "worst deviation of all")),
            card(f"{figures.mean_compactness:.3f}", ("紧凑度 PP", "mean Polsby-Popper")),
            card(f"{figures.mean_reock:.3f}", ("紧凑度 Reock", "mean Reock")),
            card(whole(figures.compounds_split), ("被拆分的小区网格", "grids with a split compound")),
            card(whole(figures.barrier_m), ("网格内屏障", "barriers inside grids"), unit="m"),
            card(whole(figures.moved_households), ("换网格的户数", "households that changed grid")),
            card(
                whole(figures.outside_hard_limits), ("超出硬限", "outside the hard limits"),
                is_bad=figures.outside_hard_limits > 0,
            ),
        ]
    )  # fmt: skip


# ---- Map --------------------------------------------------------------------------------------------------


def _map(report: PartitionReport) -> str:
    groups = "".join(_group(community) for community in report.communities)
    outlines = "".join(f'<path class="c" d="{community.outline}"/>' for community in report.communities)
    drawing = groups + lines_svg(report.lines) + outlines
    fine = " fine" if len(report.communities) > _MANY else ""
    counts = Counter(grid.mood for community in report.communities for grid in community.grids)
    kinds = {line.kind.removesuffix("_line") for line in report.lines}
    if any(community.streets for community in report.communities):
        kinds.add("street")
    return (
        '<p>点击社区可放大查看。 <span class="en">Click a community for a closer look.</span></p>'
        f'<div class="map{fine}">{svg(report.box, drawing, ("网格地图", "map of the grids"))}</div>'
        + legend(
            (MOOD_COLOURS[mood], words, whole(counts[mood])) for mood, words in MOODS.items() if counts[mood]
        )
        + line_legend(kinds)
    )


def _group(community: Community) -> str:
    """A community's grids and streets, once in the page: its own sheet shows them again by reference."""
    grids = "".join(
        f'<path class="g {grid.mood}" d="{grid.path}"><title>{escape(_said(grid))}</title></path>'
        for grid in community.grids
    )
    streets = f'<path class="s" d="{community.streets}"/>' if community.streets else ""
    borders = f'<path class="b" d="{community.borders}"/>' if community.borders else ""
    name = anchor(community.code)
    return f'<a href="#c-{name}"><g id="g-{name}">{grids}{streets}{borders}</g></a>'


def _said(grid: Grid) -> str:
    zh = f"{grid.code}\n{grid.households} 户（{signed(grid.deviation)}）· {grid.buildings} 栋\n"
    zh += f"PP {grid.compactness:.2f} · Reock {grid.reock:.2f}"
    return zh + "".join(f"\n{reason[0]}" for reason in grid.reasons)


# ---- Verdicts ---------------------------------------------------------------------------------------------


def _verdicts(report: PartitionReport) -> str:
    urban = [community for community in report.communities if not community.is_village]
    zones = [zone for community in urban for zone in community.zones]
    if not zones:
        return ""
    counts = Counter(zone.verdict for zone in zones)
    attainable = sum(zone.attainable <= report.band + 1e-9 for zone in zones)
    intro = words_html(
        (
            f"{len(zones)} 个分区（社区按屏障切开），其中 {attainable} 个的户数可以全部分进达标范围。",
            f"{len(zones)} zones (communities cut by barriers); the households of {attainable} would fit the band.",
        )
    )
    rows = [
        (verdict, colour, counts[verdict], sum(zone.grids for zone in zones if zone.verdict == verdict))
        for verdict, colour in _VERDICT_COLOURS.items()
        if counts[verdict]
    ]
    drawn = bar((count, colour, f"{VERDICTS[verdict][0]} {count}") for verdict, colour, count, _ in rows)
    said = legend(
        (colour, VERDICTS[verdict], f"{whole(count)} 分区 · {whole(grids)} 网格")
        for verdict, colour, count, grids in rows
    )
    return f"<p>{intro}</p>{drawn}{said}{_limit(report.figures)}"


def _limit(figures: Figures) -> str:
    """What the proven bounds add up to over the whole city."""
    at_most = figures.in_band_at_most
    if at_most is None:
        return ""
    rest = at_most - figures.in_band
    words = (
        f"已证明：在现有分区和网格数下，任何方案最多有 {whole(at_most)} 个网格达标；"
        f"本方案 {whole(figures.in_band)} 个，最多还差 {rest} 个。",
        f"Proven: with these zones and numbers of grids no plan has more than {whole(at_most)} grids in band; "
        f"this one has {whole(figures.in_band)}, at most {rest} fewer.",
    )
    return f"<p>{words_html(words)}</p>"


def _verdict(zone: Zone) -> str:
    return words_html(zone.told if zone.told[0] else VERDICTS[zone.verdict])


# ---- Tables -----------------------------------------------------------------------------------------------

_GRID_COLUMNS = [
    Column(("网格", "grid"), is_number=False),
    Column(("户数", "households")),
    Column(("偏差", "deviation")),
    Column(("原因", "reason"), is_number=False, is_wide=True),
    Column(("PP", "Polsby-P.")),
    Column(("Reock", "")),
    Column(("沿街", "on streets")),
    Column(("屏障 m", "barriers")),
    Column(("拆分小区", "compounds")),
    Column(("换网格户", "moved")),
]


def _grid_row(grid: Grid, link: str = "") -> tuple[str, ...]:
    colour = MOOD_COLOURS[grid.mood]
    code = f'<a href="#c-{link}">{escape(grid.code)}</a>' if link else escape(grid.code)
    return (
        f'<span class="sw" style="background:{colour}"></span>{code}',
        whole(grid.households),
        signed(grid.deviation),
        "<br>".join(words_html(reason) for reason in grid.reasons),
        f"{grid.compactness:.2f}",
        f"{grid.reock:.2f}",
        share(grid.street_share, 0),
        whole(grid.barrier_m),
        str(grid.compounds_split),
        whole(grid.moved),
    )


def _out_of_band(report: PartitionReport) -> str:
    out = [
        (grid, community)
        for community in report.communities
        for grid in community.grids
        if grid.mood in OUT_OF_BAND
    ]
    if not out:
        return '<p>全部网格达标。 <span class="en">Every grid is in band.</span></p>'
    out.sort(key=lambda pair: (-abs(pair[0].deviation), pair[0].code))
    why = Counter(reason for grid, _ in out for reason in grid.reasons)
    reasons = "".join(f"<li>{words_html(words)} <b>{count}</b></li>" for words, count in why.most_common())
    rows = [_grid_row(grid, anchor(community.code)) for grid, community in out[:_OUT_LISTED]]
    return f'<ul class="notes">{reasons}</ul>{table(_GRID_COLUMNS, rows)}{more_rows(len(out) - len(rows))}'


def _communities(report: PartitionReport) -> str:
    columns = [
        Column(("社区", "community"), is_number=False),
        Column(("网格", "grids")),
        Column(("户数", "households")),
        Column(("达标", "in band")),
        Column(("最大偏差", "worst")),
        Column(("可达", "attainable")),
        Column(("平均PP", "mean PP")),
        Column(("代码", "code"), is_number=False),
    ]
    return table(columns, (_community_row(each) for each in report.communities))


def _community_row(community: Community) -> tuple[str, ...]:
    grids = community.grids
    in_band = sum(grid.mood == "band" for grid in grids)
    return (
        f'<a href="#c-{anchor(community.code)}">{escape(community.name)}</a>',
        str(len(grids)),
        whole(sum(grid.households for grid in grids)),
        "–" if community.is_village else f"{in_band}",
        signed(max((grid.deviation for grid in grids), key=abs, default=0.0)),
        share(max((zone.attainable for zone in community.zones), default=0.0)),
        f"{sum(grid.compactness for grid in grids) / max(len(grids), 1):.2f}",
        escape(community.code),
    )


# ---- A community on a sheet of its own --------------------------------------------------------------------


def _sheet(community: Community, report: PartitionReport) -> str:
    """Hidden until its link is followed; it shows the map's own shapes again, larger."""
    name = anchor(community.code)
    size = max(community.box.width, community.box.height) / 42
    labels = "".join(
        f'<text x="{grid.at[0]}" y="{grid.at[1]}" font-size="{size:.0f}">{escape(_short(grid, community))}'
        f'<tspan x="{grid.at[0]}" dy="1.15em" font-size="{size * 0.85:.0f}">{grid.households}</tspan></text>'
        for grid in community.grids
    )
    houses = f'<path class="h" d="{community.houses}"/>' if community.houses else ""
    drawing = (
        f'<use href="#g-{name}"/>{houses}{lines_svg(community.lines)}'
        f'<path class="c" d="{community.outline}"/>{labels}'
    )
    listed = sum(len(each.grids) for each in report.communities) <= MOST_LISTED
    rows = [_grid_row(grid) for grid in community.grids if listed or grid.mood != "band"]
    zones = "".join(
        f"<li>{words_html((f'分区 {zone.number + 1}', f'zone {zone.number + 1}'))}：{zone.grids} 网格，"
        f"{zone.in_band} 达标，可达偏差 {share(zone.attainable)}；{_verdict(zone)}</li>"
        for zone in community.zones
    )
    return (
        f'<section class="sheet" id="c-{name}"><div><div class="top"><h2>{escape(community.name)}'
        f"<small>{escape(community.code)}</small></h2>"
        '<a class="close" href="#map">返回 back</a></div>'
        f'<div class="map">{svg(community.box, drawing, (community.name, community.code))}</div>'
        f'<ul class="notes">{zones}</ul>{table(_GRID_COLUMNS, rows)}</div></section>'
    )


def _short(grid: Grid, community: Community) -> str:
    """A grid's number within its community."""
    rest = grid.code.removeprefix(community.code).lstrip("-")
    return rest or grid.code
