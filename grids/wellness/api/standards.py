"""Versions of test standards and screening questionnaires, over HTTP. Rules: J17, J18"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.models import ScreeningForm, TestStandard
from grids.wellness.queries.standards import screening_forms_visible_to, standards_visible_to
from grids.wellness.rules.loaded_document import MOST_LETTERS
from grids.wellness.rules.screening import questionnaire_of
from grids.wellness.rules.standard import standard_of
from grids.wellness.rules.standard_holes import age_gaps
from grids.wellness.services.standards import load_screening_form, load_standard
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

_LOADED = ("id", "code", "document_version", "name", "source", "is_example", "sha256")


class DocumentInput(StrictInput):
    """A document's text, in JSON or TOML."""

    form = serializers.ChoiceField(choices=["json", "toml"])
    text = serializers.CharField(max_length=MOST_LETTERS, trim_whitespace=False)


class StandardOutput(serializers.ModelSerializer[TestStandard]):
    """A version of a test standard."""

    class Meta:
        model = TestStandard
        fields: tuple[str, ...] = (*_LOADED, "valid_from")


class IndicatorOutput(serializers.Serializer[Any]):
    """What is measured, and the range a value must lie in."""

    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    unit = serializers.CharField()
    places = serializers.IntegerField()
    lowest = serializers.CharField()
    highest = serializers.CharField()


class GroupOutput(serializers.Serializer[Any]):
    """Who is scored alike, and which items that takes."""

    sex = serializers.CharField()
    age_from = serializers.IntegerField()
    age_to = serializers.IntegerField()
    indicators = serializers.ListField(child=serializers.CharField(), source="tables")


class AgeGapOutput(serializers.Serializer[Any]):
    """Ages of a sex, in completed years, that no group covers though younger and older people are covered."""

    sex = serializers.CharField()
    age_from = serializers.IntegerField()
    age_to = serializers.IntegerField()


class StandardDetailOutput(StandardOutput):
    """The version with its indicators and groups, and the ages it leaves out."""

    indicators = serializers.SerializerMethodField()
    groups = serializers.SerializerMethodField()
    age_gaps = serializers.SerializerMethodField()

    class Meta(StandardOutput.Meta):
        fields = (*StandardOutput.Meta.fields, "indicators", "groups", "age_gaps")

    @extend_schema_field(IndicatorOutput(many=True))
    def get_indicators(self, row: TestStandard) -> Any:
        """Its indicators."""
        return IndicatorOutput(standard_of(row.form, row.text).indicators.values(), many=True).data

    @extend_schema_field(GroupOutput(many=True))
    def get_groups(self, row: TestStandard) -> Any:
        """Its groups."""
        return GroupOutput(standard_of(row.form, row.text).groups, many=True).data

    @extend_schema_field(AgeGapOutput(many=True))
    def get_age_gaps(self, row: TestStandard) -> Any:
        """The ages it leaves out."""
        return AgeGapOutput(age_gaps(standard_of(row.form, row.text)), many=True).data


class ScreeningFormOutput(serializers.ModelSerializer[ScreeningForm]):
    """A version of a screening questionnaire."""

    class Meta:
        model = ScreeningForm
        fields: tuple[str, ...] = _LOADED


class QuestionOutput(serializers.Serializer[Any]):
    """A question to be answered with yes or no."""

    key = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()


class ScreeningFormDetailOutput(ScreeningFormOutput):
    """The version with its questions."""

    questions = serializers.SerializerMethodField()

    class Meta(ScreeningFormOutput.Meta):
        fields = (*_LOADED, "questions")

    @extend_schema_field(QuestionOutput(many=True))
    def get_questions(self, row: ScreeningForm) -> Any:
        """Its questions."""
        return QuestionOutput(questionnaire_of(row.form, row.text).questions, many=True).data


class StandardsView(ApiView):
    """Test standards."""

    permission = {"GET": SIGNED_IN, "POST": "wellness.standard"}

    @extend_schema(responses=paged(StandardOutput), operation_id="wellness_standard_list")
    def get(self, request: SignedInRequest) -> Response:
        """All versions, by id."""
        return self.page(standards_visible_to(request.user), StandardOutput)

    @extend_schema(
        request=DocumentInput, responses={201: StandardDetailOutput}, operation_id="wellness_standard_load"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Load a version from a document; loaded versions do not change."""
        row = load_standard(**self.parsed(DocumentInput), acting_user=request.user)
        return self.answer(
            StandardDetailOutput(row).data, status=201, location=f"/api/v1/wellness/standards/{row.pk}"
        )


class StandardView(ApiView):
    """A version of a test standard."""

    permission = SIGNED_IN
    scope = standards_visible_to

    @extend_schema(responses=StandardDetailOutput, operation_id="wellness_standard_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Its indicators with their ranges, and which items whom takes."""
        return self.answer(StandardDetailOutput(self.object).data)


class ScreeningFormsView(ApiView):
    """Screening questionnaires."""

    permission = {"GET": SIGNED_IN, "POST": "wellness.standard"}

    @extend_schema(responses=paged(ScreeningFormOutput), operation_id="wellness_screening_form_list")
    def get(self, request: SignedInRequest) -> Response:
        """All versions, by id."""
        return self.page(screening_forms_visible_to(request.user), ScreeningFormOutput)

    @extend_schema(
        request=DocumentInput,
        responses={201: ScreeningFormDetailOutput},
        operation_id="wellness_screening_form_load",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Load a version from a document."""
        row = load_screening_form(**self.parsed(DocumentInput), acting_user=request.user)
        return self.answer(
            ScreeningFormDetailOutput(row).data,
            status=201,
            location=f"/api/v1/wellness/screening-forms/{row.pk}",
        )


class ScreeningFormView(ApiView):
    """A version of a screening questionnaire."""

    permission = SIGNED_IN
    scope = screening_forms_visible_to

    @extend_schema(responses=ScreeningFormDetailOutput, operation_id="wellness_screening_form_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Its questions."""
        return self.answer(ScreeningFormDetailOutput(self.object).data)
