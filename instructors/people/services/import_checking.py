"""A register's file held against the city: rows read, digests, units and items found, then merged with the register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from gis.compute.crs import from_bd09, from_gcj02
from gis.compute.intake.cells import quoted
from gis.compute.intake.findings import Finding
from gis.compute.intake.lists import Wanted, read_table
from gis.layers.services.checking import expected_extent
from instructors.people.models import RegisterImport
from instructors.people.queries.instructors import ID_DIGEST, PHONE_DIGEST
from instructors.people.rules.identity_number import id_key
from instructors.people.rules.import_columns import REGISTER
from instructors.people.rules.import_merge import Merged, RowPlaced, merge
from instructors.people.rules.import_rows import RowRead, read_row
from instructors.people.rules.import_units import UnitFinder, assumed_warning
from instructors.people.services.import_register import item_words, papers_held, people_held, unit_finder
from tenants.accounts.queries import sealer
from tenants.bureau.queries.city import city_profile

MOST_ROWS = 200_000
# Rows between two words about how far the work is.
_STRIDE = 5000
_DECIMALS = 7
_FROM = {"gcj02": from_gcj02, "bd09": from_bd09}
Extent = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file's good rows, how many it has, and what was found in it and in its rows."""

    rows: list[RowPlaced]
    source_rows: int
    errors: list[Finding]
    warnings: list[Finding]


def check_file(
    path: Path, register_import: RegisterImport, today: date, tell: Callable[[int, int], None]
) -> Checked:
    """Read a file row by row; nothing is written. `tell` hears how many rows of how many are read.

    Raises `FileRefused` for a file that is no register at all.
    """
    table = read_table(path, register_import.file_name, Wanted(REGISTER, MOST_ROWS))
    unit_name = register_import.unit.name
    errors: list[Finding] = []
    read: list[RowRead] = []
    for at, (number, cells) in enumerate(table.rows):
        if at % _STRIDE == 0:
            tell(at, len(table.rows))
        row, found = read_row(number, cells, today)
        errors += found
        if row is not None:
            read.append(row)
    placed, misplaced = _placed(
        _true_homes(read, str(register_import.options.get("crs", ""))), register_import
    )
    warnings = table.warnings + _roles_warning(placed)
    warnings += assumed_warning([(row.row, bool(row.places or row.unit_code)) for row in read], unit_name)
    return Checked(placed, len(table.rows), errors + misplaced, warnings)


def merge_with_register(checked: Checked, register_import: RegisterImport) -> Merged:
    """The good rows against the register, whose people of the file are locked to the transaction's end."""
    held = people_held([row.digest for row in checked.rows], register_import, register_import.imported_by)
    return merge(checked.rows, held, papers_held(checked.rows))


def _true_homes(rows: Sequence[RowRead], crs: str) -> list[RowRead]:
    """The rows with homes in the storage system, rounded: files say what they were measured in."""
    at = [index for index, row in enumerate(rows) if row.home is not None]
    homes = np.array([rows[index].home for index in at], dtype=float).reshape(-1, 2)
    if crs in _FROM and at:
        homes = np.column_stack(_FROM[crs](homes[:, 0], homes[:, 1]))
    moved = list(rows)
    for index, (lon, lat) in zip(at, np.round(homes, _DECIMALS).tolist(), strict=True):
        moved[index] = replace(rows[index], home=(lon, lat))
    return moved


def _placed(
    rows: Sequence[RowRead], register_import: RegisterImport
) -> tuple[list[RowPlaced], list[Finding]]:
    finder, words, keys = unit_finder(register_import), item_words(), sealer()
    extent = expected_extent(city_profile())
    placed: list[RowPlaced] = []
    errors: list[Finding] = []
    for row in rows:
        unit_id, found = _unit(finder, row)
        found += _unknown_items(row, words) + _outside(row, extent)
        errors += found
        if not found:
            placed.append(
                RowPlaced(
                    read=row,
                    digest=keys.digest(id_key(row.id_number, row.id_kind), purpose=ID_DIGEST),
                    phone_digest=keys.digest(row.phone, purpose=PHONE_DIGEST) if row.phone else "",
                    unit_id=unit_id,
                    is_unit_given=bool(row.places or row.unit_code),
                    item_ids=tuple(dict.fromkeys(words[word] for word in row.items)),
                )
            )
    return placed, errors


def _unit(finder: UnitFinder, row: RowRead) -> tuple[int, list[Finding]]:
    answer = finder.find(row.row, row.places, row.unit_code)
    return (0, [answer]) if isinstance(answer, Finding) else (answer, [])


def _unknown_items(row: RowRead, words: Mapping[str, int]) -> list[Finding]:
    return [
        Finding(
            "ITEM_UNKNOWN", zh=f"项目目录中没有“{quoted(word, 40)}”", row=row.row, field="项目",
            en=f"the catalogue holds no item “{quoted(word, 40)}”", remedy_zh="请改用目录中的名称，或先在项目目录中添加",
            remedy_en="use a name of the catalogue, or add the item to it first",
        )
        for word in row.items
        if word not in words
    ]  # fmt: skip


def _outside(row: RowRead, extent: Extent | None) -> list[Finding]:
    if row.home is None or extent is None:
        return []
    (lon, lat), (west, south, east, north) = row.home, extent
    if west <= lon <= east and south <= lat <= north:
        return []
    return [
        Finding(
            "LOCATION_OUTSIDE", zh="经纬度不在本市范围内", en="the place lies outside the city", row=row.row, field="经度",
            remedy_zh="请核对经纬度是否颠倒或有误", remedy_en="check whether lon and lat are swapped or mistyped",
        )
    ]  # fmt: skip


def _roles_warning(rows: Sequence[RowPlaced]) -> list[Finding]:
    without = [row.read.row for row in rows if row.item_ids and not row.read.roles]
    if not without:
        return []
    return [
        Finding(
            "ROLE_ASSUMED", zh=f"{len(without)}行没有授课类型，按教练登记", field="授课类型",
            en=f"{len(without)} rows do not say as what the items are taught: taken as coach",
            remedy_zh="讲师请填写授课类型“讲师”", remedy_en="write 讲师 for lecturers", facts={"count": len(without)},
        )
    ]  # fmt: skip
