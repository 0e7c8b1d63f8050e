"""J17, J18: a document is read field by field, and a fault is told with its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from grids.wellness.rules import loaded_document as read
from grids.wellness.rules.loaded_document import Spoilt


def test_numbers_keep_their_digits() -> None:
    assert read.document_of("json", '{"a": 0.10}') == {"a": Decimal("0.10")}
    assert read.document_of("toml", "a = 0.10") == {"a": Decimal("0.10")}


@pytest.mark.parametrize(
    ("form", "text"), [("json", "{"), ("json", "[]"), ("toml", "= 1"), ("json", "[" * 90000)]
)
def test_what_is_no_document(form: str, text: str) -> None:
    with pytest.raises(Spoilt) as refused:
        read.document_of(form, text)
    assert refused.value.where == "document"


def test_a_document_has_a_largest_length() -> None:
    longest = '{"a": "' + "x" * (read.MOST_LETTERS - 9) + '"}'
    assert len(longest) == read.MOST_LETTERS
    read.document_of("json", longest)
    with pytest.raises(Spoilt):
        read.document_of("json", longest + " ")


GOOD: list[tuple[Callable[..., Any], Any, Any]] = [
    (lambda row: read.text_in(row, "a", 3), " abc ", "abc"),
    (lambda row: read.number_in(row, "a"), "1.50", Decimal("1.50")),
    (lambda row: read.number_in(row, "a"), 100_000, Decimal(100_000)),
    (lambda row: read.whole_in(row, "a", 3), 3, 3),
    (lambda row: read.yes_or_no_in(row, "a"), False, False),
    (lambda row: read.day_in(row, "a"), "2026-01-01", date(2026, 1, 1)),
    (lambda row: read.day_in(row, "a"), date(2026, 1, 1), date(2026, 1, 1)),
    (lambda row: read.matching_in(row, "a", read.CODE), "grip_2", "grip_2"),
]
BAD: list[tuple[Callable[..., Any], Any]] = [
    (lambda row: read.text_in(row, "a", 3), "abcd"),
    (lambda row: read.text_in(row, "a", 3), " "),
    (lambda row: read.text_in(row, "a", 3), 5),
    (lambda row: read.number_in(row, "a"), True),
    (lambda row: read.number_in(row, "a"), "many"),
    (lambda row: read.number_in(row, "a"), "NaN"),
    (lambda row: read.number_in(row, "a"), 100_001),
    (lambda row: read.whole_in(row, "a", 3), 4),
    (lambda row: read.whole_in(row, "a", 3), True),
    (lambda row: read.yes_or_no_in(row, "a"), 1),
    (lambda row: read.day_in(row, "a"), "2026-02-30"),
    (lambda row: read.matching_in(row, "a", read.CODE), "Grip"),
    (lambda row: read.rows_in(row, "a", 2), [{}, {}, {}]),
    (lambda row: read.rows_in(row, "a", 2), []),
]


@pytest.mark.parametrize(("reader", "value", "wanted"), GOOD)
def test_what_is_read(reader: Callable[..., Any], value: Any, wanted: Any) -> None:
    assert reader({"a": value}) == wanted


@pytest.mark.parametrize(("reader", "value"), BAD)
def test_what_is_refused_with_its_place(reader: Callable[..., Any], value: Any) -> None:
    for row in ({"a": value}, {}):
        with pytest.raises(Spoilt) as refused:
            reader(row)
        assert refused.value.where == "a"


def test_rows_know_their_places() -> None:
    assert read.rows_in({"a": [{}, {}]}, "a", 2, "b") == [({}, "b.a[0]"), ({}, "b.a[1]")]
    with pytest.raises(Spoilt) as refused:
        read.rows_in({"a": [{}, 5]}, "a", 2)
    assert refused.value.where == "a[1]"


def test_the_refusal_names_the_place() -> None:
    refused = read.document_refused("STANDARD", "J17", Spoilt("groups[0]", "年龄上下限颠倒", "wrong"))
    assert (refused.code, refused.rule) == ("STANDARD_INVALID", "J17")
    assert refused.zh == "文件有误（groups[0]）：年龄上下限颠倒"
