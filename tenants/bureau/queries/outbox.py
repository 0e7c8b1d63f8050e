"""Reads of messages."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.accounts.models import User
from tenants.bureau.models import OutboxMessage
from wangge.kernel.permissions import holds


def messages_visible_to(user: User) -> QuerySet[OutboxMessage]:
    """The messages that have come for the user in the product."""
    rows = OutboxMessage.objects.filter(channel="in_app", recipient=f"accounts.user:{user.pk}")
    return rows.filter(delivered_at__isnull=False).order_by("id")


def outbox_visible_to(user: User) -> QuerySet[OutboxMessage]:
    """All messages for those who tend the outbox; none for the rest."""
    rows = OutboxMessage.objects.order_by("id")
    return rows if holds(user, "outbox.manage") else rows.none()
