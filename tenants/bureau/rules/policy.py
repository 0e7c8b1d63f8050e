"""Every number of the documents is a dated policy parameter with exactly one value on any day.

Rule: S03
Rule: S01
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tenants.bureau.rules.money import as_shown, parse_money
from wangge.errors import RuleBroken

OVERLAP_CLAUSE = "严格按照…《基本公共服务清单》《社区体育服务配送方案》"
OWNER_CLAUSE = "受上海市体育局委托上海市社区体育协会负责全市社区公共体育配送服务工作"
MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

Scalar = int | Decimal | bool | str | time
Row = Mapping[str, Decimal]
PolicyValue = Scalar | tuple[int, int] | tuple[Row, ...]


class ValueType(StrEnum):
    """How a parameter's stored text is read."""

    INTEGER = "integer"
    DECIMAL = "decimal"  # shares and rates, 0.20 means 20 %
    MONEY = "money"  # yuan with at most two decimals
    BOOLEAN = "boolean"
    TIME = "time"  # HH:MM on a clock in Shanghai
    MONTH_DAY = "month_day"  # MM-DD of every year
    CHOICE = "choice"  # one of `choices`
    TABLE = "table"  # rows of decimal numbers, such as tax bands


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    """What the product knows of one parameter before any city sets it.

    `rule` is the requirement row or resolution, `clause` a short quote of the document named in `document`.
    `default`, `minimum` and `maximum` are stored text, read by `parse_value`; both bounds are included.
    """

    key: str
    value_type: ValueType
    default: object
    rule: str
    document: str
    clause: str
    zh: str
    en: str
    unit: str = ""
    minimum: str | None = None
    maximum: str | None = None
    choices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One value of a parameter from its first to its last day; no `effective_to` means it goes on."""

    key: str
    value: object
    effective_from: date
    effective_to: date | None = None
    version: int = 0

    def is_in_force(self, on: date) -> bool:
        """True on the first day, on the last, and between them."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def overlaps(self, other: PolicyVersion) -> bool:
        """True when some day would have both versions of the same parameter in force."""
        if self.key != other.key:
            return False
        begins_in_time = other.effective_to is None or self.effective_from <= other.effective_to
        ends_in_time = self.effective_to is None or other.effective_from <= self.effective_to
        return begins_in_time and ends_in_time


def value_at(definition: ParameterDefinition, versions: Iterable[PolicyVersion], on: date) -> PolicyValue:
    """The value in force on a day; the product's default where no version covers it."""
    version = version_at(definition.key, versions, on)
    return parse_value(definition, definition.default if version is None else version.value)


def version_at(key: str, versions: Iterable[PolicyVersion], on: date) -> PolicyVersion | None:
    """The version of a parameter in force on a day, or None."""
    return next((version for version in versions if version.key == key and version.is_in_force(on)), None)


def check_no_overlap(new: PolicyVersion, existing: Sequence[PolicyVersion]) -> None:
    """Refuse a version whose days meet those of another of the same parameter with 422 POLICY_OVERLAP.

    Rule: S03
    """
    clash = next((version for version in existing if new.overlaps(version)), None)
    if clash is None:
        return
    until = "" if clash.effective_to is None else clash.effective_to.isoformat()
    raise RuleBroken(
        "POLICY_OVERLAP",
        zh=f"同一参数的生效期重叠：{new.key}已有{clash.effective_from.isoformat()}至{until or '长期'}的版本",
        en=f"the days of two versions of {new.key} meet: one is in force from {clash.effective_from} "
        f"to {until or 'further notice'}",
        rule="S03",
        clause=OVERLAP_CLAUSE,
        facts={
            "key": new.key,
            "existing_version": clash.version,
            "existing_from": clash.effective_from.isoformat(),
            "existing_to": until or None,
        },
        how_to_fix_zh="请先为原版本设定截止日期，或选择“结束上一版本”",
        how_to_fix_en="end the earlier version first, or ask to end it the day before the new one begins",
        field="effective_from",
    )


def ended_predecessor(new: PolicyVersion, existing: Iterable[PolicyVersion]) -> PolicyVersion | None:
    """The open-ended version the new one follows, ended on the day before it begins; None without one."""
    for version in existing:
        if (
            version.key == new.key
            and version.effective_to is None
            and version.effective_from < new.effective_from
        ):
            last_day = new.effective_from - timedelta(days=1)
            return PolicyVersion(
                version.key, version.value, version.effective_from, last_day, version.version
            )
    return None


def check_period(effective_from: date, effective_to: date | None) -> None:
    """Refuse a version that ends before it begins with 422 POLICY_PERIOD.

    Rule: S03
    """
    if effective_to is not None and effective_to < effective_from:
        raise RuleBroken(
            "POLICY_PERIOD",
            zh=f"截止日期{effective_to.isoformat()}早于生效日期{effective_from.isoformat()}",
            en=f"the last day {effective_to.isoformat()} lies before the first {effective_from.isoformat()}",
            rule="S03",
            facts={"effective_from": effective_from.isoformat(), "effective_to": effective_to.isoformat()},
            how_to_fix_zh="请更正生效或截止日期",
            how_to_fix_en="correct one of the two dates",
            field="effective_to",
        )


def check_policy_owner(holds_policy_edit: bool) -> None:
    """Refuse everybody but the policy owner, the bureau, with 403 POLICY_OWNER_ONLY.

    Rule: S01
    """
    if holds_policy_edit:
        return
    raise RuleBroken(
        "POLICY_OWNER_ONLY",
        zh="政策参数由市体育局维护，您无权修改",
        en="policy parameters are kept by the city sports bureau; you may not change them",
        status=403,
        rule="S01",
        clause=OWNER_CLAUSE,
        how_to_fix_zh="请向市体育局提出修改建议",
        how_to_fix_en="ask the city sports bureau to change it",
    )


def parse_value(definition: ParameterDefinition, raw: object) -> PolicyValue:
    """Read a stored or sent value by the parameter's type and hold it against its bounds.

    Numbers travel as integers or strings, never as floats. Raises 422 POLICY_VALUE.
    """
    if definition.value_type is ValueType.TABLE:
        return _parse_table(definition, raw)
    value = _PARSERS[definition.value_type](definition, raw)
    _check_bounds(definition, value)
    return value


def _parse_integer(definition: ParameterDefinition, raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**12:
        return raw
    if isinstance(raw, str) and re.fullmatch(r"-?[0-9]{1,12}", raw):
        return int(raw)
    raise _bad_value(definition, raw, "须为整数", "it must be a whole number")


def _parse_decimal(definition: ParameterDefinition, raw: object) -> Decimal:
    if isinstance(raw, bool | float) or not isinstance(raw, int | str | Decimal):
        raise _bad_value(definition, raw, "须为数字字符串", "send a number as a string")
    try:
        value = Decimal(raw)
    except InvalidOperation:
        raise _bad_value(definition, raw, "须为数字", "it must be a number") from None
    if not value.is_finite():
        raise _bad_value(definition, raw, "须为有限数字", "it must be finite")
    return value


def _parse_money(definition: ParameterDefinition, raw: object) -> Decimal:
    return parse_money(raw, definition.key)


def _parse_boolean(definition: ParameterDefinition, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise _bad_value(definition, raw, "须为是或否", "it must be true or false")


def _parse_time(definition: ParameterDefinition, raw: object) -> time:
    if isinstance(raw, str) and raw.isascii() and CLOCK.fullmatch(raw):
        return time.fromisoformat(raw)
    raise _bad_value(definition, raw, "须为HH:MM", "it must read HH:MM")


def _parse_month_day(definition: ParameterDefinition, raw: object) -> tuple[int, int]:
    if isinstance(raw, str) and raw.isascii() and MONTH_DAY.fullmatch(raw):
        month, day = int(raw[:2]), int(raw[3:])
        if day <= DAYS_IN_MONTH[month - 1]:
            return month, day
    raise _bad_value(definition, raw, "须为真实存在的MM-DD日期", "it must be a day of the year, MM-DD")


def _parse_choice(definition: ParameterDefinition, raw: object) -> str:
    if isinstance(raw, str) and raw in definition.choices:
        return raw
    listed = "、".join(definition.choices)
    raise _bad_value(
        definition, raw, f"须为其中之一：{listed}", f"choose one of {', '.join(definition.choices)}"
    )


_PARSERS: Mapping[ValueType, Callable[[ParameterDefinition, object], Scalar | tuple[int, int]]] = {
    ValueType.INTEGER: _parse_integer,
    ValueType.DECIMAL: _parse_decimal,
    ValueType.MONEY: _parse_money,
    ValueType.BOOLEAN: _parse_boolean,
    ValueType.TIME: _parse_time,
    ValueType.MONTH_DAY: _parse_month_day,
    ValueType.CHOICE: _parse_choice,
}


def _parse_table(definition: ParameterDefinition, raw: object) -> tuple[Row, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise _bad_value(definition, raw, "须为非空表格", "it must be a list of rows")
    rows: list[Row] = []
    for number, row in enumerate(raw, start=1):
        if not isinstance(row, Mapping) or set(row) != set(definition.columns):
            raise _bad_value(
                definition,
                raw,
                f"第{number}行须有且仅有列：{'、'.join(definition.columns)}",
                f"row {number} must have the columns {', '.join(definition.columns)}",
            )
        rows.append({column: _parse_decimal(definition, row[column]) for column in definition.columns})
    return tuple(rows)


def _check_bounds(definition: ParameterDefinition, value: PolicyValue) -> None:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return
    if definition.minimum is not None and value < Decimal(definition.minimum):
        raise _bad_value(
            definition, value, f"不得小于{definition.minimum}", f"it must be at least {definition.minimum}"
        )
    if definition.maximum is not None and value > Decimal(definition.maximum):
        raise _bad_value(
            definition, value, f"不得大于{definition.maximum}", f"it must be at most {definition.maximum}"
        )


def _bad_value(definition: ParameterDefinition, raw: object, why_zh: str, why_en: str) -> RuleBroken:
    shown = as_shown(raw)
    return RuleBroken(
        "POLICY_VALUE",
        zh=f"参数“{definition.zh}”的取值“{shown}”无效：{why_zh}",
        en=f"“{shown}” is no value for “{definition.en}”: {why_en}",
        rule=definition.rule,
        clause=definition.clause,
        facts={"key": definition.key, "value": shown},
        how_to_fix_zh=why_zh,
        how_to_fix_en=why_en,
        field="value",
    )
