"""What an instructor asks about the own standing, without any right; and promotion of anybody one may see. Rule: J12"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from instructors.people.queries.instructors import VIEW, instructors_visible_to, own_record, people_by_ids
from instructors.people.queries.promotion import promotion_for
from instructors.people.queries.standing import services_given
from instructors.people.rules.grades import AwardLevel, InstructorGrade
from instructors.people.rules.promotion import Condition, Promotion, Requirement
from instructors.people.rules.service_totals import ServiceTotal, service_totals
from tenants.bureau.rules.local_time import local_date
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
    """The next grade (null at the top), who awards it, and every condition that the register can tell."""

    present = serializers.ChoiceField(choices=list(InstructorGrade), allow_null=True)
    sought = serializers.ChoiceField(choices=list(InstructorGrade), allow_null=True)
    award_level = serializers.ChoiceField(choices=list(AwardLevel), allow_null=True)
    is_eligible = serializers.BooleanField()
    zh = serializers.CharField()
    en = serializers.CharField()
    requirements = RequirementOutput(many=True)


class OwnTotalOutput(serializers.Serializer[Any]):
    """Services of one kind."""

    count = serializers.IntegerField()
    minutes = serializers.IntegerField()
    verified = serializers.IntegerField()
    verified_minutes = serializers.IntegerField()


class OwnTotalsOutput(serializers.Serializer[Any]):
    """Volunteer and paid services of this year, apart."""

    since = serializers.DateField()
    until = serializers.DateField()
    volunteer = OwnTotalOutput()
    paid = OwnTotalOutput()


def _requirement(row: Requirement) -> dict[str, Any]:
    zh, en = row.said()
    return {
        "condition": row.condition.value, "asked": row.asked, "found": row.found, "is_met": row.is_met,
        "zh": zh, "en": en,
    }  # fmt: skip


def _shown(found: Promotion) -> dict[str, Any]:
    zh, en = found.said()
    return {
        "present": found.present, "sought": found.sought, "award_level": found.award_level,
        "is_eligible": found.is_eligible, "zh": zh, "en": en,
        "requirements": [_requirement(row) for row in found.requirements],
    }  # fmt: skip


def _promotion_of(instructor_id: int) -> dict[str, Any]:
    return _shown(promotion_for(people_by_ids([instructor_id])[instructor_id], local_date(timezone.now())))


class InstructorPromotionView(ApiView):
    """The way to the next grade."""

    permission = VIEW
    scope = instructors_visible_to

    @extend_schema(responses=PromotionOutput, operation_id="instructor_promotion")
    def get(self, request: Request, id: int) -> Response:
        """What the next grade asks for, what there is of it, and what is missing."""
        return self.answer(_promotion_of(id))


class OwnPromotionView(ApiView):
    """The own way to the next grade."""

    permission = SIGNED_IN

    @extend_schema(responses=PromotionOutput, operation_id="instructor_own_promotion")
    def get(self, request: Request) -> Response:
        """The same about oneself; no right is needed."""
        return self.answer(_promotion_of(own_record(request.user).pk))


class OwnServiceTotalsView(ApiView):
    """The own services of this year."""

    permission = SIGNED_IN

    @extend_schema(responses=OwnTotalsOutput, operation_id="instructor_own_service_totals")
    def get(self, request: Request) -> Response:
        """Volunteer and paid ones counted apart, since 1 January; no right is needed."""
        today = local_date(timezone.now())
        since = today.replace(month=1, day=1)
        given = services_given(own_record(request.user).pk, since, today)
        totals = service_totals(given, since, today)
        told = {kind.value: _total(total) for kind, total in totals.items()}
        return self.answer({"since": since.isoformat(), "until": today.isoformat(), **told})


def _total(total: ServiceTotal) -> dict[str, Any]:
    return dict(OwnTotalOutput(total).data)


urlpatterns = [
    path("instructors/me/promotion", OwnPromotionView.as_view()),
    path("instructors/me/service-totals", OwnServiceTotalsView.as_view()),
    path("instructors/<int:id>/promotion", InstructorPromotionView.as_view()),
]
