"""The policy numbers that activities are planned, recorded and judged by. Rules: J09, S44"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from grids.interest.rules.check_in import CheckInPolicy, CrowdPolicy
from grids.interest.rules.quiet_hours import QuietSpan
from grids.interest.rules.regularity import Regularity
from grids.units.queries.policy import policy_in_force
from tenants.bureau.queries.policy import policy_number, policy_values

RECORD, PHOTOS = "activity.record_days", "activity.photos"
PHOTO_MEGABYTES, CODE_MINUTES = "activity.photo_megabytes", "check_in.code_minutes"
FAILED_TRIES, CLOSES_ITSELF = "check_in.failed_tries", "session.closes_itself_minutes"
_WINDOW = ("check_in.early_minutes", "check_in.late_minutes", RECORD)
_CROWD = ("check_in.most_per_code", "check_in.most_per_minute")
UNRECORDED = "activity.unrecorded_days"
_QUIET = (("quiet_from", "quiet_to"), ("quiet_noon_from", "quiet_noon_to"))
_PLANNING = ("horizon_days", "record_days", *(name for pair in _QUIET for name in pair))
_REGULAR = ("activity.regular_per_week", "activity.regular_weeks", "activity.regular_of_weeks")


@dataclass(frozen=True, slots=True)
class PlanningPolicy:
    """What holds for planning on a day; `label` names the versions, for audit rows."""

    horizon_days: int
    record_days: int
    quiet: tuple[QuietSpan, ...]
    label: str


def planning_policy(on: date) -> PlanningPolicy:
    """How far ahead series stand, how long afterwards is recorded, and when it is quiet."""
    found = policy_in_force("activity", _PLANNING, on)
    quiet = tuple(QuietSpan(_clock(found.values[one]), _clock(found.values[other])) for one, other in _QUIET)
    return PlanningPolicy(
        int(found.values["horizon_days"]), int(found.values["record_days"]), quiet, found.version
    )


def _clock(value: object) -> time:
    assert isinstance(value, time), "a parameter of type time"
    return value


def check_in_policy(on: date) -> CheckInPolicy:
    """When check-in opens and closes on a day."""
    found = policy_values(_WINDOW, on)
    return CheckInPolicy(*(int(str(found[key])) for key in _WINDOW))


def crowd_policy(on: date) -> CrowdPolicy:
    """How many check-ins a code and a network address take on a day. Rule: J09"""
    found = policy_values(_CROWD, on)
    return CrowdPolicy(*(int(str(found[key])) for key in _CROWD))


def regularity_policy(on: date) -> Regularity:
    """What makes activities regular on a day. Rule: J09"""
    found = policy_values(_REGULAR, on)
    return Regularity(*(int(str(found[key])) for key in _REGULAR))


def number_of(key: str, on: date) -> int:
    """One whole number of the above."""
    return policy_number(key, on)
