"""Interest grids over HTTP. Rule: J07"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.interest_grid_outputs import InterestGridOutput
from grids.interest.models import InterestGrid
from grids.interest.queries.interest_grids import narrowed, with_figures
from grids.interest.queries.standing import interest_grids_visible_to
from grids.interest.rules.people_states import InterestGridState
from grids.interest.services.closing import close_interest_grid
from grids.interest.services.crossing import approve_crossing
from grids.interest.services.interest_grid_states import confirm_interest_grid, wake_interest_grid
from grids.interest.services.interest_grids import (
    InterestGridOrder,
    change_interest_grid,
    propose_interest_grid,
)
from instructors.people.rules.activity_items import ActivityCategory
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from wangge.kernel.fields import Bounds
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

ID: Bounds = {"min_value": 1, "max_value": 2**62}
_LONGEST_NAME = 60
_MOST_BASE_GRIDS = 200


class PlaceField(StrictInput):
    """A point in EPSG:4490."""

    lon = serializers.FloatField(min_value=73, max_value=136)
    lat = serializers.FloatField(min_value=3, max_value=54)


class InterestGridFilter(serializers.Serializer[Any]):
    """Filters of interest grids."""

    state = serializers.ChoiceField(choices=list(InterestGridState), required=False)
    item = serializers.CharField(required=False, max_length=32, help_text="the item's code")
    category = serializers.ChoiceField(choices=list(ActivityCategory), required=False)
    community = serializers.IntegerField(required=False, **ID)
    base_grid = serializers.IntegerField(required=False, **ID)
    unit = serializers.IntegerField(required=False, help_text="the unit and below", **ID)
    name = serializers.CharField(required=False, max_length=_LONGEST_NAME)
    place_closed = serializers.BooleanField(
        required=False, default=False, help_text="its usual place, or that of a coming meeting, was retired"
    )
    mine = serializers.BooleanField(required=False, default=False, help_text="led or served by oneself")


class InterestGridChange(StrictInput):
    """What is to be changed; a site and a place of one's own exclude each other."""

    name = serializers.CharField(max_length=_LONGEST_NAME, required=False)
    item = serializers.CharField(max_length=32, required=False, help_text="the item's code")
    base_grid_ids = serializers.ListField(
        child=serializers.IntegerField(**ID), min_length=1, max_length=_MOST_BASE_GRIDS, required=False
    )
    site_id = serializers.IntegerField(required=False, allow_null=True, **ID)
    place = PlaceField(required=False, allow_null=True)
    place_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    recurrence = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="RFC 5545, such as FREQ=WEEKLY;BYDAY=TU,TH",
    )
    from_minute = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=1439)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1440)
    is_outdoors = serializers.BooleanField(required=False)
    introduction = serializers.CharField(max_length=500, required=False, allow_blank=True)


class InterestGridInput(InterestGridChange):
    """An interest grid to be proposed, in its home community, serving base grids."""

    name = serializers.CharField(max_length=_LONGEST_NAME)
    item = serializers.CharField(max_length=32, help_text="the item's code")
    community_id = serializers.IntegerField(**ID)
    base_grid_ids = serializers.ListField(
        child=serializers.IntegerField(**ID), min_length=1, max_length=_MOST_BASE_GRIDS
    )


class CloseInput(StrictInput):
    """Why it is closed."""

    reason = serializers.CharField(max_length=300)


class CrossingInput(StrictInput):
    """The base grids it is to serve; those it names already by default."""

    base_grid_ids = serializers.ListField(
        child=serializers.IntegerField(**ID), min_length=1, max_length=_MOST_BASE_GRIDS, required=False
    )


class NothingInput(StrictInput):
    """No fields."""


def interest_grid_shown(user: Any, interest_grid_id: int) -> dict[str, Any]:
    """An interest grid as the user sees it."""
    row = with_figures(interest_grids_visible_to(user), today()).get(pk=interest_grid_id)
    return dict(InterestGridOutput(row).data)


def _point(given: dict[str, Any]) -> dict[str, Any]:
    place = given.get("place")
    return given if place is None else {**given, "place": (place["lon"], place["lat"])}


class InterestGridsView(ApiView):
    """Interest grids."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[InterestGridFilter],
        responses=paged(InterestGridOutput),
        operation_id="interest_grid_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Those one sees by office, by leading a base grid served, or by a post, by id."""
        asked, on = self.query(InterestGridFilter), today()
        rows = narrowed(interest_grids_visible_to(request.user), asked, request.user, on)
        return self.page(with_figures(rows, on), InterestGridOutput, on=on)

    @extend_schema(
        request=InterestGridInput,
        responses={201: InterestGridOutput},
        operation_id="interest_grid_propose",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Propose one; it begins when it is confirmed."""
        given = _point(self.parsed(InterestGridInput))
        order = InterestGridOrder(item_code=given.pop("item"), **given)
        found = propose_interest_grid(order=order, acting_user=request.user)
        return self.answer(
            interest_grid_shown(request.user, found.pk),
            status=201,
            version=found.version,
            location=f"/api/v1/interest-grids/{found.pk}",
        )


class InterestGridView(ApiView):
    """One interest grid."""

    permission = SIGNED_IN
    scope = interest_grids_visible_to
    needs_if_match = True

    @extend_schema(responses=InterestGridOutput, operation_id="interest_grid_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Its time, place, base grids and figures."""
        return self.answer(interest_grid_shown(request.user, id), version=self.object.version)

    @extend_schema(
        request=InterestGridChange, responses=InterestGridOutput, operation_id="interest_grid_change"
    )
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Change it; If-Match names the version that was read."""
        found = change_interest_grid(
            interest_grid_id=id,
            changes=_point(self.parsed(InterestGridChange)),
            if_match=request.headers.get("If-Match", ""),
            acting_user=request.user,
        )
        return self.answer(interest_grid_shown(request.user, id), version=found.version)


class _ActView(ApiView):
    """An act on one interest grid, answered with it as it stands then."""

    permission = SIGNED_IN
    scope = interest_grids_visible_to

    def done(self, found: InterestGrid) -> Response:
        """The interest grid as the person sees it."""
        return self.answer(interest_grid_shown(self.request.user, found.pk), version=found.version)


class InterestGridConfirmView(_ActView):
    """Confirming a proposal."""

    @extend_schema(request=NothingInput, responses=InterestGridOutput, operation_id="interest_grid_confirm")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Make it active: it has a member who serves, and the county's approval where it crosses borders."""
        self.parsed(NothingInput)
        return self.done(confirm_interest_grid(interest_grid_id=id, acting_user=request.user))


class InterestGridWakeView(_ActView):
    """Waking a sleeping interest grid."""

    @extend_schema(request=NothingInput, responses=InterestGridOutput, operation_id="interest_grid_wake")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Make a dormant one active again."""
        self.parsed(NothingInput)
        return self.done(wake_interest_grid(interest_grid_id=id, acting_user=request.user))


class InterestGridCloseView(_ActView):
    """Closing an interest grid."""

    @extend_schema(request=CloseInput, responses=InterestGridOutput, operation_id="interest_grid_close")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Close it for good; a proposal is rejected by it."""
        reason = self.parsed(CloseInput)["reason"]
        found = close_interest_grid(interest_grid_id=id, reason=reason, acting_user=request.user)
        rows = with_figures(InterestGrid.objects.select_related("community__unit", "item", "site"), today())
        return self.answer(InterestGridOutput(rows.get(pk=id)).data, version=found.version)


class InterestGridCrossingView(_ActView):
    """The county's approval."""

    @extend_schema(
        request=CrossingInput, responses=InterestGridOutput, operation_id="interest_grid_approve_crossing"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Approve that it serves base grids of other communities."""
        grids = self.parsed(CrossingInput).get("base_grid_ids")
        return self.done(approve_crossing(interest_grid_id=id, base_grid_ids=grids, acting_user=request.user))
