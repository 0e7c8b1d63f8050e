"""People in what is said of a layer that changed: kept under their masked names, read in full by who may.

Rules: J12, X07
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_IDS, _NAMES = "instructors", "names"


@dataclass(frozen=True, slots=True)
class Masked:
    """An instructor as a finding keeps one: the row's id and the masked name."""

    instructor: int
    name: str


def facts_of(people: Sequence[Masked]) -> dict[str, object]:
    """The facts from which `named` knows whom a finding names, in the order of its words."""
    if not people:
        return {}
    return {_IDS: [each.instructor for each in people], _NAMES: [each.name for each in people]}


def instructors_in(row: Mapping[str, Any]) -> list[int]:
    """The ids of the people whom a kept finding names; none where it was kept without them, or they do not fit."""
    ids, names = (row["facts"].get(key) for key in (_IDS, _NAMES))
    if not (isinstance(ids, list) and isinstance(names, list) and len(ids) == len(names)):
        return []
    return [each for each in ids if isinstance(each, int)]


def named(row: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """The kept finding with these names in place of the masked ones; who is not among them stays masked.

    By whose rows it names people is not told: who reads them masked must not tell one from another over several.
    Names stand before any other words of the city's own, so that the first masked one found is the one meant.

    Rule: X07
    """
    people = instructors_in(row)
    if not people:
        return dict(row)
    facts = {key: value for key, value in row["facts"].items() if key not in (_IDS, _NAMES)}
    if not any(each in names for each in people):
        return {**row, "facts": facts}
    masked = [str(each) for each in row["facts"][_NAMES]]
    shown = [names.get(each, name) for each, name in zip(row["facts"][_IDS], masked, strict=True)]
    words = {language: _exchanged(row[language], masked, shown) for language in ("zh", "en")}
    return {**row, **words, "facts": facts}


def _exchanged(text: str, masked: Sequence[str], shown: Sequence[str]) -> str:
    at, told = 0, ""
    for old, new in zip(masked, shown, strict=True):
        found = text.find(old, at)
        if found < 0:
            break
        told += text[at:found] + new
        at = found + len(old)
    return told + text[at:]
