"""Faults and matters handed to the city's hotline, over HTTP. Rule: J15"""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from grids.interest.api.names import shown_name
from grids.interest.models import HotlineIssue
from grids.interest.queries.hotline import hotline_issues_visible_to
from grids.interest.rules.hotline_issue import DELIVERY_NAMES_ZH, IssueKind, IssueState, delivery_of
from grids.interest.services.hotline import (
    IssueOrder,
    answer_issue,
    close_issue,
    hand_over_issue,
    note_issue,
)
from grids.interest.services.hotline_channel import is_hotline_on
from grids.interest.services.hotline_photos import set_issue_photo
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.errors import not_found
from wangge.kernel.fields import MomentField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
KINDS = [kind.value for kind in IssueKind]
STATES = [state.value for state in IssueState]


class DeliveryOutput(serializers.Serializer[Any]):
    """How far the message to the hotline is."""

    state = serializers.CharField(help_text="none, waiting, channel_off, delivered, given_up")
    zh = serializers.CharField()


class HotlineIssueOutput(serializers.ModelSerializer[HotlineIssue]):
    """An issue; phones and identity numbers in its words were masked. `number`: what the hotline calls it."""

    grid_id = serializers.IntegerField()
    grid_code = serializers.CharField(source="grid.code")
    community_name = serializers.CharField(source="grid.community.name")
    interest_grid_id = serializers.IntegerField(allow_null=True)
    site_id = serializers.IntegerField(allow_null=True)
    photo_id = serializers.IntegerField(allow_null=True)
    noted_by = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField()

    class Meta:
        model = HotlineIssue
        fields = (
            "id", "grid_id", "grid_code", "community_name", "interest_grid_id",
            "site_id", "kind", "place_name", "text", "photo_id", "noted_by",
            "noted_at", "state", "handed_over_at", "delivery", "number", "answer", "answered_at", "closed_at",
            "close_reason",
        )  # fmt: skip

    def get_noted_by(self, issue: HotlineIssue) -> str:
        """The name of who noted it: in full for who leads the person, masked for the others."""
        return shown_name(getattr(issue, "is_named", False), issue.noted_by.display_name)

    def get_delivery(self, issue: HotlineIssue) -> dict[str, str]:
        """How far the message is, in words."""
        message = issue.message
        state = delivery_of(
            has_message=message is not None,
            is_delivered=message is not None and message.delivered_at is not None,
            is_given_up=message is not None and message.given_up_at is not None,
            is_channel_on=is_hotline_on(),
        )
        return DeliveryOutput({"state": state.value, "zh": DELIVERY_NAMES_ZH[state]}).data


class IssueInput(StrictInput):
    """What was seen, and where. No names and no numbers of people are needed."""

    grid_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    kind = serializers.ChoiceField(choices=KINDS)
    place_name = serializers.CharField(max_length=120)
    text = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")
    interest_grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    site_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    photo_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    noted_at = MomentField(required=False, allow_null=True, default=None, help_text="now by default")


class IssueNotedOutput(serializers.Serializer[Any]):
    """The issue; `masked` names the kinds of personal numbers that were masked in its words."""

    issue = HotlineIssueOutput()
    masked = serializers.ListField(child=serializers.CharField())


class AnsweredInput(StrictInput):
    """What the hotline answered, and its number."""

    number = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
    answer = serializers.CharField(max_length=1000)


class IssueReasonInput(StrictInput):
    """Why; of an answered issue it may be left out."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class IssueFilter(serializers.Serializer[Any]):
    """Which issues."""

    state = serializers.ChoiceField(required=False, choices=STATES)
    kind = serializers.ChoiceField(required=False, choices=KINDS)
    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    mine = serializers.BooleanField(required=False, default=False)


class HotlineIssuesView(ApiView):
    """Issues for the hotline."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[IssueFilter], responses=paged(HotlineIssueOutput), operation_id="hotline_issue_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Issues of the base grids one leads or serves, one's own, and by the right `hotline.view`; by id."""
        wanted = self.query(IssueFilter)
        rows = hotline_issues_visible_to(request.user)
        if wanted.pop("mine"):
            rows = rows.filter(noted_by_id=request.user.pk)
        columns = {"grid": "grid_id"}
        return self.page(
            rows.filter(**{columns.get(name, name): value for name, value in wanted.items()}),
            HotlineIssueOutput,
        )

    @extend_schema(request=IssueInput, responses={201: IssueNotedOutput}, operation_id="hotline_issue_note")
    def post(self, request: SignedInRequest) -> Response:
        """Note a fault or a matter; phones and identity numbers in the words are masked, and that is told."""
        asked = self.parsed(IssueInput)
        noted = note_issue(
            order=IssueOrder(**{**asked, "kind": IssueKind(asked["kind"])}), acting_user=request.user
        )
        shown = {"issue": noted.issue, "masked": [kind.value for kind in noted.masked]}
        return self.answer(
            IssueNotedOutput(shown).data, status=201, location=f"/api/v1/hotline-issues/{noted.issue.pk}"
        )


class HotlineIssueView(ApiView):
    """One issue."""

    permission = SIGNED_IN
    scope = hotline_issues_visible_to

    @extend_schema(responses=HotlineIssueOutput, operation_id="hotline_issue_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The issue, how far its message is, and what the hotline answered."""
        return self.answer(HotlineIssueOutput(self.object).data)


class HandOverView(ApiView):
    """Handing over."""

    permission = SIGNED_IN
    scope = hotline_issues_visible_to

    @extend_schema(request=None, responses=HotlineIssueOutput, operation_id="hotline_issue_hand_over")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Hand the issue over to the hotline; where no channel is set up it waits and says so."""
        issue = hand_over_issue(issue_id=id, acting_user=request.user)
        return self.answer(HotlineIssueOutput(issue).data)


class IssuePhotoInput(StrictInput):
    """A JPEG or PNG."""

    file = serializers.FileField()


class IssuePhotoView(ApiView):
    """The photo of an issue."""

    permission = SIGNED_IN
    scope = hotline_issues_visible_to
    parser_classes = (MultiPartParser,)

    @extend_schema(
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY}, operation_id="hotline_issue_photo_read"
    )
    def get(self, request: SignedInRequest, id: int) -> FileResponse:
        """The picture, for whoever sees the issue; 404 where there is none."""
        photo = self.object.photo
        try:
            body = default_storage.open(photo.storage_key) if photo is not None else None
        except FileNotFoundError:
            body = None
        if body is None:
            raise not_found("照片", "photo")
        response = FileResponse(body, content_type="image/jpeg", filename=f"{id}.jpg")
        response["Cache-Control"] = "private, max-age=3600"
        return response

    @extend_schema(
        request={"multipart/form-data": IssuePhotoInput}, responses=HotlineIssueOutput,
        operation_id="hotline_issue_photo_set",
    )  # fmt: skip
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Keep a photo of an issue not handed over yet, without what the camera wrote into it."""
        upload = self.parsed(IssuePhotoInput)["file"]
        issue = set_issue_photo(issue_id=id, upload=upload, acting_user=request.user)
        return self.answer(HotlineIssueOutput(issue).data)


class IssueAnswerView(ApiView):
    """The hotline's answer."""

    permission = SIGNED_IN
    scope = hotline_issues_visible_to

    @extend_schema(request=AnsweredInput, responses=HotlineIssueOutput, operation_id="hotline_issue_answer")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Keep the hotline's answer and number."""
        issue = answer_issue(issue_id=id, **self.parsed(AnsweredInput), acting_user=request.user)
        return self.answer(HotlineIssueOutput(issue).data)


class IssueCloseView(ApiView):
    """Closing."""

    permission = SIGNED_IN
    scope = hotline_issues_visible_to

    @extend_schema(request=IssueReasonInput, responses=HotlineIssueOutput, operation_id="hotline_issue_close")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Close an issue that was answered, or, with a reason, one that needs no answer."""
        issue = close_issue(issue_id=id, **self.parsed(IssueReasonInput), acting_user=request.user)
        return self.answer(HotlineIssueOutput(issue).data)
