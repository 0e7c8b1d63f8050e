"""How far somebody may live from a site, as it comes over HTTP. Rule: S07"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from instructors.assignment.rules.run_orders import LONGEST_REACH_M, REACH_STEP_M

_SCHEMA = {
    "type": "integer",
    "minimum": REACH_STEP_M,
    "maximum": LONGEST_REACH_M,
    "multipleOf": REACH_STEP_M,
}


@extend_schema_field(_SCHEMA)
class ReachField(serializers.IntegerField):
    """Metres in whole steps of 500, as coarse as homes are: a finer reach would be asked to find a home."""

    default_error_messages = {
        "step": f"须为{REACH_STEP_M}米的整数倍 / must be a multiple of {REACH_STEP_M} m"
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=REACH_STEP_M, max_value=LONGEST_REACH_M, **options)

    def to_internal_value(self, data: Any) -> int:
        """Refuse what lies between two steps."""
        metres = int(super().to_internal_value(data))
        if metres % REACH_STEP_M:
            self.fail("step")
        return metres
