"""Texts of separated columns, such as CSV: encoding and separator are found out, records bear the lines they start on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from gis.compute.intake.encodings import decode_text
from gis.compute.refusal import InputRefused

# The last is what an input method types for a comma.
SEPARATORS = (",", ";", "\t", "，")
# Titles and notes may stand above the header.
HEADER_WITHIN_ROWS = 15

Numbered = tuple[int, list[object]]


def separated_rows(
    path: Path, file_name: str, holds_header: Callable[[Sequence[Sequence[object]]], bool]
) -> tuple[Iterator[Numbered], str]:
    """The records of a text and its encoding; of the separators it holds, the one with which a header is found.

    `holds_header` is asked about the first records. Raises `MOJIBAKE`, and `FILE_BROKEN` while records are read.
    """
    text, encoding = decode_text(path.read_bytes(), file_name)
    first = next((line for line in text.splitlines() if line.strip()), "")
    likely = sorted(SEPARATORS, key=first.count, reverse=True)
    return _records(
        text, next((each for each in likely if _fits(text, each, holds_header)), likely[0])
    ), encoding


def _fits(text: str, separator: str, holds_header: Callable[[Sequence[Sequence[object]]], bool]) -> bool:
    if separator not in text:
        return False
    try:
        return holds_header(
            [record for _, record in islice(_records(text, separator), HEADER_WITHIN_ROWS + 1)]
        )
    except InputRefused:
        return False


def _records(text: str, separator: str) -> Iterator[Numbered]:
    if separator == "，":
        text, separator = text.replace("，", ","), ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    start, last = 1, 1
    try:
        for record in reader:
            yield start, list(record)
            last, start = start, reader.line_num + 1
    except csv.Error as error:
        raise _broken(start) from error
    # A quote that nobody closed takes all lines below it into one cell.
    if start - last > 1 and "".join(islice(io.StringIO(text, newline=""), last - 1, None)).count('"') % 2:
        raise _broken(last)


def _broken(line: int) -> InputRefused:
    return InputRefused(
        "FILE_BROKEN", zh=f"CSV第{line}行无法解析（引号可能没有成对）", row=line,
        en=f"line {line} of the CSV cannot be parsed; a quotation mark may be missing",
        remedy_zh="请用WPS或Excel另存为“CSV UTF-8”或XLSX", remedy_en="save it as “CSV UTF-8” or XLSX from a spreadsheet",
    )  # fmt: skip
