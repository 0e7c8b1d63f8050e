"""Files of grid members over HTTP: a template, imports with what was found in them, and an export. Rule: J08"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from gis.layers.rules.import_states import status_with_job
from grids.interest.api.members import GridMemberFilter
from grids.interest.models import MemberImport
from grids.interest.models.member_imports import MemberImportStatus
from grids.interest.queries.member_imports import member_imports_visible_to
from grids.interest.queries.members import members_visible_to, narrowed
from grids.interest.rules.member_rows import EXAMPLE_LINE, TEMPLATE_HEADER
from grids.interest.services.member_exports import export_members
from grids.interest.services.member_imports import request_member_import
from instructors.people.api.imports import FormatQuery, RegisterFindingOutput, TableView
from instructors.people.rules.import_findings import REPORT_HEADER, report_lines
from instructors.people.services.exports import EXPORT_TYPES, write_table
from instructors.people.services.import_files import REGISTER_FILES
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.api.names import AccountNameField
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import Purpose, check_upload
from wangge.kernel.views import ApiView

MEMBER_FILES = Purpose(zh="网格员名单导入", en="imports of grid members", endings=REGISTER_FILES.endings)
_MOST_SHOWN = 100
# What may hold a finding of every row: not read for lists.
_LONG = ("errors", "warnings")
_TABLES = {(200, media): OpenApiTypes.BINARY for media in EXPORT_TYPES.values()}


class MemberImportOutput(serializers.ModelSerializer[MemberImport]):
    """An import with its first findings; all of them are handed out as a table."""

    status = serializers.SerializerMethodField()
    unit = serializers.CharField(source="unit.name")
    counts = serializers.DictField(child=serializers.IntegerField())
    errors: Namesake = serializers.SerializerMethodField(help_text=f"the first {_MOST_SHOWN}")
    warnings = serializers.SerializerMethodField(help_text=f"the first {_MOST_SHOWN}")
    job_id = serializers.IntegerField(allow_null=True)
    imported_by = AccountNameField()

    class Meta:
        model = MemberImport
        fields: tuple[str, ...] = (
            "id", "status", "dry_run", "partial", "file_name", "sha256", "size_bytes", "unit", "counts", "errors",
            "warnings", "imported_by", "job_id", "created_at", "applied_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=MemberImportStatus.choices))
    def get_status(self, row: MemberImport) -> str:
        """A job that ended while the file was being checked ended the import too."""
        return status_with_job(row.status, row.job.state if row.job else "")

    @extend_schema_field(RegisterFindingOutput(many=True))
    def get_errors(self, row: MemberImport) -> list[dict[str, Any]]:
        """In the order of the rows."""
        return list(row.errors[:_MOST_SHOWN])

    @extend_schema_field(RegisterFindingOutput(many=True))
    def get_warnings(self, row: MemberImport) -> list[dict[str, Any]]:
        """Of the whole file."""
        return list(row.warnings[:_MOST_SHOWN])


class MemberImportRowOutput(MemberImportOutput):
    """An import in a list: `counts` says how much was found, the import itself shows it."""

    class Meta(MemberImportOutput.Meta):
        fields = tuple(name for name in MemberImportOutput.Meta.fields if name not in _LONG)


class MemberImportInput(StrictInput):
    """A file of members and their posts."""

    file = serializers.FileField(max_length=255, help_text="XLSX or CSV (UTF-8 or GB18030)")
    dry_run = serializers.BooleanField(required=False, default=False)
    partial: Namesake = serializers.BooleanField(
        required=False, default=False, help_text="take the good rows of a file that has bad ones"
    )


class MemberImportStarted(serializers.Serializer[Any]):
    """The job that was started and the import it carries out."""

    job = JobOutput()
    member_import = MemberImportOutput()


class MemberExportFilter(GridMemberFilter):
    """Filters of members, and in which form."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), required=False, default="xlsx")


class MemberImportsView(ApiView):
    """Imports of members."""

    permission = SIGNED_IN
    parser_classes = (MultiPartParser,)

    @extend_schema(responses=paged(MemberImportRowOutput), operation_id="member_import_list")
    def get(self, request: SignedInRequest) -> Response:
        """One's own imports and those of one's units, oldest first."""
        return self.page(
            member_imports_visible_to(request.user).defer(*_LONG), MemberImportRowOutput, reader=request.user
        )

    @extend_schema(
        request={"multipart/form-data": MemberImportInput},
        responses={202: MemberImportStarted},
        operation_id="member_import_create",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Upload a file; it is checked and brought in in the background, by default whole or not at all."""
        sent = self.parsed(MemberImportInput)
        check_upload(sent["file"], MEMBER_FILES)
        started = request_member_import(
            upload=sent["file"],
            dry_run=sent["dry_run"],
            partial=sent["partial"],
            acting_user=request.user,
        )
        body = {
            "job": JobOutput(started.job).data,
            "member_import": MemberImportOutput(started, context={"reader": request.user}).data,
        }
        return self.answer(body, status=202, location=f"/api/v1/jobs/{started.job_id}")


class MemberImportView(ApiView):
    """One import."""

    permission = SIGNED_IN
    scope = member_imports_visible_to

    @extend_schema(responses=MemberImportOutput, operation_id="member_import_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What was found and what was changed."""
        return self.answer(MemberImportOutput(self.object, context={"reader": request.user}).data)


class MemberImportErrorsView(TableView):
    """Everything that was found wrong in a file."""

    permission = SIGNED_IN
    scope = member_imports_visible_to

    @extend_schema(parameters=[FormatQuery], responses=_TABLES, operation_id="member_import_errors")
    def get(self, request: SignedInRequest, id: int) -> Any:
        """All errors with row, column and remedy."""
        form = self.query(FormatQuery)["format"]
        lines = report_lines(self.object.errors)
        return self.table(write_table(REPORT_HEADER, lines, form, "错误"), form, "错误清单")


class MemberTemplateView(TableView):
    """A file to be filled in."""

    permission = SIGNED_IN

    @extend_schema(parameters=[FormatQuery], responses=_TABLES, operation_id="member_import_template")
    def get(self, request: SignedInRequest) -> Any:
        """The columns that an import reads, and an example row, which it passes over."""
        form = self.query(FormatQuery)["format"]
        table = write_table(TEMPLATE_HEADER, [list(EXAMPLE_LINE)], form, "网格员")
        return self.table(table, form, "网格员导入模板")


class MemberExportView(TableView):
    """Members as a file."""

    permission = SIGNED_IN

    @extend_schema(parameters=[MemberExportFilter], responses=_TABLES, operation_id="grid_member_export")
    def get(self, request: SignedInRequest) -> Any:
        """Members one sees, phones masked, one line a post; the log tells who took them out."""
        asked = self.query(MemberExportFilter)
        form = asked.pop("format")
        rows = narrowed(members_visible_to(request.user), asked, request.user)
        sink = export_members(rows=rows, form=form, filters=asked, acting_user=request.user)
        return self.table(sink, form, "网格员名单")
