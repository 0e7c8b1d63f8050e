"""Volunteer and paid services are counted apart: a paid session never adds to the volunteer service.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from instructors.people.rules.grades import ServiceKind


@dataclass(frozen=True, slots=True)
class ServiceGiven:
    """One service: its day, its length, whether it was paid, and whether somebody verified it."""

    served_on: date
    minutes: int
    kind: ServiceKind
    is_verified: bool


@dataclass(frozen=True, slots=True)
class ServiceTotal:
    """Services of one kind: how many, how long, and how many of them are verified."""

    count: int = 0
    minutes: int = 0
    verified: int = 0
    verified_minutes: int = 0


def service_totals(
    services: Iterable[ServiceGiven], since: date, until: date
) -> dict[ServiceKind, ServiceTotal]:
    """The totals of each kind from the first to the last of these days; no kind is missing. Rule: J12"""
    counted = [given for given in services if since <= given.served_on <= until]
    return {kind: _total([given for given in counted if given.kind is kind]) for kind in ServiceKind}


def _total(services: list[ServiceGiven]) -> ServiceTotal:
    verified = [given for given in services if given.is_verified]
    return ServiceTotal(
        len(services),
        sum(given.minutes for given in services),
        len(verified),
        sum(given.minutes for given in verified),
    )
