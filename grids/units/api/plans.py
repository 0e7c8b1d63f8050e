"""Grid plans over HTTP: listing, reading, editing, checking, taking up again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.drawing import DrawingInput, JobStartedOutput, drawing_started
from grids.units.api.moving import GridReason, reasons_by_place
from grids.units.api.plan_outputs import GridPlanDetailOutput, GridPlanOutput, plan_detail
from grids.units.queries.plans import plans_visible_to, with_sums
from grids.units.rules.plan_states import STATE_NAMES_ZH, PlanState
from grids.units.services.copying import copy_plan
from grids.units.services.plans import PlanEdit, check_plan_now, edit_plan
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

STATES = [(state.value, STATE_NAMES_ZH[state]) for state in PlanState]


class GridPlanQuery(serializers.Serializer[Any]):
    """Which plans."""

    community = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    state = serializers.ChoiceField(required=False, choices=STATES)


class PlanEditInput(StrictInput):
    """Notes and reasons; what is not sent stays."""

    notes = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    size_reasons = GridReason(many=True, required=False)
    contiguity_reasons = GridReason(many=True, required=False)
    merge_reasons = GridReason(many=True, required=False)


class GridPlansView(ApiView):
    """Plans of the communities in one's reach."""

    permission = {"GET": "grid_plan.view", "POST": "grid_plan.draft"}

    @extend_schema(parameters=[GridPlanQuery], responses=paged(GridPlanOutput), operation_id="grid_plan_list")
    def get(self, request: SignedInRequest) -> Response:
        """Plans by id, of one community or one state where asked."""
        asked = self.query(GridPlanQuery)
        rows = with_sums(plans_visible_to(request.user))
        if "community" in asked:
            rows = rows.filter(community_id=asked["community"])
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return self.page(rows, GridPlanOutput)

    @extend_schema(request=DrawingInput, responses={202: JobStartedOutput}, operation_id="grid_plan_draw")
    def post(self, request: SignedInRequest) -> Response:
        """Draw a plan for one community, for some, or for all; goes on as a job."""
        return drawing_started(self, request)


class GridPlanView(ApiView):
    """One plan."""

    permission = {"GET": "grid_plan.view", "PATCH": "grid_plan.draft"}
    scope = plans_visible_to
    needs_if_match = True

    @extend_schema(responses=GridPlanDetailOutput, operation_id="grid_plan_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The plan with its grids, findings, quality and history."""
        return plan_detail(self, request, id)

    @extend_schema(request=PlanEditInput, responses=GridPlanDetailOutput, operation_id="grid_plan_edit")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Change notes and reasons; a validated or returned plan becomes a draft again. No change changes nothing."""
        asked = self.parsed(PlanEditInput)
        edit = PlanEdit(
            notes=asked.get("notes"),
            size_reasons=reasons_by_place(asked.get("size_reasons")),
            contiguity_reasons=reasons_by_place(asked.get("contiguity_reasons")),
            merge_reasons=reasons_by_place(asked.get("merge_reasons")),
        )
        edit_plan(plan_id=id, edit=edit, acting_user=request.user, if_match=request.headers.get("If-Match"))
        return plan_detail(self, request, id)


class GridPlanCheckView(ApiView):
    """Checking a plan without moving it."""

    permission = "grid_plan.draft"
    scope = plans_visible_to

    @extend_schema(request=None, responses=GridPlanDetailOutput, operation_id="grid_plan_check")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Check land, sizes, villager groups and codes, and keep everything found, refusals too."""
        check_plan_now(plan_id=id, acting_user=request.user)
        return plan_detail(self, request, id)


class CopyInput(StrictInput):
    """Why an earlier plan is taken up again."""

    reason = serializers.CharField(max_length=1000)


class GridPlanCopyView(ApiView):
    """Taking up an earlier plan again."""

    permission = "grid_plan.draft"
    scope = plans_visible_to

    @extend_schema(request=CopyInput, responses={201: GridPlanDetailOutput}, operation_id="grid_plan_copy")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Make a new draft with the same grids, for review like any other: how a publication is taken back."""
        copy = copy_plan(plan_id=id, reason=self.parsed(CopyInput)["reason"], acting_user=request.user)
        answer = plan_detail(self, request, copy.pk)
        answer.status_code = 201
        answer["Location"] = f"/api/v1/grid-plans/{copy.pk}"
        return answer
