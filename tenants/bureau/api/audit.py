"""Audit rows: read, never changed.

Rule: X07
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.accounts.models import AuditEvent
from tenants.accounts.queries import audit_events_visible_to
from wangge.kernel.paging import paged
from wangge.kernel.views import ApiView


class AuditEventOutput(serializers.ModelSerializer[AuditEvent]):
    """Who did what, when; personal fields were masked when it was written."""

    class Meta:
        model = AuditEvent
        fields = (
            "id", "at", "actor_id", "actor_label", "organisation", "action", "subject_type", "subject_id",
            "before", "after", "reason", "policy_version", "request_id",
        )  # fmt: skip


class AuditQuery(serializers.Serializer[Any]):
    """Filters of the list."""

    subject_type = serializers.CharField(required=False, max_length=64)
    subject_id = serializers.CharField(required=False, max_length=64)
    action = serializers.CharField(required=False, max_length=64)
    actor_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class AuditEventsView(ApiView):
    """The audit log."""

    permission = "audit.view"

    @extend_schema(
        parameters=[AuditQuery], responses=paged(AuditEventOutput), operation_id="audit_event_list"
    )
    def get(self, request: Request) -> Response:
        """Rows in the order they were written."""
        return self.page(
            audit_events_visible_to(request.user).filter(**self.query(AuditQuery)), AuditEventOutput
        )


class AuditEventView(ApiView):
    """One audit row."""

    permission = "audit.view"
    scope = audit_events_visible_to

    @extend_schema(responses=AuditEventOutput, operation_id="audit_event_read")
    def get(self, request: Request, id: int) -> Response:
        """The row."""
        return self.answer(AuditEventOutput(self.object).data)
