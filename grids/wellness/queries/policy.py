"""The numbers of policy that tests and cases go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from grids.units.queries.policy import PolicyInForce, policy_in_force


@dataclass(frozen=True, slots=True)
class RetestWeeks:
    """From which whole week after the first session to which a re-test is taken."""

    first: int
    last: int


def retest_weeks(on: date) -> RetestWeeks:
    """The weeks of the re-test as policy has them on a day. Rule: J18"""
    found = wellness_policy(on).values
    return RetestWeeks(int(found["retest_from_weeks"]), int(found["retest_to_weeks"]))


def wellness_policy(on: date) -> PolicyInForce:
    """When a re-test is due and how small a published cell may be. Rules: J17, J18"""
    return policy_in_force("wellness", ("retest_from_weeks", "retest_to_weeks", "minimum_cell"), on)


def retention_policy(on: date) -> PolicyInForce:
    """How long values are kept, and how long after a consent was taken back. Rule: J17"""
    return policy_in_force("retention", ("wellness_years", "wellness_withdrawn_days"), on)
