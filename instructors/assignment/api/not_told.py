"""Whom no message reaches, beside the answer of what they should know. Rule: J12"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class NotToldOutput(serializers.Serializer[Any]):
    """Instructors with neither an account nor a phone, by masked name, and what to do about it."""

    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    remedy_zh = serializers.CharField()
    remedy_en = serializers.CharField()
    facts = serializers.DictField()
