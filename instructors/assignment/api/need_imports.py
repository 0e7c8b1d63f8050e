"""Files of what sites ask for, over HTTP. Rules: J12, J13"""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from instructors.assignment.queries.sites import EDIT
from instructors.assignment.rules.need_rows import TEMPLATE_EXAMPLE, TEMPLATE_HEADER
from instructors.assignment.services.need_imports import import_needs
from instructors.people.api.imports import FormatQuery, RegisterFindingOutput, TableView
from instructors.people.services.exports import EXPORT_TYPES, write_table
from instructors.people.services.import_files import REGISTER_FILES, check_size
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import Purpose, check_upload
from wangge.kernel.views import ApiView

NEED_FILES = Purpose(zh="站点需求导入", en="imports of needs", endings=REGISTER_FILES.endings)


class NeedImportInput(StrictInput):
    """A file of needs."""

    file = serializers.FileField(max_length=255, help_text="XLSX or CSV (UTF-8 or GB18030)")
    dry_run = serializers.BooleanField(required=False, default=False)


class NeedImportOutput(serializers.Serializer[Any]):
    """What was, or with a dry run would be, changed."""

    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField()
    added = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    warnings = RegisterFindingOutput(many=True)


class NeedImportsView(ApiView):
    """Bringing needs in."""

    permission = EDIT
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": NeedImportInput},
        responses=NeedImportOutput,
        operation_id="need_import",
    )
    def post(self, request: SignedInRequest) -> Response:
        """All rows or none: 422 NEEDS_REFUSED names each wrong one. The same file again changes nothing."""
        sent = self.parsed(NeedImportInput)
        check_upload(sent["file"], NEED_FILES)
        check_size(sent["file"].size)
        merged = import_needs(upload=sent["file"], dry_run=sent["dry_run"], acting_user=request.user)
        told = {"dry_run": sent["dry_run"], **merged.counts(), "warnings": merged.warnings}
        return self.answer(NeedImportOutput(told).data)


class NeedTemplateView(TableView):
    """An empty file with the columns, and one row as an example."""

    permission = EDIT

    @extend_schema(
        parameters=[FormatQuery],
        responses={(200, media): OpenApiTypes.BINARY for media in EXPORT_TYPES.values()},
        operation_id="need_import_template",
    )
    def get(self, request: SignedInRequest) -> FileResponse:
        """To be filled in; the example's row is to be removed."""
        form = self.query(FormatQuery)["format"]
        return self.table(
            write_table(TEMPLATE_HEADER, [TEMPLATE_EXAMPLE], form, "需求"), form, "站点需求模板"
        )


urlpatterns = [
    path("site-need-imports", NeedImportsView.as_view()),
    path("site-need-imports/template", NeedTemplateView.as_view()),
]
