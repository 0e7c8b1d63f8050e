"""Taking over the codes of the general governance grid over HTTP. Rule: J02"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from grids.units.services.external_imports import import_external_grids
from grids.units.services.links import LINK
from grids.units.services.tables import table_files
from instructors.people.api.imports import RegisterFindingOutput
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import check_upload
from wangge.kernel.views import ApiView

EXTERNAL_FILES = table_files("综治网格编码导入", "imports of governance grid codes")


class ExternalImportInput(StrictInput):
    """A list of codes: 网格编码, 综治网格编码, and where people are mapped 综治网格员编码 and 账号."""

    file = serializers.FileField(max_length=255, help_text="XLSX or CSV (UTF-8 or GB18030)")
    dry_run = serializers.BooleanField(required=False, default=False)


class ExternalImportOutput(serializers.Serializer[Any]):
    """What an import did, or would do."""

    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField()
    linked = serializers.IntegerField(help_text="grids that had no code")
    changed = serializers.IntegerField(help_text="grids that had another code")
    unchanged = serializers.IntegerField()
    blank = serializers.IntegerField(help_text="rows without a governance code, which change nothing")
    people_linked = serializers.IntegerField()
    warnings = RegisterFindingOutput(many=True, help_text="what to look at in the file")


class ExternalGridImportView(ApiView):
    """Bringing in the codes of the general governance grid."""

    permission = LINK
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": ExternalImportInput},
        responses=ExternalImportOutput,
        operation_id="external_grid_import",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Link grids by a file, whole or not at all; the same file again changes nothing."""
        asked = self.parsed(ExternalImportInput)
        check_upload(asked["file"], EXTERNAL_FILES)
        done = import_external_grids(upload=asked["file"], dry_run=asked["dry_run"], acting_user=request.user)
        return self.answer(ExternalImportOutput(done).data)
