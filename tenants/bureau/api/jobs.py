"""Background jobs: how far they are, what came out, stopping them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.jobs import jobs_visible_to, of_subjects
from tenants.bureau.services.jobs import cancel_job
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView


class JobOutput(serializers.ModelSerializer[BackgroundJob]):
    """A job with its progress, result and problem."""

    class Meta:
        model = BackgroundJob
        fields = (
            "id",
            "kind",
            "state",
            "done",
            "total",
            "stage",
            "result",
            "problem",
            "arguments",
            "cancel_requested",
            "created_at",
            "started_at",
            "finished_at",
        )


class JobsQuery(serializers.Serializer[Any]):
    """Which jobs."""

    subject = serializers.RegexField(
        r"^[a-z]+(,[a-z]+)*$", required=False, max_length=100,
        help_text="what the work is about, several with commas: layers,units",
    )  # fmt: skip


class JobsView(ApiView):
    """Jobs one started or may watch."""

    permission = SIGNED_IN

    @extend_schema(parameters=[JobsQuery], responses=paged(JobOutput), operation_id="job_list")
    def get(self, request: SignedInRequest) -> Response:
        """Jobs, oldest first."""
        rows, asked = jobs_visible_to(request.user), self.query(JobsQuery).get("subject")
        return self.page(rows if asked is None else of_subjects(rows, asked.split(",")), JobOutput)


class JobView(ApiView):
    """One job."""

    permission = SIGNED_IN
    scope = jobs_visible_to

    @extend_schema(responses=JobOutput, operation_id="job_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """How far it is and what came out."""
        return self.answer(JobOutput(self.object).data)


class JobCancelView(ApiView):
    """Stopping a job."""

    permission = SIGNED_IN
    scope = jobs_visible_to

    @extend_schema(request=None, responses={202: JobOutput}, operation_id="job_cancel")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Ask it to stop."""
        return self.answer(JobOutput(cancel_job(job_id=id, acting_user=request.user)).data, status=202)
