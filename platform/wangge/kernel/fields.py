"""Serializer fields that keep the product's promises about input."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias, TypedDict

from rest_framework import serializers

from wangge.errors import RuleBroken, check_aware

# A field that is called as something in the framework's own classes: `source`, `label`, `parent`, `errors`, `partial`. The
# framework takes fields off the class and keeps them apart, so nothing is overridden, which the type checker cannot know.
Namesake: TypeAlias = Any

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
# A moment lies on another day in every zone, at most 14 hours off: the sums around it stay within the calendar all the same.
_FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC) - timedelta(hours=14)
_AFTER_LAST = datetime(2101, 1, 1, tzinfo=UTC)


class Bounds(TypedDict):
    """The least and the greatest number a field takes; handed to several fields as `**ID`."""

    min_value: int
    max_value: int


def _out_of_range(day: str, field: str | None) -> RuleBroken:
    return RuleBroken(
        "DAY_OUT_OF_RANGE",
        zh=f"日期 {day} 超出范围（2000–2100年）",
        en=f"the day {day} is out of range (2000–2100)",
        status=400,
        field=field,
        facts={"day": day},
        how_to_fix_zh="请核对年份",
        how_to_fix_en="check the year",
    )


class MomentField(serializers.DateTimeField):
    """A time with its offset, from 2000 to 2100 as a `DayField`; one without is refused with 400 NAIVE_DATETIME. Rule: X02"""

    def enforce_timezone(self, value: datetime) -> Any:
        """Refuse a naive time before the framework would give it the server's zone, and 400 DAY_OUT_OF_RANGE."""
        check_aware(value, self.field_name or "")
        if not _FIRST_MOMENT <= value < _AFTER_LAST:
            raise _out_of_range(value.date().isoformat(), self.field_name)
        return super().enforce_timezone(value)


class DayField(serializers.DateField):
    """A day between 2000 and 2100: far enough for any plan, near enough for every sum with it to be a day again."""

    FIRST, LAST = FIRST_DAY, LAST_DAY

    def to_internal_value(self, value: Any) -> date:
        """Refuse a day out of range with 400 DAY_OUT_OF_RANGE."""
        day: date = super().to_internal_value(value)
        if self.FIRST <= day <= self.LAST:
            return day
        raise _out_of_range(day.isoformat(), self.field_name)
