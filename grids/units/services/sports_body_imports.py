"""Bringing in a list of sports bodies, whole or not at all. Rule: J19"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from gis.compute.intake.findings import Finding
from grids.units.models import SportsBody
from grids.units.queries.sports_bodies import EDIT
from grids.units.rules.sports_bodies import (
    KIND_NAMES_ZH,
    SportsBodyKind,
    body_exists,
    check_body_days,
    check_body_level,
    check_unit_stands,
)
from grids.units.services.sports_bodies import BODIES, told
from grids.units.services.tables import Column, Row, by_row, day_in, read_rows, refuse_rows, row_refused
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audits
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.org_units import units_by_code
from tenants.bureau.queries.rights import granted_paths
from tenants.bureau.rules.division_codes import parse_division_code
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock

COLUMNS = (
    Column("code", ("区划代码", "单位代码", "code"), required=True),
    Column("kind", ("组织类型", "类型", "kind"), required=True),
    Column("name", ("组织名称", "名称", "name"), required=True),
    Column("founded_on", ("成立日期", "founded_on"), required=True),
    Column("dissolved_on", ("撤销日期", "dissolved_on")),
)
_KINDS: Mapping[str, SportsBodyKind] = {
    **{zh: kind for kind, zh in KIND_NAMES_ZH.items()},
    **{kind.value: kind for kind in SportsBodyKind},
    "健身组织": SportsBodyKind.FITNESS_ORGANISATION,
}
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that could be read."""

    row: int
    unit: OrgUnit
    kind: SportsBodyKind
    name: str
    founded_on: date
    dissolved_on: date | None


@dataclass(frozen=True, slots=True)
class BodyImport:
    """What an import did, or would do: rows read, bodies new, changed and as they were, and what to look at in the file."""

    dry_run: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    warnings: list[Finding] = field(default_factory=list)


@transaction.atomic
def import_sports_bodies(*, upload: Any, dry_run: bool, acting_user: User) -> BodyImport:
    """Enter the bodies of a file, or correct the days of those known by unit, kind and name; again, nothing changes.

    Raises the refusals of all rows together, each with its number: 422 ORG_LEVEL, SPORTS_BODY_PERIOD, UNIT_UNKNOWN,
    SPORTS_BODY_KIND, SPORTS_BODY_NAME and DAY_FORMAT, 409 UNIT_ENDED and SPORTS_BODY_EXISTS; what `read_rows` refuses.
    """
    listed = read_rows(upload, COLUMNS)
    rows = listed.rows
    hold_lock(BODIES)
    wanted, refusals = _read(rows, acting_user)
    units = {item.unit.pk for item in wanted}
    held: dict[tuple[int, str, str], SportsBody] = {}
    # The standing one of a name, else the last that was dissolved.
    for body in SportsBody.objects.filter(unit__in=units).order_by("dissolved_on"):
        held.setdefault((body.unit_id, body.kind, body.name), body)
        if body.dissolved_on is None:
            held[body.unit_id, body.kind, body.name] = body
    refusals += _twice(wanted, held)
    refuse_rows(by_row(refusals))
    new, changed = _sorted_out(wanted, held, acting_user)
    unchanged = len(rows) - len(new) - len(changed)
    done = BodyImport(dry_run, len(rows), len(new), len(changed), unchanged, listed.warnings)
    if not dry_run:
        _write(new, changed, acting_user)
    return done


def _read(rows: Sequence[Row], user: User) -> tuple[list[_Wanted], list[RuleBroken]]:
    units, paths = units_by_code(today()), granted_paths(user, EDIT)
    wanted: list[_Wanted] = []
    refusals: list[RuleBroken] = []
    for row in rows:
        try:
            wanted.append(_wanted(row, units, paths))
        except RuleBroken as refused:
            refusals.append(refused)
    return wanted, refusals


def _wanted(row: Row, units: Mapping[str, OrgUnit], paths: Sequence[str]) -> _Wanted:
    unit = _unit(row, units)
    if unit is None or not unit.path.startswith(tuple(paths)):
        raise row_refused(
            "UNIT_UNKNOWN", row.number, zh=f"没有本人可维护的单位“{row.cells['code'][:20]}”", field="code", rule="J19",
            en=f"there is no unit “{row.cells['code'][:20]}” that you keep", fix_zh="请填写6、9或12位统计用区划代码",
            fix_en="give the statistical code of 6, 9 or 12 digits",
        )  # fmt: skip
    kind = _KINDS.get(row.cells["kind"])
    if kind is None:
        raise row_refused(
            "SPORTS_BODY_KIND", row.number, zh=f"不认识的组织类型“{row.cells['kind'][:20]}”", field="kind", rule="J19",
            en=f"unknown kind “{row.cells['kind'][:20]}”", fix_zh=f"请填写{'或'.join(KIND_NAMES_ZH.values())}",
            fix_en=f"write {' or '.join(SportsBodyKind)}",
        )  # fmt: skip
    name = row.cells["name"]
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise row_refused(
            "SPORTS_BODY_NAME", row.number, zh=f"组织名称须为1–{_LONGEST_NAME}字", field="name", rule="J19",
            en=f"a name has 1–{_LONGEST_NAME} characters", fix_zh="请填写组织全称", fix_en="write the full name",
        )  # fmt: skip
    founded_on, dissolved_on = day_in(row, "founded_on", "J19"), day_in(row, "dissolved_on", "J19")
    if founded_on is None:
        raise row_refused(
            "DAY_FORMAT", row.number, zh="未填成立日期", en="the day of founding is missing", field="founded_on",
            rule="J19", fix_zh="请填写成立日期，如2024-05-01", fix_en="write the day, as in 2024-05-01",
        )  # fmt: skip
    check_body_level(kind, OrgLevel(unit.level), row.number)
    check_body_days(founded_on, dissolved_on, today(), row.number)
    check_unit_stands(unit.name, unit.valid_to, dissolved_on or today(), row.number)
    return _Wanted(row.number, unit, kind, name, founded_on, dissolved_on)


def _unit(row: Row, units: Mapping[str, OrgUnit]) -> OrgUnit | None:
    try:
        return units.get(parse_division_code(row.cells["code"]).text) or units.get(row.cells["code"])
    except RuleBroken:
        return None


def _twice(wanted: Sequence[_Wanted], held: Mapping[tuple[int, str, str], SportsBody]) -> list[RuleBroken]:
    """Rows that name one body twice, or a second federation beside the one that stands or that a row above names."""
    standing = {
        (body.unit_id, body.kind): body.name
        for body in held.values()
        if body.kind == SportsBodyKind.FEDERATION and body.dissolved_on is None
    }
    ended = {(item.unit.pk, item.kind.value): item.name for item in wanted if item.dissolved_on is not None}
    seen: set[tuple[int, str, str]] = set()
    refusals = []
    for item in wanted:
        key = (item.unit.pk, item.kind.value, item.name)
        place = key[:2]
        rival = standing.get(place)
        if rival is not None and ended.get(place) == rival:
            rival = None
        if key in seen:
            refusals.append(body_exists(item.kind, item.unit.name, item.name, item.row))
        elif item.kind is SportsBodyKind.FEDERATION and item.dissolved_on is None:
            if rival is not None and rival != item.name:
                refusals.append(body_exists(item.kind, item.unit.name, rival, item.row))
            standing[place] = item.name
        seen.add(key)
    return refusals


def _sorted_out(
    wanted: Sequence[_Wanted], held: Mapping[tuple[int, str, str], SportsBody], user: User
) -> tuple[list[SportsBody], list[tuple[SportsBody, dict[str, object]]]]:
    new: list[SportsBody] = []
    changed: list[tuple[SportsBody, dict[str, object]]] = []
    for item in wanted:
        body = held.get((item.unit.pk, item.kind.value, item.name))
        if body is None or (
            body.dissolved_on is not None
            and item.dissolved_on is None
            and item.founded_on > body.dissolved_on
        ):
            new.append(
                SportsBody(
                    unit=item.unit, kind=item.kind.value, name=item.name, founded_on=item.founded_on,
                    dissolved_on=item.dissolved_on, entered_by=user,
                )
            )  # fmt: skip
        elif (body.founded_on, body.dissolved_on) != (item.founded_on, item.dissolved_on):
            before = told(body)
            body.founded_on, body.dissolved_on = item.founded_on, item.dissolved_on
            body.version += 1
            changed.append((body, before))
    return new, changed


def _write(
    new: Sequence[SportsBody], changed: Sequence[tuple[SportsBody, dict[str, object]]], acting_user: User
) -> None:
    # Ends before beginnings: a federation may follow another in one file.
    bodies = sorted((body for body, _ in changed), key=lambda body: body.dissolved_on is None)
    SportsBody.objects.bulk_update(bodies, ["founded_on", "dissolved_on", "version"], batch_size=500)
    made = SportsBody.objects.bulk_create(new, batch_size=500)
    record_audits(
        acting_user=acting_user,
        action="sports_body.import",
        subjects=[
            *(AuditSubject(body, None, told(body)) for body in made),
            *(AuditSubject(body, before, told(body)) for body, before in changed),
        ],
    )
