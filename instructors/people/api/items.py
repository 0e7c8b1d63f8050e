"""The catalogue of activity items over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.people.api.outputs import ActivityItemOutput
from instructors.people.queries.instructors import EDIT
from instructors.people.queries.standing import activity_items_visible_to
from instructors.people.rules.activity_items import ActivityCategory
from instructors.people.services.items import add_item, change_item
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class ActivityItemChange(StrictInput):
    """What is to be changed; the code stays."""

    name = serializers.CharField(max_length=40, required=False)
    category = serializers.ChoiceField(choices=list(ActivityCategory), required=False)
    other_names = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=50, required=False
    )
    is_active = serializers.BooleanField(required=False)


class ActivityItemInput(StrictInput):
    """An item to be added."""

    code = serializers.RegexField(r"^[a-z][a-z0-9_]{1,31}$")
    name = serializers.CharField(max_length=40)
    category = serializers.ChoiceField(
        choices=list(ActivityCategory), required=False, default=ActivityCategory.OTHER
    )
    other_names = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=50, required=False, default=list
    )


class ActivityItemFilter(serializers.Serializer[Any]):
    """Filters of the catalogue."""

    category = serializers.ChoiceField(choices=list(ActivityCategory), required=False)


class ActivityItemsView(ApiView):
    """The catalogue."""

    permission = {"GET": SIGNED_IN, "POST": EDIT}

    @extend_schema(
        parameters=[ActivityItemFilter],
        responses=paged(ActivityItemOutput),
        operation_id="activity_item_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Every item, by id, or those of a category; those at rest included."""
        asked = self.query(ActivityItemFilter)
        return self.page(activity_items_visible_to(request.user).filter(**asked), ActivityItemOutput)

    @extend_schema(
        request=ActivityItemInput, responses={201: ActivityItemOutput}, operation_id="activity_item_add"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Add an item for the whole city."""
        row = add_item(**self.parsed(ActivityItemInput), acting_user=request.user)
        return self.answer(ActivityItemOutput(row).data, status=201)


class ActivityItemView(ApiView):
    """One item."""

    permission = EDIT
    scope = activity_items_visible_to

    @extend_schema(
        request=ActivityItemChange, responses=ActivityItemOutput, operation_id="activity_item_change"
    )
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Rename it, or put it to rest."""
        row = change_item(item_id=id, changes=self.parsed(ActivityItemChange), acting_user=request.user)
        return self.answer(ActivityItemOutput(row).data)
