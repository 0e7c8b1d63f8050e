"""Household visits over HTTP, one by one and noted offline. Rules: J13, X05"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.names import shown_name
from grids.interest.models import HouseholdVisit
from grids.interest.queries.visits import visits_visible_to
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.interest.services.visits import NeedTold, VisitOrder, VisitRecorded, record_visit, record_visits
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.errors import RuleBroken, RulesBroken
from wangge.kernel.fields import DayField, MomentField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.problems import problem
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, read_input

BIGGEST_ID = 2**62
# A day's round on a phone that found no network; as many are answered within seconds.
MOST_AT_ONCE = 100
PURPOSES = [purpose.value for purpose in VisitPurpose]
OUTCOMES = [outcome.value for outcome in VisitOutcome]


class VisitNeedInput(StrictInput):
    """Something the household asks for; without an interest grid it is a demand of the base grid."""

    item = serializers.CharField(max_length=32, help_text="code of the activity item")
    interest_grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    askers = serializers.IntegerField(required=False, default=1, min_value=1, max_value=20)


class VisitInput(StrictInput):
    """A visit. `noted_at`: when it was noted, now by default. `key`: the phone's own name for it, sent again unchanged."""

    grid_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    purpose = serializers.ChoiceField(choices=PURPOSES, required=False, allow_null=True, default=None)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    consented = serializers.BooleanField(required=False, default=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    needs = serializers.ListField(child=VisitNeedInput(), required=False, default=list, max_length=10)
    noted_at = MomentField(required=False, allow_null=True, default=None)
    key = serializers.RegexField(
        r"^[A-Za-z0-9._:-]{8,64}\Z", required=False, allow_null=True, default=None, help_text="such as a UUID"
    )


class OfflineVisitInput(VisitInput):
    """A visit noted offline: its key and its time must be told."""

    key = serializers.RegexField(r"^[A-Za-z0-9._:-]{8,64}\Z", help_text="such as a UUID")
    noted_at = MomentField()


class VisitsInput(StrictInput):
    """Visits noted offline; what is wrong with one is told in its outcome."""

    visits = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_AT_ONCE,
        help_text="each as `OfflineVisit`",
    )


class VisitsDocument(StrictInput):
    """Visits noted offline, for the API document."""

    visits = OfflineVisitInput(many=True)


class VisitOutput(serializers.ModelSerializer[HouseholdVisit]):
    """A visit; it bears nobody's name but the visitor's, masked. It is erased on `erase_on`."""

    grid_id = serializers.IntegerField()
    visitor = serializers.SerializerMethodField()
    demand_ids = serializers.SerializerMethodField()

    class Meta:
        model = HouseholdVisit
        fields = (
            "id", "grid_id", "purpose", "outcome", "consented", "note", "noted_at", "created_at", "erase_on",
            "visitor", "demand_ids",
        )  # fmt: skip

    def get_visitor(self, visit: HouseholdVisit) -> str:
        """The visitor's name: in full for who leads the visitor, masked for the others."""
        return shown_name(getattr(visit, "is_named", False), visit.visited_by.display_name)

    def get_demand_ids(self, visit: HouseholdVisit) -> list[int]:
        """The demands its needs became or joined."""
        return sorted({ask.demand_id for ask in visit.asks.all()})


class VisitOutcomeOutput(serializers.Serializer[Any]):
    """What became of one visit of many: recorded, repeated (it was there already) or refused with its problem."""

    key = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["recorded", "repeated", "refused"])
    id = serializers.IntegerField(allow_null=True)
    problem = serializers.DictField(allow_null=True)


class VisitOutcomesOutput(serializers.Serializer[Any]):
    """What became of every visit, in the order sent."""

    recorded = serializers.IntegerField()
    repeated = serializers.IntegerField()
    refused = serializers.IntegerField()
    outcomes = VisitOutcomeOutput(many=True)


class VisitFilter(serializers.Serializer[Any]):
    """Which visits."""

    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    outcome = serializers.ChoiceField(required=False, choices=OUTCOMES)
    mine = serializers.BooleanField(required=False, default=False)
    since = DayField(required=False)


class VisitsView(ApiView):
    """Household visits."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[VisitFilter], responses=paged(VisitOutput), operation_id="household_visit_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """One's own visits, those of the base grids one leads, and by the right `visit.view`; by id."""
        wanted = self.query(VisitFilter)
        rows = visits_visible_to(request.user)
        if "grid" in wanted:
            rows = rows.filter(grid_id=wanted["grid"])
        if "outcome" in wanted:
            rows = rows.filter(outcome=wanted["outcome"])
        if wanted["mine"]:
            rows = rows.filter(visited_by_id=request.user.pk)
        if "since" in wanted:
            rows = rows.filter(noted_at__date__gte=wanted["since"])
        return self.page(rows, VisitOutput)

    @extend_schema(
        request=VisitInput,
        responses={200: VisitOutput, 201: VisitOutput},
        operation_id="household_visit_record",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Record a visit: purpose told and consent given first; a refusal and an empty home are outcomes too."""
        recorded = record_visit(order=_order(self.parsed(VisitInput)), acting_user=request.user)
        visit = recorded.visit
        return self.answer(
            VisitOutput(visit).data,
            status=200 if recorded.is_repeated else 201,
            location=f"/api/v1/household-visits/{visit.pk}",
        )


class OfflineVisitsView(ApiView):
    """Several visits noted offline."""

    permission = SIGNED_IN

    @extend_schema(
        request=VisitsDocument, responses=VisitOutcomesOutput, operation_id="household_visit_record_many"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Record what was noted offline, each visit for itself: the others stay when one is refused. Send it again
        as often as the network asks for: a key is recorded once.
        """
        sent = self.parsed(VisitsInput)["visits"]
        read = [_read(row) for row in sent]
        orders = [order for order in read if isinstance(order, VisitOrder)]
        done = iter(record_visits(orders=orders, acting_user=request.user))
        outcomes = [
            _outcome(row, next(done) if isinstance(order, VisitOrder) else order)
            for row, order in zip(sent, read, strict=True)
        ]
        counts = {
            name: sum(each["outcome"] == name for each in outcomes)
            for name in ("recorded", "repeated", "refused")
        }
        return self.answer(VisitOutcomesOutput({**counts, "outcomes": outcomes}).data)


class VisitView(ApiView):
    """One household visit."""

    permission = SIGNED_IN
    scope = visits_visible_to

    @extend_schema(responses=VisitOutput, operation_id="household_visit_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The visit, until it is erased."""
        return self.answer(VisitOutput(self.object).data)


def _read(row: dict[str, Any]) -> VisitOrder | RuleBroken | RulesBroken:
    try:
        return _order(read_input(OfflineVisitInput, row))
    except (RuleBroken, RulesBroken) as refused:
        return refused


def _order(asked: dict[str, Any]) -> VisitOrder:
    return VisitOrder(
        grid_id=asked["grid_id"],
        purpose=None if asked["purpose"] is None else VisitPurpose(asked["purpose"]),
        outcome=VisitOutcome(asked["outcome"]),
        consented=asked["consented"],
        note=asked["note"],
        needs=tuple(NeedTold(**need) for need in asked["needs"]),
        noted_at=asked["noted_at"],
        key=asked["key"],
    )


def _outcome(row: dict[str, Any], done: VisitRecorded | RuleBroken | RulesBroken) -> dict[str, Any]:
    key = row.get("key")
    told = {"key": key if isinstance(key, str) else None, "id": None, "problem": None}
    if isinstance(done, VisitRecorded):
        return {**told, "outcome": "repeated" if done.is_repeated else "recorded", "id": done.visit.pk}
    return {**told, "outcome": "refused", "problem": problem(done)}
