"""The usual days of an interest grid, as a recurrence of RFC 5545, read by a library.

Days only: the hour stands beside the recurrence, so that a rule by hours, minutes or seconds is refused. The parts that
are taken always have a next day: the library would seek 30 February up to the year 9999.

Rule: J07
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from wangge.errors import RuleBroken

# Twice a day for a year is more than any group meets; beyond it lies a typing error.
_MOST_COUNT = 730
# A yearly day of 29 February comes again within eight years.
_YEARS_LOOKED_AT = 9
_LONGEST = 300
_UNTIL = re.compile(r"(?P<day>[0-9]{8})(T[0-9]{6}Z?)?")
_WEEKDAYS = re.compile(r"(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU)){0,6}")
_WEEKDAYS_OF_MONTH = re.compile(
    r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,20}"
)
_DAYS_OF_MONTH = re.compile(r"-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,30}")
_MONTHS = re.compile(r"([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}")
_WEEK_BEGINS = re.compile(r"MO|SU")
_EVERYWHERE = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})


@dataclass(frozen=True, slots=True)
class _Frequency:
    """What may stand beside a frequency: the longest interval, and which parts in which form."""

    most_interval: int
    parts: Mapping[str, re.Pattern[str]]


# Six months apart one of two months has 31 days; four weeks always meet a month.
_FREQUENCIES = {
    "DAILY": _Frequency(31, {"BYDAY": _WEEKDAYS, "BYMONTH": _MONTHS}),
    "WEEKLY": _Frequency(4, {"BYDAY": _WEEKDAYS, "BYMONTH": _MONTHS}),
    "MONTHLY": _Frequency(6, {"BYDAY": _WEEKDAYS_OF_MONTH, "BYMONTHDAY": _DAYS_OF_MONTH}),
    "YEARLY": _Frequency(4, {}),
}


def normal_recurrence(text: str) -> str:
    """The recurrence in capitals without the word RRULE; empty stays empty. 422 RECURRENCE says what is wrong.

    Rule: J07
    """
    given = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    if not given:
        return ""
    if len(given) > _LONGEST or not given.isprintable():
        raise _refused("重复规则过长或不是一行文字", "a recurrence is one short line", given)
    parts = _parts(given)
    frequency = _FREQUENCIES.get(parts.get("FREQ", ""))
    if frequency is None:
        raise _refused(
            "重复频率须为每日、每周、每月或每年", "it recurs by days, weeks, months or years", given
        )
    _check_parts(parts, frequency, given)
    _check_number(parts, "COUNT", _MOST_COUNT, given)
    _check_number(parts, "INTERVAL", frequency.most_interval, given)
    _check_end(parts, given)
    return given


def next_days(recurrence: str, starts_on: date, on: date, most: int) -> list[date]:
    """The first days from `on`, at most `most`, of a normal recurrence counted from `starts_on`; empty without one.

    Rule: J07
    """
    if not recurrence:
        return []
    last = date(min(on.year + _YEARS_LOOKED_AT, date.max.year), 1, 1)
    days = takewhile(lambda day: day <= last, _days(recurrence, starts_on))
    return list(islice((day for day in days if day >= on), most))


def _days(recurrence: str, starts_on: date) -> Iterator[date]:
    """The rule's days in order; a last moment with an hour counts as its day."""
    bare = _UNTIL.sub(lambda found: found["day"], recurrence)
    return (moment.date() for moment in rrulestr(bare, dtstart=datetime.combine(starts_on, time())))


def _parts(given: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in given.split(";")]
    if any(len(pair) != 2 for pair in pairs) or len({pair[0] for pair in pairs}) != len(pairs):
        raise _refused("重复规则格式错误", "it cannot be read", given)
    return {name: value for name, value in pairs}


def _check_parts(parts: Mapping[str, str], frequency: _Frequency, given: str) -> None:
    known = {**frequency.parts, "WKST": _WEEK_BEGINS}
    strange = sorted(set(parts) - _EVERYWHERE - set(known))
    if strange:
        raise _refused(
            f"该频率不支持{'、'.join(strange)}", f"these parts are not taken: {', '.join(strange)}", given
        )
    for name, form in known.items():
        if name in parts and not form.fullmatch(parts[name]):
            raise _refused(f"{name}“{parts[name][:40]}”无效", f"{name} cannot be read", given)
    if "BYDAY" in parts and ("BYMONTHDAY" in parts or (parts["FREQ"] == "DAILY" and "INTERVAL" in parts)):
        raise _refused(
            "星期不能与每月日期或间隔天数同用",
            "weekdays stand without days of the month or an interval",
            given,
        )
    if parts["FREQ"] == "DAILY" and "BYMONTH" in parts and "INTERVAL" in parts:
        raise _refused("月份不能与间隔天数同用", "months stand without an interval of days", given)


def _check_number(parts: Mapping[str, str], name: str, most: int, given: str) -> None:
    value = parts.get(name)
    if value is None or (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= most):
        return
    raise _refused(f"{name}须为1–{most}", f"{name} is a number from 1 to {most}", given)


def _check_end(parts: Mapping[str, str], given: str) -> None:
    if "UNTIL" not in parts:
        return
    found = _UNTIL.fullmatch(parts["UNTIL"])
    try:
        is_day = found is not None and bool(date.fromisoformat(found["day"]))
    except ValueError:
        is_day = False
    if not is_day or "COUNT" in parts:
        raise _refused("UNTIL须为日期，且不与COUNT同用", "UNTIL is a day, and stands without COUNT", given)


def _refused(zh: str, en: str, given: str) -> RuleBroken:
    return RuleBroken(
        "RECURRENCE",
        zh=f"活动时间无效：{zh}",
        en=f"the recurrence is not valid: {en}",
        rule="J07",
        field="recurrence",
        facts={"given": given[:_LONGEST]},
        how_to_fix_zh="例如每周二、周四：FREQ=WEEKLY;BYDAY=TU,TH",
        how_to_fix_en="for example Tuesdays and Thursdays: FREQ=WEEKLY;BYDAY=TU,TH",
    )
