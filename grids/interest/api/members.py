"""Grid members over HTTP: names and phones as far as the reader's post needs them. Rule: J08"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.posts import ID, PostInput, PostOutput, post_order
from grids.interest.models import GridMember
from grids.interest.queries.members import member_in_reach, members_visible_to, narrowed, with_posts
from grids.interest.rules.people_states import MemberSource, PostState
from grids.interest.services.members import MemberOrder, add_member, change_member, reveal_member_phone
from grids.units.api.plan_outputs import CommunityBrief
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.rules.purposes import NOTE_MAX_LENGTH
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class GridMemberOutput(serializers.ModelSerializer[GridMember]):
    """A member; name and masked phone for who manages the person, for the others a masked name and no phone."""

    name = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    has_account = serializers.SerializerMethodField()
    is_instructor = serializers.SerializerMethodField()
    community = CommunityBrief()
    posts = PostOutput(many=True)

    class Meta:
        model = GridMember
        fields = ("id", "name", "phone", "community", "has_account", "is_instructor", "posts", "version")

    def to_representation(self, row: Any) -> dict[str, Any]:
        """What proves a colleague's source is nobody else's business."""
        shown: dict[str, Any] = super().to_representation(row)
        if not self._is_shown(row):
            for post in shown["posts"]:
                post["proof"] = ""
        return shown

    @staticmethod
    def _is_shown(row: Any) -> bool:
        return bool(row.is_managed or row.is_own)

    def get_name(self, row: GridMember) -> str:
        """In full for who manages the person."""
        return row.name if self._is_shown(row) else mask_name(row.name)

    def get_phone(self, row: GridMember) -> str:
        """Masked, for who manages the person; empty for the others and without one."""
        return row.phone_masked if self._is_shown(row) else ""

    def get_has_account(self, row: GridMember) -> bool:
        """Whether the person signs in."""
        return row.user_id is not None

    def get_is_instructor(self, row: GridMember) -> bool:
        """Whether the person stands in the register of instructors."""
        return row.instructor_id is not None


class GridMemberFilter(serializers.Serializer[Any]):
    """Filters of members."""

    name = serializers.CharField(
        required=False, max_length=60, help_text="a part of the name; the whole name where it is masked"
    )
    phone = serializers.CharField(
        required=False, max_length=20, help_text="the whole number, of people one manages"
    )
    source: Namesake = serializers.ChoiceField(choices=list(MemberSource), required=False)
    state = serializers.ChoiceField(choices=list(PostState), required=False, help_text="of a post")
    interest_grid = serializers.IntegerField(required=False, **ID)
    community = serializers.IntegerField(required=False, help_text="the person's home", **ID)
    grid = serializers.IntegerField(required=False, help_text="a base grid served", **ID)
    mine = serializers.BooleanField(
        required=False, default=False, help_text="who serves where one leads or serves oneself"
    )


class GridMemberChange(StrictInput):
    """What is to be changed; an empty phone removes it, a null account unlinks it."""

    name = serializers.CharField(max_length=60, required=False)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True, write_only=True)
    user_id = serializers.IntegerField(required=False, allow_null=True, **ID)


class GridMemberInput(StrictInput):
    """A person to be entered; with `post` the person is nominated in the same call."""

    name = serializers.CharField(max_length=60)
    phone = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", write_only=True
    )
    community_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="that of the first post by default", **ID
    )
    user_id = serializers.IntegerField(required=False, allow_null=True, default=None, **ID)
    post = PostInput(required=False, allow_null=True, default=None)


class GridMemberRevealInput(StrictInput):
    """What the phone is looked at for."""

    purpose = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=NOTE_MAX_LENGTH, required=False, allow_blank=True, default="")


class GridMemberRevealed(serializers.Serializer[Any]):
    """The phone in full; a repeated request with one Idempotency-Key is answered without it."""

    phone = serializers.CharField(required=False)


def member_shown(user: Any, member_id: int) -> dict[str, Any]:
    """A member as the user sees the person."""
    return dict(GridMemberOutput(member_in_reach(user, member_id)).data)


class GridMembersView(ApiView):
    """Members."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[GridMemberFilter], responses=paged(GridMemberOutput), operation_id="grid_member_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """People one manages, oversees or serves beside, by id, with their posts that one sees."""
        asked = self.query(GridMemberFilter)
        rows = narrowed(members_visible_to(request.user), asked, request.user)
        return self.page(with_posts(rows, request.user), GridMemberOutput)

    @extend_schema(
        request=GridMemberInput,
        responses={201: GridMemberOutput, 200: GridMemberOutput},
        operation_id="grid_member_add",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter a person (201), or give one whose phone is known another post (200)."""
        given = self.parsed(GridMemberInput)
        post = given.pop("post")
        order = MemberOrder(**given, post=None if post is None else post_order(post))
        member: Any = add_member(order=order, acting_user=request.user)
        return self.answer(
            member_shown(request.user, member.pk),
            status=201 if member.added_now else 200,
            version=member.version,
            location=f"/api/v1/grid-members/{member.pk}",
        )


class GridMemberView(ApiView):
    """One member."""

    permission = SIGNED_IN
    scope = members_visible_to
    needs_if_match = True

    @extend_schema(responses=GridMemberOutput, operation_id="grid_member_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The person and the posts one sees."""
        return self.answer(member_shown(request.user, id), version=self.object.version)

    @extend_schema(request=GridMemberChange, responses=GridMemberOutput, operation_id="grid_member_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Correct name or phone, or link the account the person signs in with."""
        member = change_member(
            member_id=id,
            changes=self.parsed(GridMemberChange),
            if_match=request.headers.get("If-Match", ""),
            acting_user=request.user,
        )
        return self.answer(member_shown(request.user, id), version=member.version)


class GridMemberRevealView(ApiView):
    """A member's phone in full."""

    permission = SIGNED_IN
    scope = members_visible_to
    shown_once = ("phone",)

    @extend_schema(
        request=GridMemberRevealInput, responses=GridMemberRevealed, operation_id="grid_member_reveal"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Show it once; who looked and what for stands in the audit log."""
        given = self.parsed(GridMemberRevealInput)
        phone = reveal_member_phone(member_id=id, **given, acting_user=request.user)
        response = self.answer({"phone": phone})
        response["Cache-Control"] = "no-store"
        return response
