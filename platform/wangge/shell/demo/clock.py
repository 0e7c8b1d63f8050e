"""The demo's past: services run as on an earlier day, so that a network that was made a minute ago has a history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.utils import timezone

# Long enough that who never met falls asleep.
FOUNDED_DAYS_AGO = 100


@contextmanager
def days_ago(days: int) -> Iterator[None]:
    """Inside, the services' clock shows the same hour so many days ago; rows are stamped by the database's own."""
    now = timezone.now
    with patch.object(timezone, "now", lambda: now() - timedelta(days=days)):
        yield
