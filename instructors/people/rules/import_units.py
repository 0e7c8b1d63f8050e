"""Which unit of the tree a row means: by code, by name, or by name under a named town or county.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gis.compute.intake.cells import quoted
from gis.compute.intake.findings import Finding
from gis.layers.rules.community_codes import bare_name

_OFFICE = "办事处"


@dataclass(frozen=True, slots=True)
class UnitOfTree:
    """A unit with its path (`/1/7/`), name and present statistical code (empty without one)."""

    id: int
    path: str
    name: str
    code: str


class UnitFinder:
    """Finds units by the words of files among those it was given; every question is answered once."""

    def __init__(self, units: Iterable[UnitOfTree], own_id: int) -> None:
        self._units = {unit.id: unit for unit in units}
        self._own_id = own_id
        self._by_word: dict[str, list[UnitOfTree]] = {}
        self._answers: dict[tuple[tuple[str, ...], str], UnitOfTree | tuple[str, list[str]]] = {}
        for unit in self._units.values():
            chain = self._chain(unit)
            whole = "".join(each.name for each in chain)
            words = {unit.name, _bare(unit.name), unit.code, whole, whole.removeprefix(chain[0].name)}
            for word in words - {""}:
                self._by_word.setdefault(word, []).append(unit)

    def find(self, row: int, places: Sequence[str], code: str) -> int | Finding:
        """The unit's id, or the error of the row; without a word it is the unit that the file is for."""
        if not places and not code:
            return self._own_id
        key = (tuple(places), code)
        if key not in self._answers:
            self._answers[key] = self._find(*key)
        answer = self._answers[key]
        if isinstance(answer, UnitOfTree):
            return answer.id
        return _not_one(row, "/".join(places) or code, *answer)

    def _find(self, places: tuple[str, ...], code: str) -> UnitOfTree | tuple[str, list[str]]:
        if code:
            found = [unit for unit in self._by_word.get(code, []) if unit.code == code]
            return found[0] if found else ("UNIT_UNKNOWN", [])
        last, above = places[-1], places[:-1]
        named = [*self._by_word.get(last, []), *self._by_word.get(_bare(last), [])]
        fitting = [unit for unit in dict.fromkeys(named) if self._is_under(unit, above)]
        exact = [unit for unit in fitting if unit.name == last]
        if len(exact) == 1 or len(fitting) == 1:
            return (exact or fitting)[0]
        return (
            ("UNIT_AMBIGUOUS", [unit.code or unit.name for unit in fitting])
            if fitting
            else ("UNIT_UNKNOWN", [])
        )

    def _is_under(self, unit: UnitOfTree, above: Sequence[str]) -> bool:
        words = {word for each in self._chain(unit)[:-1] for word in (each.name, _bare(each.name), each.code)}
        return all(place in words or _bare(place) in words for place in above)

    def _chain(self, unit: UnitOfTree) -> list[UnitOfTree]:
        """The unit and those above it that are known, from the top."""
        ids = [int(part) for part in unit.path.split("/") if part]
        return [self._units[unit_id] for unit_id in ids if unit_id in self._units]


def assumed_warning(rows: Sequence[tuple[int, bool]], unit_name: str) -> list[Finding]:
    """One warning for rows that name no place while others of the file do: they go to the unit the file is for.

    `rows`: each row's number, and whether it names a place. Where no row does, the file simply is for one unit.
    """
    without = [row for row, is_given in rows if not is_given]
    if not without or len(without) == len(rows):
        return []
    first = "、".join(map(str, without[:20])) + ("等" if len(without) > 20 else "")
    return [
        Finding(
            "UNIT_ASSUMED",
            zh=f"{len(without)}行没有填写所属街镇或单位，登记在“{unit_name}”（第{first}行）",
            en=f"{len(without)} rows name no town or unit: they are registered with {unit_name}",
            remedy_zh="请补填所属街镇或单位后重新导入；人员将改到所填单位",
            remedy_en="fill in town or unit and import again: the people move to it",
            field="所属单位",
            facts={"count": len(without), "rows": without[:1000]},
        )
    ]


def moved_warning(rows: Sequence[int]) -> list[Finding]:
    """One warning for the rows whose people the file puts into another unit than the register had them in."""
    if not rows:
        return []
    return [
        Finding(
            "UNITS_CHANGED", zh=f"{len(rows)}人的所属单位按本文件更改", field="所属单位",
            en=f"{len(rows)} people are put into the unit that this file names",
            remedy_zh="如非本意，请核对这些行的单位并重新导入", remedy_en="if it is not meant, check these rows and import again",
            facts={"count": len(rows), "rows": list(rows[:1000])},
        )
    ]  # fmt: skip


def _bare(name: str) -> str:
    return bare_name(name.strip().removesuffix(_OFFICE))


def _not_one(row: int, words: str, code: str, candidates: list[str]) -> Finding:
    said = quoted(words, 60)
    if code == "UNIT_UNKNOWN":
        return Finding(
            code, zh=f"没有找到单位“{said}”", en=f"no unit “{said}” was found", row=row, field="所属单位",
            remedy_zh="请填写本次导入单位及其下级单位的名称或区划代码",
            remedy_en="write the name or code of the unit that the file is for, or of one below it",
        )  # fmt: skip
    return Finding(
        code, zh=f"有{len(candidates)}个单位名为“{said}”", en=f"{len(candidates)} units are called “{said}”",
        row=row, field="所属单位", remedy_zh="请同时填写街镇，或改填区划代码",
        remedy_en="name the town as well, or write the unit's code", facts={"candidates": candidates[:20]},
    )  # fmt: skip
