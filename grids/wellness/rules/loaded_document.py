"""A document in JSON or TOML is read field by field, and refused with the place of its first fault.

Rules: J17, J18
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from wangge.errors import RuleBroken

MOST_LETTERS = 400_000
LARGEST_NUMBER = 100_000
EXAMPLE_MARK = "示例"
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,19}")


class Spoilt(Exception):
    """A fault at a place of a document."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.where, self.zh, self.en = where, zh, en


def document_of(form: str, text: str) -> dict[str, Any]:
    """The table in a JSON or TOML text, numbers as decimals; raises Spoilt when it cannot be read."""
    try:
        if len(text) > MOST_LETTERS:
            raise ValueError("too long")
        found = (
            json.loads(text, parse_float=Decimal)
            if form == "json"
            else tomllib.loads(text, parse_float=Decimal)
        )
    except (ValueError, RecursionError) as exc:
        raise Spoilt("document", f"不是可读的{form.upper()}", f"no readable {form.upper()}") from exc
    if not isinstance(found, dict):
        raise Spoilt("document", "最外层须为对象", "the outermost value must be an object")
    return found


def check_keys_once(form: str, text: str) -> None:
    """Refuse a key that stands twice in an object: JSON's reader keeps the last in silence, TOML's refuses by itself."""
    if form == "json":
        json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    check_names_once([key for key, _ in pairs], "document")
    return dict(pairs)


def check_names_once(names: Iterable[str], where: str) -> None:
    """Refuse a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Spoilt(where, f"“{name[:40]}”重复", f"{name[:40]} stands twice")
        seen.add(name)


def check_known(row: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """Refuse a field that nobody knows: a misspelt one would count as left out."""
    strange = sorted(set(row) - known)
    if strange:
        raise Spoilt(where, f"不认识的字段“{strange[0][:40]}”", f"no such field: {strange[0][:40]}")


def document_refused(what: str, rule: str, spoilt: Spoilt) -> RuleBroken:
    """The refusal `<what>_INVALID` that names the place."""
    return RuleBroken(
        f"{what}_INVALID",
        zh=f"文件有误（{spoilt.where}）：{spoilt.zh}",
        en=f"the document is wrong at {spoilt.where}: {spoilt.en}",
        rule=rule,
        facts={"where": spoilt.where},
        how_to_fix_zh="请更正后重新载入",
        how_to_fix_en="correct it and load it again",
        field="document",
    )


def example_in(document: Mapping[str, Any]) -> bool:
    """Whether the document says that it is an example; its name then says so too."""
    is_example = document.get("is_example", False)
    if not isinstance(is_example, bool):
        raise Spoilt("is_example", "须为真或假", "must be true or false")
    if is_example and EXAMPLE_MARK not in text_in(document, "name", 80):
        raise Spoilt("name", f"示例名称须含“{EXAMPLE_MARK}”", f"an example's name says {EXAMPLE_MARK}")
    return is_example


def rows_in(
    document: Mapping[str, Any], key: str, most: int, where: str = ""
) -> list[tuple[Mapping[str, Any], str]]:
    """The tables of a list, from one to so many, each with its place."""
    place, rows = _at(where, key), document.get(key)
    if not isinstance(rows, list) or not 1 <= len(rows) <= most:
        raise Spoilt(place, f"须为 1–{most} 项的列表", f"must be a list of 1–{most}")
    placed = [(row, f"{place}[{number}]") for number, row in enumerate(rows)]
    for row, at in placed:
        if not isinstance(row, dict):
            raise Spoilt(at, "须为对象", "must be an object")
    return placed


def text_in(row: Mapping[str, Any], key: str, most: int, where: str = "") -> str:
    """A text of at least one letter."""
    value = row.get(key)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= most:
        raise Spoilt(_at(where, key), f"须为 1–{most} 字", f"must be 1–{most} letters")
    return value.strip()


def matching_in(row: Mapping[str, Any], key: str, form: re.Pattern[str], where: str = "") -> str:
    """A text of a form."""
    value = row.get(key)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Spoilt(_at(where, key), "格式不符", f"must match {form.pattern}")
    return value


def number_in(row: Mapping[str, Any], key: str, where: str = "") -> Decimal:
    """A number, also written as text so that no digit is lost."""
    value = row.get(key)
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise InvalidOperation
        number = Decimal(value)
    except InvalidOperation as exc:
        raise Spoilt(_at(where, key), "须为数值", "must be a number") from exc
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Spoilt(_at(where, key), "数值过大", "must be a plain number")
    return number


def whole_in(row: Mapping[str, Any], key: str, most: int, where: str = "") -> int:
    """A whole number from 0."""
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Spoilt(_at(where, key), f"须为 0–{most}", f"must be 0–{most}")
    return value


def yes_or_no_in(row: Mapping[str, Any], key: str, where: str = "") -> bool:
    """True or false."""
    value = row.get(key)
    if not isinstance(value, bool):
        raise Spoilt(_at(where, key), "须为真或假", "must be true or false")
    return value


def day_in(row: Mapping[str, Any], key: str) -> date:
    """A day, as TOML has it or in ISO's form."""
    value = row.get(key)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as exc:
        raise Spoilt(key, "须为日期", "must be a date") from exc


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
