"""What sites ask for, over HTTP. Rules: J12, J13"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.api.not_told import NotToldOutput, not_told
from instructors.assignment.models import SiteNeed
from instructors.assignment.queries.needs import needs_visible_to
from instructors.assignment.queries.sites import sites_visible_to
from instructors.assignment.rules.needs import is_within_hours
from instructors.assignment.services.needs import NeedOrder, add_need, change_need, end_need
from instructors.people.rules.free_times import Span
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class ItemBrief(serializers.Serializer[Any]):
    """An activity item."""

    code = serializers.CharField()
    name = serializers.CharField()


class NeedOutput(serializers.ModelSerializer[SiteNeed]):
    """A weekly need. `weight` null: the households within reach. `is_within_hours`: by today's opening hours."""

    item = ItemBrief()
    site_id = serializers.IntegerField()
    is_within_hours = serializers.SerializerMethodField()

    class Meta:
        model = SiteNeed
        fields: tuple[str, ...] = (
            "id", "site_id", "item", "weekday", "from_minute", "to_minute", "wanted", "weight", "valid_to",
            "is_within_hours",
        )  # fmt: skip

    def get_is_within_hours(self, need: SiteNeed) -> bool:
        """Whether the site is open all that time; unknown hours count as open."""
        return is_within_hours(need.site.opening_hours, need.weekday, Span(need.from_minute, need.to_minute))


class NeedEndedOutput(NeedOutput):
    """A need that ended; `warnings`: whom of those who served it no message reaches."""

    warnings = NotToldOutput(many=True)

    class Meta(NeedOutput.Meta):
        fields = (*NeedOutput.Meta.fields, "warnings")


class NeedInput(StrictInput):
    """What is asked for each week."""

    item = serializers.CharField(max_length=32, help_text="code of the item")
    weekday = serializers.IntegerField(min_value=1, max_value=7)
    from_minute = serializers.IntegerField(min_value=0, max_value=1439)
    to_minute = serializers.IntegerField(min_value=1, max_value=1440)
    wanted = serializers.IntegerField(min_value=1, max_value=20, default=1)
    weight = serializers.IntegerField(
        min_value=0,
        max_value=10_000_000,
        allow_null=True,
        default=None,
        help_text="null: households in reach",
    )


class NeedChangeInput(StrictInput):
    """What is to be otherwise; what is not sent stays."""

    item = serializers.CharField(required=False, max_length=32)
    weekday = serializers.IntegerField(required=False, min_value=1, max_value=7)
    from_minute = serializers.IntegerField(required=False, min_value=0, max_value=1439)
    to_minute = serializers.IntegerField(required=False, min_value=1, max_value=1440)
    wanted = serializers.IntegerField(required=False, min_value=1, max_value=20)
    weight = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)


class NeedEndInput(StrictInput):
    """The last day, today by default."""

    ends_on = DayField(required=False)


class SiteNeedsView(ApiView):
    """What one site asks for."""

    permission = {"GET": "site.view", "POST": "site.edit"}
    scope = sites_visible_to

    @extend_schema(responses=paged(NeedOutput), operation_id="site_need_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """All needs of the site, ended ones too, by id."""
        return self.page(needs_visible_to(request.user).filter(site_id=id), NeedOutput)

    @extend_schema(request=NeedInput, responses={201: NeedOutput}, operation_id="site_need_add")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Ask for instructors of an item at a time of every week, within the opening hours."""
        need = add_need(site_id=id, order=NeedOrder(**self.parsed(NeedInput)), acting_user=request.user)
        return _answer(self, need, 201)


class SiteNeedView(ApiView):
    """One need; its ETag is that of its site."""

    permission = {"GET": "site.view", "PATCH": "site.edit"}
    scope = needs_visible_to
    needs_if_match = True

    @extend_schema(responses=NeedOutput, operation_id="site_need_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The need."""
        return _answer(self, self.object)

    @extend_schema(request=NeedChangeInput, responses=NeedOutput, operation_id="site_need_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Change the need; while somebody serves it, number and weight only."""
        need = change_need(
            need_id=id,
            changes=self.parsed(NeedChangeInput),
            acting_user=request.user,
            if_match=request.headers.get("If-Match"),
        )
        return _answer(self, need)


class SiteNeedEndView(ApiView):
    """Ending a need."""

    permission = "site.edit"
    scope = needs_visible_to

    @extend_schema(request=NeedEndInput, responses=NeedEndedOutput, operation_id="site_need_end")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Ask for it no longer after that day; later duties are given back, and whoever served it is told."""
        ends_on = self.parsed(NeedEndInput).get("ends_on") or local_date(timezone.now())
        ended = end_need(need_id=id, ends_on=ends_on, acting_user=request.user)
        told = {
            **NeedOutput(ended.need).data,
            "warnings": not_told(request.user, ended.missed),
        }
        return self.answer(told, version=ended.need.site.version)


def _answer(view: ApiView, need: SiteNeed, status: int = 200) -> Response:
    where = f"/api/v1/site-needs/{need.pk}" if status == 201 else None
    return view.answer(NeedOutput(need).data, status=status, version=need.site.version, location=where)


urlpatterns = [
    path("sites/<int:id>/needs", SiteNeedsView.as_view()),
    path("site-needs/<int:id>", SiteNeedView.as_view()),
    path("site-needs/<int:id>/end", SiteNeedEndView.as_view()),
]
