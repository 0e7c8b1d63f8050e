"""Fitness tests, over HTTP: lists show none of the values; reading them is an act of its own. Rule: J17"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.models import FitnessTest
from grids.wellness.queries.fitness_tests import fitness_tests_visible_to
from grids.wellness.queries.people import citizens_visible_to
from grids.wellness.rules.reading import STAFF_PURPOSES
from grids.wellness.services.reading import read_test
from grids.wellness.services.testing import Measured, Recorded, TestEntry, record_test, void_test
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62


class StandardBrief(serializers.Serializer[Any]):
    """By what a test is scored."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    version = serializers.CharField(source="document_version")
    name = serializers.CharField()
    is_example = serializers.BooleanField()


class FitnessTestOutput(serializers.Serializer[Any]):
    """That a test took place."""

    id = serializers.IntegerField()
    citizen_id = serializers.IntegerField()
    standard = StandardBrief()
    tested_on = serializers.DateField()
    is_complete = serializers.BooleanField()
    is_void = serializers.SerializerMethodField()

    def get_is_void(self, row: FitnessTest) -> bool:
        """Whether it was struck out."""
        return row.voided_at is not None


class ResultOutput(serializers.Serializer[Any]):
    """Points of each item, what is missing, total and grade; without a total when anything is missing."""

    points = serializers.DictField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    total = serializers.CharField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class RecordedOutput(FitnessTestOutput):
    """The test just recorded, and what came out."""

    result = ResultOutput()


class MeasuredInput(StrictInput):
    """A value as the device showed it."""

    indicator = serializers.CharField(max_length=40)
    value = serializers.DecimalField(max_digits=9, decimal_places=4)
    device = serializers.RegexField(r"^[0-9A-Za-z\-]{0,40}\Z", required=False, allow_blank=True, default="")


class TestInput(StrictInput):
    """A test: by which standard, when, and what was measured."""

    __test__ = False

    standard_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    tested_on = DayField()
    values = serializers.ListField(child=MeasuredInput(), min_length=1, max_length=60)

    @staticmethod
    def entry(asked: dict[str, Any]) -> TestEntry:
        """As the services take it."""
        values = [Measured(**one) for one in asked["values"]]
        return TestEntry(asked["standard_id"], asked["tested_on"], values)


class ReadInput(StrictInput):
    """What values are looked at for."""

    purpose = serializers.CharField(
        max_length=20, help_text=" | ".join(purpose.value for purpose in STAFF_PURPOSES)
    )


class ValueOutput(serializers.Serializer[Any]):
    """A value, raw."""

    indicator = serializers.CharField()
    zh = serializers.CharField(help_text="its name")
    en = serializers.CharField(help_text="its name")
    unit = serializers.CharField()
    value = serializers.CharField()
    device = serializers.CharField(allow_blank=True)


class TestContentOutput(serializers.Serializer[Any]):
    """A test with its values."""

    __test__ = False

    id = serializers.IntegerField()
    tested_on = serializers.DateField()
    standard = serializers.JSONField()
    is_complete = serializers.BooleanField()
    values = ValueOutput(many=True)
    result = ResultOutput()


def recorded_shown(recorded: Recorded) -> dict[str, Any]:
    """The answer to a test that was recorded."""
    return {**FitnessTestOutput(recorded.test).data, "result": recorded.result}


class CitizenTestsView(ApiView):
    """The tests of a person."""

    permission = "wellness.test"
    scope = citizens_visible_to
    shown_once = ("result",)

    @extend_schema(responses=paged(FitnessTestOutput), operation_id="wellness_test_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The tests of a person, by id, without values."""
        return self.page(fitness_tests_visible_to(request.user).filter(citizen_id=id), FitnessTestOutput)

    @extend_schema(request=TestInput, responses={201: RecordedOutput}, operation_id="wellness_test_record")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record a test of a person who consented; it is scored at once."""
        entry = TestInput.entry(self.parsed(TestInput))
        recorded = record_test(citizen_id=id, entry=entry, acting_user=request.user)
        return self.answer(
            recorded_shown(recorded),
            status=201,
            location=f"/api/v1/wellness/fitness-tests/{recorded.test.pk}",
        )


class FitnessTestView(ApiView):
    """One test."""

    permission = "wellness.test"
    scope = fitness_tests_visible_to

    @extend_schema(responses=FitnessTestOutput, operation_id="wellness_test_show")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """That the test took place, without values."""
        return self.answer(FitnessTestOutput(self.object).data)


class FitnessTestReadView(ApiView):
    """Reading the values of a test."""

    permission = "wellness.test"
    scope = fitness_tests_visible_to
    shown_once = ("values", "result")

    @extend_schema(request=ReadInput, responses=TestContentOutput, operation_id="wellness_test_read")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Values, points, total and grade, for a purpose; logged."""
        content = read_test(test_id=id, purpose=self.parsed(ReadInput)["purpose"], acting_user=request.user)
        return self.answer(TestContentOutput(content).data)


class FitnessTestVoidView(ApiView):
    """Striking out a test that was entered wrongly."""

    permission = "wellness.test"
    scope = fitness_tests_visible_to

    @extend_schema(request=None, responses=FitnessTestOutput, operation_id="wellness_test_void")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Strike the test out; its values go, and it may be entered anew."""
        return self.answer(FitnessTestOutput(void_test(test_id=id, acting_user=request.user)).data)
