"""Opening hours in words, as lists of sites write them: `06:00-08:00，18:30-21:00`, `周一至周五 8:00-12:00；周末 9点-11点`.

Rule: J13
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis.compute.refusal import InputRefused

MINUTES_A_DAY = 1440
ALL_WEEK = tuple(range(1, 8))
_WORDS = {
    "每天": ALL_WEEK, "每日": ALL_WEEK, "全周": ALL_WEEK, "天天": ALL_WEEK, "daily": ALL_WEEK,
    "工作日": (1, 2, 3, 4, 5), "平日": (1, 2, 3, 4, 5), "周末": (6, 7), "双休日": (6, 7),
}  # fmt: skip
_DAY_NUMBER = {sign: at % 7 + 1 for at, sign in enumerate("一二三四五六日")} | {"天": 7}
_DAY = r"(?:周|星期|礼拜)?([一二三四五六日天])"
_DAYS = re.compile(rf"^{_DAY}(?:-{_DAY})?$")
_CLOCK = r"(\d{1,2})(?::(\d{2}))?"
_SPAN = re.compile(rf"{_CLOCK}-{_CLOCK}")
_WHOLE_DAY = re.compile(r"全天|24小时|0:00-24:00")
_PLAIN = str.maketrans(
    {"：": ":", "，": ",", "、": ",", "；": ";", "。": ";", "\n": ";", "（": "(", "）": ")"}
)


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """Open each week on a weekday (1 Monday … 7 Sunday) from minute to minute of the day."""

    weekday: int
    from_minute: int
    to_minute: int


class HoursUnreadable(ValueError):
    """What of a text is not understood, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def parse_opening_hours(text: str) -> tuple[OpenSpan, ...]:
    """The open spans of a week in order, those that touch made one; empty for an empty text.

    Parts are parted by semicolons; a part is days (none: every day) and times. Raises InputRefused OPENING_HOURS for
    words that are not understood, hours that no clock shows, and times over midnight, which are to be written as two.
    """
    try:
        return spans_of(text)
    except HoursUnreadable as unread:
        raise _refused(text, unread) from unread


def spans_of(text: str) -> tuple[OpenSpan, ...]:
    """The same for whoever words the refusal otherwise: raises HoursUnreadable."""
    found: list[OpenSpan] = []
    for part in _normal(text).split(";"):
        if part.strip():
            found += _part(part.strip())
    return tuple(_joined(found))


def _normal(text: str) -> str:
    plain = text.strip().lower().translate(_PLAIN)
    plain = re.sub(r"(\d)\s*[点时]半", r"\1:30", plain)
    plain = re.sub(r"(\d)\s*[点时](\d{2})分?", r"\1:\2", plain)
    plain = re.sub(r"(\d)\s*[点时]整?", r"\1:00", plain)
    return re.sub(r"\s*(?:--+|[-–—~～至到])\s*", "-", plain)


def _part(part: str) -> list[OpenSpan]:
    times = [(_minute(m[1], m[2]), _minute(m[3], m[4])) for m in _SPAN.finditer(part)]
    rest = _SPAN.sub("", part)
    if _WHOLE_DAY.search(rest):
        times.append((0, MINUTES_A_DAY))
        rest = _WHOLE_DAY.sub("", rest)
    days = _days([word for word in re.split(r"[,\s()和及:]+", rest) if word])
    if not times:
        raise HoursUnreadable(f"“{part}”没有时间", f"“{part}” names no time")
    for begin, end in times:
        if begin >= end:
            raise HoursUnreadable(
                "结束不晚于开始，跨夜请写成两段",
                "a time ends before it begins: write one over midnight as two",
            )
    return [OpenSpan(day, begin, end) for day in days for begin, end in times]


def _days(words: list[str]) -> tuple[int, ...]:
    days: set[int] = set()
    for word in words:
        match = _DAYS.match(word)
        if word in _WORDS:
            days.update(_WORDS[word])
        elif match and match[2]:
            first, last = _DAY_NUMBER[match[1]], _DAY_NUMBER[match[2]]
            days.update(range(first, last + 1) if first <= last else (*range(first, 8), *range(1, last + 1)))
        elif match and word[0] in "周星礼":
            days.add(_DAY_NUMBER[match[1]])
        else:
            raise HoursUnreadable(f"看不懂“{word}”", f"“{word}” is not understood")
    return tuple(sorted(days)) or ALL_WEEK


def _minute(hours: str, minutes: str | None) -> int:
    minute = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or minute > MINUTES_A_DAY:
        shown = f"{hours}:{minutes or '00'}"
        raise HoursUnreadable(f"没有“{shown}”这个时刻", f"no clock shows {shown}")
    return minute


def _joined(spans: list[OpenSpan]) -> list[OpenSpan]:
    whole: list[OpenSpan] = []
    for span in sorted(spans):
        last = whole[-1] if whole else None
        if last is not None and last.weekday == span.weekday and span.from_minute <= last.to_minute:
            whole[-1] = OpenSpan(last.weekday, last.from_minute, max(last.to_minute, span.to_minute))
        else:
            whole.append(span)
    return whole


REMEDY_ZH = "请写成 06:00-08:00,18:30-21:00，或 周一至周五 08:00-12:00；周六、周日 09:00-11:00"
REMEDY_EN = "write 06:00-08:00,18:30-21:00, or 周一至周五 08:00-12:00；周六、周日 09:00-11:00"


def _refused(text: str, unread: HoursUnreadable) -> InputRefused:
    return InputRefused(
        "OPENING_HOURS",
        zh=f"开放时间“{text}”无法识别：{unread.zh}",
        en=f"the opening hours “{text}” cannot be read: {unread.en}",
        remedy_zh=REMEDY_ZH,
        remedy_en=REMEDY_EN,
        field="opening_hours",
        facts={"value": text},
    )
