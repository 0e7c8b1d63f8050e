"""Reads of cities."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.registry.models import City, Domain


def city_of_host(host: str) -> City | None:
    """The city that answers at this host (`name` or `name:port`); the exact host with port goes first."""
    names = [host, host.partition(":")[0]]
    rows = {d.domain: d.tenant for d in Domain.objects.select_related("tenant").filter(domain__in=names)}
    return next((rows[name] for name in names if name in rows), None)


def cities() -> QuerySet[City]:
    """All cities of the installation, for its operator."""
    rows: QuerySet[City] = City.objects.order_by("id")
    return rows
