"""Moving plans along their states over HTTP, one or many."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.plan_outputs import GridPlanDetailOutput, plan_detail
from grids.units.queries.plans import plans_visible_to
from grids.units.rules.plan_states import PERMISSION_FOR, PlanAction
from grids.units.services.plans import BY_HAND, TransitionOrder, transition_plan, transition_plans
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.errors import RuleBroken
from wangge.kernel.fields import DayField
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

# About 0.1 s each: so many are answered within a minute.
MOST_TO_MOVE = 500
ACTIONS = [action.value for action in BY_HAND]


class GridReason(StrictInput):
    """A reason for one grid of the plan, by its place in the plan."""

    sequence = serializers.IntegerField(min_value=1, max_value=999)
    reason = serializers.CharField(max_length=500, allow_blank=True)


class TransitionInput(StrictInput):
    """What an action may need."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")
    effective_on = DayField(
        required=False,
        help_text="publish: first day in force, today by default, a year ahead at most",
    )
    size_reasons = GridReason(
        many=True, required=False, help_text="validate, submit: why a grid's size is odd"
    )
    accept_size_reasons = serializers.BooleanField(
        required=False, default=False, help_text="review, approve: the county accepts the reasons stated"
    )


class BulkTransitionInput(TransitionInput):
    """One action for many plans."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        min_length=1,
        help_text=f"{MOST_TO_MOVE} at most",
    )
    action = serializers.ChoiceField(choices=ACTIONS)
    size_reasons = None  # type: ignore[assignment]

    def validate_ids(self, ids: list[int]) -> list[int]:
        """422 TOO_MANY_PLANS, with the way to do more."""
        if len(ids) <= MOST_TO_MOVE:
            return ids
        raise RuleBroken(
            "TOO_MANY_PLANS",
            zh=f"一次最多处理{MOST_TO_MOVE}个方案，现为{len(ids)}个",
            en=f"at most {MOST_TO_MOVE} plans are moved at once, here are {len(ids)}",
            facts={"most": MOST_TO_MOVE, "given": len(ids)},
            how_to_fix_zh=f"请分批处理，每批不超过{MOST_TO_MOVE}个",
            how_to_fix_en=f"send them in several requests of {MOST_TO_MOVE} at most",
            field="ids",
        )


class OutcomeOutput(serializers.Serializer[Any]):
    """What became of one plan of many."""

    plan_id = serializers.IntegerField()
    done = serializers.BooleanField()
    state = serializers.CharField(allow_blank=True)
    problem = serializers.DictField(allow_null=True)


class OutcomesOutput(serializers.Serializer[Any]):
    """What became of every plan."""

    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    outcomes = OutcomeOutput(many=True)


def reasons_by_place(rows: list[dict[str, Any]] | None) -> dict[int, str]:
    """The reasons of a body: place of the grid → reason."""
    return {row["sequence"]: row["reason"] for row in rows or []}


class GridPlansTransitionView(ApiView):
    """One action for many plans."""

    permission = "grid_plan.view"

    @extend_schema(
        request=BulkTransitionInput, responses=OutcomesOutput, operation_id="grid_plan_transition_many"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Do one action to every named plan; each is done or refused by itself."""
        asked = self.parsed(BulkTransitionInput)
        order = TransitionOrder(
            PlanAction(asked["action"]),
            reason=asked["reason"],
            effective_on=asked.get("effective_on"),
            accept_size_reasons=asked["accept_size_reasons"],
        )
        outcomes = transition_plans(plan_ids=asked["ids"], order=order, acting_user=request.user)
        done = sum(outcome.done for outcome in outcomes)
        return self.answer(
            {
                "done": done,
                "refused": len(outcomes) - done,
                "outcomes": OutcomeOutput(outcomes, many=True).data,
            }
        )


class GridPlanActionView(ApiView):
    """Moving a plan along its states."""

    scope = plans_visible_to
    needs_if_match = False

    @property
    def permission(self) -> str:  # type: ignore[override]
        """The right that the action in the address asks for."""
        return PERMISSION_FOR[PlanAction(self.kwargs["action"])]

    @extend_schema(
        parameters=[
            OpenApiParameter("action", str, OpenApiParameter.PATH, enum=ACTIONS),
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, description="上次读取的 ETag / the ETag last read"
            ),
        ],
        request=TransitionInput,
        responses=GridPlanDetailOutput,
        operation_id="grid_plan_transition",
    )
    def post(self, request: SignedInRequest, id: int, action: str) -> Response:
        """Validate, submit, review, return, approve, publish or reopen the plan."""
        asked = self.parsed(TransitionInput)
        order = TransitionOrder(
            PlanAction(action),
            reason=asked["reason"],
            effective_on=asked.get("effective_on"),
            size_reasons=reasons_by_place(asked.get("size_reasons")),
            accept_size_reasons=asked["accept_size_reasons"],
        )
        transition_plan(
            plan_id=id, order=order, acting_user=request.user, if_match=request.headers.get("If-Match")
        )
        return plan_detail(self, request, id)
