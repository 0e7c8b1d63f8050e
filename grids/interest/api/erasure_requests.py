"""Requests to be erased over HTTP: they wait for an office, are answered there, and told of where they came from. Rule: X07"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.models import ErasureAsk, ErasureRequest
from grids.interest.queries.erasure_requests import asked_through, erasure_requests_visible_to
from grids.interest.rules.erasure_request import ErasureState
from grids.interest.services.erasure_answers import answer_erasure_request
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

STATES = [state.value for state in ErasureState]
ANSWERS = [ErasureState.ERASED.value, ErasureState.REFUSED.value]
BIGGEST_ID = 2**62


class ErasureAskOutput(serializers.ModelSerializer[ErasureAsk]):
    """Through which interest grid the person asked, and how."""

    interest_grid_name = serializers.CharField(source="interest_grid.name")

    class Meta:
        model = ErasureAsk
        fields = ("interest_grid_id", "interest_grid_name", "asked_on", "reason")


class StillInOutput(serializers.Serializer[Any]):
    """An interest grid in which the person takes part."""

    id = serializers.IntegerField(source="interest_grid_id")
    name = serializers.CharField(source="interest_grid.name")


class ErasureRequestOutput(serializers.ModelSerializer[ErasureRequest]):
    """A request. Name, masked phone and where the person still takes part: for who may answer, while it waits."""

    may_answer = serializers.BooleanField()
    is_overdue = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    asks = ErasureAskOutput(source="asks_seen", many=True)
    still_in = serializers.SerializerMethodField()

    class Meta:
        model = ErasureRequest
        fields = (
            "id", "state", "asked_on", "due_on", "is_overdue", "may_answer", "name", "phone", "asks", "still_in",
            "answered_on", "answer_reason",
        )  # fmt: skip

    def get_is_overdue(self, row: ErasureRequest) -> bool:
        """Whether it waits beyond its last day."""
        return row.state == ErasureState.WAITING and row.due_on < today()

    def get_name(self, row: Any) -> str:
        """Whom it is about; empty for who may not answer, and once it was answered."""
        return row.participant.name if _is_shown(row) else ""

    def get_phone(self, row: Any) -> str:
        """The phone, masked."""
        return row.participant.phone_masked if _is_shown(row) else ""

    @extend_schema_field(StillInOutput(many=True))
    def get_still_in(self, row: Any) -> Any:
        """Where the person takes part today."""
        return StillInOutput(row.participant.present if _is_shown(row) else [], many=True).data


def _is_shown(row: Any) -> bool:
    return bool(row.may_answer and row.state == ErasureState.WAITING)


class ErasureRequestFilter(serializers.Serializer[Any]):
    """Which requests."""

    state = serializers.ChoiceField(required=False, choices=STATES)
    interest_grid = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST_ID, help_text="through which the person asked"
    )
    to_answer = serializers.BooleanField(
        required=False, default=False, help_text="only what waits for one's own answer"
    )


class ErasureAnswerInput(StrictInput):
    """The person is erased everywhere, or not, with a reason."""

    answer = serializers.ChoiceField(choices=ANSWERS)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class ErasureRequestsView(ApiView):
    """Requests to be erased."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[ErasureRequestFilter],
        responses=paged(ErasureRequestOutput),
        operation_id="erasure_request_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """What one may answer, and what came of those handed up from one's interest grids; by id, the oldest first."""
        asked = self.query(ErasureRequestFilter)
        rows = erasure_requests_visible_to(request.user)
        if asked.get("state"):
            rows = rows.filter(state=asked["state"])
        if asked["to_answer"]:
            waiting = ErasureState.WAITING.value
            rows = rows.filter(may_answer=True, state=waiting)  # type: ignore[misc]  # a column the query adds
        if asked.get("interest_grid"):
            rows = asked_through(rows, request.user, asked["interest_grid"])
        return self.page(rows, ErasureRequestOutput)


class ErasureRequestView(ApiView):
    """One request."""

    permission = SIGNED_IN
    scope = erasure_requests_visible_to

    @extend_schema(responses=ErasureRequestOutput, operation_id="erasure_request_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Where it stands, and by when it is answered."""
        return self.answer(ErasureRequestOutput(self.object).data)


class ErasureRequestAnswerView(ApiView):
    """The office's answer."""

    permission = SIGNED_IN
    scope = erasure_requests_visible_to

    @extend_schema(
        request=ErasureAnswerInput, responses=ErasureRequestOutput, operation_id="erasure_request_answer"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Erase the person in every interest grid, or refuse with a reason; needs `member.edit` over all of them."""
        told = self.parsed(ErasureAnswerInput)
        row = answer_erasure_request(
            request_id=id,
            answer=ErasureState(told["answer"]),
            reason=told["reason"],
            acting_user=request.user,
        )
        return self.answer(ErasureRequestOutput(row).data)
