"""What stands at a check-in code, for whoever scans it: nobody's name. Rule: J09"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from grids.interest.models import Occurrence
from grids.interest.queries.activity_policy import check_in_policy
from grids.interest.queries.check_in_codes import read_code
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.check_in import CheckInWindow, check_in_window
from grids.interest.rules.people_states import InterestGridState
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found


@dataclass(frozen=True, slots=True)
class Door:
    """An activity at its code, and whether one can check in now: open, early, closed, expired or cancelled."""

    state: str
    title: str
    interest_grid: str
    place_name: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime


def window_of(row: Occurrence, now: datetime) -> CheckInWindow:
    """The occurrence's check-in window by the policy of today."""
    return check_in_window(row.starts_at, row.ends_at, check_in_policy(local_date(now)))


def door_of(token: str) -> Door:
    """What the code opens; 404 for one that this city did not sign."""
    code, now = read_code(token), timezone.now()
    rows = Occurrence.objects.select_related("activity", "interest_grid", "site")
    row = rows.filter(pk=code.occurrence_id).first()
    if row is None:
        raise not_found("签到码", "check-in code")
    window = window_of(row, now)
    return Door(
        _state(row, window, now, code.is_expired), row.activity.title, row.interest_grid.name,
        row.place_name or (row.site.name if row.site is not None else ""), row.starts_at, row.ends_at,
        window.opens_at, window.closes_at,
    )  # fmt: skip


def _state(row: Occurrence, window: CheckInWindow, now: datetime, is_expired: bool) -> str:
    if row.state == OccurrenceState.CANCELLED or row.interest_grid.state == InterestGridState.CLOSED:
        return "cancelled"
    if now < window.opens_at:
        return "early"
    if now > window.closes_at:
        return "closed"
    return "expired" if is_expired else "open"
