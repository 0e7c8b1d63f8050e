"""A message that could not be delivered is tried again, later each time, and given up in the end.

Rule: X05
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Minutes after the first, second, … failed try; the last one repeats.
PAUSES_MINUTES = (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60)


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How often a message is tried, and how long one try may last before another deliverer takes it over."""

    attempts: int = 8
    lease: timedelta = timedelta(minutes=5)


def next_attempt(attempts: int, now: datetime, policy: DeliveryPolicy) -> datetime | None:
    """When a message that has failed that many times is tried again; None when it is given up."""
    if attempts >= policy.attempts:
        return None
    pause = PAUSES_MINUTES[min(max(attempts, 1), len(PAUSES_MINUTES)) - 1]
    return now + timedelta(minutes=pause)
