"""The columns of a list: found by what people call them, in any order, below a header of one row or of two.

Of two rows the lower names the columns under a word for several (证书).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gis.compute.intake.cells import quoted
from gis.compute.intake.findings import Finding
from gis.compute.intake.separated import HEADER_WITHIN_ROWS
from gis.compute.intake.tables import normal_name


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands (its position in a row), the names of columns that no field wanted, and which bear names."""

    at: Mapping[str, int]
    ignored: tuple[str, ...]
    named: frozenset[int]


@dataclass(frozen=True, slots=True)
class Header:
    """The columns, and how many rows the header takes with what stands above it."""

    columns: Columns
    rows: int


@dataclass(frozen=True)
class Layout:
    """What a kind of file is made of: its fields by the words for them, and which a header must name.

    Of several columns that could be a field's, the one whose word stands first among them is. `required`: field → what
    people call it; `advice_zh` and `advice_en` say how a header without them is mended.
    """

    synonyms: Mapping[str, tuple[str, ...]]
    required: Mapping[str, str]
    advice_zh: str
    advice_en: str

    @cached_property
    def _words(self) -> dict[str, tuple[str, int]]:
        return {
            normal_name(word): (field, rank)
            for field, words in self.synonyms.items()
            for rank, word in enumerate(words)
        }

    def field_of(self, cell: object) -> str | None:
        """The field that a header's cell names; None for a blank one and for words that no field has."""
        found = self._words.get(normal_name(cell))
        return found[0] if found else None

    def columns_of(self, header: Sequence[object]) -> Columns | None:
        """The columns that a row names as a header; None when it lacks a required one."""
        best: dict[str, tuple[int, int]] = {}
        for position, cell in enumerate(header):
            field, rank = self._words.get(normal_name(cell), ("", 0))
            if field:
                best[field] = min(best.get(field, (rank, position)), (rank, position))
        at = {field: position for field, (_, position) in best.items()}
        if any(field not in at for field in self.required):
            return None
        named = {position: cell for position, cell in enumerate(header) if normal_name(cell)}
        taken = set(at.values())
        ignored = [cell for position, cell in named.items() if position not in taken]
        return Columns(at, tuple(quoted(str(cell).strip(), 40) for cell in ignored), frozenset(named))

    def header_of(self, first_rows: Sequence[Sequence[object]]) -> Header | None:
        """The first header that begins within the first `HEADER_WITHIN_ROWS` rows.

        None when none of them, nor two together, names the required columns.
        """
        for at, row in enumerate(first_rows[:HEADER_WITHIN_ROWS]):
            alone = self.columns_of(row)
            joined = self._of_two(row, first_rows[at + 1]) if at + 1 < len(first_rows) else None
            if joined is not None and (alone is None or len(joined.at) > len(alone.at)):
                return Header(joined, at + 2)
            if alone is not None:
                return Header(alone, at + 1)
        return None

    def header_missing(self, first_rows: Sequence[Sequence[object]]) -> Finding:
        """The refusal of a table whose first rows hold no header, naming what the best of them lacks."""
        found = [{self.field_of(cell) for cell in row} for row in first_rows]
        best = max(found, key=lambda fields: len(fields - {None}), default=set())
        missing = [zh for field, zh in self.required.items() if field not in best]
        return Finding(
            "HEADER_MISSING",
            zh=f"前{HEADER_WITHIN_ROWS}行中没有找到表头，缺少列：{'、'.join(missing)}",
            en=f"no header was found in the first {HEADER_WITHIN_ROWS} rows; columns are missing: {', '.join(missing)}",
            remedy_zh=self.advice_zh,
            remedy_en=self.advice_en,
            facts={"missing": missing},
        )

    def _of_two(self, upper: Sequence[object], lower: Sequence[object]) -> Columns | None:
        """The columns of two rows as one header, when they name more than the lower one does by itself.

        Below a column's own name a lower header is blank: what stands there is a row of data.
        """
        width = max(len(upper), len(lower))
        above, below = _filled(upper, width), _filled(lower, width)
        if any(low and self.field_of(up) is not None for up, low in zip(above, below, strict=True)):
            return None
        columns = self.columns_of(self._joined(above, below))
        own = sum(self.field_of(low) is not None for low in below)
        return columns if columns is not None and own and len(columns.at) > own else None

    def _joined(self, above: Sequence[str], below: Sequence[str]) -> list[str]:
        """A name for each column: 证书 over 编号 is 证书编号; a lower name that is known by itself needs no upper one."""
        names, group = [], ""
        for up, low in zip(above, below, strict=True):
            group = up or group
            if not low:
                names.append(up)
            elif self.field_of(group + low) is None and self.field_of(low) is not None:
                names.append(low)
            else:
                names.append(group + low)
        return names


def _filled(row: Sequence[object], width: int) -> list[str]:
    texts = ["" if cell is None else str(cell).strip() for cell in row]
    return texts + [""] * (width - len(texts))


def ignored_warning(columns: Sequence[str]) -> list[Finding]:
    """One warning for the columns that no field wanted."""
    if not columns:
        return []
    return [
        Finding(
            "COLUMNS_IGNORED",
            zh=f"以下列未使用：{'、'.join(columns[:30])}",
            en=f"these columns are not used: {', '.join(columns[:30])}",
            remedy_zh="如其中有需要的内容，请改用标准列名",
            remedy_en="if one of them is wanted, give it a usual name",
            facts={"columns": list(columns[:100])},
        )
    ]
