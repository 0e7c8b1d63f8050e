"""Coverage and the city's summary over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.drawing import JobStartedOutput
from grids.units.api.plan_outputs import CommunityBrief
from grids.units.models import CoverageRun
from grids.units.queries.cards import data_label
from grids.units.queries.coverage import (
    community_coverage_visible_to,
    grid_coverage_visible_to,
    latest_run,
    reached_told,
)
from grids.units.queries.summary import grid_summary
from grids.units.services.coverage import start_coverage
from instructors.assignment.queries.data_notes import attribution
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from tenants.bureau.queries.city import city_profile
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found
from wangge.kernel.views import ApiView

METHODS = ["network", "radius", "mixed", "none"]


class ReachedOutput(serializers.Serializer[Any]):
    """Households within a walk of a fitness site, of a regular activity, and of either. Rule: J11"""

    households = serializers.IntegerField()
    covered_households = serializers.IntegerField(
        help_text="within a walk of a site or of a regular activity"
    )
    share = serializers.FloatField(allow_null=True)
    site_households = serializers.IntegerField(help_text="within a walk of a fitness site")
    site_share = serializers.FloatField(allow_null=True)
    activity_households = serializers.IntegerField(help_text="within a walk of a regular activity")
    activity_share = serializers.FloatField(allow_null=True)


class CoverageRowOutput(ReachedOutput):
    """Coverage of one grid, community or the city."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="a grid's code, a community's or the city's name")
    method = serializers.ChoiceField(choices=METHODS)


class CoveragePageOutput(serializers.Serializer[Any]):
    """One page of coverage rows."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CoverageRowOutput(many=True)


class HomesCountedOutput(serializers.Serializer[Any]):
    """What the shares are of: the households of the building layer on the day of the run, since when just these."""

    households = serializers.IntegerField()
    as_of = serializers.DateField(help_text="the day of the run, for which activities were judged regular")
    since = serializers.DateField(allow_null=True, help_text="when the newest building file was brought in")


class CoverageRunOutput(ReachedOutput):
    """A run with its city-wide numbers and the communities one may see."""

    id = serializers.IntegerField()
    run_at = serializers.DateTimeField()
    denominator = HomesCountedOutput()
    method_counts = serializers.DictField(child=serializers.IntegerField(), help_text="households by method")
    sites = serializers.IntegerField()
    activity_places = serializers.IntegerField(
        allow_null=True, help_text="where activities were regular; null: the run did not look"
    )
    places_left_out = serializers.IntegerField(help_text="of these, farther than a walk from every home")
    parameters = serializers.DictField()
    policy_version = serializers.CharField()
    data_label = serializers.CharField(allow_blank=True, help_text="what must be said of the city's data")
    attribution = serializers.CharField(allow_blank=True, help_text="who must be named beside them")
    per_community = CoverageRowOutput(many=True)


class CoverageQuery(serializers.Serializer[Any]):
    """Of which level."""

    level = serializers.ChoiceField(choices=["grid", "community", "city"], default="city")


class SummaryCoverage(ReachedOutput):
    """Coverage of the communities one may see."""

    method = serializers.ChoiceField(choices=METHODS)
    run_at = serializers.DateTimeField()
    as_of = serializers.DateField(help_text="the day of the run")


class SummaryFinding(serializers.Serializer[Any]):
    """What the last check of an open plan found."""

    plan_id = serializers.IntegerField()
    community = serializers.CharField()
    state = serializers.CharField()
    level = serializers.ChoiceField(choices=["refusal", "hint"])
    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    how_to_fix_zh = serializers.CharField(allow_blank=True)
    how_to_fix_en = serializers.CharField(allow_blank=True)


class ChangedUnits(serializers.Serializer[Any]):
    """What a plan changes against the plan before it."""

    plan_id = serializers.IntegerField()
    community = serializers.CharField()
    state = serializers.CharField()
    new = serializers.ListField(child=serializers.CharField())
    gone = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    moved_households = serializers.IntegerField()


class GridSummaryOutput(serializers.Serializer[Any]):
    """The first page's numbers."""

    as_of = serializers.DateField()
    communities_total = serializers.IntegerField()
    communities_published = serializers.IntegerField()
    households = serializers.IntegerField(help_text="in buildings of the communities one may see")
    unplaced_households = serializers.IntegerField(help_text="in buildings outside every community")
    grids = serializers.IntegerField()
    grid_households = serializers.IntegerField(help_text="in the grids in force")
    rural_grids = serializers.IntegerField(help_text="by villager group: the urban sizes do not apply")
    in_band = serializers.IntegerField(
        help_text="urban, within 10 % of the target; the four sizes share no grid"
    )
    soft_range = serializers.IntegerField(
        help_text="beyond that, within the soft limits (as shipped 300–500)"
    )
    outside_soft = serializers.IntegerField(
        help_text="beyond the soft limits, within the hard ones (as shipped 100–299, 501–800)"
    )
    beyond_hard = serializers.IntegerField(
        help_text="beyond the hard limits (as shipped under 100, over 800)"
    )
    plans_by_state = serializers.DictField(child=serializers.IntegerField())
    leaders_missing = serializers.IntegerField()
    acting_ending_soon = serializers.IntegerField(
        help_text="grids whose acting leader's term ends within 14 days"
    )
    coverage = SummaryCoverage(allow_null=True)
    findings = SummaryFinding(many=True)
    changed_units = ChangedUnits(many=True)
    communities_without_homes = CommunityBrief(
        many=True, help_text="nobody lives in their buildings: one grid each, whatever its size; 500 at most"
    )
    data_label = serializers.CharField(allow_blank=True)


def _method(run: CoverageRun) -> str:
    return next(iter(run.method_counts)) if len(run.method_counts) == 1 else "mixed"


def _city_row(run: CoverageRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": city_profile().name,
        **reached_told(run),
        "method": _method(run),
    }


class _GridRow(serializers.BaseSerializer[Any]):
    def to_representation(self, row: Any) -> dict[str, Any]:
        return _row(row, row.grid_id, row.grid.code)


class _CommunityRow(serializers.BaseSerializer[Any]):
    def to_representation(self, row: Any) -> dict[str, Any]:
        return _row(row, row.community_id, row.community.name)


def _row(row: Any, key: int, name: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": name,
        **reached_told(row),
        "method": row.method,
    }


class CoverageRunsView(ApiView):
    """Computing coverage."""

    permission = "coverage.run"

    @extend_schema(request=None, responses={202: JobStartedOutput}, operation_id="coverage_run_start")
    def post(self, request: SignedInRequest) -> Response:
        """Compute the city's coverage; goes on as a job."""
        job = start_coverage(acting_user=request.user)
        return self.answer({"job": JobOutput(job).data}, status=202, location=f"/api/v1/jobs/{job.pk}")


class LatestCoverageRunView(ApiView):
    """The newest run."""

    permission = "coverage.view"

    @extend_schema(responses=CoverageRunOutput, operation_id="coverage_run_latest")
    def get(self, request: SignedInRequest) -> Response:
        """The newest run with its parameters, by community."""
        run = latest_run()
        if run is None:
            raise not_found("覆盖率结果", "coverage run")
        rows = community_coverage_visible_to(request.user, run)
        return self.answer(
            {
                "id": run.pk,
                **reached_told(run),
                "run_at": serializers.DateTimeField().to_representation(run.run_at),
                "denominator": {
                    "households": run.households,
                    "as_of": local_date(run.run_at).isoformat(),
                    "since": None if run.homes_as_of is None else run.homes_as_of.isoformat(),
                },
                "method_counts": run.method_counts,
                "sites": run.sites,
                "activity_places": run.activity_places,
                "places_left_out": run.places_left_out,
                "parameters": run.parameters,
                "policy_version": run.policy_version,
                "data_label": data_label(),
                "attribution": attribution(),
                "per_community": _CommunityRow(rows, many=True).data,
            }
        )


class CoverageView(ApiView):
    """Coverage rows."""

    permission = "coverage.view"

    @extend_schema(
        parameters=[CoverageQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=CoveragePageOutput,
        operation_id="coverage_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """The newest run's rows per grid or community, or the city's one row."""
        level = self.query(CoverageQuery)["level"]
        run = latest_run()
        if level == "grid":
            return self.page(grid_coverage_visible_to(request.user, run), _GridRow)
        if level == "community":
            return self.page(community_coverage_visible_to(request.user, run), _CommunityRow)
        results = [] if run is None else [_city_row(run)]
        return self.answer({"next": None, "previous": None, "results": results})


class GridSummaryView(ApiView):
    """The first page."""

    permission = "grid.view"

    @extend_schema(responses=GridSummaryOutput, operation_id="grid_summary_read")
    def get(self, request: SignedInRequest) -> Response:
        """The numbers of the communities one may see."""
        return self.answer(GridSummaryOutput(grid_summary(request.user, local_date(timezone.now()))).data)
