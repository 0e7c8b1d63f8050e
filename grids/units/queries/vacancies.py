"""Base grids without a leader in office: vacant ones, and those an acting leader keeps for a while. Rule: J06"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from gis.layers.queries.outlines import outlines_of
from grids.units.models import Grid, GridLeader
from grids.units.queries.account_names import leader_name, with_names
from grids.units.queries.grids import valid_on
from grids.units.queries.leaders import active_on, in_state, standing_term, state_of
from grids.units.queries.policy import acting_alert_days
from grids.units.rules.leader_states import LeaderState
from grids.units.rules.leader_tasks import acting_days_left, is_acting_alert
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

KINDS = ("vacant", "acting", "alert")
HEADER = (
    "网格编码", "县（市、区）", "乡镇（街道）", "社区（村）", "状态", "自", "代理网格长", "代理至", "剩余天数", "提醒",
    "待确认提名",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A grid without a leader in office on a day.

    `since`: the first day nobody led it, or the acting leader's first. `ran_out`: vacant because an acting term ended
    without a successor. `is_alert`: an acting term is about to end, or has run out.
    """

    grid: Grid
    state: str
    since: date
    acting_term_id: int | None
    acting_name: str
    acting_ends_on: date | None
    days_left: int | None
    ran_out: bool
    is_alert: bool
    nominations: int


def unit_path_in_reach(user: User, unit_id: int, permission: str) -> str:
    """The path of a unit for which, or above which, the user holds the right; else 404."""
    allowed = under_paths(granted_paths(user, permission), "path")
    path = OrgUnit.objects.filter(allowed, pk=unit_id).values_list("path", flat=True).first()
    if path is None:
        raise not_found("单位", "unit")
    return path


def vacancies_visible_to(
    user: User, on: date, kind: str | None = None, unit_id: int | None = None
) -> QuerySet[Grid]:
    """Grids that stand that day and have no leader in office, by id.

    `kind`: only `vacant` ones, only those with an `acting` leader, or only those with an `alert`.
    """
    allowed = under_paths(granted_paths(user, "leader.view"), "community__unit__path")
    rows = Grid.objects.filter(allowed, valid_on(on))
    if unit_id is not None:
        rows = rows.filter(community__unit__path__startswith=unit_path_in_reach(user, unit_id, "leader.view"))
    in_office = GridLeader.objects.filter(active_on(on), grid=OuterRef("pk"), is_acting=False)
    rows = _of_kind(rows.filter(~Exists(in_office)), kind, on)
    rows = rows.select_related("community__unit__parent__parent").order_by("id")
    return rows.defer(*outlines_of("community"))


def _of_kind(rows: QuerySet[Grid], kind: str | None, on: date) -> QuerySet[Grid]:
    terms = GridLeader.objects.filter(grid=OuterRef("pk"))
    acting = terms.filter(active_on(on), is_acting=True)
    if kind == "vacant":
        return rows.filter(~Exists(acting))
    if kind == "acting":
        return rows.filter(Exists(acting))
    if kind == "alert":
        soon = acting.filter(ends_on__lte=on + timedelta(days=acting_alert_days(on)))
        past = terms.filter(standing_term(), ends_on__lt=on).order_by("-ends_on").values("is_acting")[:1]
        rows = rows.alias(last_was_acting=Subquery(past))
        return rows.filter(Exists(soon) | (~Exists(acting) & Q(last_was_acting=True)))
    return rows


def vacancies_of(
    grids: Sequence[Grid], on: date, reader: User, within: QuerySet[Grid] | None = None
) -> list[Vacancy]:
    """These grids as they are told, with the terms that say why, in two statements; all of them lie `within`."""
    wanted = Q(grid__in=[grid.pk for grid in grids] if within is None else within.order_by().values("pk"))
    rows = GridLeader.objects.filter(
        wanted, withdrawn_at=None, starts_on__lte=on
    ) | GridLeader.objects.filter(wanted, in_state(LeaderState.NOMINATED, on))
    terms: dict[int, list[GridLeader]] = {}
    for term in with_names(rows, reader, "user").select_related("user").order_by("grid", "starts_on"):
        terms.setdefault(term.grid_id, []).append(term)
    alert_days = acting_alert_days(on)
    return [_vacancy(grid, terms.get(grid.pk, []), on, alert_days, reader) for grid in grids]


def _vacancy(grid: Grid, terms: Sequence[GridLeader], on: date, alert_days: int, reader: User) -> Vacancy:
    states = [(term, state_of(term, on)) for term in terms]
    nominations = sum(state is LeaderState.NOMINATED for _, state in states)
    acting = next((term for term, state in states if state is LeaderState.ACTING), None)
    if acting is not None:
        assert acting.ends_on is not None
        return Vacancy(
            grid, "acting", acting.starts_on, acting.pk, leader_name(acting, "user", reader), acting.ends_on,
            acting_days_left(acting.ends_on, on), ran_out=False,
            is_alert=is_acting_alert(acting.ends_on, on, alert_days), nominations=nominations,
        )  # fmt: skip
    past = [
        (term.ends_on, term.is_acting)
        for term, state in states
        if state is LeaderState.ENDED and term.confirmed_at is not None and term.ends_on is not None
    ]
    led_until, was_acting = max(past, default=(None, False))
    since = grid.valid_from if led_until is None else max(led_until + timedelta(days=1), grid.valid_from)
    return Vacancy(
        grid,
        "vacant",
        since,
        None,
        "",
        None,
        None,
        ran_out=was_acting,
        is_alert=was_acting,
        nominations=nominations,
    )


def vacancy_lines(rows: QuerySet[Grid], on: date, reader: User) -> Iterator[list[object]]:
    """The list as lines of a sheet, the header first; the statements do not grow with the grids."""
    yield list(HEADER)
    for vacancy in vacancies_of(list(rows), on, reader, within=rows):
        grid = vacancy.grid
        yield [
            grid.code, *_above(grid), grid.community.name, "代理" if vacancy.state == "acting" else "空缺",
            vacancy.since, vacancy.acting_name, vacancy.acting_ends_on, vacancy.days_left,
            _told_alert(vacancy), vacancy.nominations,
        ]  # fmt: skip


def _above(grid: Grid) -> list[str]:
    town = grid.community.unit.parent
    county = None if town is None else town.parent
    return ["" if county is None else county.name, "" if town is None else town.name]


def _told_alert(vacancy: Vacancy) -> str:
    if vacancy.ran_out:
        return "代理到期后空缺"
    return "即将到期" if vacancy.is_alert else ""
