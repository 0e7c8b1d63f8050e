"""A session ends after idle minutes and, however busy, after its longest life.

Rule: X07
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# A session's clock is wound when a tenth of the idle time has gone by, so that a map's tiles cost no write each.
WINDINGS_IN_IDLE_TIME = 10


@dataclass(frozen=True)
class SessionPolicy:
    """How long a session lives without a request, and how long at most."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)


def ends_at(*, opened_at: datetime, seen_at: datetime, policy: SessionPolicy) -> datetime:
    """When a session ends that was last used at `seen_at`."""
    return min(seen_at + policy.idle, opened_at + policy.longest)


def winding_interval(policy: SessionPolicy) -> timedelta:
    """How long a session's clock is left alone after it was wound; the idle time is exact to this much."""
    return policy.idle / WINDINGS_IN_IDLE_TIME
