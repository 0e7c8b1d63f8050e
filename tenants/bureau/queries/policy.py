"""Reads of dated policy."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from tenants.bureau.models import PolicyParameterVersion
from tenants.bureau.rules.policy import PolicyValue, PolicyVersion, value_at
from tenants.bureau.rules.policy_defaults import definition


def policy_versions(key: str) -> QuerySet[PolicyParameterVersion]:
    """All versions of one parameter, oldest first."""
    return PolicyParameterVersion.objects.filter(key=key).order_by("number")


def policy_versions_for_update(keys: Collection[str]) -> list[PolicyParameterVersion]:
    """All versions of some parameters, their rows locked: two people who set one of them wait for each other.

    The rows are read again after the lock, because the first reading may be older than a rival's commit.
    """
    rows = PolicyParameterVersion.objects.filter(key__in=list(keys)).order_by("key", "number")
    list(rows.select_for_update().values_list("pk"))
    return list(rows)


def versions_in_force(on: date, keys: Collection[str] | None = None) -> QuerySet[PolicyParameterVersion]:
    """The version of every parameter (or of some) in force on a day."""
    rows = PolicyParameterVersion.objects.filter(effective_from__lte=on)
    rows = rows.filter(Q(effective_to=None) | Q(effective_to__gte=on))
    return rows if keys is None else rows.filter(key__in=list(keys))


def plain(row: PolicyParameterVersion) -> PolicyVersion:
    """The row as the rules read it."""
    return PolicyVersion(row.key, row.value, row.effective_from, row.effective_to, row.number)


def policy_values(keys: Collection[str], on: date) -> dict[str, PolicyValue]:
    """The values of several parameters on a day, in one statement; the product's default where the city has none."""
    versions = [plain(row) for row in versions_in_force(on, keys)]
    return {key: value_at(definition(key), versions, on) for key in keys}


def policy_value(key: str, on: date) -> PolicyValue:
    """The value of one parameter on a day."""
    return policy_values([key], on)[key]


def policy_number(key: str, on: date) -> int:
    """A whole number of policy on a day; for parameters of type integer."""
    value = policy_value(key, on)
    if not isinstance(value, int):
        raise TypeError(f"{key} is no whole number")
    return value


def policy_label(keys: Collection[str], on: date) -> str:
    """Which versions are in force, for audit rows and answers: `order.lead_workdays@2 quota.holder@1`."""
    return " ".join(sorted(f"{row.key}@{row.number}" for row in versions_in_force(on, keys)))
