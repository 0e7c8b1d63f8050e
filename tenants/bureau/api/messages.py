"""Messages one has received, and those that could not be delivered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import OutboxMessage
from tenants.bureau.queries.outbox import messages_visible_to, outbox_visible_to
from tenants.bureau.rules.masking import mask_recipient
from tenants.bureau.services.outbox import read_message, retry_message
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView, empty

_STATES: dict[str, dict[str, Any]] = {
    "waiting": {"delivered_at": None, "given_up_at": None},
    "delivered": {"delivered_at__isnull": False},
    "given_up": {"given_up_at__isnull": False},
}


class MessageOutput(serializers.ModelSerializer[OutboxMessage]):
    """A message for oneself."""

    class Meta:
        model = OutboxMessage
        fields = ("id", "template", "facts", "created_at", "read_at")


class OutboxOutput(serializers.ModelSerializer[OutboxMessage]):
    """A message on its way, without what it says; the recipient masked."""

    recipient = serializers.SerializerMethodField()

    class Meta:
        model = OutboxMessage
        fields = (
            "id", "channel", "recipient", "template", "created_at", "attempts", "next_attempt_at", "delivered_at",
            "given_up_at", "last_error",
        )  # fmt: skip

    def get_recipient(self, message: OutboxMessage) -> str:
        """Enough to recognise, not enough to use."""
        return mask_recipient(message.recipient)


class MessagesQuery(serializers.Serializer[Any]):
    """Which of one's own messages."""

    unread = serializers.BooleanField(default=False, help_text="only those that were not marked as read")


class OutboxQuery(serializers.Serializer[Any]):
    """Which messages."""

    state = serializers.ChoiceField(choices=list(_STATES), default="given_up")


class MessagesView(ApiView):
    """One's own messages."""

    permission = SIGNED_IN

    @extend_schema(parameters=[MessagesQuery], responses=paged(MessageOutput), operation_id="message_list")
    def get(self, request: SignedInRequest) -> Response:
        """Oldest first."""
        rows = messages_visible_to(request.user)
        if self.query(MessagesQuery)["unread"]:
            rows = rows.filter(read_at=None)
        return self.page(rows, MessageOutput)


class MessageReadView(ApiView):
    """That a message was read."""

    permission = SIGNED_IN
    scope = messages_visible_to

    @extend_schema(request=None, responses={204: None}, operation_id="message_mark_read")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Mark it; again is no harm."""
        read_message(message_id=id, acting_user=request.user)
        return empty()


class OutboxView(ApiView):
    """Messages on their way."""

    permission = "outbox.manage"

    @extend_schema(parameters=[OutboxQuery], responses=paged(OutboxOutput), operation_id="outbox_list")
    def get(self, request: SignedInRequest) -> Response:
        """Those given up, unless another state is asked for."""
        state = self.query(OutboxQuery)["state"]
        return self.page(outbox_visible_to(request.user).filter(**_STATES[state]), OutboxOutput)


class OutboxRetryView(ApiView):
    """Trying a message anew."""

    permission = "outbox.manage"
    scope = outbox_visible_to

    @extend_schema(request=None, responses={202: OutboxOutput}, operation_id="outbox_retry")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Let a message that was given up be tried again."""
        message = retry_message(message_id=id, acting_user=request.user)
        return self.answer(OutboxOutput(message).data, status=202)
