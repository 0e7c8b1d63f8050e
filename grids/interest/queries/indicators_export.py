"""Indicators as a workbook: the level asked for, every community, and what the numbers rest on. Rules: J01, J21"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from grids.interest.queries.coverage_rate import Denominator, denominator
from grids.interest.queries.indicators import Terms, bodies_covered, grids_on, indicators_of, units_on
from grids.interest.queries.indicators_places import Places
from grids.interest.rules.coverage_rate import LACK_WORDS, Lack
from grids.interest.rules.duty_role import ROLE_NAMES_ZH
from grids.interest.rules.indicators import COMMUNITY, GRID, Indicators, shown_share
from grids.interest.rules.people_states import MemberSource
from grids.units.models import CoverageRun
from grids.units.queries.cards import data_label
from grids.units.rules.sports_bodies import KIND_NAMES_ZH, SportsBodyKind
from instructors.assignment.queries.data_notes import attribution
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.org_levels import LEVEL_NAMES_ZH, OrgLevel

LEVEL_NAMES = {
    "grid": "基础网格",
    "community": "社区（村）",
    "town": "街镇",
    "county": "县（市、区）",
    "city": "市",
}
SOURCE_NAMES = {
    MemberSource.ASSOCIATION: "网格员·协会",
    MemberSource.SITE_HEAD: "网格员·站点负责人",
    MemberSource.INSTRUCTOR: "网格员·指导员",
    MemberSource.BACKBONE: "网格员·骨干",
}
HEADER = (
    "编号", "代码", "名称",
    "基础网格", "网格户数", "在任网格长", "代理网格长", "无网格长", "已成立健身组织", "体育总会", "全民健身组织",
    "活跃兴趣网格", "休眠兴趣网格",
    "网格员", "任职", *SOURCE_NAMES.values(),
    "测算户数", "可达户数", "可达率", "站点可达户数", "活动可达户数",
    "在册参与者", "期内参与人", "首次参与", "走访", "拒访", "待办需求", "已上报需求",
    "经常性活动", "经常活动的兴趣网格", "举办场次", "取消场次", "签到人次", "另计人数", "评价数", "满意率",
    "工作记录", *ROLE_NAMES_ZH.values(), "转办热线",
    "持证指导员", "在岗指导员", "站点", "每周需求名额", "已满足名额", "缺口",
    "社区数", "有方案", "网格长齐", "兴趣网格达标", "全覆盖社区", "覆盖率", "所缺",
)  # fmt: skip


def indicators_workbook(level: str, paths: tuple[str, ...], terms: Terms) -> bytes:
    """Two sheets of places and one of notes; texts stay texts, whatever they begin with."""
    book = Workbook(write_only=True)
    if level != COMMUNITY:
        _write(book, LEVEL_NAMES[level], _lines(level, paths, terms))
    _write(book, LEVEL_NAMES[COMMUNITY], _lines(COMMUNITY, paths, terms))
    bodies = book.create_sheet("体育组织")
    bodies.append(["层级", "组织", "单位数", "已成立", "百分比"])
    for body in bodies_covered(paths, terms.on):
        level_name, kind_name = LEVEL_NAMES_ZH[OrgLevel(body.level)], KIND_NAMES_ZH[SportsBodyKind(body.kind)]
        bodies.append([level_name, kind_name, body.units, body.covered, _number(body.percent)])
    notes = book.create_sheet("说明")
    for line in _notes(terms, denominator(terms.on, paths)):
        notes.append([_text_cell(notes, value) if isinstance(value, str) else value for value in line])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _write(book: Workbook, title: str, lines: Iterable[list[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "D2"
    sheet.append(list(HEADER))
    for line in lines:
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in line])


def _text_cell(sheet: Any, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _lines(level: str, paths: tuple[str, ...], terms: Terms) -> Iterator[list[Any]]:
    found = indicators_of(Places(level, paths=paths), terms)
    if level == GRID:
        for grid in grids_on(paths, terms.on):
            name = f"{grid.community.name}{grid.sequence:03d}"
            yield [grid.pk, grid.code, name, *_cells(found[grid.pk], terms, level)]
        return
    for unit in units_on(level, paths, terms.on):
        named = [unit.pk, unit.code_then, unit.name_then]  # type: ignore[attr-defined]
        yield [*named, *_cells(found[unit.pk], terms, level)]


def _cells(one: Indicators, terms: Terms, level: str) -> list[Any]:
    organised, served, active, taught = one.organised, one.served, one.active, one.instruction
    return [
        organised.base_grids, organised.households, organised.led_in_office, organised.led_acting,
        organised.without_leader, organised.fitness_groups, organised.federations,
        organised.fitness_organisations, organised.interest_grids_active,
        organised.interest_grids_dormant, organised.members, organised.posts,
        *(organised.members_by_source.get(source, 0) for source in SOURCE_NAMES),
        served.measured_households, served.reached_households, served.reached_share,
        served.reached_by_sites, served.reached_by_activities, served.joined, served.participants,
        served.first_timers, served.visits_done, served.visits_refused, served.demands_open, served.demands_handed_up,
        active.regular_activities, active.regular_interest_grids, active.occurrences, active.cancelled,
        active.attendances, active.headcount, active.ratings,
        shown_share(active.ratings, active.satisfied, terms.smallest_rating_count),
        active.work_logs, *(active.logs_by_role.get(role, 0) for role in ROLE_NAMES_ZH), active.issues_handed_over,
        taught.certified, taught.active, taught.sites, taught.asked_places, taught.filled_places, taught.gap,
        *_coverage_cells(one, level),
    ]  # fmt: skip


def _coverage_cells(one: Indicators, level: str) -> list[Any]:
    if level == GRID:
        return [None] * 7
    rate = one.coverage
    lacks = "、".join(LACK_WORDS[Lack(lack)][0] for lack in one.lacks)
    return [
        rate.communities, rate.with_plan, rate.with_leader, rate.with_interest_grids, rate.covered, rate.share, lacks
    ]  # fmt: skip


def _notes(terms: Terms, counted: Denominator) -> Iterator[list[Any]]:
    run = terms.run
    yield ["统计日", terms.on]
    yield ["数据说明", data_label()]
    if owed := attribution():
        yield ["署名", owed]
    yield ["期间", f"{terms.period.first.isoformat()} 至 {terms.period.last.isoformat()}"]
    yield ["覆盖率分母", f"{counted.communities} 个社区（村），{_day(counted.since)} 起未再变动"]
    yield [
        "覆盖率",
        f"有生效方案、每个网格有网格长（含代理）、活跃兴趣网格不少于 {terms.interest_grids_wanted} 个",
    ]
    yield [
        "可达户数",
        "尚未测算" if run is None else f"{local_date(run.run_at)} 测算（第 {run.pk} 次），{_methods(run)}",
    ]
    if run is not None:
        yield ["可达户数口径", f"步行可达健身站点（{run.sites} 个）或经常性活动点（{_points(run)}）的住户"]
        yield ["测算户数分母", f"{run.households} 户，{_day(run.homes_as_of)} 导入的建筑图层"]
    yield [
        "单位",
        "户数为户，网格员、参与者、指导员等为人，签到为人次；可达率、满意率、覆盖率为比例，1 即 100%；体育组织百分比为 %",
    ]
    yield ["满意率", f"评价少于 {terms.smallest_rating_count} 人时不显示"]
    yield ["基础网格", "服务多个基础网格的兴趣网格在每个基础网格各计一次，自社区起只计一次"]
    yield ["政策版本", terms.policy_version]


def _methods(run: CoverageRun) -> str:
    """How many households were measured how, and with what reach."""
    minutes, radius = (_plain(run.parameters.get(name)) for name in ("minutes", "radius_m"))
    words = {"network": f"沿道路步行 {minutes} 分钟以内", "radius": f"直线 {radius} 米以内"}
    counts = ((told, run.method_counts.get(name, 0)) for name, told in words.items())
    return "；".join(f"{told}：{count:,} 户" for told, count in counts if count)


def _plain(number: float | None) -> str:
    return "—" if number is None else f"{number:g}"


def _points(run: CoverageRun) -> str:
    return "未计入" if run.activity_places is None else f"{run.activity_places} 个"


def _day(day: Any) -> str:
    return "—" if day is None else day.isoformat()


def _number(percent: str | None) -> float | None:
    """A percentage that a workbook can count with."""
    return None if percent is None else float(percent)
