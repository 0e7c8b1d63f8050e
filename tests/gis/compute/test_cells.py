"""Cells of lists as texts and days, as people write them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from gis.compute.intake.cells import day_of, is_blank, quoted, text_of
from gis.compute.intake.sheets import CellFault, FaultyCell


@pytest.mark.parametrize(
    "cell",
    [
        date(2024, 5, 1), datetime(2024, 5, 1), "2024-05-01", "2024/5/1", "2024.5.1", "2024年5月1日", "20240501",  # noqa: DTZ001
        "2024-05-01 00:00:00", 45413, 45413.0, "２０２４－０５－０１",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: Any) -> None:
    assert day_of(cell) == date(2024, 5, 1)


@pytest.mark.parametrize("cell", ["昨天", "2024-13-01", "2024-02-30", "1899-01-01", "24-5-1", 1, "9999999"])
def test_what_is_no_day_is_not_guessed_at(cell: Any) -> None:
    with pytest.raises(ValueError):
        day_of(cell)


def test_numbers_are_written_out_without_a_point_and_wide_letters_narrowed() -> None:
    assert text_of(199.0) == "199" and text_of(19900000001) == "19900000001" and text_of(" Ａ１ ") == "A1"


def test_characters_that_nobody_typed_are_left_out() -> None:
    assert text_of("测试\x00甲\x07") == "测试甲"


def test_a_cell_without_a_value_is_no_text() -> None:
    with pytest.raises(ValueError, match="FORMULA_EMPTY"):
        text_of(FaultyCell(CellFault.FORMULA_EMPTY))


def test_days_truths_and_times_are_texts_as_people_see_them() -> None:
    assert text_of(datetime(2024, 5, 1)) == text_of(date(2024, 5, 1)) == "2024-05-01"  # noqa: DTZ001
    assert text_of(datetime(2024, 5, 1, 6, 30)) == "2024-05-01T06:30:00"  # noqa: DTZ001
    assert (text_of(time(6, 30)), text_of(True), text_of(False), text_of(None)) == (
        "06:30:00",
        "TRUE",
        "FALSE",
        "",
    )


def test_a_day_lies_within_its_bounds() -> None:
    assert day_of("1900-01-01", date(1900, 1, 1)) == date(1900, 1, 1)
    for outside in ("1899-12-31", "2101-01-01"):
        with pytest.raises(ValueError, match="out of range"):
            day_of(outside, date(1900, 1, 1))


def test_long_numbers_are_not_repeated() -> None:
    assert quoted("张三 139 0000 0001", 40) == "张三 …" and quoted("证书2024", 3) == "证书2"


def test_blank_cells_hold_nothing_but_blanks() -> None:
    assert (
        is_blank([None, "", " \u3000"])
        and not is_blank([None, 0])
        and not is_blank([FaultyCell(CellFault.ERROR)])
    )
