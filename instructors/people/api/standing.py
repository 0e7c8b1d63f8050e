"""Grades, items, registrations, services and checks over HTTP. Rules: J12, S07"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.people.api.outputs import (
    GradeAwardOutput,
    MinorsCheckOutput,
    ServiceRecordOutput,
    TeachingItemOutput,
    WorkRegistrationOutput,
)
from instructors.people.queries.instructors import EDIT, VERIFY, VIEW, instructors_visible_to
from instructors.people.queries.standing import (
    minors_checks_of,
    services_given,
    services_visible_to,
)
from instructors.people.rules.grades import AwardLevel, InstructorGrade, ServiceKind, TeachingRole
from instructors.people.rules.service_totals import service_totals, totals_said, totals_since
from instructors.people.services.standing import (
    AwardGiven,
    ServiceDone,
    record_grade,
    record_item,
    record_minors_check,
    record_registration,
    record_service,
    verify_service,
)
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField, Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class PaperDayField(DayField):
    """A day of a paper, which may be older than the product's other days."""

    FIRST = date(1980, 1, 1)


class GradeAwardInput(StrictInput):
    """A grade and its certificate; `award_level` by default the level that awards this grade."""

    grade = serializers.ChoiceField(choices=list(InstructorGrade))
    award_level = serializers.ChoiceField(
        choices=list(AwardLevel), required=False, allow_null=True, default=None
    )
    certificate_number = serializers.CharField(max_length=40)
    issuing_body = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    valid_from = PaperDayField()
    valid_to = DayField(required=False, allow_null=True, default=None)


class TeachingItemInput(StrictInput):
    """An item, by its code, and as what it may be taught."""

    item_code = serializers.CharField(max_length=32)
    teaching_role = serializers.ChoiceField(choices=list(TeachingRole))
    certificate_number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    valid_from = PaperDayField()
    valid_to = DayField(required=False, allow_null=True, default=None)


class WorkRegistrationInput(StrictInput):
    """A year in which the work was registered."""

    year = serializers.IntegerField(min_value=1990, max_value=2100)
    registered_on = PaperDayField(required=False, allow_null=True, default=None)


class ServiceRecordInput(StrictInput):
    """One service; `source` names what proves it, such as a class or a photo's number."""

    served_on = DayField()
    minutes = serializers.IntegerField(min_value=1, max_value=1440)
    service_kind = serializers.ChoiceField(
        choices=list(ServiceKind), help_text="freely given or paid, never both"
    )
    source: Namesake = serializers.CharField(max_length=74)
    item_code = serializers.CharField(max_length=32, required=False, allow_null=True, default=None)
    place = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class MinorsCheckInput(StrictInput):
    """The day of the check and whether all was well; the record itself is never kept."""

    checked_on = DayField()
    result_ok = serializers.BooleanField()


class ServiceTotalOutput(serializers.Serializer[Any]):
    """Services of one kind."""

    count = serializers.IntegerField()
    minutes = serializers.IntegerField()
    verified = serializers.IntegerField()
    verified_minutes = serializers.IntegerField()


class ServiceTotalsOutput(serializers.Serializer[Any]):
    """Volunteer and paid services, counted apart; `zh` and `en` say which days are counted."""

    since = serializers.DateField()
    until = serializers.DateField()
    zh = serializers.CharField()
    en = serializers.CharField()
    volunteer = ServiceTotalOutput()
    paid = ServiceTotalOutput()


class TotalsQuery(serializers.Serializer[Any]):
    """The days to count; by default from 1 January of the last day's year, and to today."""

    since = DayField(required=False)
    until = DayField(required=False)


class InstructorGradesView(ApiView):
    """Grades of a person."""

    permission = {"GET": VIEW, "POST": EDIT, "PUT": EDIT}
    scope = instructors_visible_to

    @extend_schema(responses=GradeAwardOutput(many=True), operation_id="instructor_grade_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """All of them, oldest first."""
        return self.answer(GradeAwardOutput(self.object.grades.order_by("valid_from", "id"), many=True).data)

    @extend_schema(
        request=GradeAwardInput, responses={201: GradeAwardOutput}, operation_id="instructor_grade_record"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a grade."""
        row = record_grade(
            instructor_id=id, award=AwardGiven(**self.parsed(GradeAwardInput)), acting_user=request.user
        )
        return self.answer(GradeAwardOutput(row).data, status=201)

    @extend_schema(
        request=GradeAwardInput, responses=GradeAwardOutput, operation_id="instructor_grade_correct"
    )
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Correct the award of a grade, such as its last day."""
        award = AwardGiven(**self.parsed(GradeAwardInput))
        row = record_grade(instructor_id=id, award=award, acting_user=request.user, correct=True)
        return self.answer(GradeAwardOutput(row).data)


class InstructorItemsView(ApiView):
    """Items a person may teach."""

    permission = {"GET": VIEW, "PUT": EDIT}
    scope = instructors_visible_to

    @extend_schema(responses=TeachingItemOutput(many=True), operation_id="instructor_item_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """All of them, by id."""
        rows = self.object.items.select_related("item").order_by("id")
        return self.answer(TeachingItemOutput(rows, many=True).data)

    @extend_schema(
        request=TeachingItemInput, responses=TeachingItemOutput, operation_id="instructor_item_record"
    )
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Record an item in a role, or correct its days."""
        row = record_item(instructor_id=id, **self.parsed(TeachingItemInput), acting_user=request.user)
        return self.answer(TeachingItemOutput(row).data)


class InstructorRegistrationsView(ApiView):
    """Registered years of a person."""

    permission = {"GET": VIEW, "POST": EDIT}
    scope = instructors_visible_to

    @extend_schema(responses=WorkRegistrationOutput(many=True), operation_id="instructor_registration_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Oldest first."""
        return self.answer(WorkRegistrationOutput(self.object.registrations.order_by("year"), many=True).data)

    @extend_schema(
        request=WorkRegistrationInput,
        responses={201: WorkRegistrationOutput},
        operation_id="instructor_registration_record",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a year's work registration."""
        row = record_registration(
            instructor_id=id, **self.parsed(WorkRegistrationInput), acting_user=request.user
        )
        return self.answer(WorkRegistrationOutput(row).data, status=201)


class InstructorServicesView(ApiView):
    """Services of a person."""

    permission = {"GET": VIEW, "POST": EDIT}
    scope = instructors_visible_to

    @extend_schema(responses=paged(ServiceRecordOutput), operation_id="instructor_service_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """By id."""
        return self.page(services_visible_to(request.user).filter(instructor_id=id), ServiceRecordOutput)

    @extend_schema(
        request=ServiceRecordInput,
        responses={201: ServiceRecordOutput},
        operation_id="instructor_service_record",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a service; a colleague verifies it."""
        given = ServiceDone(**self.parsed(ServiceRecordInput))
        row = record_service(instructor_id=id, service=given, acting_user=request.user)
        return self.answer(ServiceRecordOutput(row).data, status=201)


def totals_told(instructor_id: int, since: date, until: date) -> dict[str, Any]:
    """A person's services of these days as faces tell them."""
    totals = service_totals(services_given(instructor_id, since, until), since, until)
    zh, en = totals_said(since, until)
    told = {kind.value: ServiceTotalOutput(total).data for kind, total in totals.items()}
    return {"since": since.isoformat(), "until": until.isoformat(), "zh": zh, "en": en, **told}


class InstructorServiceTotalsView(ApiView):
    """Volunteer and paid services of a person."""

    permission = VIEW
    scope = instructors_visible_to

    @extend_schema(
        parameters=[TotalsQuery], responses=ServiceTotalsOutput, operation_id="instructor_service_totals"
    )
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Counted apart: a paid session never adds to the volunteer service."""
        asked = self.query(TotalsQuery)
        until = asked.get("until") or local_date(timezone.now())
        return self.answer(totals_told(id, asked.get("since") or totals_since(until), until))


class ServiceVerifyView(ApiView):
    """Verifying a service."""

    permission = VERIFY
    scope = services_visible_to

    def unit_path_of(self, found: Any) -> str:
        """The unit of who gave it."""
        return str(found.instructor.unit_path)

    @extend_schema(request=None, responses=ServiceRecordOutput, operation_id="instructor_service_verify")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Verify what a colleague entered about somebody else."""
        return self.answer(ServiceRecordOutput(verify_service(service_id=id, acting_user=request.user)).data)


class InstructorMinorsChecksView(ApiView):
    """Checks for classes with minors."""

    permission = {"GET": VERIFY, "POST": VERIFY}
    scope = instructors_visible_to

    @extend_schema(responses=MinorsCheckOutput(many=True), operation_id="instructor_minors_check_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Day, result and by whom, by id."""
        return self.answer(
            MinorsCheckOutput(minors_checks_of(id), many=True, context={"reader": request.user}).data
        )

    @extend_schema(
        request=MinorsCheckInput,
        responses={201: MinorsCheckOutput},
        operation_id="instructor_minors_check_record",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a check somebody else made of this person."""
        row = record_minors_check(instructor_id=id, **self.parsed(MinorsCheckInput), acting_user=request.user)
        return self.answer(MinorsCheckOutput(row, context={"reader": request.user}).data, status=201)
