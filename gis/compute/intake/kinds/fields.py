"""What a kind of layer is made of: its fields, the names people give them, how a cell is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

AREA = frozenset({"Polygon", "MultiPolygon"})
LINE = frozenset({"LineString", "MultiLineString"})
POINT = frozenset({"Point"})


class ValueType(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    COUNT = "count"  # a whole number of things, never negative
    MEASURE = "measure"  # a number with a unit
    FLAG = "flag"  # yes or no
    HOURS = "hours"  # opening hours in words, kept as they are written
    CHOICE = "choice"  # one word of a fixed set, found by its synonyms


@dataclass(frozen=True)
class FieldSpec:
    """One field of a kind.

    `synonyms` are normalised column names in order of preference; `most` the largest believable value; a bad
    value is an error when `is_strict`, else it is dropped with a warning (open data are full of heights of
    zero). `choices` maps a stored word to the words that mean it; `pattern` a regular expression the text
    must match.
    """

    name: str
    zh: str
    type: ValueType
    synonyms: tuple[str, ...]
    is_required: bool = False
    is_strict: bool = True
    least: float = 0.0
    most: float = float("inf")
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pattern: str = ""


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer; `key` names the field that must not repeat, `layer_names` what its layer may be
    called.
    """

    name: str
    zh: str
    geometry: frozenset[str]
    fields: tuple[FieldSpec, ...]
    key: str
    layer_names: tuple[str, ...]


_NAME = ("name", "名称", "namezh", "mingcheng", "mc")


def households_field(most: float) -> FieldSpec:
    """The count of households, believed up to `most`."""
    names = ("households", "户数", "总户数", "常住户数", "hushu", "hs", "household", "buildingflats", "套数")
    return FieldSpec("households", "户数", ValueType.COUNT, names, most=most)


def reference_field(*names: str) -> FieldSpec:
    """The number by which a row is known; `names` go before the common ones."""
    common = ("ref", "编号", "编码", "代码", "code", "osmid", "bianhao", "bh", "objectid", "fid")
    return FieldSpec("ref", "编号", ValueType.TEXT, (*names, *common))


def name_field(is_required: bool, *names: str) -> FieldSpec:
    """The name people use; `names` go before the common ones."""
    return FieldSpec("name", "名称", ValueType.TEXT, (*names, *_NAME), is_required=is_required)
