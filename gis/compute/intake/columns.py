"""From a file's columns to the fields of a kind: finding them by their many names, reading every cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.compute.intake.encodings import is_destroyed, is_misread, mended, mended_as_gbk, mojibake, plain
from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import FieldSpec, LayerKind, ValueType
from gis.compute.intake.opening_hours import REMEDY_EN, REMEDY_ZH, HoursUnreadable, spans_of
from gis.compute.intake.sheets import fault_finding, fault_of
from gis.compute.intake.tables import normal_name
from gis.compute.refusal import InputRefused

_EMPTY_WORDS = {
    "",
    "-",
    "--",
    "—",
    "——",
    "/",
    "无",
    "空",
    "null",
    "none",
    "nan",
    "n/a",
    "na",
    "<null>",
    "未知",
}
_UNIT_AFTER_NUMBER = re.compile(r"(户|层|米|m|平方米|㎡|m2|人|套|f)$", re.I)
_YES = {"1", "true", "yes", "y", "t", "是", "有", "viaduct", "culvert"}
_NO = {"0", "false", "no", "n", "f", "否"}
_LONGEST_TEXT = 500
_LONGEST_HOURS = 200
# A column whose texts mostly decode a second time was misread as GBK; single words (联通) do so by chance.
_MISREAD_SHARE = 0.5


@dataclass(frozen=True)
class Fields:
    """The columns of a kind read from a file, with what went wrong."""

    values: pd.DataFrame
    errors: list[Finding]
    warnings: list[Finding]
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True)
class _Bad:
    """Why a cell cannot be read; the sentence takes the field's name and the cell."""

    code: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_NOT_A_NUMBER = _Bad("NOT_A_NUMBER", "不是数字", "is not a number", "请填写数字", "enter a number")
_NEGATIVE = _Bad(
    "NEGATIVE", "不能为负数", "must not be negative", "请更正为不小于0的数", "enter zero or more"
)
_FRACTIONAL = _Bad(
    "FRACTIONAL", "必须是整数", "must be a whole number", "请更正为整数", "enter a whole number"
)
_ABSURD = _Bad("ABSURD", "大得不合常理", "is beyond belief", "请核对后更正", "check and correct it")
_TOO_SMALL = _Bad(
    "TOO_SMALL", "小得不合常理", "is too small to be true", "请核对后更正", "check and correct it"
)
_UNKNOWN_WORD = _Bad(
    "UNKNOWN", "不是可用的选项", "is not one of the choices", "请改为可用的选项", "use one of the choices"
)
_BAD_FORM = _Bad("MALFORMED", "格式不正确", "is malformed", "请按规定格式填写", "use the required form")
_TOO_LONG = _Bad("TOO_LONG", "过长", "is too long", "请缩短", "shorten it")


def find_columns(kind: LayerKind, columns: list[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Field name → the file's column; `chosen` holds a person's own choices, which go first.

    Raises `COLUMN_UNKNOWN` when a chosen column is not in the file and `FIELD_UNKNOWN` when the kind has no
    such field. A column serves one field only.
    """
    _check_choices(kind, columns, chosen)
    found = dict(chosen)
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(normal_name(column), column)
    for spec in kind.fields:
        taken = set(found.values())
        names = (normal_name(spec.name), *spec.synonyms, normal_name(spec.zh))
        free = [by_name[name] for name in names if name in by_name and by_name[name] not in taken]
        if spec.name not in found and free:
            found[spec.name] = free[0]
    return found


def _check_choices(kind: LayerKind, columns: list[str], chosen: Mapping[str, str]) -> None:
    known = [spec.name for spec in kind.fields]
    for field, column in chosen.items():
        if field not in known:
            raise _choice_refused(
                "FIELD_UNKNOWN", field, f"“{kind.zh}”没有字段“{field}”", f"no field “{field}”", known
            )
        if column not in columns:
            raise _choice_refused(
                "COLUMN_UNKNOWN", field, f"文件中没有列“{column}”", f"no column “{column}”", columns
            )


def _choice_refused(code: str, field: str, zh: str, en: str, there_are: list[str]) -> InputRefused:
    listed = there_are[:40]
    return InputRefused(
        code,
        zh=f"{zh}（现有：{'、'.join(listed)}）",
        en=f"{en} (there are: {', '.join(listed)})",
        remedy_zh="请更正列与字段的对应",
        remedy_en="correct which column serves which field",
        field=field,
        facts={"there_are": listed},
    )


def read_fields(
    frame: pd.DataFrame, rows: npt.NDArray[np.int64], kind: LayerKind, chosen: Mapping[str, str]
) -> Fields:
    """Every field of the kind as a column (missing ones empty), cells read by their type, all faults
    collected.

    Texts are str ("" when empty), counts `Int64`, measures `Float64`, flags `boolean`. `frame` holds
    attribute columns only, in the order of `rows`. Raises `MOJIBAKE` for text that cannot be had back.
    """
    frame = frame.rename(columns=_mended_names([str(column) for column in frame.columns]))
    names = [str(column) for column in frame.columns]
    found = find_columns(kind, names, chosen)
    errors: list[Finding] = []
    warnings: list[Finding] = []
    values: dict[str, Any] = {}
    for spec in kind.fields:
        column = found.get(spec.name)
        if column is None:
            if spec.is_required:
                errors.append(_missing_column(spec, names))
            values[spec.name] = _typed(spec, [None] * len(frame))
            continue
        given, empty = _without_faults(list(frame[column]), rows, spec)
        errors += empty
        cells = _mended_cells(given, rows, column, warnings)
        read, faults = _read_column(spec, cells, rows)
        values[spec.name] = _typed(spec, read)
        (errors if spec.is_strict else warnings).extend(faults)
    ignored = tuple(name for name in names if name not in found.values())
    return Fields(pd.DataFrame(values, index=frame.index), errors, warnings, ignored)


def _without_faults(
    cells: list[object], rows: npt.NDArray[np.int64], spec: FieldSpec
) -> tuple[list[object], list[Finding]]:
    """The cells with None for those that hold no value (#N/A, a formula without a result), and their errors."""
    faults = {at: fault for at, cell in enumerate(cells) if (fault := fault_of(cell)) is not None}
    found = [fault_finding(fault, int(rows[at]), spec.zh) for at, fault in faults.items()]
    return [None if at in faults else cell for at, cell in enumerate(cells)], found


def _missing_column(spec: FieldSpec, names: list[str]) -> Finding:
    return Finding(
        "COLUMN_REQUIRED",
        zh=f"缺少“{spec.zh}”列",
        en=f"the column “{spec.name}” is missing",
        remedy_zh=f"请补充该列，或指明哪一列是“{spec.zh}”（现有：{'、'.join(names[:20])}）",
        remedy_en=f"add it, or say which column it is (there are: {', '.join(names[:20])})",
        field=spec.name,
        facts={"there_are": names[:40]},
    )


def _mended_names(names: list[str]) -> dict[str, str]:
    """New names for columns whose own are gibberish that can be read after all."""
    return {name: better for name in names if is_misread(name) and (better := mended(name))}


def _mended_cells(
    cells: list[Any], rows: npt.NDArray[np.int64], column: str, warnings: list[Finding]
) -> list[Any]:
    """The cells with garbled text read again; raises `MOJIBAKE` where that fails."""
    foreign = [cell for cell in cells if isinstance(cell, str) and not cell.isascii()]
    if not foreign:
        return cells
    again = [mended_as_gbk(cell) for cell in foreign]
    if sum(text is not None for text in again) > _MISREAD_SHARE * len(foreign) and len(foreign) > 1:
        warnings.append(_mended_warning(column, len(foreign)))
        return [mended_as_gbk(cell) or cell if isinstance(cell, str) else cell for cell in cells]
    mended_count = 0
    result = list(cells)
    for at, cell in enumerate(cells):
        if not isinstance(cell, str) or not (is_destroyed(cell) or is_misread(cell)):
            continue
        better = None if is_destroyed(cell) else mended(cell)
        if better is None and (is_destroyed(cell) or _looks_hopeless(cell)):
            refusal = mojibake(f"第{int(rows[at])}行“{column}”列")
            refusal.row, refusal.field = int(rows[at]), column
            raise refusal
        result[at] = better or cell
        mended_count += better is not None
    if mended_count:
        warnings.append(_mended_warning(column, mended_count))
    return result


def _looks_hopeless(cell: str) -> bool:
    """Gibberish, not a foreign name: Café and Zürich hold one accented letter among plain ones."""
    foreign = sum(not character.isascii() for character in cell)
    return foreign * 2 > len(cell.replace(" ", ""))


def _mended_warning(column: str, count: int) -> Finding:
    return Finding(
        "TEXT_MENDED",
        zh=f"“{column}”列有{count}处乱码已自动还原，请抽查",
        en=f"{count} garbled texts of column “{column}” were restored; please check some",
        field=column,
        facts={"count": count},
    )


def _typed(spec: FieldSpec, cells: list[Any]) -> pd.Series:
    if spec.type is ValueType.COUNT:
        return pd.Series(cells, dtype="Int64")
    if spec.type is ValueType.MEASURE:
        return pd.Series(cells, dtype="Float64")
    if spec.type is ValueType.FLAG:
        return pd.Series(cells, dtype="boolean")
    return pd.Series(["" if cell is None else cell for cell in cells], dtype=object)


def _read_column(
    spec: FieldSpec, cells: list[Any], rows: npt.NDArray[np.int64]
) -> tuple[list[Any], list[Finding]]:
    read: list[Any] = []
    faults: list[Finding] = []
    reader = _READERS[spec.type]
    for cell, row in zip(cells, rows, strict=True):
        text = _cell_text(cell)
        if text is None and isinstance(cell, str) and plain(cell).lower() in spec.choices:
            text = plain(cell)  # “none” is a word of some choices and means empty elsewhere
        value: Any = None
        if text is None:
            if spec.is_required:
                faults.append(_empty(spec, int(row)))
        else:
            value = reader(spec, text)
            if isinstance(value, _Bad):
                faults.append(_fault(spec, value, text, int(row)))
                value = None
        read.append(value)
    return read, faults


def _cell_text(cell: Any) -> str | None:
    """A cell as trimmed text, None when it is blank or says so in words; 12.0 reads as 12."""
    if cell is None or cell is pd.NA:
        return None
    if isinstance(cell, bool | np.bool_):
        return "1" if cell else "0"
    if isinstance(cell, float | np.floating):
        number = float(cell)
        if np.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e18 else repr(number)
    text = plain(str(cell))
    return None if text.lower() in _EMPTY_WORDS else text


def _read_text(spec: FieldSpec, text: str) -> str | _Bad:
    if len(text) > _LONGEST_TEXT:
        return _TOO_LONG
    if spec.pattern and not re.fullmatch(spec.pattern, text):
        return _BAD_FORM
    return text


def _read_number(text: str) -> float | None:
    bare = _UNIT_AFTER_NUMBER.sub("", text.replace(",", "").strip()).strip()
    try:
        number = float(bare)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _read_measure(spec: FieldSpec, text: str) -> float | _Bad:
    number = _read_number(text)
    if number is None:
        return _NOT_A_NUMBER
    if number < 0:
        return _NEGATIVE
    if number < spec.least:
        return _TOO_SMALL
    return _ABSURD if number > spec.most else number


def _read_count(spec: FieldSpec, text: str) -> int | _Bad:
    number = _read_measure(spec, text)
    if isinstance(number, _Bad):
        return number
    return int(number) if float(number).is_integer() else _FRACTIONAL


def _read_flag(spec: FieldSpec, text: str) -> bool | _Bad:
    lowered = text.lower()
    if lowered in _YES:
        return True
    return False if lowered in _NO else _UNKNOWN_WORD


def _read_choice(spec: FieldSpec, text: str) -> str | _Bad:
    bare = normal_name(text)
    for stored, words in spec.choices.items():
        if bare == normal_name(stored) or bare in words:
            return stored
    for stored, words in spec.choices.items():
        if any(len(word) > 1 and not word.isascii() and word in bare for word in words):
            return stored
    return _UNKNOWN_WORD


def _read_hours(spec: FieldSpec, text: str) -> str | _Bad:
    try:
        spans_of(text)
    except HoursUnreadable as unread:
        return _Bad(
            "UNREADABLE", f"无法识别：{unread.zh}", f"cannot be read: {unread.en}", REMEDY_ZH, REMEDY_EN
        )
    return _TOO_LONG if len(text) > _LONGEST_HOURS else text


_READERS: dict[ValueType, Callable[[FieldSpec, str], Any]] = {
    ValueType.TEXT: _read_text,
    ValueType.COUNT: _read_count,
    ValueType.MEASURE: _read_measure,
    ValueType.FLAG: _read_flag,
    ValueType.HOURS: _read_hours,
    ValueType.CHOICE: _read_choice,
}


def _empty(spec: FieldSpec, row: int) -> Finding:
    return Finding(
        "VALUE_REQUIRED",
        zh=f"第{row}行：“{spec.zh}”不能为空",
        en=f"row {row}: {spec.name} must not be empty",
        remedy_zh="请补填",
        remedy_en="fill it in",
        row=row,
        field=spec.name,
    )


def _fault(spec: FieldSpec, bad: _Bad, text: str, row: int) -> Finding:
    shown = text[:60]
    dropped_zh = "" if spec.is_strict else "，该值已忽略"
    dropped_en = "" if spec.is_strict else "; the value is left out"
    facts: dict[str, object] = {"value": shown}
    if bad is _ABSURD:
        facts["most"] = spec.most
    if bad is _UNKNOWN_WORD and spec.choices:
        facts["choices"] = list(spec.choices)
    return Finding(
        f"{spec.name.upper()}_{bad.code}",
        zh=f"第{row}行：“{spec.zh}”的值“{shown}”{bad.zh}{dropped_zh}",
        en=f"row {row}: {spec.name} “{shown}” {bad.en}{dropped_en}",
        remedy_zh=bad.remedy_zh,
        remedy_en=bad.remedy_en,
        row=row,
        field=spec.name,
        facts=facts,
    )
