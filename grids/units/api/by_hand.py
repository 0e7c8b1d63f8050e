"""What people decide about a plan under work: grids that stay locked, buildings assigned by hand."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.plan_outputs import GridPlanDetailOutput, plan_detail
from grids.units.models import BuildingAssignment
from grids.units.queries.plans import plans_visible_to
from grids.units.queries.standing import assignments_of
from grids.units.rules.grid_lock import MOST_AT_ONCE
from grids.units.services.assigning import assign_buildings, undo_assignment
from grids.units.services.locking import lock_grids
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="上次读取的 ETag / the ETag last read"
)


class LockInput(StrictInput):
    """Which grids of the plan, by their places in it, and whether they are to be locked."""

    sequences = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=999),
        min_length=1,
        help_text=f"{MOST_AT_ONCE} at most",
    )
    locked = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class GridPlanLocksView(ApiView):
    """Locked grids of a plan."""

    permission = "grid_plan.lock"
    scope = plans_visible_to

    @extend_schema(
        parameters=[IF_MATCH],
        request=LockInput,
        responses=GridPlanDetailOutput,
        operation_id="grid_plan_lock",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Lock grids of a plan under work, which then stay as they are when it is drawn anew, or unlock them."""
        asked = self.parsed(LockInput)
        lock_grids(
            plan_id=id,
            sequences=asked["sequences"],
            locked=asked["locked"],
            reason=asked["reason"],
            acting_user=request.user,
            if_match=request.headers.get("If-Match"),
        )
        return plan_detail(self, request, id)


class AssignmentOutput(serializers.ModelSerializer[BuildingAssignment]):
    """In which grid of the plan a building lies; `by_hand` when a person decided it."""

    building = serializers.CharField(source="building_ref")
    building_id = serializers.IntegerField(allow_null=True)
    sequence = serializers.IntegerField(source="plan_grid.sequence")
    by_hand = serializers.BooleanField(source="is_manual")

    class Meta:
        model = BuildingAssignment
        fields = ("id", "building", "building_id", "sequence", "households", "by_hand")


class AssignmentQuery(serializers.Serializer[Any]):
    """Which buildings of the plan."""

    sequence = serializers.IntegerField(required=False, min_value=1, max_value=999)
    by_hand = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(required=False, max_length=60, help_text="part of the building's name")


class AssignInput(StrictInput):
    """Buildings by their names in the layer, and the place of the grid; null puts them where they stand."""

    buildings = serializers.ListField(
        child=serializers.CharField(max_length=120), min_length=1, help_text=f"{MOST_AT_ONCE} at most"
    )
    sequence = serializers.IntegerField(min_value=1, max_value=999, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class GridPlanAssignmentsView(ApiView):
    """Buildings of a plan and their grids."""

    permission = {"GET": "grid_plan.view", "POST": "grid_plan.draft"}
    scope = plans_visible_to

    @extend_schema(
        parameters=[AssignmentQuery],
        responses=paged(AssignmentOutput),
        operation_id="grid_plan_assignment_list",
    )
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The plan's buildings by id: of one grid, or only those that people assigned, where asked."""
        asked = self.query(AssignmentQuery)
        rows = assignments_of(self.object)
        if "sequence" in asked:
            rows = rows.filter(plan_grid__sequence=asked["sequence"])
        if asked["by_hand"] is not None:
            rows = rows.filter(is_manual=asked["by_hand"])
        if "q" in asked:
            rows = rows.filter(building_ref__icontains=asked["q"])
        return self.page(rows, AssignmentOutput)

    @extend_schema(
        parameters=[IF_MATCH],
        request=AssignInput,
        responses=GridPlanDetailOutput,
        operation_id="grid_plan_assign",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Assign buildings to a grid of a plan under work, or back to where they stand; the next drawing follows."""
        asked = self.parsed(AssignInput)
        assign_buildings(
            plan_id=id,
            refs=asked["buildings"],
            sequence=asked["sequence"],
            reason=asked["reason"],
            acting_user=request.user,
            if_match=request.headers.get("If-Match"),
        )
        return plan_detail(self, request, id)


class GridPlanAssignmentUndoView(ApiView):
    """Taking back what was assigned."""

    permission = "grid_plan.draft"
    scope = plans_visible_to

    @extend_schema(
        parameters=[IF_MATCH],
        request=None,
        responses=GridPlanDetailOutput,
        operation_id="grid_plan_assign_undo",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Take back the newest assignment by hand since the plan was drawn; again for the one before it."""
        undo_assignment(plan_id=id, acting_user=request.user, if_match=request.headers.get("If-Match"))
        return plan_detail(self, request, id)
