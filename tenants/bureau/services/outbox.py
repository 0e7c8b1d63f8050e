"""Messages are written in the transaction of the act they tell of, and leave after it has committed."""

from __future__ import annotations

from collections.abc import Mapping

from tenants.bureau.models import OutboxMessage


def queue_message(
    *, channel: str, recipient: str, template: str, facts: Mapping[str, object], dedup_key: str
) -> OutboxMessage:
    """Put a message into the outbox; the same `dedup_key` again is the same message and is not sent twice."""
    message, _ = OutboxMessage.objects.get_or_create(
        dedup_key=dedup_key,
        defaults={"channel": channel, "recipient": recipient, "template": template, "facts": dict(facts)},
    )
    return message
