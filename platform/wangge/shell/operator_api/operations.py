"""The operator's long work: started, followed, and its files fetched."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.services import record_audit
from tenants.registry.models import CityOperation, OperationState
from tenants.registry.queries import backups_of, operation_file, operations
from tenants.registry.rules.city_life import check_confirmation
from tenants.registry.services.operations import start_operation
from wangge.errors import not_found
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView
from wangge.shell.operator_api.life import OneCityView

CHUNK_BYTES = 1024 * 1024


class OperationOutput(serializers.ModelSerializer[CityOperation]):
    """An operation with its progress, result and problem."""

    state = serializers.ChoiceField(choices=[state.value for state in OperationState])
    has_file = serializers.SerializerMethodField(help_text="whether it made a file that can be fetched now")

    class Meta:
        model = CityOperation
        fields = (
            "id", "kind", "city_slug", "state", "done", "total", "stage", "result", "problem", "started_by",
            "created_at", "started_at", "finished_at", "has_file",
        )  # fmt: skip

    def get_has_file(self, operation: CityOperation) -> bool:
        """Backups are kept for a while, exports until they are removed."""
        return operation_file(operation) is not None


class OperationQuery(serializers.Serializer[Any]):
    """Filters of the list."""

    city = serializers.SlugField(required=False, max_length=30, source="city_slug")
    state = serializers.ChoiceField(choices=[state.value for state in OperationState], required=False)
    kind = serializers.CharField(required=False, max_length=24)


class BackupOutput(serializers.Serializer[Any]):
    """A backup that is on the disk."""

    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    taken_at = serializers.DateTimeField()


class BackupsOutput(serializers.Serializer[Any]):
    """A city's backups, the newest first."""

    results = BackupOutput(many=True)


class ExportInput(StrictInput):
    """For whom the file is: the receiving installation's key, which alone opens the city's data key."""

    receiver = serializers.CharField(max_length=200)


class RestoreInput(StrictInput):
    """Which backup, and the city's short name typed by hand: what was written since is lost."""

    backup = serializers.CharField(max_length=120)
    typed_slug = serializers.CharField(max_length=30, trim_whitespace=False)


def operations_visible_to(user: Any) -> QuerySet[CityOperation]:
    """All operations, for a signed-in operator."""
    return operations().order_by("id") if user.is_authenticated else CityOperation.objects.none()


class _StartingView(OneCityView):
    def started(self, request: SignedInRequest, kind: str, arguments: dict[str, Any]) -> Response:
        """202 with the operation that was written down."""
        begun = start_operation(
            kind=kind, city_slug=self.object.slug, arguments=arguments, acting_user=request.user
        )
        where = f"/api/v1/operations/{begun.pk}"
        return self.answer(OperationOutput(begun).data, status=202, location=where)


class CityBackupView(_StartingView):
    """Backing a city up now."""

    @extend_schema(request=None, responses={202: OperationOutput}, operation_id="city_backup")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Start a backup."""
        return self.started(request, "backup", {})


class CityExportView(_StartingView):
    """Exporting a city to move it elsewhere."""

    @extend_schema(request=ExportInput, responses={202: OperationOutput}, operation_id="city_export")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Start an export for a receiving installation."""
        return self.started(request, "export", self.parsed(ExportInput))


class CityRestoreView(_StartingView):
    """Putting a city back to a backup."""

    @extend_schema(request=RestoreInput, responses={202: OperationOutput}, operation_id="city_restore")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Suspend it and put it back; it stays suspended until it is resumed."""
        given = self.parsed(RestoreInput)
        check_confirmation(given["typed_slug"], self.object.slug)
        return self.started(request, "restore", {"backup": given["backup"]})


class CityBackupsView(OneCityView):
    """A city's backups on the disk."""

    @extend_schema(responses=BackupsOutput, operation_id="city_backup_list")
    def get(self, request: SignedInRequest, slug: str) -> Response:
        """The newest first."""
        return self.answer(BackupsOutput({"results": backups_of(self.object.slug)}).data)


class OperationsView(ApiView):
    """Operations of all cities, dropped ones too."""

    permission = "city.operate"

    @extend_schema(
        parameters=[OperationQuery], responses=paged(OperationOutput), operation_id="operation_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """In the order they were asked for."""
        rows = operations_visible_to(request.user).filter(**self.query(OperationQuery))
        return self.page(rows, OperationOutput)


class OperationView(ApiView):
    """One operation."""

    permission = "city.operate"
    scope = operations_visible_to

    @extend_schema(responses=OperationOutput, operation_id="operation_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """How far it is and what came out."""
        return self.answer(OperationOutput(self.object).data)


class OperationFileView(ApiView):
    """The file an operation made."""

    permission = "city.operate"
    scope = operations_visible_to

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, operation_id="operation_file"
    )
    def get(self, request: SignedInRequest, id: int) -> FileResponse:
        """The bytes, as they are on the disk; that they left is written down first."""
        path = operation_file(self.object)
        if path is None:
            raise not_found("文件", "file")
        source = path.open("rb")
        with transaction.atomic():
            after = {"slug": self.object.city_slug, "kind": self.object.kind, "file": path.name}
            record_audit(acting_user=request.user, action="city.download", subject=self.object, after=after)
        response = FileResponse(
            source, as_attachment=True, filename=path.name, content_type="application/octet-stream"
        )
        response.block_size = CHUNK_BYTES
        response["Cache-Control"] = "no-store"
        return response
