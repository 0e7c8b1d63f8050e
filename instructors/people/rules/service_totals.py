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


def totals_since(until: date) -> date:
    """The first day that totals count from when nobody names one: 1 January of their last day's year. Rule: J12"""
    return date(until.year, 1, 1)


def totals_said(since: date, until: date) -> tuple[str, str]:
    """Which days totals count, in Chinese and in English; both days are counted. Rule: J12"""
    whole = since == totals_since(until)
    zh = f"{since.isoformat()}至{until.isoformat()}（含首尾两日）"
    return (
        f"{until.year}年度：{zh}" if whole else zh,
        f"{'the calendar year: ' if whole else ''}{since} to {until}, both days counted",
    )


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
