"""Bringing files into layers and taking them back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from gis.layers.models import ImportStatus, LayerImport, LayerKind
from gis.layers.queries.features import layer_imports_visible_to
from gis.layers.queries.naming import findings_named
from gis.layers.rules.import_options import ImportMode, ImportOptions, parse_control_point
from gis.layers.services.imports import request_import
from gis.layers.services.undoing import undo_import
from gis.layers.services.uploads import LAYER_FILES
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import User
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.api.names import AccountNameField
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import check_upload
from wangge.kernel.views import ApiView

_MOST_LISTED = 100
_FINDINGS = ("errors", "warnings", "undo_findings")


class ImportFindingOutput(serializers.Serializer[Any]):
    """One thing found in a file: where, what, and how to mend it."""

    row = serializers.IntegerField(allow_null=True, help_text="the source row, a sheet's header included")
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    remedy_zh = serializers.CharField(allow_blank=True)
    remedy_en = serializers.CharField(allow_blank=True)
    place = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="[lon, lat]")
    facts = serializers.DictField()


class LayerImportOutput(serializers.ModelSerializer[LayerImport]):
    """An import with what was found and what it changed."""

    kind = serializers.ChoiceField(choices=LayerKind.choices)
    status = serializers.ChoiceField(choices=ImportStatus.choices, source="standing")
    crs = serializers.SerializerMethodField(help_text="the coordinate system the file was read with")
    encoding = serializers.SerializerMethodField()
    format = serializers.SerializerMethodField()
    counts = serializers.DictField(child=serializers.IntegerField())
    errors: Namesake = ImportFindingOutput(many=True)
    warnings = ImportFindingOutput(many=True)
    undo_findings = ImportFindingOutput(
        many=True, help_text="of an import that was taken back: what came back with it, and what did not"
    )
    provenance = serializers.DictField()
    options = serializers.DictField()
    job_id = serializers.IntegerField(allow_null=True)
    imported_by = AccountNameField()

    class Meta:
        model = LayerImport
        fields = (
            "id",
            "kind",
            "status",
            "dry_run",
            "file_name",
            "sha256",
            "size_bytes",
            "format",
            "crs",
            "encoding",
            "counts",
            "errors",
            "warnings",
            "undo_findings",
            "options",
            "provenance",
            "source_note",
            "data_label",
            "imported_by",
            "job_id",
            "created_at",
            "applied_at",
            "undone_at",
        )

    def get_crs(self, row: LayerImport) -> str:
        """Empty until the file was read."""
        return str(row.provenance.get("crs_used", ""))

    def get_encoding(self, row: LayerImport) -> str:
        """Empty until the file was read."""
        return str(row.provenance.get("encoding", ""))

    def get_format(self, row: LayerImport) -> str:
        """Empty until the file was read."""
        return str(row.provenance.get("format", ""))


class LayerImportRowOutput(LayerImportOutput):
    """An import in a list: its first findings; `counts` says how many there are, the import itself shows
    all.
    """

    errors: Namesake = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()  # type: ignore[assignment]  # another kind of field
    undo_findings = serializers.SerializerMethodField()  # type: ignore[assignment]  # another kind of field

    @extend_schema_field(ImportFindingOutput(many=True))
    def get_errors(self, row: LayerImport) -> list[dict[str, Any]]:
        """The first hundred errors."""
        return list(row.errors[:_MOST_LISTED])

    @extend_schema_field(ImportFindingOutput(many=True))
    def get_warnings(self, row: LayerImport) -> list[dict[str, Any]]:
        """The first hundred warnings."""
        return list(row.warnings[:_MOST_LISTED])

    @extend_schema_field(ImportFindingOutput(many=True))
    def get_undo_findings(self, row: LayerImport) -> list[dict[str, Any]]:
        """The first hundred."""
        return list(row.undo_findings[:_MOST_LISTED])


class LayerImportInput(StrictInput):
    """A file for a layer."""

    file = serializers.FileField(
        max_length=255, help_text="GeoPackage, GeoJSON, zipped Shapefile, KML, XLSX, CSV"
    )
    kind = serializers.ChoiceField(choices=LayerKind.choices)
    crs = serializers.CharField(
        default="auto", max_length=80, help_text="auto, EPSG:4490, EPSG:4326, GCJ-02, BD-09, EPSG:4513–4554"
    )
    dry_run = serializers.BooleanField(default=False, help_text="check only, write nothing")
    mode = serializers.ChoiceField(
        choices=[str(mode) for mode in ImportMode], default=str(ImportMode.REPLACE)
    )
    repair = serializers.BooleanField(default=False, help_text="mend crossed rings")
    leave_out_outside = serializers.BooleanField(default=False, help_text="skip rows outside every community")
    accept_offset = serializers.BooleanField(
        default=False, help_text="the layers held are the displaced ones; say why in source_note"
    )
    retire_in_use = serializers.BooleanField(
        default=False,
        help_text="end needs and give back coming duties of sites that the file no longer holds, tell who meets there",
    )
    layer = serializers.CharField(required=False, max_length=120, help_text="one of several layers or sheets")
    columns = serializers.CharField(
        required=False, max_length=4000, help_text='JSON object field → column, {"households": "总户数"}'
    )
    control_point = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="lon,lat,file_x,file_y"
    )
    source_note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    data_label = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)

    def validate_columns(self, text: str) -> dict[str, str]:
        """A JSON object of texts."""
        try:
            columns = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise serializers.ValidationError("not JSON") from error
        if not isinstance(columns, dict) or not all(isinstance(value, str) for value in columns.values()):
            raise serializers.ValidationError("not an object of texts")
        return columns


class LayerImportStarted(serializers.Serializer[Any]):
    """The job that was started and the import it carries out."""

    job = JobOutput()
    layer_import = LayerImportOutput()


def _shown(row: LayerImport, reader: User) -> dict[str, Any]:
    """The import as the reader reads it."""
    shown = LayerImportOutput(row, context={"reader": reader}).data
    _name_people([shown], reader)
    return shown


def _name_people(shown: Sequence[dict[str, Any]], reader: User) -> None:
    """Put in full, in imports as they are shown, the names of people that the reader reads so; once for all of them."""
    places = [(each, part, len(each[part])) for each in shown for part in _FINDINGS]
    named = iter(findings_named(reader, [row for each, part, _ in places for row in each[part]]))
    for each, part, count in places:
        each[part] = list(islice(named, count))


class LayerImportsView(ApiView):
    """Imports of the city's layers."""

    permission = {"GET": "layer.view", "POST": "layer.import"}
    parser_classes = (MultiPartParser,)

    @extend_schema(responses=paged(LayerImportRowOutput), operation_id="layer_import_list")
    def get(self, request: SignedInRequest) -> Response:
        """Imports, oldest first."""
        rows = layer_imports_visible_to(request.user).select_related("imported_by", "job")
        answer = self.page(rows, LayerImportRowOutput, reader=request.user)
        _name_people(answer.data["results"], request.user)
        return answer

    @extend_schema(
        request={"multipart/form-data": LayerImportInput},
        responses={202: LayerImportStarted},
        operation_id="layer_import_create",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Upload a file; it is checked and imported in the background, whole or not at all."""
        sent = self.parsed(LayerImportInput)
        check_upload(sent["file"], LAYER_FILES)
        options = ImportOptions(
            crs=sent["crs"],
            layer=sent.get("layer"),
            columns=sent.get("columns", {}),
            mode=ImportMode(sent["mode"]),
            repair=sent["repair"],
            leave_out_outside=sent["leave_out_outside"],
            accept_offset=sent["accept_offset"],
            retire_in_use=sent["retire_in_use"],
            control_point=parse_control_point(sent["control_point"]),
        )
        started = request_import(
            upload=sent["file"],
            kind=sent["kind"],
            options=options,
            dry_run=sent["dry_run"],
            source_note=sent["source_note"],
            data_label=sent["data_label"],
            acting_user=request.user,
        )
        body = {
            "job": JobOutput(started.job).data,
            "layer_import": LayerImportOutput(started, context={"reader": request.user}).data,
        }
        return self.answer(body, status=202, location=f"/api/v1/jobs/{started.job_id}")


class LayerImportView(ApiView):
    """One import."""

    permission = "layer.view"
    scope = layer_imports_visible_to

    @extend_schema(responses=LayerImportOutput, operation_id="layer_import_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What was found, with row, field and remedy, and what was changed."""
        return self.answer(_shown(self.object, request.user))


class LayerImportUndoView(ApiView):
    """Taking an import back."""

    permission = "layer.import"
    scope = layer_imports_visible_to

    @extend_schema(request=None, responses=LayerImportOutput, operation_id="layer_import_undo")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Undo the last import of a layer: what it brought goes, what it replaced returns."""
        undone = undo_import(layer_import_id=id, acting_user=request.user)
        return self.answer(_shown(undone, request.user))
