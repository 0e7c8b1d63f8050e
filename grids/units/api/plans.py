"""Grid plans over HTTP: drawing, reading, editing, moving along their states."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.units.models import GridPlan, PlanEvent, PlanGrid
from grids.units.queries.plans import plans_visible_to, with_sums
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.plan_states import (
    PERMISSION_FOR,
    STATE_NAMES_ZH,
    PlanAction,
    PlanState,
    allowed_actions,
)
from grids.units.services.copying import copy_plan
from grids.units.services.drawing import start_drawing
from grids.units.services.plans import (
    BY_HAND,
    PlanEdit,
    TransitionOrder,
    check_plan_now,
    edit_plan,
    transition_plan,
    transition_plans,
)
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.views import ApiView

MOST_TO_DRAW = 5000
# About 0.1 s each: so many are answered within a minute.
MOST_TO_MOVE = 500
ACTIONS = [action.value for action in BY_HAND]
STATES = [(state.value, STATE_NAMES_ZH[state]) for state in PlanState]


class CommunityBrief(serializers.Serializer[Any]):
    """A community as other things name it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()


class FindingOutput(serializers.Serializer[Any]):
    """What a check found: a refusal stops the plan, a hint does not."""

    level = serializers.ChoiceField(choices=["refusal", "hint"])
    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    facts = serializers.DictField()
    how_to_fix_zh = serializers.CharField(allow_blank=True)
    how_to_fix_en = serializers.CharField(allow_blank=True)


class PlanEventOutput(serializers.ModelSerializer[PlanEvent]):
    """One entry of a plan's history."""

    actor = serializers.CharField(source="actor.username")

    class Meta:
        model = PlanEvent
        fields = (
            "id", "action", "from_state", "to_state", "actor", "organisation", "reason", "policy_version", "before",
            "after", "at",
        )  # fmt: skip


class PlanGridOutput(serializers.ModelSerializer[PlanGrid]):
    """One grid as a plan draws it."""

    size_reason_accepted = serializers.SerializerMethodField()
    locked_by = serializers.CharField(source="locked_by.username", default=None, allow_null=True)

    class Meta:
        model = PlanGrid
        fields = (
            "id", "grid_id", "sequence", "code", "households", "buildings", "area_m2", "parts", "villager_groups",
            "quality", "size_reason", "size_reason_accepted", "contiguity_reason", "merge_reason", "is_locked",
            "lock_reason", "locked_by", "locked_at",
        )  # fmt: skip

    def get_size_reason_accepted(self, row: PlanGrid) -> bool:
        """Whether the county has accepted the reason."""
        return row.size_reason_approved_by_id is not None


class GridPlanOutput(serializers.ModelSerializer[GridPlan]):
    """A plan at a glance."""

    community = CommunityBrief()
    state_zh = serializers.CharField(source="get_state_display")
    grid_count = serializers.IntegerField()
    household_sum = serializers.IntegerField()
    findings_count = serializers.SerializerMethodField()
    parent_id = serializers.IntegerField(allow_null=True)
    release_id = serializers.IntegerField(allow_null=True)
    in_force = serializers.SerializerMethodField(
        help_text="says how the land is divided today; a superseded plan does so until its successor's first day"
    )

    class Meta:
        model = GridPlan
        fields = (
            "id", "community", "number", "state", "state_zh", "version", "parent_id", "release_id", "preset", "seed",
            "engine_version", "policy_version", "effective_on", "effective_to", "in_force", "grid_count", "household_sum",
            "validated_at", "created_at", "changed_at", "job_id", "findings_count",
        )  # fmt: skip

    def get_in_force(self, plan: GridPlan) -> bool:
        """Whether today is one of the plan's days."""
        return plan.is_in_force(local_date(timezone.now()))

    def get_findings_count(self, plan: GridPlan) -> int:
        """Refusals and hints of the last check."""
        return len(plan.findings)


class GridPlanDetailOutput(GridPlanOutput):
    """A plan with its grids, findings, quality report, history, and what may be done with it now."""

    allowed_actions = serializers.SerializerMethodField()
    policy = serializers.DictField()
    parameters = serializers.DictField()
    quality = serializers.DictField()
    findings = FindingOutput(many=True)
    grids = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField()
    drafted_by = serializers.CharField(source="drafted_by.username")

    class Meta(GridPlanOutput.Meta):
        fields: ClassVar[Any] = (
            *GridPlanOutput.Meta.fields, "notes", "drafted_by", "allowed_actions", "policy", "parameters", "quality",
            "findings", "grids", "events",
        )  # fmt: skip

    def get_allowed_actions(self, plan: GridPlan) -> list[str]:
        """The actions the state table allows from here."""
        return [action.value for action in allowed_actions(PlanState(plan.state)) if action in BY_HAND]

    @extend_schema_field(PlanGridOutput(many=True))
    def get_grids(self, plan: GridPlan) -> Any:
        """The plan's grids in their order."""
        return PlanGridOutput(
            plan.grids.defer("geometry", "geometry_3857").select_related("locked_by").order_by("sequence"),
            many=True,
        ).data

    @extend_schema_field(PlanEventOutput(many=True))
    def get_events(self, plan: GridPlan) -> Any:
        """The plan's history, oldest first."""
        return PlanEventOutput(plan.events.select_related("actor").order_by("id"), many=True).data


class GridPlanQuery(serializers.Serializer[Any]):
    """Which plans."""

    community = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    state = serializers.ChoiceField(required=False, choices=STATES)


class DrawingInput(serializers.Serializer[Any]):
    """Which communities to draw, and how. Give either `all` or `community_ids` (or one `community_id`)."""

    all = serializers.BooleanField(required=False, default=False)
    community_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    community_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=MOST_TO_DRAW
    )
    preset = serializers.ChoiceField(choices=["fast", "standard", "best"], default="standard")
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, default=20240401)
    stability = serializers.FloatField(
        required=False, default=2.0, help_text="price of moving 400 households from their grid, 0 to 100"
    )
    cross_for_balance = serializers.BooleanField(required=False, default=False)
    alpha = serializers.FloatField(
        required=False, help_text="what a grid in band is worth beside its compactness, 0 to 1"
    )
    band = serializers.FloatField(
        required=False, help_text="how far from the target a grid may be, 0.02 to 0.5 of it"
    )
    barrier_per_m = serializers.FloatField(
        required=False, help_text="price of a metre of barrier inside a grid, 0 to 1"
    )
    compound = serializers.FloatField(required=False, help_text="price of a compound split, 0 to 100")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way of saying which communities."""
        said = [attrs["all"], "community_id" in attrs, "community_ids" in attrs]
        if sum(said) != 1:
            raise serializers.ValidationError("请只给出 all、community_id、community_ids 三者之一")
        return attrs


class JobStartedOutput(serializers.Serializer[Any]):
    """Work that goes on in the background."""

    job = JobOutput()


class GridReason(serializers.Serializer[Any]):
    """A reason for one grid of the plan, by its place in the plan."""

    sequence = serializers.IntegerField(min_value=1, max_value=999)
    reason = serializers.CharField(max_length=500, allow_blank=True)


class TransitionInput(serializers.Serializer[Any]):
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


class PlanEditInput(serializers.Serializer[Any]):
    """Notes and reasons; what is not sent stays."""

    notes = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    size_reasons = GridReason(many=True, required=False)
    contiguity_reasons = GridReason(many=True, required=False)
    merge_reasons = GridReason(many=True, required=False)


def _reasons(rows: list[dict[str, Any]] | None) -> dict[int, str]:
    return {row["sequence"]: row["reason"] for row in rows or []}


def _drawing(view: ApiView, request: Request) -> Response:
    asked = view.parsed(DrawingInput)
    ids = [asked["community_id"]] if "community_id" in asked else asked.get("community_ids")
    chosen = {field.name: asked[field.name] for field in fields(DrawingOrder) if field.name in asked}
    order = DrawingOrder(**chosen)
    job = start_drawing(community_ids=ids, order=order, acting_user=request.user)
    return view.answer({"job": JobOutput(job).data}, status=202, location=f"/api/v1/jobs/{job.pk}")


def plan_detail(view: ApiView, request: Request, plan_id: int) -> Response:
    """The answer with the whole plan and its ETag."""
    plan = with_sums(plans_visible_to(request.user)).get(pk=plan_id)
    data = GridPlanDetailOutput(plan).data
    return view.answer(data, version=plan.version)


class GridPlansView(ApiView):
    """Plans of the communities in one's reach."""

    permission = {"GET": "grid_plan.view", "POST": "grid_plan.draft"}

    @extend_schema(parameters=[GridPlanQuery], responses=paged(GridPlanOutput), operation_id="grid_plan_list")
    def get(self, request: Request) -> Response:
        """Plans by id, of one community or one state where asked."""
        asked = self.query(GridPlanQuery)
        rows = with_sums(plans_visible_to(request.user))
        if "community" in asked:
            rows = rows.filter(community_id=asked["community"])
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return self.page(rows, GridPlanOutput)

    @extend_schema(request=DrawingInput, responses={202: JobStartedOutput}, operation_id="grid_plan_draw")
    def post(self, request: Request) -> Response:
        """Draw a plan for one community, for some, or for all; goes on as a job."""
        return _drawing(self, request)


class GridPlanPartitionView(ApiView):
    """Drawing many communities."""

    permission = "grid_plan.draft"

    @extend_schema(
        request=DrawingInput, responses={202: JobStartedOutput}, operation_id="grid_plan_partition"
    )
    def post(self, request: Request) -> Response:
        """Draw plans for many communities with progress; goes on as a job."""
        return _drawing(self, request)


class GridPlansTransitionView(ApiView):
    """One action for many plans."""

    permission = "grid_plan.view"

    @extend_schema(
        request=BulkTransitionInput, responses=OutcomesOutput, operation_id="grid_plan_transition_many"
    )
    def post(self, request: Request) -> Response:
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


class GridPlanView(ApiView):
    """One plan."""

    permission = {"GET": "grid_plan.view", "PATCH": "grid_plan.draft"}
    scope = plans_visible_to
    needs_if_match = True

    @extend_schema(responses=GridPlanDetailOutput, operation_id="grid_plan_read")
    def get(self, request: Request, id: int) -> Response:
        """The plan with its grids, findings, quality and history."""
        return plan_detail(self, request, id)

    @extend_schema(request=PlanEditInput, responses=GridPlanDetailOutput, operation_id="grid_plan_edit")
    def patch(self, request: Request, id: int) -> Response:
        """Change notes and reasons; a validated or returned plan becomes a draft again. No change changes nothing."""
        asked = self.parsed(PlanEditInput)
        edit = PlanEdit(
            notes=asked.get("notes"),
            size_reasons=_reasons(asked.get("size_reasons")),
            contiguity_reasons=_reasons(asked.get("contiguity_reasons")),
            merge_reasons=_reasons(asked.get("merge_reasons")),
        )
        edit_plan(plan_id=id, edit=edit, acting_user=request.user, if_match=request.headers.get("If-Match"))
        return plan_detail(self, request, id)


class GridPlanCheckView(ApiView):
    """Checking a plan without moving it."""

    permission = "grid_plan.draft"
    scope = plans_visible_to

    @extend_schema(request=None, responses=GridPlanDetailOutput, operation_id="grid_plan_check")
    def post(self, request: Request, id: int) -> Response:
        """Check land, sizes, villager groups and codes, and keep everything found, refusals too."""
        check_plan_now(plan_id=id, acting_user=request.user)
        return plan_detail(self, request, id)


class CopyInput(serializers.Serializer[Any]):
    """Why an earlier plan is taken up again."""

    reason = serializers.CharField(max_length=1000)


class GridPlanCopyView(ApiView):
    """Taking up an earlier plan again."""

    permission = "grid_plan.draft"
    scope = plans_visible_to

    @extend_schema(request=CopyInput, responses={201: GridPlanDetailOutput}, operation_id="grid_plan_copy")
    def post(self, request: Request, id: int) -> Response:
        """Make a new draft with the same grids, for review like any other: how a publication is taken back."""
        copy = copy_plan(plan_id=id, reason=self.parsed(CopyInput)["reason"], acting_user=request.user)
        answer = plan_detail(self, request, copy.pk)
        answer.status_code = 201
        answer["Location"] = f"/api/v1/grid-plans/{copy.pk}"
        return answer


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
    def post(self, request: Request, id: int, action: str) -> Response:
        """Validate, submit, review, return, approve, publish or reopen the plan."""
        asked = self.parsed(TransitionInput)
        order = TransitionOrder(
            PlanAction(action),
            reason=asked["reason"],
            effective_on=asked.get("effective_on"),
            size_reasons=_reasons(asked.get("size_reasons")),
            accept_size_reasons=asked["accept_size_reasons"],
        )
        transition_plan(
            plan_id=id, order=order, acting_user=request.user, if_match=request.headers.get("If-Match")
        )
        return plan_detail(self, request, id)
