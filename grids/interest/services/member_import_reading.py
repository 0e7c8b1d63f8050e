"""A file of grid members as rows, with all that can be told of it before the city is asked. Rule: J08"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gis.compute.intake.findings import Finding
from gis.compute.intake.lists import FileRefused, Table, Wanted, read_table
from grids.interest.rules.member_rows import (
    MEMBER_LAYOUT,
    SYNONYMS,
    MemberRow,
    clashes_within,
    example_warning,
    is_example,
    layout_without,
    only_example,
    read_member_row,
)

MOST_ROWS = 20_000
# Rows between two words about how far the work is.
_STRIDE = 500
Tell = Callable[[int, int], None]
_FIELD_OF = {words[0]: name for name, words in SYNONYMS.items()}


@dataclass(slots=True)
class MembersRead:
    """A file's rows as they were read, how many it has, and what was found.

    `spoilt`: rows of which something could not be read, with those fields; they are never written. `lacks`: required
    columns that the file has not.
    """

    rows: list[MemberRow] = field(default_factory=list)
    spoilt: list[tuple[MemberRow, frozenset[str]]] = field(default_factory=list)
    source_rows: int = 0
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    lacks: frozenset[str] = frozenset()


def read_members(path: Path, file_name: str, tell: Tell) -> MembersRead:
    """The file row by row; raises `FileRefused` for one that is no list of members at all.

    A file that lacks a column is read all the same: it is refused, with what is wrong in its rows told beside.
    """
    table, missing = _table(path, file_name)
    examples = [number for number, cells in table.rows if is_example(cells)]
    rows = [(number, cells) for number, cells in table.rows if not is_example(cells)]
    if not rows:
        raise FileRefused([only_example()])
    found = MembersRead(source_rows=len(rows), warnings=table.warnings)
    found.warnings += [example_warning(number) for number in examples]
    if missing is not None:
        found.errors.append(missing)
        found.lacks = _fields_of(missing)
    read: list[MemberRow] = []
    for at, (number, cells) in enumerate(rows):
        if at % _STRIDE == 0:
            tell(at, len(rows))
        row, errors = read_member_row(number, cells, found.lacks)
        found.errors += errors
        read.append(row)
    found.errors += clashes_within(read)
    spoilt: dict[int, set[str]] = {}
    for each in found.errors:
        spoilt.setdefault(each.row or 0, set()).add(_FIELD_OF.get(each.field or "", ""))
    for row in read:
        if found.lacks or row.row in spoilt:
            found.spoilt.append((row, frozenset(spoilt.get(row.row, ())) | found.lacks))
        else:
            found.rows.append(row)
    return found


def _table(path: Path, file_name: str) -> tuple[Table, Finding | None]:
    """The file as a table, and the refusal of its header where that lacks some of the columns; raises `FileRefused`."""
    try:
        return read_table(path, file_name, Wanted(MEMBER_LAYOUT, MOST_ROWS)), None
    except FileRefused as refused:
        missing = next((each for each in refused.findings if each.code == "HEADER_MISSING"), None)
        layout = None if missing is None else layout_without(_fields_of(missing))
        if layout is None:
            raise
        try:
            return read_table(path, file_name, Wanted(layout, MOST_ROWS)), missing
        except FileRefused:
            raise refused from None


def _fields_of(missing: Finding) -> frozenset[str]:
    """The fields of the columns that a refused header lacks."""
    words = missing.facts["missing"]
    assert isinstance(words, list)
    return frozenset(name for name, word in MEMBER_LAYOUT.required.items() if word in words)
