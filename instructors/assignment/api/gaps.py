"""Instructors and sites per head, and where sites are missing, over HTTP. Rules: J12, J20"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.api.sites import GEOJSON, file_answer
from instructors.assignment.models import GapStudy, StudyState
from instructors.assignment.queries.data_notes import attribution, data_label, study_notes
from instructors.assignment.queries.gap_exports import staffing_rows, staffing_workbook, study_workbook
from instructors.assignment.queries.gap_maps import staffing_geojson, study_geojson
from instructors.assignment.queries.picture_page import page_of
from instructors.assignment.queries.picture_png import png_of
from instructors.assignment.queries.picture_svg import svg_of
from instructors.assignment.queries.staffing import DEPTH, staffing_visible_to
from instructors.assignment.queries.studies import studies_visible_to
from instructors.assignment.rules.run_states import standing_state
from instructors.assignment.services.studies import start_study
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found
from wangge.kernel.fields import DayField, Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_PLACES = 50
# Of each form of a study: media type and Chinese title.
STUDY_FORMS = {
    "xlsx": (XLSX, "站点缺口"),
    "json": ("application/json", "站点缺口"),
    "geojson": (GEOJSON, "站点缺口"),
    "svg": ("image/svg+xml", "站点缺口图"),
    "png": ("image/png", "站点缺口图"),
}


class StaffingQuery(serializers.Serializer[Any]):
    """Of which level, on which day, as what."""

    level = serializers.ChoiceField(choices=list(DEPTH), default="county")
    on = DayField(required=False, help_text="today by default")
    form = serializers.ChoiceField(choices=["json", "xlsx", "geojson"], default="json")


class StaffingRowOutput(serializers.Serializer[Any]):
    """A unit; shares are null where its residents are not known."""

    unit_id = serializers.IntegerField()
    name = serializers.CharField()
    residents = serializers.IntegerField(allow_null=True)
    certified = serializers.IntegerField(help_text="people with a grade in force")
    registered = serializers.IntegerField(help_text="of the certified, work registered this year")
    active = serializers.IntegerField(
        help_text="of the certified, with a verified service in the policy's last months, registered or not"
    )
    sites = serializers.IntegerField()
    certified_per_1000 = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    registered_per_1000 = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    active_per_1000 = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    sites_per_10000 = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    short_of_target = serializers.IntegerField(
        allow_null=True, help_text="certified people missing to the target"
    )


class StaffingOutput(serializers.Serializer[Any]):
    """All units of the level that one may see, and what the shares rest on."""

    on = serializers.DateField()
    counted_on = serializers.DateField(allow_null=True, help_text="the day of the count of residents")
    source: Namesake = serializers.CharField(help_text="of the count of residents; empty: none entered")
    target_per_1000 = serializers.DecimalField(max_digits=8, decimal_places=2)
    data_label = serializers.CharField(allow_blank=True, help_text="what must be said of the city's data")
    attribution = serializers.CharField(allow_blank=True, help_text="who must be named beside them")
    units = StaffingRowOutput(many=True)


class StudyInput(StrictInput):
    """How many new sites to look for."""

    places = serializers.IntegerField(min_value=1, max_value=MOST_PLACES, default=10)


class StudyBrief(serializers.ModelSerializer[GapStudy]):
    """A study in a list."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = GapStudy
        fields: tuple[str, ...] = ("id", "state", "places", "as_of", "created_at")

    def get_state(self, row: GapStudy) -> str:
        """Computing, ready, failed or cancelled."""
        return standing_state(row.state, row.job.state if row.job else "")


class StudyStep(serializers.Serializer[Any]):
    """A new place; lon-lat in EPSG:4490."""

    step = serializers.IntegerField()
    lon = serializers.FloatField()
    lat = serializers.FloatField()
    near = serializers.CharField(help_text="the community it lies in")
    gained = serializers.IntegerField(help_text="households it brings within reach")
    covered = serializers.IntegerField(help_text="households within reach with it and those before it")
    share = serializers.FloatField()


class StudyTown(serializers.Serializer[Any]):
    """Households of a town, and those within reach of a site today."""

    town = serializers.CharField(allow_blank=True)
    households = serializers.IntegerField()
    covered = serializers.IntegerField()


class StudyOutput(StudyBrief):
    """A study whole."""

    figures = serializers.DictField(
        help_text="households, covered_today, covered_then, bound, proof, households_by_method (network, radius) …"
    )
    steps = StudyStep(many=True)
    towns = StudyTown(many=True)

    class Meta(StudyBrief.Meta):
        fields = (*StudyBrief.Meta.fields, "figures", "steps", "towns", "policy_version")


class StudyStarted(serializers.Serializer[Any]):
    """The study and its job."""

    study = StudyBrief()
    job = JobOutput()


class StudyExportQuery(serializers.Serializer[Any]):
    """In which format."""

    form = serializers.ChoiceField(choices=list(STUDY_FORMS), default="xlsx")


class StaffingView(ApiView):
    """Instructors per 1,000 residents and sites per 10,000."""

    permission = "instructor.view"

    @extend_schema(
        parameters=[StaffingQuery],
        responses={
            (200, "application/json"): StaffingOutput,
            (200, XLSX): OpenApiTypes.BINARY,
            (200, GEOJSON): OpenApiTypes.BINARY,
        },
        operation_id="staffing_list",
    )
    def get(self, request: SignedInRequest) -> Response | HttpResponse:
        """Three lines for instructors, one for sites, by unit; everybody counts once."""
        asked = self.query(StaffingQuery)
        on = asked.get("on") or local_date(timezone.now())
        staffing = staffing_visible_to(request.user, asked["level"], on)
        if asked["form"] == "xlsx":
            return file_answer(staffing_workbook(staffing, on), XLSX, "staffing.xlsx", "指导员与站点配备")
        if asked["form"] == "geojson":
            document = staffing_geojson(staffing, asked["level"], on)
            return file_answer(_text(document), GEOJSON, "staffing.geojson", "指导员与站点配备")
        told = {
            "on": on,
            "counted_on": staffing.census.counted_on,
            "source": staffing.census.source,
            "target_per_1000": staffing.target_per_1000,
            "data_label": data_label(),
            "attribution": attribution(),
            "units": staffing_rows(staffing),
        }
        return self.answer(StaffingOutput(told).data)


class StudiesView(ApiView):
    """Where sites are missing."""

    permission = {"GET": "site.view", "POST": "assignment.run"}

    @extend_schema(responses=paged(StudyBrief), operation_id="gap_study_list")
    def get(self, request: SignedInRequest) -> Response:
        """Studies, newest first."""
        return self.page(studies_visible_to(request.user), StudyBrief)

    @extend_schema(request=StudyInput, responses={202: StudyStarted}, operation_id="gap_study_start")
    def post(self, request: SignedInRequest) -> Response:
        """Who lives within a walk of a site today, and where the next sites would reach most: by a job."""
        study = start_study(**self.parsed(StudyInput), acting_user=request.user)
        told = {"study": StudyBrief(study).data, "job": JobOutput(study.job).data}
        return self.answer(told, status=202, location=f"/api/v1/gap-studies/{study.pk}")


class StudyView(ApiView):
    """One study."""

    permission = "site.view"
    scope = studies_visible_to

    @extend_schema(responses=StudyOutput, operation_id="gap_study_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Its figures, towns and new places."""
        return self.answer(StudyOutput(_study(request, id)).data)


class StudyExportView(ApiView):
    """A study as a file."""

    permission = "site.view"
    scope = studies_visible_to

    @extend_schema(
        parameters=[StudyExportQuery],
        responses={(200, media_type): OpenApiTypes.BINARY for media_type, _ in STUDY_FORMS.values()},
        operation_id="gap_study_export",
    )
    def get(self, request: SignedInRequest, id: int) -> HttpResponse:
        """A workbook, a document, a map as GeoJSON (`kind`: new_site, site, community, town) or as a picture; each says
        whose data it shows and how it was measured. 404 STUDY_NOT_READY before it is computed, 406 NO_CHINESE_FONT for a PNG."""
        form = self.query(StudyExportQuery)["form"]
        study = _study(request, id)
        _check_ready(study)
        media_type, title = STUDY_FORMS[form]
        return file_answer(_study_file(request, study, form), media_type, f"gaps.{form}", title)


def _study_file(request: SignedInRequest, study: GapStudy, form: str) -> bytes:
    if form == "xlsx":
        return study_workbook(study)
    if form == "json":
        return _text({**study_notes(study).members(), **StudyOutput(study).data})
    if form == "geojson":
        return _text(study_geojson(request.user, study))
    page = page_of(study)
    return svg_of(page).encode() if form == "svg" else png_of(page)


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _study(request: SignedInRequest, study_id: int) -> GapStudy:
    found = studies_visible_to(request.user).filter(pk=study_id).first()
    if found is None:
        raise not_found("缺口分析", "study")
    return found


def _check_ready(study: GapStudy) -> None:
    if study.state == StudyState.READY:
        return
    raise RuleBroken(
        "STUDY_NOT_READY", zh=f"缺口分析 #{study.pk} 尚无结果", status=404, rule="J20",
        en=f"study {study.pk} has no result", facts={"state": str(study.state)},
        how_to_fix_zh="请等待计算完成，或重新发起", how_to_fix_en="wait until it is computed, or start another",
    )  # fmt: skip


urlpatterns = [
    path("staffing", StaffingView.as_view()),
    path("gap-studies", StudiesView.as_view()),
    path("gap-studies/<int:id>", StudyView.as_view()),
    path("gap-studies/<int:id>/export", StudyExportView.as_view()),
]
