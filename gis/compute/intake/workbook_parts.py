"""The parts of a workbook's archive: which sheets there are, the texts that cells share, what formats say of numbers."""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import IO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH

from gis.compute.refusal import InputRefused

# What the same elements are called in files saved as “strict”.
_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
# Control characters are written so: of those only the line's end and the tab are kept, and the escaping's own underscore.
_ESCAPED = re.compile(r"_x(00[01][0-9A-Fa-f]|005[Ff])_")
_UNESCAPED = {"0009": "\t", "000a": "\n", "005f": "_"}
# What a Chinese spreadsheet shows as a day or a time (2024年5月1日) without writing the format down.
_CHINESE_DAYS = frozenset([*range(27, 37), *range(50, 59)])
# 0012 is written with such a format; without its zeros a code is another code.
_PADDED = re.compile(r"0{2,40}")


def tags(name: str) -> frozenset[str]:
    """What an element of a sheet or of shared texts may be called."""
    return frozenset(f"{{{space}}}{name}" for space in _SPACES)


_STRING, _TEXT, _RUN = tags("si"), tags("t"), tags("r")


@dataclass(frozen=True, slots=True)
class Formats:
    """What the formats of cells say, by the style's number: days, spans of time, and how many digits are shown at least."""

    days: frozenset[str]
    spans: frozenset[str]
    digits: dict[str, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet as the workbook lists it: its name, whether people see it, and where its rows lie."""

    name: str
    is_hidden: bool
    part: str


class Package:
    """A workbook's archive; raises what reading damaged archives and XML raises, and `FORMAT_UNKNOWN` for a binary one."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # Some programs write a part with other capitals than they name it.
        self._names = {name.lower(): name for name in archive.namelist()}
        [self._workbook] = [part for kind, part in self._related("").values() if kind == "officeDocument"]
        if self._workbook.endswith(".bin"):
            raise _binary()
        self._tree = self._root(self._workbook)

    def open(self, part: str) -> IO[bytes]:
        """A part's bytes; raises `KeyError` when it is missing."""
        return self._archive.open(self._names[part.lower()])

    def sheets(self) -> list[Listed]:
        """The sheets that have rows: charts and macros are none."""
        related = self._related(self._workbook)
        found = []
        for sheet in self._tree.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            kind, part = related.get(key, ("", ""))
            if kind == "worksheet":
                is_hidden = sheet.get("state", "visible") != "visible"
                found.append(Listed(sheet.get("name", ""), is_hidden, part))
        return found

    @cached_property
    def epoch(self) -> datetime:
        """The day from which the workbook counts."""
        properties = self._tree.find("{*}workbookPr")
        is_mac = properties is not None and properties.get("date1904", "0") in ("1", "true")
        epoch: datetime = CALENDAR_MAC_1904 if is_mac else WINDOWS_EPOCH
        return epoch

    @cached_property
    def strings(self) -> list[str]:
        """The texts that cells share."""
        found: list[str] = []
        part = self._part("sharedStrings")
        if part:
            with self.open(part) as source:
                for _, element in ElementTree.iterparse(source):
                    if element.tag in _STRING:
                        found.append(text_in(element))
                        element.clear()
        return found

    @cached_property
    def formats(self) -> Formats:
        """What the formats of the workbook's styles say of numbers."""
        part = self._part("styles")
        if not part:
            return Formats(frozenset(), frozenset(), {})
        tree = self._root(part)
        own = {
            each.get("numFmtId", ""): each.get("formatCode", "")
            for each in tree.iterfind("{*}numFmts/{*}numFmt")
        }
        codes = {
            str(style): own.get(each.get("numFmtId", "")) or _built_in(int(each.get("numFmtId", "0")))
            for style, each in enumerate(tree.iterfind("{*}cellXfs/{*}xf"))
        }
        return Formats(
            frozenset(style for style, code in codes.items() if is_date_format(code)),
            frozenset(style for style, code in codes.items() if is_timedelta_format(code)),
            {style: len(code) for style, code in codes.items() if _PADDED.fullmatch(code)},
        )

    def _part(self, wanted: str) -> str:
        return next((part for kind, part in self._related(self._workbook).values() if kind == wanted), "")

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """The parts that one refers to, by its word for them: their kind and where they lie."""
        folder, name = posixpath.split(part)
        found = {}
        for each in self._root(posixpath.join(folder, "_rels", f"{name}.rels")):
            target = posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))
            found[each.get("Id", "")] = each.get("Type", "").rpartition("/")[2], target.lstrip("/")
        return found

    def _root(self, part: str) -> Element:
        with self.open(part) as source:
            return ElementTree.parse(source).getroot()


def _built_in(number: int) -> str:
    """A format that is known by its number alone."""
    return "yyyy-mm-dd" if number in _CHINESE_DAYS else builtin_format_code(number) or ""


def text_in(element: Element) -> str:
    """A text of one piece or of several with their own fonts; how it is pronounced is left out."""
    pieces = []
    for part in element:
        if part.tag in _TEXT:
            pieces.append(part.text or "")
        elif part.tag in _RUN:
            pieces += [piece.text or "" for piece in part if piece.tag in _TEXT]
    return unescaped("".join(pieces))


def unescaped(text: str) -> str:
    """A text without the escaping of characters that XML cannot hold."""
    return _ESCAPED.sub(lambda found: _UNESCAPED.get(found[1].lower(), ""), text) if "_x00" in text else text


def _binary() -> InputRefused:
    return InputRefused(
        "FORMAT_UNKNOWN", zh="不能导入XLSB格式的文件", en="files of format XLSB cannot be imported",
        remedy_zh="请另存为XLSX", remedy_en="save it as XLSX", facts={"format": "XLSB"},
    )  # fmt: skip
