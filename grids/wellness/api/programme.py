"""The programme of an exercise case, over HTTP: prescriptions, sessions, the re-test. Rule: J18"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.api.fitness_tests import RecordedOutput, TestInput, recorded_shown
from grids.wellness.queries.cases import cases_visible_to
from grids.wellness.rules.prescription import RANGES, ExerciseType, Prescription
from grids.wellness.rules.programme import Session
from grids.wellness.services.programme import (
    PrescriptionOrder,
    prescribe_exercise,
    record_session,
    retest_case,
)
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

LARGEST = 10_000


class PrescriptionInput(StrictInput):
    """A prescription in closed fields; `replaces`: the version it was written in sight of, 0 for the first."""

    frequency_per_week = serializers.IntegerField(min_value=0, max_value=LARGEST)
    exertion_low = serializers.IntegerField(min_value=0, max_value=LARGEST)
    exertion_high = serializers.IntegerField(min_value=0, max_value=LARGEST)
    minutes = serializers.IntegerField(min_value=0, max_value=LARGEST)
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=[kind.value for kind in ExerciseType]), max_length=10
    )
    volume_minutes_per_week = serializers.IntegerField(min_value=0, max_value=LARGEST)
    step_weeks = serializers.IntegerField(min_value=0, max_value=LARGEST)
    step_minutes = serializers.IntegerField(min_value=0, max_value=LARGEST)
    weeks = serializers.IntegerField(min_value=0, max_value=LARGEST)
    starts_on = DayField()
    replaces = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, default=0)

    @staticmethod
    def order(asked: dict[str, Any]) -> PrescriptionOrder:
        """As the service takes it."""
        numbers = {name: asked[name] for name in RANGES}
        content = Prescription(types=tuple(ExerciseType(kind) for kind in asked["types"]), **numbers)
        return PrescriptionOrder(content, asked["starts_on"], asked["replaces"])


class PrescribedOutput(serializers.Serializer[Any]):
    """A version that was issued."""

    number = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class ExerciseSessionInput(StrictInput):
    """Who came, how hard it felt on Borg's 6–20, and whether it was stopped."""

    held_on = DayField()
    attended = serializers.BooleanField()
    exertion = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LARGEST, default=None
    )
    stopped = serializers.BooleanField(required=False, default=False)


class ExerciseSessionOutput(serializers.Serializer[Any]):
    """That a session was recorded."""

    id = serializers.IntegerField()
    held_on = serializers.DateField()


class CasePrescriptionsView(ApiView):
    """Prescriptions of a case."""

    permission = "wellness.prescribe"
    scope = cases_visible_to

    @extend_schema(
        request=PrescriptionInput, responses={201: PrescribedOutput}, operation_id="wellness_prescribe"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Issue the next version."""
        order = PrescriptionInput.order(self.parsed(PrescriptionInput))
        issued = prescribe_exercise(case_id=id, order=order, acting_user=request.user)
        return self.answer(PrescribedOutput(issued).data, status=201)


class CaseSessionsView(ApiView):
    """Sessions of a case."""

    permission = "wellness.test"
    scope = cases_visible_to

    @extend_schema(
        request=ExerciseSessionInput,
        responses={201: ExerciseSessionOutput},
        operation_id="wellness_session_record",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a session; after one that was stopped the prescriber looks first."""
        session = Session(**self.parsed(ExerciseSessionInput))
        row = record_session(case_id=id, session=session, acting_user=request.user)
        return self.answer(ExerciseSessionOutput(row).data, status=201)


class CaseRetestView(ApiView):
    """The re-test of a case."""

    permission = "wellness.test"
    scope = cases_visible_to
    shown_once = ("result",)

    @extend_schema(request=TestInput, responses={201: RecordedOutput}, operation_id="wellness_case_retest")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record the re-test, in its weeks and by the first test's version of the standard."""
        entry = TestInput.entry(self.parsed(TestInput))
        recorded = retest_case(case_id=id, entry=entry, acting_user=request.user)
        return self.answer(recorded_shown(recorded), status=201)
