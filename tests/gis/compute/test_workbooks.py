"""Workbooks are read in one pass, as people see them; what is damaged is refused and what lies far out costs nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.intake.sheets import CellFault, FaultyCell, VerticalMerge
from gis.compute.intake.workbooks import opened_workbook
from gis.compute.refusal import InputRefused

ERROR, EMPTY, ROUNDED = map(FaultyCell, (CellFault.ERROR, CellFault.FORMULA_EMPTY, CellFault.ROUNDED))
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
Rows = list[tuple[int, list[object]]]


def saved(path: Path, fill: Callable[[Any], None]) -> Path:
    book = openpyxl.Workbook()
    fill(book.active)
    book.save(path)
    return path


def changed(path: Path, **parts: Callable[[str], str]) -> Path:
    """The workbook with some parts written otherwise, by the part's bare name."""
    sink = io.BytesIO()
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as again:
        for name in made.namelist():
            change = parts.get(Path(name).stem, str)
            again.writestr(name, change(made.read(name).decode()))
    path.write_bytes(sink.getvalue())
    return path


def rows_of(path: Path, **options: Any) -> tuple[Rows, list[VerticalMerge]]:
    with opened_workbook(path) as sheets:
        reading = sheets[0].reading(4, **options)
        return list(reading), reading.merges


def shared(path: Path) -> Path:
    """甲, 太极拳 and 7 in a row, texts kept apart from the cells as spreadsheets do; A1 and A2 are merged."""
    cells = '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" s="0"><v>7</v></c>'
    xml = f'<worksheet {MAIN}><sheetData><row r="1">{cells}</row></sheetData>'
    xml += '<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells></worksheet>'
    texts = "<si><t>甲</t></si><si><r><rPr/><t>太</t></r><r><t>极拳</t></r><rPh sb='0' eb='1'><t>tai</t></rPh></si>"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    related = f'<Relationship Type="{kind}" Target="sharedStrings.xml" Id="rId9"/></Relationships>'
    changed(
        saved(path, lambda sheet: None),
        sheet1=lambda _: xml,
        **{"workbook.xml": lambda xml: xml.replace("</Relationships>", related)},
    )
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{texts}</sst>")
    return path


def one_sheet(path: Path, xml: str) -> Rows:
    """The rows of a workbook whose only sheet is this XML."""
    changed(saved(path, lambda sheet: None), sheet1=lambda _: xml)
    return rows_of(path)[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def test_rows_bear_their_own_numbers_and_merges_are_known_at_the_end(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet["B3"], sheet["C3"], sheet["E3"] = "甲", 2, "beyond"
        sheet.merge_cells("B3:C5")
        sheet.merge_cells("A7:D7")

    rows, merges = rows_of(saved(path, fill))
    assert {number: row for number, row in rows if row} == {3: [None, "甲"]}
    assert merges == [VerticalMerge(1, 3, 5)]


def test_errors_and_formulas_without_a_result_are_no_blank_cells(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"], sheet["B1"] = "=1+1", "测试"
        sheet["C1"].value, sheet["C1"].data_type = "#REF!", "e"

    assert rows_of(saved(path, fill))[0] == [(1, [EMPTY, "测试", ERROR])]


def test_a_formulas_result_is_its_value_and_an_empty_text_is_blank(path: Path) -> None:
    xml = f"""<worksheet {MAIN}><sheetData><row r="1">
        <c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>A1</f><v></v></c>
        <c r="C1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D1" t="str"><f>A1</f><v>甲</v></c>
        </row></sheetData></worksheet>"""
    assert one_sheet(path, xml) == [(1, [2, None, ERROR, "甲"])]


def test_rows_and_columns_beyond_the_most_are_not_read(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["甲", None, None, None, "beyond"])
        sheet.append(["乙"])

    assert rows_of(saved(path, fill), most_rows=1)[0] == [(1, ["甲"])]


def test_days_times_and_spans_are_read_by_their_formats(path: Path) -> None:
    day = datetime(2024, 5, 1, 6, 30)  # noqa: DTZ001

    def fill(sheet: Any) -> None:
        sheet.append([day, date(2024, 5, 1), time(6, 30), timedelta(hours=30)])

    midnight = datetime(2024, 5, 1)  # noqa: DTZ001
    assert rows_of(saved(path, fill))[0] == [(1, [day, midnight, time(6, 30), timedelta(hours=30)])]


@pytest.mark.parametrize(("number", "shown"), [(31, "2024-05-01"), (27, "2024-05-01"), (58, "2024-05-01")])
def test_a_day_in_a_format_that_chinese_spreadsheets_know_by_number_is_a_day(
    path: Path, number: int, shown: str
) -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"].value, sheet["A1"].number_format = 45413, "0.00"

    changed(saved(path, fill), styles=lambda xml: xml.replace('numFmtId="2"', f'numFmtId="{number}"'))
    [(_, [value])] = rows_of(path)[0]
    assert isinstance(value, datetime) and value.date().isoformat() == shown


def test_a_workbook_that_counts_from_1904_gives_the_same_days(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"] = date(2024, 5, 1)

    def mac(xml: str) -> str:
        return re.sub(r"<workbookPr\s*/>", '<workbookPr date1904="1"/>', xml)

    changed(saved(path, fill), workbook=mac, sheet1=lambda xml: xml.replace("45413", str(45413 - 1462)))
    assert rows_of(path)[0] == [(1, [datetime(2024, 5, 1)])]  # noqa: DTZ001


def test_a_day_that_no_calendar_has_is_an_error(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet["A1"].value, sheet["A1"].number_format = 99999999999, "yyyy-mm-dd"

    assert rows_of(saved(path, fill))[0] == [(1, [ERROR])]


def test_a_number_too_long_to_be_kept_is_none(path: Path) -> None:
    xml = f"""<worksheet {MAIN}><sheetData><row r="1"><c><v>999999999999999</v></c><c><v>1000000000000000</v></c>
        <c><v>9.9000019800101E17</v></c><c><v>1E999</v></c></row></sheetData></worksheet>"""
    assert one_sheet(path, xml) == [(1, [999_999_999_999_999, ROUNDED, ROUNDED, ROUNDED])]


def test_leading_zeros_that_a_format_shows_are_kept(path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append([12, 12, "0012", 123456])
        sheet["A1"].number_format = sheet["D1"].number_format = "0000"

    assert rows_of(saved(path, fill))[0] == [(1, ["0012", 12, "0012", "123456"])]


def test_texts_of_several_fonts_are_one_and_how_they_are_pronounced_is_left_out(path: Path) -> None:
    xml = f"""<worksheet {MAIN}><sheetData><row r="1">
        <c r="A1" t="inlineStr"><is><r><t>太</t></r><r><t>极拳</t></r><rPh sb="0" eb="1"><t>tai</t></rPh></is></c>
        <c r="B1" t="inlineStr"><is><t>甲_x000D_\n乙_x005F_x000D_</t></is></c><c r="C1" t="b"><v>1</v></c>
        </row></sheetData></worksheet>"""
    assert one_sheet(path, xml) == [(1, ["太极拳", "甲\n乙_x000D_", True])]


def test_texts_kept_apart_from_the_cells_are_put_in_their_places(path: Path) -> None:
    assert rows_of(shared(path)) == ([(1, ["甲", "太极拳", 7])], [VerticalMerge(0, 1, 2)])


def test_rows_and_cells_need_not_say_where_they_stand(path: Path) -> None:
    xml = f"""<worksheet {MAIN}><sheetData><row><c><v>1</v></c><c/><c><v>1.5</v></c></row>
        <row r="5"><c r="C5"><v>1E3</v></c><c><v>-7</v></c></row></sheetData></worksheet>"""
    assert one_sheet(path, xml) == [(1, [1, None, 1.5]), (5, [None, None, 1000.0, -7])]


def test_a_file_saved_as_strict_or_with_other_capitals_is_read_alike(path: Path) -> None:
    def strict(xml: str) -> str:
        return xml.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    shared(path)
    parts = dict.fromkeys(("workbook", "sheet1", "styles", "sharedStrings", "workbook.xml", ".rels"), strict)
    changed(path, **parts)
    assert rows_of(path)[0] == [(1, ["甲", "太极拳", 7])]
    sink = io.BytesIO()
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(sink, "w") as again:
        for name in made.namelist():
            again.writestr(name.replace("sharedStrings", "SharedStrings"), made.read(name))
    path.write_bytes(sink.getvalue())
    assert rows_of(path)[0] == [(1, ["甲", "太极拳", 7])]


def test_sheets_are_in_order_and_hidden_ones_are_said_to_be(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "一区"
    book.create_sheet("二区").sheet_state = "hidden"
    book.create_sheet("三区").sheet_state = "veryHidden"
    book.create_chartsheet("图")
    book.save(path)
    with opened_workbook(path) as sheets:
        assert [(sheet.name, sheet.is_hidden) for sheet in sheets] == [
            ("一区", False),
            ("二区", True),
            ("三区", True),
        ]


def test_two_cells_in_the_corners_cost_no_more_than_two(path: Path) -> None:
    saved(path, lambda sheet: sheet.append(["甲"]))
    corner = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    changed(path, sheet1=lambda xml: xml.replace("</sheetData>", corner))
    assert rows_of(path)[0] == [(1, ["甲"]), (1_048_576, [])]
    with opened_workbook(path) as sheets:
        [_, (_, far)] = sheets[0].reading(16_384)
    assert (len(far), far[-1]) == (16_384, 2)


@pytest.mark.parametrize(
    "parts",
    [
        {"sheet1": lambda xml: xml[: len(xml) // 2]},
        {"sheet1": lambda xml: xml.replace("<v>0</v>", "<v>99</v>")},
        {"sheet1": lambda xml: xml.replace("<v>7</v>", "<v>sieben</v>")},
        {"sheet1": lambda xml: xml.replace('r="A1"', 'r="一1"')},
        {"sheet1": lambda xml: xml.replace("A1:A2", "A1:Ä")},
        {"workbook": lambda xml: "<workbook"},
        {"workbook": lambda xml: xml.replace("sheets", "leaves")},
        {"styles": lambda xml: xml.replace("numFmtId", "numFmtId='x' old")},
        {"sharedStrings": lambda xml: ""},
        {".rels": lambda xml: xml.replace("officeDocument", "other")},
        {"workbook.xml": lambda xml: xml.replace("worksheets/", "elsewhere/")},
    ],
)
def test_a_damaged_workbook_is_refused_or_holds_no_sheet(path: Path, parts: Any) -> None:
    changed(shared(path), **parts)
    try:
        with opened_workbook(path) as sheets:
            rows = [list(sheet.reading(4)) for sheet in sheets]
    except InputRefused as refused:
        assert (refused.code, refused.zh) == ("FILE_BROKEN", "文件已损坏，无法读取")
    else:
        assert rows == []


def test_entities_that_grow_without_end_are_refused(path: Path) -> None:
    grown = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
    xml = (
        f'<!DOCTYPE w [<!ENTITY x0 "lol">{grown}]><worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="str">'
    )
    with pytest.raises(InputRefused, match="FILE_BROKEN"):
        one_sheet(path, f"{xml}<v>&x9;</v></c></row></sheetData></worksheet>")


def test_a_binary_workbook_is_told_by_its_name(path: Path) -> None:
    saved(path, lambda sheet: None)
    changed(path, **{".rels": lambda xml: xml.replace("xl/workbook.xml", "xl/workbook.bin")})
    with pytest.raises(InputRefused, match="FORMAT_UNKNOWN") as refused, opened_workbook(path):
        pass
    assert "XLSB" in refused.value.zh


_CELLS = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e14, 1e14),
    st.booleans(),
    st.text(
        st.characters(min_codepoint=32, exclude_categories=("Cs", "Co", "Cn"), exclude_characters="_"),
        min_size=1,
    ).filter(lambda text: not text.startswith("=") and not text.startswith("#") and text.strip() == text),
    st.datetimes(datetime(1900, 3, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_values_are_those_that_openpyxl_reads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    path = tmp_path_factory.mktemp("books") / "a.xlsx"

    def fill(sheet: Any) -> None:
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column).value = value

    saved(path, fill)
    theirs = [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]
    ours = dict(rows_of(path)[0])
    width = max((len(row) for row in theirs), default=0)
    assert [(ours.get(number, []) + [None] * width)[:width] for number in range(1, len(theirs) + 1)] == theirs
