"""Serializer fields that keep the product's promises about input."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from wangge.errors import check_aware


class MomentField(serializers.DateTimeField):
    """A time with its offset; one without is refused with 400 NAIVE_DATETIME, not guessed at. Rule: X02"""

    def enforce_timezone(self, value: datetime) -> Any:
        """Refuse a naive time before the framework would give it the server's zone."""
        check_aware(value, self.field_name or "")
        return super().enforce_timezone(value)
