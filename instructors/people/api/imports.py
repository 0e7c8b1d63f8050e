"""Files of the register over HTTP: brought in, reported on, taken out. Rule: J12"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from gis.layers.rules.import_states import status_with_job
from instructors.people.api.instructors import ID, InstructorFilter
from instructors.people.api.outputs import InstructorUnit
from instructors.people.models import RegisterImport
from instructors.people.models.imports import ImportStatus
from instructors.people.queries.instructors import (
    IMPORT,
    VIEW,
    instructors_visible_to,
    narrowed,
    register_imports_visible_to,
)
from instructors.people.rules.import_findings import REPORT_HEADER, report_lines
from instructors.people.services.exports import EXPORT_TYPES, export_register, write_table
from instructors.people.services.import_files import REGISTER_FILES
from instructors.people.services.imports import SYSTEMS, request_register_import
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.api.names import AccountNameField
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import check_upload
from wangge.kernel.views import ApiView

_MOST_SHOWN = 100
# What may hold a finding of every row: not read for lists.
_LONG = ("errors", "warnings")


class RegisterFindingOutput(serializers.Serializer[Any]):
    """One thing found in a file: where, what, and how to mend it."""

    row = serializers.IntegerField(
        allow_null=True, help_text="the file's own row number, its header included"
    )
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    remedy_zh = serializers.CharField(allow_blank=True)
    remedy_en = serializers.CharField(allow_blank=True)
    facts = serializers.DictField()


class RegisterImportOutput(serializers.ModelSerializer[RegisterImport]):
    """An import with its first findings; all of them are handed out as a table."""

    status = serializers.SerializerMethodField()
    unit = InstructorUnit()
    counts = serializers.DictField(child=serializers.IntegerField())
    errors: Namesake = serializers.SerializerMethodField(help_text=f"the first {_MOST_SHOWN}")
    warnings = serializers.SerializerMethodField(help_text=f"the first {_MOST_SHOWN}")
    crs = serializers.SerializerMethodField()
    partial: Namesake = serializers.SerializerMethodField()
    job_id = serializers.IntegerField(allow_null=True)
    imported_by = AccountNameField()

    class Meta:
        model = RegisterImport
        fields: tuple[str, ...] = (
            "id", "status", "dry_run", "file_name", "sha256", "size_bytes", "unit", "crs", "partial", "counts", "errors",
            "warnings", "imported_by", "job_id", "created_at", "applied_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=ImportStatus.choices))
    def get_status(self, row: RegisterImport) -> str:
        """A job that ended while the file was being checked ended the import too."""
        return status_with_job(row.status, row.job.state if row.job else "")

    @extend_schema_field(RegisterFindingOutput(many=True))
    def get_errors(self, row: RegisterImport) -> list[dict[str, Any]]:
        """In the order of the rows."""
        return list(row.errors[:_MOST_SHOWN])

    @extend_schema_field(RegisterFindingOutput(many=True))
    def get_warnings(self, row: RegisterImport) -> list[dict[str, Any]]:
        """Of the whole file."""
        return list(row.warnings[:_MOST_SHOWN])

    def get_crs(self, row: RegisterImport) -> str:
        """What lon and lat were measured in."""
        return str(row.options.get("crs", ""))

    def get_partial(self, row: RegisterImport) -> bool:
        """Whether good rows were taken beside bad ones."""
        return bool(row.options.get("partial", False))


class RegisterImportRowOutput(RegisterImportOutput):
    """An import in a list: `counts` says how much was found, the import itself shows it."""

    class Meta(RegisterImportOutput.Meta):
        fields = tuple(name for name in RegisterImportOutput.Meta.fields if name not in _LONG)


class RegisterImportInput(StrictInput):
    """A file of instructors."""

    file = serializers.FileField(max_length=255, help_text="XLSX or CSV (UTF-8 or GB18030)")
    unit_id = serializers.IntegerField(
        help_text="the unit whose people they are; rows may name units below it", **ID
    )
    dry_run = serializers.BooleanField(required=False, default=False)
    crs = serializers.ChoiceField(
        choices=SYSTEMS, required=False, default="cgcs2000", help_text="what lon and lat were measured in"
    )
    partial: Namesake = serializers.BooleanField(
        required=False, default=False, help_text="take the good rows of a file that has bad ones"
    )


class RegisterImportStarted(serializers.Serializer[Any]):
    """The job that was started and the import it carries out."""

    job = JobOutput()
    register_import = RegisterImportOutput()


class FormatQuery(serializers.Serializer[Any]):
    """In which form."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), required=False, default="xlsx")


class ExportFilter(InstructorFilter):
    """Filters of the register, and in which form."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), required=False, default="xlsx")


class RegisterImportsView(ApiView):
    """Imports of the register."""

    permission = {"GET": IMPORT, "POST": IMPORT}
    parser_classes = (MultiPartParser,)

    @extend_schema(responses=paged(RegisterImportRowOutput), operation_id="instructor_import_list")
    def get(self, request: SignedInRequest) -> Response:
        """Imports into one's units, oldest first."""
        return self.page(
            register_imports_visible_to(request.user).defer(*_LONG),
            RegisterImportRowOutput,
            reader=request.user,
        )

    @extend_schema(
        request={"multipart/form-data": RegisterImportInput},
        responses={202: RegisterImportStarted},
        operation_id="instructor_import_create",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Upload a file; it is checked and brought in in the background, by default whole or not at all."""
        sent = self.parsed(RegisterImportInput)
        check_upload(sent["file"], REGISTER_FILES)
        upload = sent.pop("file")
        started = request_register_import(upload=upload, **sent, acting_user=request.user)
        body = {
            "job": JobOutput(started.job).data,
            "register_import": RegisterImportOutput(started, context={"reader": request.user}).data,
        }
        return self.answer(body, status=202, location=f"/api/v1/jobs/{started.job_id}")


class RegisterImportView(ApiView):
    """One import."""

    permission = IMPORT
    scope = register_imports_visible_to

    @extend_schema(responses=RegisterImportOutput, operation_id="instructor_import_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What was found and what was changed."""
        return self.answer(RegisterImportOutput(self.object, context={"reader": request.user}).data)


class TableView(ApiView):
    """A view that answers with a table, whatever `Accept` or `?format=` say to the framework."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON for problems; the file itself bears its own media type."""
        return super().perform_content_negotiation(request, force=True)

    @staticmethod
    def table(sink: Any, form: str, name: str) -> FileResponse:
        """The file, sent piece by piece and kept by nobody on the way."""
        answer = FileResponse(sink, content_type=EXPORT_TYPES[form])
        shown = quote(f"{name}-{local_date(timezone.now()):%Y%m%d}.{form}")
        answer["Content-Disposition"] = f"attachment; filename=\"table.{form}\"; filename*=UTF-8''{shown}"
        answer["Cache-Control"] = "no-store"
        return answer


class RegisterImportErrorsView(TableView):
    """Everything that was found wrong in a file."""

    permission = IMPORT
    scope = register_imports_visible_to

    @extend_schema(
        parameters=[FormatQuery],
        responses={(200, media): OpenApiTypes.BINARY for media in EXPORT_TYPES.values()},
        operation_id="instructor_import_errors",
    )
    def get(self, request: SignedInRequest, id: int) -> FileResponse:
        """All errors with row, column and remedy."""
        form = self.query(FormatQuery)["format"]
        lines = report_lines(self.object.errors)
        return self.table(write_table(REPORT_HEADER, lines, form, "错误"), form, "错误清单")


class RegisterExportView(TableView):
    """The register as a file."""

    permission = VIEW

    @extend_schema(
        parameters=[ExportFilter],
        responses={(200, media): OpenApiTypes.BINARY for media in EXPORT_TYPES.values()},
        operation_id="instructor_export",
    )
    def get(self, request: SignedInRequest) -> FileResponse:
        """People one may see, numbers masked; the log tells who took them out."""
        asked = self.query(ExportFilter)
        form, today = asked.pop("format"), local_date(timezone.now())
        rows = narrowed(instructors_visible_to(request.user), asked, request.user, today)
        sink = export_register(rows=rows, form=form, filters=asked, today=today, acting_user=request.user)
        return self.table(sink, form, "社会体育指导员名册")
