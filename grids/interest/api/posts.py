"""Posts of grid members over HTTP. Rule: J08"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.models import MemberPost
from grids.interest.queries.members import members_visible_to, posts_visible_to
from grids.interest.services.posts import PostOrder, confirm_post, end_post, move_post, nominate_post
from grids.interest.services.sources import SourceOrder
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import Bounds, DayField, Namesake
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

ID: Bounds = {"min_value": 1, "max_value": 2**62}
_PROOF = (
    "source",
    "proof",
    "proof_file_id",
    "association",
    "representative",
    "site_id",
    "certificate_number",
)


class PostGrid(serializers.Serializer[Any]):
    """The interest grid of a post."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField()


class PostOutput(serializers.ModelSerializer[MemberPost]):
    """A post: where, whence the person comes, and its days."""

    interest_grid = PostGrid()
    site_id = serializers.IntegerField(allow_null=True)
    has_file = serializers.SerializerMethodField()

    class Meta:
        model = MemberPost
        fields = (
            "id", "member_id", "interest_grid", "source", "proof", "has_file", "association", "site_id", "state",
            "starts_on", "ends_on", "end_reason", "version",
        )  # fmt: skip

    def get_has_file(self, row: MemberPost) -> bool:
        """Whether a file proves the source."""
        return row.proof_file_id is not None


class PostInput(StrictInput):
    """A nomination: a source with its proof, and the term (from today without an end by default)."""

    interest_grid_id = serializers.IntegerField(**ID)
    source: Namesake = serializers.CharField(
        max_length=20, required=False, allow_blank=True, default="",
        help_text="association, site_head, instructor or backbone",
    )  # fmt: skip
    proof = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    proof_file_id = serializers.IntegerField(required=False, allow_null=True, default=None, **ID)
    association = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    representative = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="whom the association names"
    )
    site_id = serializers.IntegerField(required=False, allow_null=True, default=None, **ID)
    certificate_number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    starts_on = DayField(required=False, allow_null=True, default=None)
    ends_on = DayField(required=False, allow_null=True, default=None)


class EndPostInput(StrictInput):
    """The last day (today by default), and why."""

    ends_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=300)


class MovePostInput(StrictInput):
    """Where the person serves from then on (today by default), and why."""

    interest_grid_id = serializers.IntegerField(**ID)
    starts_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class NoPostInput(StrictInput):
    """No fields."""


def post_order(given: dict[str, Any]) -> PostOrder:
    """The parsed body as the services take it."""
    return PostOrder(
        interest_grid_id=given["interest_grid_id"],
        source=SourceOrder(**{name: given[name] for name in _PROOF}),
        starts_on=given["starts_on"],
        ends_on=given["ends_on"],
    )


class MemberPostsView(ApiView):
    """Posts of one person."""

    permission = SIGNED_IN
    scope = members_visible_to

    @extend_schema(request=PostInput, responses={201: PostOutput}, operation_id="member_post_nominate")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Nominate the person for a post in an interest grid; one person may hold several."""
        order = post_order(self.parsed(PostInput))
        post = nominate_post(member_id=id, order=order, acting_user=request.user)
        return self.answer(PostOutput(post).data, status=201, version=post.version)


class _PostView(ApiView):
    permission = SIGNED_IN
    scope = posts_visible_to


class PostConfirmView(_PostView):
    """Confirming a nomination."""

    @extend_schema(request=NoPostInput, responses=PostOutput, operation_id="member_post_confirm")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """The post is served from its first day."""
        self.parsed(NoPostInput)
        post = confirm_post(post_id=id, acting_user=request.user)
        return self.answer(PostOutput(post).data, version=post.version)


class PostEndView(_PostView):
    """Ending a post."""

    @extend_schema(request=EndPostInput, responses=PostOutput, operation_id="member_post_end")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """The day given is the last; a nomination is withdrawn."""
        post = end_post(post_id=id, **self.parsed(EndPostInput), acting_user=request.user)
        return self.answer(PostOutput(post).data, version=post.version)


class PostMoveView(_PostView):
    """Moving a person to another interest grid."""

    @extend_schema(request=MovePostInput, responses={201: PostOutput}, operation_id="member_post_move")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the post and begin the same elsewhere, in one call; the answer is the new post."""
        post = move_post(post_id=id, **self.parsed(MovePostInput), acting_user=request.user)
        return self.answer(PostOutput(post).data, status=201, version=post.version)
