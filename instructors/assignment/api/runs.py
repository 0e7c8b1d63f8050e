"""Computing assignments, putting them into force, asking why, over HTTP. Rule: S07"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from instructors.assignment.api.not_told import NotToldOutput, not_told
from instructors.assignment.api.reach_fields import ReachField
from instructors.assignment.api.run_outputs import (
    STATES,
    LeftOutOutput,
    LeftOutShown,
    PairOutput,
    ReasonOutput,
    RunBrief,
    RunOutput,
    UnservedOutput,
    told_json,
)
from instructors.assignment.api.sites import BIGGEST_ID, file_answer
from instructors.assignment.models import AssignmentRun
from instructors.assignment.queries.needs import needs_visible_to
from instructors.assignment.queries.run_exports import EXPORT_TYPES, export_run
from instructors.assignment.queries.runs import (
    left_out_of,
    pairs_visible_to,
    runs_visible_to,
    unserved_visible_to,
)
from instructors.assignment.queries.why import why_pair
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.rules.run_states import check_computed
from instructors.assignment.services.adopting import DutyOrder, adopt_run, withdraw_run
from instructors.assignment.services.runs import start_assignment
from instructors.people.queries.instructors import instructors_visible_to
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.jobs import JobOutput
from wangge.errors import not_found
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

_ORDER = RunOrder()


class RunQuery(serializers.Serializer[Any]):
    """Which runs."""

    state = serializers.ChoiceField(required=False, choices=STATES)


class RunInput(StrictInput):
    """How to compute."""

    as_of = DayField(required=False, allow_null=True, default=None, help_text="today by default")
    reach_m = ReachField(default=_ORDER.reach_m)
    stability_m = serializers.IntegerField(min_value=0, max_value=50_000, default=_ORDER.stability_m)
    assume_free = serializers.BooleanField(
        default=False, help_text="who gave no free times is taken to be free all week; else left out"
    )


class RunStartedOutput(serializers.Serializer[Any]):
    """The run and its job."""

    run = RunBrief()
    job = JobOutput()


class AdoptInput(StrictInput):
    """Whether duties are booked ahead too."""

    book_weeks = serializers.IntegerField(min_value=0, max_value=26, default=0)
    book_from = DayField(required=False, allow_null=True, default=None, help_text="tomorrow by default")


class AdoptedOutput(serializers.Serializer[Any]):
    """The run in force, the job that books its duties, if any, and what changed since the run was computed.

    `changes`: by `instructors`, `needs`, `pins`, how many were `added`, `removed`, `changed`, and the first of their
    ids. None of it touches the pairs; the next computation takes it in. `warnings`: whom no message about the own
    weekly duties reaches.
    """

    run = RunOutput()
    job = JobOutput(allow_null=True)
    changes = serializers.DictField(child=serializers.DictField())
    warnings = NotToldOutput(many=True)


class WithdrawInput(StrictInput):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=200)


class WithdrawnOutput(serializers.Serializer[Any]):
    """The run that is in force now, if any; `warnings`: whom no message about the own weekly duties reaches."""

    standing = RunOutput(allow_null=True)
    warnings = NotToldOutput(many=True)


class PairQuery(serializers.Serializer[Any]):
    """Which pairs."""

    need = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    site = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    instructor = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)


class WhyQuery(serializers.Serializer[Any]):
    """Which pair."""

    need = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    instructor = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)


class WhyOutput(serializers.Serializer[Any]):
    """Why this instructor serves the need, or not. `changed_since`: of instructor and need, what is not as it was."""

    is_assigned = serializers.BooleanField()
    reasons = ReasonOutput(many=True)
    changed_since = serializers.ListField(child=serializers.ChoiceField(choices=["instructor", "need"]))


class RunExportQuery(serializers.Serializer[Any]):
    """In which format."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), default="xlsx")


class RunsView(ApiView):
    """Computed assignments."""

    permission = {"GET": "assignment.view", "POST": "assignment.run"}

    @extend_schema(parameters=[RunQuery], responses=paged(RunBrief), operation_id="assignment_run_list")
    def get(self, request: SignedInRequest) -> Response:
        """Runs by id; `state=adopted` gives the one in force."""
        asked = self.query(RunQuery)
        rows = runs_visible_to(request.user)
        return self.page(rows.filter(**asked), RunBrief)

    @extend_schema(request=RunInput, responses={202: RunStartedOutput}, operation_id="assignment_run_start")
    def post(self, request: SignedInRequest) -> Response:
        """Compute who serves which site; goes on as a job."""
        run = start_assignment(order=RunOrder(**self.parsed(RunInput)), acting_user=request.user)
        return self.answer(
            RunStartedOutput({"run": run, "job": run.job}).data,
            status=202,
            location=f"/api/v1/assignment-runs/{run.pk}",
        )


class _OfRun(ApiView):
    """Something of one run; a run is the whole city's, its pairs are shown for one's own sites."""

    permission = "assignment.view"
    scope = runs_visible_to

    def unit_path_of(self, found: AssignmentRun) -> str | None:
        """Seeing needs the right anywhere; deciding is for the services to judge, at the city."""
        return None


class RunView(_OfRun):
    """One run."""

    @extend_schema(responses=RunOutput, operation_id="assignment_run_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The run with its figures."""
        return self.answer(RunOutput(self.object, context={"reader": request.user}).data)


class RunPairsView(_OfRun):
    """Who serves what."""

    @extend_schema(parameters=[PairQuery], responses=paged(PairOutput), operation_id="assignment_pair_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Pairs at one's own sites, by id; of one need, site or instructor where asked."""
        names = {"need": "need_id", "site": "need__site_id", "instructor": "instructor_id"}
        asked = {names[name]: value for name, value in self.query(PairQuery).items()}
        return self.page(pairs_visible_to(request.user, id).filter(**asked), PairOutput, reader=request.user)


class RunUnservedView(_OfRun):
    """What stays empty."""

    @extend_schema(
        parameters=[PairQuery], responses=paged(UnservedOutput), operation_id="assignment_unserved_list"
    )
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Empty places at one's own sites with their reasons, by id."""
        names = {"need": "need_id", "site": "need__site_id"}
        asked = {names[name]: value for name, value in self.query(PairQuery).items() if name in names}
        return self.page(unserved_visible_to(request.user, id).filter(**asked), UnservedOutput)


class RunLeftOutView(_OfRun):
    """Who was not considered."""

    @extend_schema(responses=paged(LeftOutShown), operation_id="assignment_left_out_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """People in one's sight who could not be considered, by id, each with the reason: no home, no times, no papers."""
        run = AssignmentRun.objects.get(pk=id)
        check_computed(run.state)
        rows, reasons = left_out_of(request.user, run)
        return self.page(rows, LeftOutOutput, reasons=reasons, reader=request.user)


class RunAdoptView(_OfRun):
    """Putting a run into force."""

    permission = "assignment.adopt"

    @extend_schema(request=AdoptInput, responses=AdoptedOutput, operation_id="assignment_run_adopt")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Put it into force in place of the one it was computed from; duties are booked ahead as a job.

        Whose weekly duties begin or end is told.
        """
        asked = self.parsed(AdoptInput)
        weeks = asked["book_weeks"]
        duties = DutyOrder(weeks, asked["book_from"]) if weeks else None
        adopted = adopt_run(run_id=id, acting_user=request.user, duties=duties)
        told = {"run": adopted.run, "job": adopted.job, "changes": adopted.changes}
        return self.answer(AdoptedOutput({**told, "warnings": not_told(request.user, adopted.missed)}).data)


class RunWithdrawView(_OfRun):
    """Taking the run in force back."""

    permission = "assignment.adopt"

    @extend_schema(request=WithdrawInput, responses=WithdrawnOutput, operation_id="assignment_run_withdraw")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Take it back; the one before it is in force again, and whose weekly duties change is told."""
        withdrawn = withdraw_run(
            run_id=id, reason=self.parsed(WithdrawInput)["reason"], acting_user=request.user
        )
        told = {"standing": withdrawn.standing, "warnings": not_told(request.user, withdrawn.missed)}
        return self.answer(WithdrawnOutput(told).data)


class RunWhyView(_OfRun):
    """Why this one, why not that one."""

    @extend_schema(parameters=[WhyQuery], responses=WhyOutput, operation_id="assignment_why_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Why an instructor serves a need of the run, or does not, in facts; for any pair in one's sight."""
        asked = self.query(WhyQuery)
        need = needs_visible_to(request.user).filter(pk=asked["need"]).first()
        if need is None:
            raise not_found("需求", "need")
        if not instructors_visible_to(request.user).filter(pk=asked["instructor"]).exists():
            raise not_found("指导员", "instructor")
        run = AssignmentRun.objects.get(pk=id)
        check_computed(run.state)
        why = why_pair(run, need, asked["instructor"], request.user)
        return self.answer(
            {
                "is_assigned": why.is_assigned,
                "reasons": [told_json(each) for each in why.sentences],
                "changed_since": why.changed_since,
            }
        )


class RunExportView(_OfRun):
    """A run as a file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON for problems; the file bears its own media type."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        parameters=[RunExportQuery],
        responses={
            (200, media_type): OpenApiTypes.OBJECT if "json" in media_type else OpenApiTypes.BINARY
            for media_type in EXPORT_TYPES.values()
        },
        operation_id="assignment_run_export",
    )
    def get(self, request: SignedInRequest, id: int) -> HttpResponse:
        """Pairs and empty places at one's own sites: XLSX, CSV, JSON; GeoJSON of the sites. Names as in the lists, no homes."""
        form = self.query(RunExportQuery)["format"]
        check_computed(self.object.state)
        content = export_run(request.user, self.object, form)
        return file_answer(content, EXPORT_TYPES[form], f"assignment-{id}.{form}", f"站点指导员分配{id}")


urlpatterns = [
    path("assignment-runs", RunsView.as_view()),
    path("assignment-runs/<int:id>", RunView.as_view()),
    path("assignment-runs/<int:id>/pairs", RunPairsView.as_view()),
    path("assignment-runs/<int:id>/unserved", RunUnservedView.as_view()),
    path("assignment-runs/<int:id>/left-out", RunLeftOutView.as_view()),
    path("assignment-runs/<int:id>/adopt", RunAdoptView.as_view()),
    path("assignment-runs/<int:id>/withdraw", RunWithdrawView.as_view()),
    path("assignment-runs/<int:id>/why", RunWhyView.as_view()),
    path("assignment-runs/<int:id>/export", RunExportView.as_view()),
]
