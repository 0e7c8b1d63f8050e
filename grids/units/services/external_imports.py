"""Codes of the general governance grid, and its people, taken over from its own list. Rule: J02"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from gis.compute.intake.findings import Finding
from gis.layers.services.bulk import update_rows
from grids.units.models import GovernancePerson, Grid
from grids.units.queries.grids import linked_external_codes
from grids.units.rules.external_grid import (
    ExternalLink,
    PersonLink,
    external_code,
    grid_twice_refusals,
    link_refusals,
    person_refusals,
)
from grids.units.services.links import LINK
from grids.units.services.tables import Column, Row, by_row, read_rows, refuse_rows, row_refused
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audit, record_audits
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock

COLUMNS = (
    Column("grid_code", ("网格编码", "体育网格编码", "grid_code"), required=True),
    Column(
        "external_grid_code",
        ("综治网格编码", "社会治理网格编码", "外部网格编码", "external_grid_code"),
        required=True,
    ),
    Column("person_code", ("综治网格员编码", "综治人员编码", "网格员编码", "external_person_code")),
    Column("username", ("账号", "用户名", "登录账号", "username")),
)
_CODE = re.compile(r"[0-9A-Z._-]{1,40}")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class ExternalImport:
    """What an import did, or would do: rows read, links new and changed, rows that change nothing, rows without a code.

    `warnings`: what to look at in the file.
    """

    dry_run: bool
    rows: int
    linked: int
    changed: int
    unchanged: int
    blank: int
    people_linked: int
    warnings: list[Finding] = field(default_factory=list)


@transaction.atomic
def import_external_grids(*, upload: Any, dry_run: bool, acting_user: User) -> ExternalImport:
    """Link sports grids to governance grids by a file of codes, whole or not at all; again, it changes nothing.

    A grid that was linked to another code gets the file's. Raises the refusals of all rows together, each with its
    number: 409 GRID_ALREADY_LINKED, GRID_ROW_TWICE and PERSON_ALREADY_LINKED, 422 GRID_UNKNOWN, EXTERNAL_CODE_FORMAT,
    ACCOUNT_MISSING and ACCOUNT_UNKNOWN; and what `read_rows` refuses.
    """
    listed = read_rows(upload, COLUMNS)
    rows = listed.rows
    hold_lock("external grids")
    grids = _grids_in_reach(acting_user, [row.cells["grid_code"] for row in rows])
    links, refusals = _links(rows, grids)
    people, more = _people(rows)
    refusals += more + grid_twice_refusals(links)
    held = [PersonLink(row.external_person_code, row.user_id) for row in GovernancePerson.objects.all()]
    refusals += link_refusals(links, _linked_elsewhere(links)) + person_refusals(people, held)
    refuse_rows(by_row(refusals))
    before = {grid.pk: grid.external_grid_code for grid in grids.values()}
    wanted = {link.grid: link.external_grid_code for link in links}
    moved = {grid: code for grid, code in wanted.items() if before[grid] != code}
    new_people = {link.external_person_code: link.user for link in people}
    for link in held:
        new_people.pop(link.external_person_code, None)
    done = ExternalImport(
        dry_run=dry_run,
        rows=len(rows),
        linked=sum(before[grid] is None for grid in moved),
        changed=sum(before[grid] is not None for grid in moved),
        unchanged=len(wanted) - len(moved),
        blank=sum(not row.cells["external_grid_code"] for row in rows),
        people_linked=len(new_people),
        warnings=listed.warnings,
    )
    if not dry_run:
        _write_links(moved, links)
        _write_people(new_people, acting_user)
        _audit(moved, before, done, acting_user)
    return done


def _grids_in_reach(user: User, codes: Iterable[str]) -> dict[str, Grid]:
    """The named grids in which the user may link, locked, by code."""
    allowed = under_paths(granted_paths(user, LINK), "community__unit__path") & under_paths(
        granted_paths(user, "grid.view"), "community__unit__path"
    )
    rows = Grid.objects.filter(allowed, code__in=set(codes)).order_by("id")
    return {grid.code: grid for grid in rows.select_for_update(of=("self",), no_key=True)}


def _links(rows: Sequence[Row], grids: Mapping[str, Grid]) -> tuple[list[ExternalLink], list[RuleBroken]]:
    links: list[ExternalLink] = []
    refusals: list[RuleBroken] = []
    for row in rows:
        grid, code = grids.get(row.cells["grid_code"]), external_code(row.cells["external_grid_code"])
        if grid is None:
            refusals.append(_grid_unknown(row))
        elif code and not _CODE.fullmatch(code):
            refusals.append(_bad_code(row))
        elif code:
            links.append(ExternalLink(code, grid.pk, row.number))
    return links, refusals


def _linked_elsewhere(links: Sequence[ExternalLink]) -> dict[str, int]:
    """Which codes belong to which grid, but for the grids that the file itself gives a code."""
    moving = {link.grid for link in links}
    held = linked_external_codes([link.external_grid_code for link in links])
    wanted = {(link.external_grid_code, link.grid) for link in links}
    return {code: grid for code, grid in held.items() if grid not in moving or (code, grid) in wanted}


def _people(rows: Sequence[Row]) -> tuple[list[PersonLink], list[RuleBroken]]:
    named = [row for row in rows if row.cells.get("person_code")]
    names = {row.cells.get("username", "") for row in named}
    users = dict(User.objects.filter(username__in=names, is_active=True).values_list("username", "pk"))
    links: list[PersonLink] = []
    refusals: list[RuleBroken] = []
    for row in named:
        username = row.cells.get("username", "")
        if username in users:
            code = external_code(row.cells["person_code"])[:40]
            links.append(PersonLink(code, users[username], row.number))
        else:
            refusals.append(_no_account(row, username))
    return links, refusals


def _write_links(moved: Mapping[int, str], links: Sequence[ExternalLink]) -> None:
    """Give up the old codes first, so that two grids may exchange theirs."""
    if not moved:
        return
    try:
        with transaction.atomic():
            Grid.objects.filter(pk__in=moved).update(external_grid_code=None, version=F("version") + 1)
            update_rows(Grid, list(moved), {"external_grid_code": list(moved.values())})
    except IntegrityError:
        # Somebody linked one of these codes by hand in the meantime.
        refuse_rows(link_refusals(links, _linked_elsewhere(links)))
        raise


def _write_people(people: Mapping[str, int], acting_user: User) -> None:
    GovernancePerson.objects.bulk_create(
        (
            GovernancePerson(external_person_code=code, user_id=user, linked_by=acting_user)
            for code, user in people.items()
        ),
        batch_size=_BATCH,
    )


def _audit(
    moved: Mapping[int, str], before: Mapping[int, str | None], done: ExternalImport, acting_user: User
) -> None:
    if not moved and not done.people_linked:
        return
    record_audits(
        acting_user=acting_user,
        action="grid.link_external",
        subjects=[
            AuditSubject(
                ("units.grid", grid), {"external_grid_code": before[grid]}, {"external_grid_code": code}
            )
            for grid, code in moved.items()
        ],
    )
    record_audit(
        acting_user=acting_user,
        action="grid.import_external",
        subject=("units.grid", "import"),
        after={name: value for name, value in asdict(done).items() if name != "warnings"},
    )


def _grid_unknown(row: Row) -> RuleBroken:
    code = row.cells["grid_code"][:40]
    return row_refused(
        "GRID_UNKNOWN", row.number, zh=f"没有可关联的网格“{code}”", en=f"there is no grid “{code}” to link",
        field="grid_code", rule="J02", fix_zh="请核对15位网格编码，只能导入本人管辖范围内的网格",
        fix_en="check the fifteen digits; only grids of your own units can be linked",
    )  # fmt: skip


def _bad_code(row: Row) -> RuleBroken:
    return row_refused(
        "EXTERNAL_CODE_FORMAT", row.number, zh="综治网格编码只能含字母、数字和“. _ -”，最长40位",
        en="a governance grid's code holds letters, digits and . _ -, at most 40",
        field="external_grid_code", rule="J02", fix_zh="请核对综治平台导出的编码", fix_en="check the exported code",
    )  # fmt: skip


def _no_account(row: Row, username: str) -> RuleBroken:
    code, zh, en = (
        ("ACCOUNT_UNKNOWN", f"没有账号“{username[:40]}”", f"there is no account “{username[:40]}”")
        if username
        else (
            "ACCOUNT_MISSING",
            "填写了综治网格员编码，但未填账号",
            "a governance person is given without an account",
        )
    )
    return row_refused(
        code, row.number, zh=zh, en=en, field="username", rule="J02", fix_zh="请填写该人员在本平台的账号，或清空人员编码",
        fix_en="give the person's account here, or leave the person out",
    )  # fmt: skip
