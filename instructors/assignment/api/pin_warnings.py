"""The register's faces whose changes may contradict a pin; here because the register does not know of pins. Rule: S07"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.queries.pins import broken_pins_of
from instructors.assignment.rules.pin_words import pin_contradicted
from instructors.people.api.instructors import InstructorChange, InstructorView
from instructors.people.api.outputs import (
    GradeAwardOutput,
    InstructorWritten,
    TeachingItemOutput,
    WarningOutput,
)
from instructors.people.api.standing import (
    GradeAwardInput,
    InstructorGradesView,
    InstructorItemsView,
    TeachingItemInput,
)
from instructors.people.models import Instructor
from tenants.accounts.api.signed_in import SignedInRequest


class PinWarningOutput(WarningOutput):
    """Something worth a second look that stands all the same; PIN_CONTRADICTED names the pin in its facts."""

    facts = serializers.DictField(required=False)


class InstructorChanged(InstructorWritten):
    """A person as just changed, with what is worth a second look: numbers, and pins that no longer hold."""

    @extend_schema_field(PinWarningOutput(many=True))
    def get_warnings(self, row: Instructor) -> list[dict[str, Any]]:
        """What the register warns of, and pins."""
        return list(super().get_warnings(row))


class GradeAwardCorrected(GradeAwardOutput):
    """A grade as corrected, with the pins that no longer hold."""

    warnings = PinWarningOutput(many=True)

    class Meta(GradeAwardOutput.Meta):
        fields = (*GradeAwardOutput.Meta.fields, "warnings")


class TeachingItemRecorded(TeachingItemOutput):
    """An item as recorded, with the pins that no longer hold."""

    warnings = PinWarningOutput(many=True)

    class Meta(TeachingItemOutput.Meta):
        fields = (*TeachingItemOutput.Meta.fields, "warnings")


def pin_warnings(instructor_id: int, request: SignedInRequest, field: str) -> list[dict[str, Any]]:
    """The person's pins that no longer hold, as warnings of a change of `field`."""
    told = [pin_contradicted(each.said, each.reasons) for each in broken_pins_of(instructor_id, request.user)]
    return [
        {"code": each.code, "field": field, "zh": each.zh, "en": each.en, "facts": dict(each.facts)}
        for each in told
    ]


class PinnedInstructorView(InstructorView):
    """One person, whose pins a change may contradict."""

    @extend_schema(request=InstructorChange, responses=InstructorChanged, operation_id="instructor_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Correct the record, link an account, or move the person; pins that the change contradicts are named."""
        answer = super().patch(request, id)
        answer.data["warnings"] = [*answer.data["warnings"], *pin_warnings(id, request, "weekly_limit")]
        return answer


class PinnedGradesView(InstructorGradesView):
    """Grades of a person, whose pins a correction may contradict."""

    @extend_schema(
        request=GradeAwardInput, responses=GradeAwardCorrected, operation_id="instructor_grade_correct"
    )
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Correct the award of a grade, such as its last day; pins that this contradicts are named."""
        return _with_pins(super().put(request, id), id, request)


class PinnedItemsView(InstructorItemsView):
    """Items a person may teach, whose pins a change may contradict."""

    @extend_schema(
        request=TeachingItemInput, responses=TeachingItemRecorded, operation_id="instructor_item_record"
    )
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Record an item in a role, or correct its days; pins that this contradicts are named."""
        return _with_pins(super().put(request, id), id, request)


def _with_pins(answer: Response, instructor_id: int, request: SignedInRequest) -> Response:
    answer.data["warnings"] = pin_warnings(instructor_id, request, "valid_to")
    return answer


urlpatterns = [
    path("instructors/<int:id>", PinnedInstructorView.as_view()),
    path("instructors/<int:id>/grades", PinnedGradesView.as_view()),
    path("instructors/<int:id>/items", PinnedItemsView.as_view()),
]
