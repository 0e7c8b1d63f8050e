"""How the files are to be read, as the options say it: layers, columns, coordinate systems, per kind of layer."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gis.compute.refusal import InputRefused

KIND_NAMES = ("buildings", "communities", "compounds", "streets", "barriers", "fitness_sites")
_ALSO_CALLED = {"sites": "fitness_sites", "site": "fitness_sites", "candidates": "fitness_sites"}
_SHORTHANDS = {
    "households_column": ("buildings", "households"),
    "floors_column": ("buildings", "floors"),
    "id_column": ("buildings", "ref"),
    "code_column": ("communities", "code"),
    "name_column": ("communities", "name"),
}


@dataclass(frozen=True)
class ReadingWishes:
    """Kind → layer name, kind → field → column, kind → declared coordinate system ("" stands for every kind)."""

    layers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    repair: bool = False
    leave_out_outside: bool = False
    keep_first_of_repeats: bool = False

    def system_of(self, kind: str) -> str:
        """The coordinate system declared for a kind, or ""."""
        return self.systems.get(kind, self.systems.get("", ""))


def wishes_of(options: argparse.Namespace) -> ReadingWishes:
    """The wishes the options state; raises InputRefused("OPTIONS") for what cannot be understood."""
    columns: dict[str, dict[str, str]] = {}
    for name, (kind, wanted) in _SHORTHANDS.items():
        if getattr(options, name, None):
            columns.setdefault(kind, {})[wanted] = getattr(options, name)
    for given, value in _pairs(options.column, "--column"):
        kind, _, wanted = given.partition(".")
        if not wanted:
            raise _unclear("--column", given, "buildings.floors=CS")
        columns.setdefault(_kind(kind, "--column"), {})[wanted] = value
    return ReadingWishes(
        layers={_kind(kind, "--layer"): value for kind, value in _pairs(options.layer, "--layer")},
        columns=columns,
        systems=dict(_systems(options.crs)),
        repair=options.repair,
        leave_out_outside=options.outside == "leave-out",
        keep_first_of_repeats=options.repeated_ids == "keep-first",
    )


def _systems(given: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in given:
        kind, equals, system = text.partition("=")
        yield (_kind(kind, "--crs"), system) if equals else ("", text)


def _pairs(given: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for text in given:
        name, _, value = text.partition("=")
        if not name or not value:
            raise _unclear(option, text, "buildings=楼栋")
        yield name, value


def _kind(name: str, option: str) -> str:
    kind = _ALSO_CALLED.get(name, name)
    if kind not in KIND_NAMES:
        raise _unclear(option, name, "、".join(KIND_NAMES))
    return kind


def _unclear(option: str, given: str, example: str) -> InputRefused:
    return InputRefused(
        "OPTIONS",
        zh=f"选项 {option} 的值“{given}”看不懂",
        en=f"{option} “{given}” is not understood",
        remedy_zh=f"例如：{example}",
        remedy_en=f"for example: {example}",
        field=option,
    )
