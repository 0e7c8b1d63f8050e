"""What was published, over HTTP. Rule: J13"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.models import ChannelPost
from grids.interest.queries.channel_posts import channel_posts_visible_to
from grids.interest.rules.channel_post import Channel
from grids.interest.services.channel_posts import PostOrder, record_channel_post
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
CHANNELS = [channel.value for channel in Channel]


class ChannelPostOutput(serializers.ModelSerializer[ChannelPost]):
    """Something published about an interest grid or one occurrence of its activities."""

    interest_grid_id = serializers.IntegerField()
    occurrence_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ChannelPost
        fields = ("id", "interest_grid_id", "occurrence_id", "channel", "title", "url", "posted_on")


class ChannelPostInput(StrictInput):
    """What was published and where; a notice on a board has no link."""

    interest_grid_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    occurrence_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    channel = serializers.ChoiceField(choices=CHANNELS)
    title = serializers.CharField(max_length=80)
    url = serializers.CharField(required=False, allow_blank=True, max_length=400, default="")
    posted_on = DayField(required=False, allow_null=True, default=None, help_text="today by default")


class ChannelPostFilter(serializers.Serializer[Any]):
    """Which posts."""

    interest_grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    occurrence = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    channel = serializers.ChoiceField(required=False, choices=CHANNELS)


class ChannelPostsView(ApiView):
    """Channel posts."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[ChannelPostFilter], responses=paged(ChannelPostOutput), operation_id="channel_post_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """What was published about the interest grids one sees, by id."""
        wanted = self.query(ChannelPostFilter)
        columns = {"interest_grid": "interest_grid_id", "occurrence": "occurrence_id"}
        rows = channel_posts_visible_to(request.user)
        return self.page(
            rows.filter(**{columns.get(name, name): value for name, value in wanted.items()}),
            ChannelPostOutput,
        )

    @extend_schema(
        request=ChannelPostInput, responses={201: ChannelPostOutput}, operation_id="channel_post_record"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Record that something was published; it counts as publicity work."""
        asked = self.parsed(ChannelPostInput)
        order = PostOrder(**{**asked, "channel": Channel(asked["channel"])})
        post = record_channel_post(order=order, acting_user=request.user)
        return self.answer(ChannelPostOutput(post).data, status=201)
