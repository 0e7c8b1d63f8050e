"""Rows that have served their time: deleted once a day in every schema that has people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from tenants.accounts.models import AccessToken, IdempotencyRecord, SignInFailure, TotpDevice

# A phone that was offline sends again within days; a key older than this is a new request.
ANSWERS_KEPT = timedelta(days=7)
# Longer than any policy's window of wrong passwords reaches back.
FAILURES_KEPT = timedelta(days=30)
# An authenticator that was not proved on the day is begun anew.
ENROLMENTS_KEPT = timedelta(days=1)
# So that its owner still sees in the list what has expired, and when.
TOKENS_KEPT = timedelta(days=90)


@transaction.atomic
def keep_house(*, now: datetime) -> dict[str, int]:
    """Delete what nobody asks for any more; returns the numbers by kind. May run twice, or beside itself."""
    over = Q(expires_at__lt=now - TOKENS_KEPT) | Q(revoked_at__lt=now - TOKENS_KEPT)
    return {
        "answers": IdempotencyRecord.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()[0],
        "failures": SignInFailure.objects.filter(failed_at__lt=now - FAILURES_KEPT).delete()[0],
        "enrolments": TotpDevice.objects.filter(
            confirmed_at=None, created_at__lt=now - ENROLMENTS_KEPT
        ).delete()[0],
        "tokens": AccessToken.objects.filter(over).delete()[0],
        "sessions": Session.objects.filter(expire_date__lte=now).delete()[1].get("sessions.Session", 0),
    }
