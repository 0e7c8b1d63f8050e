"""Messages are written in the transaction of the act they tell of, and leave after it has committed, at least once.

A deliverer claims one message with a lease, sends it without holding any lock, and marks it. Who dies between sending
and marking lets the lease run out; then it is sent again under the same key.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.delivery import DeliveryPolicy, next_attempt
from tenants.bureau.rules.masking import mask_recipient
from tenants.bureau.services.channels import ChannelRefused, Outgoing, channel_of
from wangge.errors import RuleBroken, not_found
from wangge.kernel.database.current import city_connection

log = logging.getLogger(__name__)

# A run ends after this long, so that one city's slow provider does not hold its slot for ever.
RUN_S = 240


def queue_message(
    *, channel: str, recipient: str, template: str, facts: Mapping[str, object], dedup_key: str
) -> OutboxMessage:
    """Put a message into the outbox; the same `dedup_key` again is the same message and is not sent twice."""
    message, _ = OutboxMessage.objects.get_or_create(
        dedup_key=dedup_key,
        defaults={"channel": channel, "recipient": recipient, "template": template, "facts": dict(facts)},
    )
    return message


@dataclass(frozen=True, slots=True)
class Message:
    """One of many messages to be queued, as `queue_message` takes them."""

    channel: str
    recipient: str
    template: str
    facts: Mapping[str, object]
    dedup_key: str


def queue_messages(messages: Iterable[Message]) -> None:
    """Put many messages into the outbox in few statements; those whose `dedup_key` is there already are left alone."""
    rows = [
        OutboxMessage(
            channel=each.channel, recipient=each.recipient, template=each.template, facts=dict(each.facts),
            dedup_key=each.dedup_key,
        )
        for each in messages
    ]  # fmt: skip
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def delivery_policy() -> DeliveryPolicy:
    """How often and how long this installation tries."""
    return DeliveryPolicy(
        attempts=settings.WANGGE_OUTBOX_ATTEMPTS, lease=timedelta(seconds=settings.WANGGE_OUTBOX_LEASE_S)
    )


def deliver_outbox(*, run_s: float = RUN_S) -> int:
    """Deliver what is due in the city this connection stands in; returns how many messages left.

    Call it outside a transaction. Several deliverers may run at once: each message is claimed by one.
    """
    policy, delivered = delivery_policy(), 0
    until = time.monotonic() + run_s
    while time.monotonic() < until:
        message = _claim(timezone.now(), policy)
        if message is None:
            break
        delivered += _deliver(message, policy)
    return delivered


@transaction.atomic
def _claim(now: datetime, policy: DeliveryPolicy) -> OutboxMessage | None:
    """The next due message, counted and leased; nobody waits for a row that another deliverer holds."""
    due = OutboxMessage.objects.filter(delivered_at=None, given_up_at=None, next_attempt_at__lte=now)
    for message in due.select_for_update(skip_locked=True).order_by("next_attempt_at", "id")[:1]:
        message.attempts += 1
        message.next_attempt_at = now + policy.lease
        message.save(update_fields=["attempts", "next_attempt_at"])
        return message
    return None


def _deliver(message: OutboxMessage, policy: DeliveryPolicy) -> bool:
    outgoing = Outgoing(
        key=f"{city_connection().schema_name}:{message.dedup_key}",
        channel=message.channel,
        recipient=message.recipient,
        template=message.template,
        facts=message.facts,
    )
    if message.attempts > policy.attempts:
        # Its deliverer died each time before it could say so.
        _put_off(message, None, "")
        return False
    try:
        channel_of(message.channel).deliver(outgoing)
    except ChannelRefused as refused:
        _put_off(message, None, str(refused))
    except Exception as fault:
        again = next_attempt(message.attempts, timezone.now(), policy)
        _put_off(message, again, f"{type(fault).__name__}: {fault}")
    else:
        waiting = OutboxMessage.objects.filter(pk=message.pk, delivered_at=None)
        waiting.update(delivered_at=timezone.now(), last_error="", given_up_at=None)
        return True
    return False


def _put_off(message: OutboxMessage, again: datetime | None, error: str) -> None:
    """Remember the failure of this try; a later claim of the same message is left alone."""
    told = error.replace(message.recipient, mask_recipient(message.recipient))[:300]
    rows = OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts, delivered_at=None)
    changes = {"last_error": told} if told else {}
    if again is None:
        log.warning("message %s of channel %s was given up", message.pk, message.channel)
        rows.update(given_up_at=timezone.now(), **changes)
    else:
        rows.update(next_attempt_at=again, **changes)


@transaction.atomic
def retry_message(*, message_id: int, acting_user: User) -> OutboxMessage:
    """Let a message that was given up be tried anew; 404, or 409 INVALID_TRANSITION when it was not given up."""
    message = OutboxMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise not_found("消息", "message")
    if message.given_up_at is None:
        raise RuleBroken(
            "INVALID_TRANSITION",
            zh="该消息未被放弃，无需重发",
            en="this message was not given up",
            status=409,
            how_to_fix_zh="等待投递或查看已送达的消息",
            how_to_fix_en="wait for it, or look at the delivered ones",
        )
    message.given_up_at, message.attempts, message.next_attempt_at = None, 0, timezone.now()
    message.save(update_fields=["given_up_at", "attempts", "next_attempt_at"])
    after = {"channel": message.channel, "template": message.template}
    record_audit(acting_user=acting_user, action="outbox.retry", subject=message, after=after)
    return message


def read_message(*, message_id: int, acting_user: User) -> None:
    """Note that its reader has seen a message; the first time counts."""
    mine = OutboxMessage.objects.filter(
        pk=message_id, channel="in_app", recipient=f"accounts.user:{acting_user.pk}"
    )
    mine.filter(read_at=None).update(read_at=timezone.now())
