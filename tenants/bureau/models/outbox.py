"""Messages that wait to leave the city."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """A message that leaves after the transaction that wrote it has committed; delivered at least once.

    `dedup_key` goes to the provider, so that a repeated delivery is one message for the reader.
    """

    channel = models.CharField(max_length=24, help_text="in_app, sms, email, wechat, …")
    recipient = models.CharField(
        max_length=120, help_text="what the channel port needs, e.g. accounts.user:7"
    )
    template = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, help_text="when its reader opened a message in the product")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(delivered_at=None, given_up_at=None),
                name="outbox_due",
            ),
            models.Index(fields=["recipient", "id"], name="outbox_recipient"),
        ]
