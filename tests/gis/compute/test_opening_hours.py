"""Opening hours are read as people write them, and refused with the word that is not understood. Rule: J13"""

from __future__ import annotations

import pytest

from gis.compute.intake.opening_hours import OpenSpan, parse_opening_hours
from gis.compute.refusal import InputRefused

ALL = range(1, 8)


def spans(days: range | tuple[int, ...], *times: tuple[int, int]) -> list[OpenSpan]:
    return sorted(OpenSpan(day, begin, end) for day in days for begin, end in times)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("06:00-08:00,18:30-21:00", spans(ALL, (360, 480), (1110, 1260))),
        ("6：00—8：00，18：30～21：00", spans(ALL, (360, 480), (1110, 1260))),
        ("06:00至08:00", spans(ALL, (360, 480))),
        ("周一至周五 08:00-12:00,14:00-18:00；周六、周日 09:00-11:00",
         spans(range(1, 6), (480, 720), (840, 1080)) + spans((6, 7), (540, 660))),
        ("星期一到星期三：6点-7点半", spans((1, 2, 3), (360, 450))),
        ("工作日 6:00-8:00；周末 全天", spans(range(1, 6), (360, 480)) + spans((6, 7), (0, 1440))),
        ("周五至周一 06:00-07:00", spans((1, 5, 6, 7), (360, 420))),
        ("每天24小时", spans(ALL, (0, 1440))),
        ("00:00-24:00", spans(ALL, (0, 1440))),
        ("06:00-08:00；08:00-09:00", spans(ALL, (360, 540))),
    ],
)  # fmt: skip
def test_j13_hours_are_read_in_the_ways_people_write_them(text: str, found: list[OpenSpan]) -> None:
    assert list(parse_opening_hours(text)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("早上", "看不懂“早上”"),
        ("22:00-02:00", "跨夜请写成两段"),
        ("25:00-26:00", "没有“25:00”这个时刻"),
        ("06:70-08:00", "没有“06:70”这个时刻"),
        ("周八 06:00-07:00", "看不懂“周八”"),
        ("周一", "没有时间"),
        ("08:00-08:00", "结束不晚于开始"),
    ],
)
def test_j13_what_is_not_understood_is_named_with_the_remedy(text: str, zh: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_opening_hours(text)
    assert refused.value.code == "OPENING_HOURS"
    assert zh in refused.value.zh
    assert "06:00-08:00" in refused.value.remedy_zh
    assert refused.value.facts == {"value": text}
