"""Writes of the org tree and its codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import FormerName, OrgCode, OrgUnit
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.org_units import STAT_SCHEME, org_unit_for_update, root_unit
from tenants.bureau.rules.division_changes import (
    DivisionChanges,
    DivisionRow,
    NamedDivision,
    division_changes,
    orphan_refusals,
    read_divisions,
)
from tenants.bureau.rules.division_codes import parse_division_code
from tenants.bureau.rules.org_levels import OrgLevel, check_level
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.permissions import require

ONE_DAY = timedelta(days=1)
CODE_COLUMN, NAME_COLUMN = "code", "name"


def division_rows(text: str) -> list[DivisionRow]:
    """The rows of a CSV code table with the columns `code` and `name`, in any order and with others beside them.

    Raises 422 DIVISION_COLUMNS when one of the two is missing.
    """
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [column for column in (CODE_COLUMN, NAME_COLUMN) if column not in (table.fieldnames or [])]
    if missing:
        raise RuleBroken(
            "DIVISION_COLUMNS",
            zh=f"区划代码表缺少列：{'、'.join(missing)}",
            en=f"the code table lacks the columns {', '.join(missing)}",
            rule="J19",
            facts={"missing": missing, "found": list(table.fieldnames or [])},
            how_to_fix_zh="首行须为列名，且含 code 与 name",
            how_to_fix_en="let the first line name the columns, code and name among them",
            field="file",
        )
    # The header is line 1; a quoted line break would shift the count, and no code table has one.
    return [
        DivisionRow(row[CODE_COLUMN] or "", row[NAME_COLUMN] or "", line) for line, row in enumerate(table, 2)
    ]


@transaction.atomic
def load_division_codes(
    *, rows: Iterable[DivisionRow], valid_from: date, acting_user: User | None, complete: bool = True
) -> DivisionChanges:
    """Bring the tree to a year's code table: new units, new names, and the end of what is gone, from that day.

    `complete` says that the table is the whole city's on every level it names; a district's own table is not and
    ends nothing. The same table again changes nothing and writes no audit row. A unit is never keyed by its code: a
    renamed one stays itself, with its former name kept. Raises all bad lines at once (422), writing nothing.
    """
    root = OrgUnit.objects.select_for_update().get(pk=root_unit().pk)
    if acting_user is not None:
        require(acting_user, "org.edit", root.path)
    city_code = city_profile().division_code
    wanted, refusals = read_divisions(rows, city_code)
    refuse_all(refusals)
    current = {
        row.code: row
        for row in OrgCode.objects.filter(scheme=STAT_SCHEME, valid_to=None)
        .exclude(unit=root)
        .select_related("unit")
    }
    changes = division_changes(
        {code: row.unit.name for code, row in current.items()}, wanted, complete=complete
    )
    refuse_all(orphan_refusals(changes, current, city_code))
    if changes.is_empty:
        return changes
    _end([current[code] for code in changes.vanished], valid_from - ONE_DAY)
    _rename([(current[row.code.text].unit, row.name) for row in changes.renamed], valid_from - ONE_DAY)
    units = {code: row.unit for code, row in current.items()} | {parse_division_code(city_code).text: root}
    _plant(changes.new, units, valid_from)
    record_audit(
        acting_user=acting_user,
        action="org.load_codes",
        subject=root,
        after={
            "valid_from": str(valid_from),
            "new": len(changes.new),
            "renamed": len(changes.renamed),
            "vanished": len(changes.vanished),
        },
    )
    return changes


def _end(codes: list[OrgCode], last_day: date) -> None:
    OrgCode.objects.filter(pk__in=[row.pk for row in codes]).update(valid_to=last_day)
    OrgUnit.objects.filter(pk__in=[row.unit_id for row in codes]).update(
        valid_to=last_day, version=F("version") + 1
    )


def _rename(named: list[tuple[OrgUnit, str]], last_day: date) -> None:
    former = [FormerName(unit=unit, name=unit.name, valid_to=last_day) for unit, _ in named]
    # A second correction on the same day keeps the first former name.
    FormerName.objects.bulk_create(former, ignore_conflicts=True)
    for unit, name in named:
        unit.name = name
        unit.version += 1
    OrgUnit.objects.bulk_update([unit for unit, _ in named], ["name", "version"], batch_size=500)


def _plant(new: list[NamedDivision], units: dict[str, OrgUnit], valid_from: date) -> None:
    """Insert new units level by level, because a child needs its parent's id: three statements a level."""
    for level in (OrgLevel.COUNTY, OrgLevel.TOWN, OrgLevel.VILLAGE):
        rows = [row for row in new if row.code.level is level]
        made = OrgUnit.objects.bulk_create(
            OrgUnit(
                level=level.value,
                name=row.name,
                parent=units[row.code.parent or ""],
                kind=row.code.kind.value,
                valid_from=valid_from,
            )
            for row in rows
        )
        OrgCode.objects.bulk_create(
            OrgCode(unit=unit, scheme=STAT_SCHEME, code=row.code.text, valid_from=valid_from)
            for unit, row in zip(made, rows, strict=True)
        )
        units |= {row.code.text: unit for unit, row in zip(made, rows, strict=True)}
        _write_paths([unit.pk for unit in made])


def _write_paths(unit_ids: list[int]) -> None:
    parent_path = OrgUnit.objects.filter(pk=OuterRef("parent_id")).values("path")
    OrgUnit.objects.filter(pk__in=unit_ids).update(
        path=Concat(Subquery(parent_path), Cast(F("pk"), CharField()), Value("/"))
    )


@transaction.atomic
def create_org_unit(
    *,
    level: str,
    name: str,
    parent_id: int,
    valid_from: date,
    acting_user: User,
    kind: str = "",
    code: str = "",
) -> OrgUnit:
    """Add one unit under its parent; 404 for an unknown parent, 422 ORG_LEVEL or DIVISION_CODE, 409 ORG_CODE_TAKEN."""
    parent = org_unit_for_update(parent_id)
    require(acting_user, "org.edit", parent.path)
    check_level(OrgLevel(level), OrgLevel(parent.level))
    unit = OrgUnit.objects.create(level=level, name=name, parent=parent, kind=kind, valid_from=valid_from)
    _write_paths([unit.pk])
    unit.refresh_from_db()
    if code:
        _give_code(unit, code, valid_from)
    after = {"level": level, "name": name, "parent": parent.path, "code": code}
    record_audit(acting_user=acting_user, action="org.create", subject=unit, after=after)
    return unit


def _give_code(unit: OrgUnit, code: str, valid_from: date) -> None:
    parsed = parse_division_code(code)
    if parsed.level.value != unit.level:
        raise RuleBroken(
            "DIVISION_CODE",
            zh=f"区划代码“{code}”的层级与单位不一致",
            en=f"the division code “{code}” is one of a {parsed.level}, not of a {unit.level}",
            rule="J19",
            facts={"code": code, "code_level": parsed.level.value, "unit_level": unit.level},
            how_to_fix_zh="县6位、乡9位、村12位",
            how_to_fix_en="6 digits for a county, 9 for a town, 12 for a village",
            field="code",
        )
    taken = OrgCode.objects.filter(scheme=STAT_SCHEME, code=parsed.text, valid_to=None).first()
    if taken is not None:
        raise RuleBroken(
            "ORG_CODE_TAKEN",
            zh=f"区划代码{parsed.text}已由其他单位使用",
            en=f"the division code {parsed.text} is borne by another unit",
            status=409,
            rule="J19",
            facts={"code": parsed.text, "unit": taken.unit_id},
            how_to_fix_zh="请先为原单位设定截止日期",
            how_to_fix_en="end the other unit first",
            field="code",
        )
    OrgCode.objects.create(unit=unit, scheme=STAT_SCHEME, code=parsed.text, valid_from=valid_from)


@transaction.atomic
def update_org_unit(*, unit_id: int, changes: dict[str, Any], today: date, acting_user: User) -> OrgUnit:
    """Rename a unit from today, correct its kind, or end it on a day.

    `changes` may hold `name`, `kind`, `valid_to`. Raises 422 ORG_PERIOD for an end before the beginning, 409
    ORG_HAS_CHILDREN for the end of a unit with units below it that go on.
    """
    unit = org_unit_for_update(unit_id)
    require(acting_user, "org.edit", unit.path)
    before = {field: str(getattr(unit, field)) for field in changes}
    name = changes.get("name", unit.name)
    if name != unit.name and unit.valid_from < today:
        FormerName.objects.update_or_create(unit=unit, valid_to=today - ONE_DAY, defaults={"name": unit.name})
    if changes.get("valid_to") is not None:
        _check_end(unit, changes["valid_to"])
        OrgCode.objects.filter(unit=unit, valid_to=None).update(valid_to=changes["valid_to"])
    for field, value in changes.items():
        setattr(unit, field, value)
    unit.version += 1
    unit.save(update_fields=[*changes, "version"])
    after = {field: str(value) for field, value in changes.items()}
    record_audit(acting_user=acting_user, action="org.update", subject=unit, before=before, after=after)
    return unit


def _check_end(unit: OrgUnit, last_day: date) -> None:
    if last_day < unit.valid_from:
        raise RuleBroken(
            "ORG_PERIOD",
            zh=f"截止日期{last_day.isoformat()}早于设立日期{unit.valid_from.isoformat()}",
            en=f"the last day {last_day} lies before the first, {unit.valid_from}",
            rule="J19",
            facts={"valid_from": str(unit.valid_from), "valid_to": str(last_day)},
            how_to_fix_zh="请更正截止日期",
            how_to_fix_en="correct the last day",
            field="valid_to",
        )
    going_on = OrgUnit.objects.filter(parent=unit).exclude(valid_to__lte=last_day).count()
    if going_on:
        raise RuleBroken(
            "ORG_HAS_CHILDREN",
            zh=f"{unit.name}下仍有{going_on}个单位，不能先行撤销",
            en=f"{going_on} units below {unit.name} go on beyond that day",
            status=409,
            rule="J19",
            facts={"children": going_on},
            how_to_fix_zh="请先撤销或划转下级单位",
            how_to_fix_en="end or move the units below it first",
            field="valid_to",
        )
