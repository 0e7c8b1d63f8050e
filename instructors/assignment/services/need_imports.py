"""A file of what sites ask for, brought in whole or not at all. Rules: J12, J13"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F

from gis.compute.intake.findings import Finding
from gis.compute.intake.lists import FileRefused, Wanted, read_table
from gis.compute.intake.sheet_rows import row_order
from instructors.assignment.models import Site, SiteNeed
from instructors.assignment.queries.needs import servers_of
from instructors.assignment.queries.sites import EDIT, sites_for_import
from instructors.assignment.rules.need_rows import LAYOUT, MOST_ROWS, NeedRow, read_need_row
from instructors.assignment.rules.needs import check_need_time, need_is_served
from instructors.assignment.services.needs import check_stands, told_need
from instructors.people.models import ActivityItem
from instructors.people.rules.free_times import Span
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audit, record_audits
from tenants.bureau.queries.rights import organisations_of
from wangge.errors import RuleBroken, RulesBroken

MOST_IN_PROBLEM = 100
Key = tuple[int, int, int, int]  # site, item, weekday, from minute


@dataclass
class NeedsMerged:
    """What a file changes: needs to add and to change, how many stay, warnings; errors refuse the whole."""

    new: list[SiteNeed] = field(default_factory=list)
    changed: list[tuple[SiteNeed, dict[str, Any]]] = field(default_factory=list)
    unchanged: int = 0
    rows: int = 0
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many rows there were, and what becomes of the needs they name."""
        return {
            "rows": self.rows, "added": len(self.new), "updated": len(self.changed), "unchanged": self.unchanged,
        }  # fmt: skip


@transaction.atomic
def import_needs(*, upload: Any, dry_run: bool, acting_user: User) -> NeedsMerged:
    """Add the needs of a file and change those it says other of; the same file again changes nothing.

    Needs that the file does not name stay. Raises 422 NEEDS_REFUSED with a refusal for each wrong row, and then nothing
    of it is written; a dry run writes nothing either.
    """
    rows, merged = _read(upload)
    sites = {site.ref: site for site in sites_for_import(acting_user, {row.key.site for row in rows})}
    items = _items()
    standing = _standing(sites.values())
    seen: dict[Key, int] = {}
    for row in rows:
        try:
            _merge(row, _Known(sites, items, standing, seen), merged)
        except RuleBroken as refused:
            merged.errors.append(_finding(refused, row.row))
    if merged.errors:
        raise needs_refused(str(upload.name), merged.errors)
    if not dry_run:
        _write(merged, sites.values(), str(upload.name), acting_user)
    return merged


def _read(upload: Any) -> tuple[list[NeedRow], NeedsMerged]:
    merged, found = NeedsMerged(), []
    try:
        with tempfile.NamedTemporaryFile(prefix="needs-") as copy:
            for chunk in upload.chunks():
                copy.write(chunk)
            copy.flush()
            table = read_table(Path(copy.name), str(upload.name), Wanted(LAYOUT, MOST_ROWS))
    except FileRefused as refused:
        raise needs_refused(str(upload.name), refused.findings) from refused
    merged.rows, merged.warnings = len(table.rows), table.warnings
    for number, cells in table.rows:
        rows, errors = read_need_row(number, cells)
        found += rows
        merged.errors += errors
    return found, merged


def _items() -> dict[str, ActivityItem]:
    """Items in use by code and by name."""
    rows = list(ActivityItem.objects.filter(is_active=True))
    return {row.name: row for row in rows} | {row.code: row for row in rows}


def _standing(sites: Iterable[Site]) -> dict[Key, SiteNeed]:
    rows = SiteNeed.objects.filter(site__in=[site.pk for site in sites], valid_to=None).select_related("item")
    return {(row.site_id, row.item_id, row.weekday, row.from_minute): row for row in rows}


@dataclass(frozen=True, slots=True)
class _Known:
    """What rows are held against: sites, items and needs as they stand, and the rows before."""

    sites: dict[str, Site]
    items: dict[str, ActivityItem]
    standing: dict[Key, SiteNeed]
    seen: dict[Key, int]


def _merge(row: NeedRow, known: _Known, merged: NeedsMerged) -> None:
    site, item = known.sites.get(row.key.site), known.items.get(row.key.item)
    if site is None:
        raise _unknown("SITE_UNKNOWN", "站点编号", row.key.site, "请核对编号；只能导入本单位可维护的站点")
    if item is None:
        raise _unknown("ITEM_UNKNOWN", "项目", row.key.item, "请填写项目目录中的名称或代码")
    check_stands(site)
    check_need_time(site.opening_hours, row.key.weekday, Span(row.key.from_minute, row.to_minute))
    key = (site.pk, item.pk, row.key.weekday, row.key.from_minute)
    if key in known.seen:
        raise _twice(known.seen[key])
    known.seen[key] = row.row
    need = known.standing.get(key)
    if need is None:
        merged.new.append(
            SiteNeed(
                site=site, item=item, weekday=row.key.weekday, from_minute=row.key.from_minute,
                to_minute=row.to_minute, wanted=row.wanted or 1, weight=row.weight,
            )
        )  # fmt: skip
        return
    _change(need, row, merged)


def _change(need: SiteNeed, row: NeedRow, merged: NeedsMerged) -> None:
    before = told_need(need)
    if need.to_minute != row.to_minute and (servers := servers_of(need.pk)):
        raise need_is_served(servers)
    need.to_minute = row.to_minute
    need.wanted = need.wanted if row.wanted is None else row.wanted
    need.weight = need.weight if row.weight is None else row.weight
    if told_need(need) == before:
        merged.unchanged += 1
    else:
        merged.changed.append((need, before))


def _write(merged: NeedsMerged, sites: Iterable[Site], file_name: str, acting_user: User) -> None:
    made = SiteNeed.objects.bulk_create(merged.new)
    changed = [need for need, _ in merged.changed]
    SiteNeed.objects.bulk_update(changed, ["to_minute", "wanted", "weight"])
    by_id = {site.pk: site for site in sites}
    touched = {need.site_id for need in [*made, *changed]}
    Site.objects.filter(pk__in=touched).update(version=F("version") + 1)
    names = organisations_of(acting_user, EDIT, {by_id[site].unit_path for site in touched})

    def in_name_of(need: SiteNeed) -> str:
        return names[by_id[need.site_id].unit_path]

    added = [AuditSubject(need, None, told_need(need), in_name_of(need)) for need in made]
    altered = [
        AuditSubject(need, before, told_need(need), in_name_of(need)) for need, before in merged.changed
    ]
    record_audits(acting_user=acting_user, action="site_need.add", subjects=added, reason=file_name)
    record_audits(acting_user=acting_user, action="site_need.change", subjects=altered, reason=file_name)
    record_audit(
        acting_user=acting_user, action="site_needs.import", subject=("assignment.siteneed", 0),
        after={"file_name": file_name, **merged.counts()},
    )  # fmt: skip


def _unknown(code: str, zh: str, said: str, remedy: str) -> RuleBroken:
    shown = said[:40]
    return RuleBroken(
        code, zh=f"没有找到{zh}“{shown}”", en=f"“{shown}” is not known", rule="J12", facts={"said": shown}, field=zh,
        how_to_fix_zh=remedy, how_to_fix_en="compare it with the list of sites and the catalogue of items",
    )  # fmt: skip


def _twice(first: int) -> RuleBroken:
    return RuleBroken(
        "NEED_TWICE", zh=f"与第{first}行重复：同一站点、项目、星期和开始时间", rule="J12",
        en=f"the same site, item, weekday and beginning as row {first}", facts={"first_row": first},
        how_to_fix_zh="请删除其中一行，或改为增加人数", how_to_fix_en="remove one of both, or ask for more people",
    )  # fmt: skip


def _finding(refused: RuleBroken, row: int) -> Finding:
    return Finding(
        refused.code, refused.zh, refused.en, refused.how_to_fix_zh, refused.how_to_fix_en, row=row,
        field=refused.field, facts=dict(refused.facts),
    )  # fmt: skip


def needs_refused(file_name: str, findings: list[Finding]) -> RulesBroken:
    """The refusal of a file: one sentence for the whole, then its first hundred wrong rows in their order."""
    ordered = sorted(findings, key=row_order)
    first = ordered[0]
    where = f"第{first.row}行：" if first.row else ""
    whole = RuleBroken(
        "NEEDS_REFUSED", zh=f"文件“{file_name}”有{len(findings)}处错误，未导入任何数据。{where}{first.zh}",
        en=f"“{file_name}” has {len(findings)} errors and nothing was imported. Row {first.row or '-'}: {first.en}",
        rule="J12",
        facts={"errors": len(findings), "codes": dict(Counter(each.code for each in findings))},
        how_to_fix_zh="请逐行更正后重新导入；没有写入任何数据",
        how_to_fix_en="mend the rows and import again; nothing was written",
    )  # fmt: skip
    return RulesBroken([whole, *map(_row_refused, ordered[:MOST_IN_PROBLEM])])


def _row_refused(finding: Finding) -> RuleBroken:
    facts = {**finding.facts, **({} if finding.row is None else {"row": int(finding.row)})}
    where = f"第{finding.row}行：" if finding.row else ""
    return RuleBroken(
        finding.code, zh=f"{where}{finding.zh}", en=f"row {finding.row or '-'}: {finding.en}", rule="J12", facts=facts,
        field=finding.field, how_to_fix_zh=finding.remedy_zh, how_to_fix_en=finding.remedy_en,
    )  # fmt: skip
