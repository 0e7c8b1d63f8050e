"""Audit rows: read, never changed.

Rule: X07
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import AuditEvent
from tenants.bureau.queries.audit import audit_events_visible_to
from tenants.bureau.services.audit_exports import export_audit
from wangge.kernel.fields import MomentField
from wangge.kernel.paging import paged
from wangge.kernel.views import ApiView

CSV = "text/csv"
_LOOKUPS = {"since": "at__gte", "until": "at__lt"}


class AuditEventOutput(serializers.ModelSerializer[AuditEvent]):
    """Who did what, when; personal fields were masked when it was written."""

    sequence = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="its place in the sealed chain; null until it is sealed"
    )

    class Meta:
        model = AuditEvent
        fields = (
            "id", "sequence", "at", "actor_id", "actor_label", "organisation", "action", "subject_type", "subject_id",
            "before", "after", "reason", "policy_version", "request_id",
        )  # fmt: skip


class AuditQuery(serializers.Serializer[Any]):
    """Filters of the list and of the file."""

    subject_type = serializers.CharField(required=False, max_length=64)
    subject_id = serializers.CharField(required=False, max_length=64)
    action = serializers.CharField(required=False, max_length=64)
    actor_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    actor_label = serializers.CharField(required=False, max_length=80)
    since = MomentField(required=False, help_text="from this moment on, with its offset")
    until = MomentField(required=False, help_text="before this moment, with its offset")


class _FilteredView(ApiView):
    permission = "audit.view"

    def filtered(self, request: SignedInRequest) -> tuple[QuerySet[AuditEvent], dict[str, Any]]:
        """The visible rows that the query string asks for, and what it asked."""
        asked = self.query(AuditQuery)
        wanted = {_LOOKUPS.get(name, name): value for name, value in asked.items()}
        return audit_events_visible_to(request.user).filter(**wanted), asked


class AuditEventsView(_FilteredView):
    """The audit log."""

    @extend_schema(
        parameters=[AuditQuery], responses=paged(AuditEventOutput), operation_id="audit_event_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Rows in the order they were written."""
        rows, _ = self.filtered(request)
        return self.page(rows, AuditEventOutput)


class AuditExportView(_FilteredView):
    """The audit log as a file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON for problems; the file itself bears its own media type."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        parameters=[AuditQuery],
        responses={(200, CSV): OpenApiTypes.BINARY},
        operation_id="audit_event_export",
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        """At most 50,000 rows as CSV; the log tells who took them out."""
        rows, asked = self.filtered(request)
        content = export_audit(rows=rows, filters=asked, acting_user=request.user)
        response = HttpResponse(content, content_type=f"{CSV}; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="audit-events.csv"'
        response["Cache-Control"] = "no-store"
        return response


class AuditEventView(ApiView):
    """One audit row."""

    permission = "audit.view"
    scope = audit_events_visible_to

    @extend_schema(responses=AuditEventOutput, operation_id="audit_event_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The row."""
        return self.answer(AuditEventOutput(self.object).data)
