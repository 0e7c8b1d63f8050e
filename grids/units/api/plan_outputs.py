"""A grid plan as the API shows it: at a glance, and whole with its grids, findings and history."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.models import GridPlan, PlanEvent, PlanGrid
from grids.units.queries.plans import plans_visible_to, with_sums
from grids.units.rules.plan_states import PlanState, allowed_actions
from grids.units.services.plans import BY_HAND
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.views import ApiView


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
        fields: tuple[str, ...] = (
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
        fields = (
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


def plan_detail(view: ApiView, request: SignedInRequest, plan_id: int) -> Response:
    """The answer with the whole plan and its ETag."""
    plan = with_sums(plans_visible_to(request.user)).get(pk=plan_id)
    data = GridPlanDetailOutput(plan).data
    return view.answer(data, version=plan.version)
