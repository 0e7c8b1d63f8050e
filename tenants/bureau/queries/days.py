"""The day it is where the rules are read."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from tenants.bureau.rules.local_time import local_date


def today() -> date:
    """The day it is in Shanghai."""
    return local_date(timezone.now())
