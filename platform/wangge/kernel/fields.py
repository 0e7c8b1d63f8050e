"""Serializer fields that keep the product's promises about input."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from wangge.errors import RuleBroken, check_aware


class MomentField(serializers.DateTimeField):
    """A time with its offset; one without is refused with 400 NAIVE_DATETIME, not guessed at. Rule: X02"""

    def enforce_timezone(self, value: datetime) -> Any:
        """Refuse a naive time before the framework would give it the server's zone."""
        check_aware(value, self.field_name or "")
        return super().enforce_timezone(value)


class DayField(serializers.DateField):
    """A day between 2000 and 2100: far enough for any plan, near enough for every sum with it to be a day again."""

    FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)

    def to_internal_value(self, value: Any) -> date:
        """Refuse a day out of range with 400 DAY_OUT_OF_RANGE."""
        day: date = super().to_internal_value(value)
        if self.FIRST <= day <= self.LAST:
            return day
        raise RuleBroken(
            "DAY_OUT_OF_RANGE",
            zh=f"日期 {day.isoformat()} 超出范围（2000–2100年）",
            en=f"the day {day.isoformat()} is out of range (2000–2100)",
            status=400,
            field=self.field_name,
            facts={"day": day.isoformat()},
            how_to_fix_zh="请核对年份",
            how_to_fix_en="check the year",
        )
