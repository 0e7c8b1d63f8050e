"""What an instructor asks about the own standing, without any right; and promotion of anybody one may see. Rule: J12"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.people.api.standing import ServiceTotalsOutput, totals_told
from instructors.people.queries.instructors import VIEW, instructors_visible_to, own_record, people_by_ids
from instructors.people.queries.promotion import promotion_for
from instructors.people.rules.grades import AwardLevel, InstructorGrade
from instructors.people.rules.promotion import Condition, Promotion, Requirement, check_promotion_day
from instructors.people.rules.service_totals import totals_since
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView


class RequirementOutput(serializers.Serializer[Any]):
    """A condition of the next grade: how much it asks for, how much there is."""

    condition = serializers.ChoiceField(choices=list(Condition))
    asked = serializers.IntegerField()
    found = serializers.IntegerField()
    is_met = serializers.BooleanField()
    zh = serializers.CharField()
    en = serializers.CharField()


class PromotionOutput(serializers.Serializer[Any]):
    """The next grade (null at the top), who awards it, and every condition that the register can tell, as of a day."""

    as_of = serializers.DateField()
    present = serializers.ChoiceField(choices=list(InstructorGrade), allow_null=True)
    sought = serializers.ChoiceField(choices=list(InstructorGrade), allow_null=True)
    award_level = serializers.ChoiceField(choices=list(AwardLevel), allow_null=True)
    is_eligible = serializers.BooleanField()
    zh = serializers.CharField()
    en = serializers.CharField()
    requirements = RequirementOutput(many=True)


class AsOfQuery(serializers.Serializer[Any]):
    """The day to tell of."""

    as_of = DayField(
        required=False, help_text="today by default; what the register knows of that day, no day to come"
    )


def _requirement(row: Requirement) -> dict[str, Any]:
    zh, en = row.said()
    return {
        "condition": row.condition.value, "asked": row.asked, "found": row.found, "is_met": row.is_met,
        "zh": zh, "en": en,
    }  # fmt: skip


def _shown(found: Promotion, as_of: date) -> dict[str, Any]:
    zh, en = found.said()
    return {
        "as_of": as_of.isoformat(),
        "present": found.present, "sought": found.sought, "award_level": found.award_level,
        "is_eligible": found.is_eligible, "zh": zh, "en": en,
        "requirements": [_requirement(row) for row in found.requirements],
    }  # fmt: skip


def _promotion_of(instructor_id: int, asked: Mapping[str, date]) -> dict[str, Any]:
    today = local_date(timezone.now())
    as_of = asked.get("as_of", today)
    check_promotion_day(as_of, today)
    return _shown(promotion_for(people_by_ids([instructor_id])[instructor_id], as_of), as_of)


class InstructorPromotionView(ApiView):
    """The way to the next grade."""

    permission = VIEW
    scope = instructors_visible_to

    @extend_schema(parameters=[AsOfQuery], responses=PromotionOutput, operation_id="instructor_promotion")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What the next grade asks for, what there is of it, and what is missing."""
        return self.answer(_promotion_of(id, self.query(AsOfQuery)))


class OwnPromotionView(ApiView):
    """The own way to the next grade."""

    permission = SIGNED_IN

    @extend_schema(parameters=[AsOfQuery], responses=PromotionOutput, operation_id="instructor_own_promotion")
    def get(self, request: SignedInRequest) -> Response:
        """The same about oneself; no right is needed."""
        return self.answer(_promotion_of(own_record(request.user).pk, self.query(AsOfQuery)))


class OwnServiceTotalsView(ApiView):
    """The own services of this year."""

    permission = SIGNED_IN

    @extend_schema(responses=ServiceTotalsOutput, operation_id="instructor_own_service_totals")
    def get(self, request: SignedInRequest) -> Response:
        """Volunteer and paid ones counted apart, since 1 January; no right is needed."""
        today = local_date(timezone.now())
        return self.answer(totals_told(own_record(request.user).pk, totals_since(today), today))


urlpatterns = [
    path("instructors/me/promotion", OwnPromotionView.as_view()),
    path("instructors/me/service-totals", OwnServiceTotalsView.as_view()),
    path("instructors/<int:id>/promotion", InstructorPromotionView.as_view()),
]
