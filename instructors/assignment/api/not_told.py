"""Whom no message reaches, beside the answer of what they should know. Rule: J12"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from instructors.assignment.rules.retiring import people_not_told
from instructors.people.models import Instructor
from instructors.people.queries.instructors import name_for
from tenants.accounts.models import User

_MOST_NAMED = 500


class NotToldOutput(serializers.Serializer[Any]):
    """Instructors with neither an account nor a phone, and what to do; names in full to who keeps the record."""

    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    remedy_zh = serializers.CharField()
    remedy_en = serializers.CharField()
    facts = serializers.DictField()


def not_told(reader: User, people: Sequence[Instructor]) -> list[dict[str, Any]]:
    """What is said of those whom no message reaches, as the reader may read their names; nothing where there are none."""
    found = people_not_told([name_for(reader, person) for person in people], _MOST_NAMED)
    return list(NotToldOutput(found, many=True).data)
