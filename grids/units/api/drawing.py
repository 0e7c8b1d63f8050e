"""Ordering plans over HTTP: which communities are drawn, and with what."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.queries.drawing_options import MOST_SEED, drawing_options
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.drawing import start_drawing
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

MOST_TO_DRAW = 5000


class DrawingInput(StrictInput):
    """Which communities to draw, and how. Give either `all` or `community_ids` (or one `community_id`)."""

    all = serializers.BooleanField(required=False, default=False)
    community_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    community_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=MOST_TO_DRAW
    )
    preset = serializers.ChoiceField(choices=["fast", "standard", "best"], default="standard")
    seed = serializers.IntegerField(required=False, min_value=0, max_value=MOST_SEED, default=20240401)
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


def drawing_started(view: ApiView, request: SignedInRequest) -> Response:
    """Start the job that the body orders; 202 with the job."""
    asked = view.parsed(DrawingInput)
    ids = [asked["community_id"]] if "community_id" in asked else asked.get("community_ids")
    chosen = {field.name: asked[field.name] for field in fields(DrawingOrder) if field.name in asked}
    order = DrawingOrder(**chosen)
    job = start_drawing(community_ids=ids, order=order, acting_user=request.user)
    return view.answer({"job": JobOutput(job).data}, status=202, location=f"/api/v1/jobs/{job.pk}")


class GridPlanPartitionView(ApiView):
    """Drawing many communities."""

    permission = "grid_plan.draft"

    @extend_schema(
        request=DrawingInput, responses={202: JobStartedOutput}, operation_id="grid_plan_partition"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Draw plans for many communities with progress; goes on as a job."""
        return drawing_started(self, request)


class OptionOutput(serializers.Serializer[Any]):
    """One number of an order: what it is called, what it does, its unit, its default and its limits."""

    name = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    help_zh = serializers.CharField()
    help_en = serializers.CharField()
    unit_zh = serializers.CharField(allow_blank=True)
    unit_en = serializers.CharField(allow_blank=True)
    default = serializers.FloatField()
    least = serializers.FloatField()
    most = serializers.FloatField()
    whole = serializers.BooleanField(help_text="whole numbers only")


class DrawingOptionsOutput(serializers.Serializer[Any]):
    """What an order may say beside its preset."""

    presets = serializers.ListField(child=serializers.CharField())
    preset = serializers.CharField(help_text="the default")
    options = OptionOutput(many=True)


class DrawingOptionsView(ApiView):
    """What a drawing may be ordered with."""

    permission = "grid_plan.draft"

    @extend_schema(responses=DrawingOptionsOutput, operation_id="grid_plan_drawing_options")
    def get(self, request: SignedInRequest) -> Response:
        """The presets, and every number of an order with its unit, default and limits."""
        return self.answer(DrawingOptionsOutput(drawing_options()).data)
