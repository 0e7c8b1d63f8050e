"""The port to the city's hotline (12345) or governance platform: a webhook whose answer may bear its number.

Rule: J15
"""

from __future__ import annotations

import json

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from grids.interest.models import HotlineIssue
from tenants.accounts.services import record_audit
from tenants.bureau.models import OutboxMessage
from tenants.bureau.services.channels import ChannelOff, LogFile, Outgoing, Webhook

HOTLINE = "hotline"
_LONGEST_NUMBER = 64


def is_hotline_on() -> bool:
    """Whether this installation knows where the hotline is."""
    return bool(HOTLINE in settings.WANGGE_WEBHOOKS or settings.WANGGE_MESSAGE_LOG)


@transaction.atomic
def resend_issues() -> int:
    """Let issues that were given up while the city had no channel leave, once it has one; how many.

    Rule: J15
    """
    if not is_hotline_on():
        return 0
    given_up = OutboxMessage.objects.select_for_update().filter(
        channel=HOTLINE, given_up_at__isnull=False, last_error__startswith=ChannelOff.__name__
    )
    keys = list(given_up.values_list("pk", flat=True))
    again = OutboxMessage.objects.filter(pk__in=keys)
    again.update(given_up_at=None, attempts=0, next_attempt_at=timezone.now())
    if keys:
        record_audit(
            acting_user=None,
            action="outbox.retry",
            subject=("bureau.outboxmessage", HOTLINE),
            after={"messages": len(keys), "channel": HOTLINE},
        )
    return len(keys)


class HotlineChannel:
    """Posts an issue to the address of `WANGGE_WEBHOOKS=hotline=…` and keeps the number the answer gives it."""

    def deliver(self, message: Outgoing) -> None:
        """Return when the hotline has it; raise ChannelOff where no address is set up, so that the message waits."""
        url = settings.WANGGE_WEBHOOKS.get(HOTLINE)
        if url is not None:
            _keep_number(message, Webhook(url).post(message))
        elif settings.WANGGE_MESSAGE_LOG:
            LogFile(settings.WANGGE_MESSAGE_LOG).deliver(message)
        else:
            raise ChannelOff(f"channel {HOTLINE} is not set up")


def _keep_number(message: Outgoing, answer: bytes) -> None:
    """An answer `{"number": "…"}` names the issue at the hotline; any other answer is as good."""
    try:
        told = json.loads(answer)
    except ValueError:
        return
    number = told.get("number") if isinstance(told, dict) else None
    issue_id = message.facts.get("issue_id")
    if isinstance(number, str) and number.strip() and isinstance(issue_id, int):
        HotlineIssue.objects.filter(pk=issue_id).update(number=number.strip()[:_LONGEST_NUMBER])
