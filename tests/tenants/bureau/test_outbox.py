"""A message is queued with the act it tells of, once."""

from __future__ import annotations

import pytest
from django.db import transaction

from tenants.bureau.models import OutboxMessage
from tenants.bureau.services.outbox import queue_message

pytestmark = pytest.mark.django_db


def queue(key="plan:7:published"):
    return queue_message(
        channel="in_app",
        recipient="accounts.user:7",
        template="plan_published",
        facts={"plan": 7},
        dedup_key=key,
    )


def test_the_same_message_twice_is_one(in_alpha):
    assert queue().pk == queue().pk
    assert queue("plan:8:published").delivered_at is None
    assert OutboxMessage.objects.count() == 2


def test_a_message_goes_with_its_act(in_alpha):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError
    assert not OutboxMessage.objects.exists()
