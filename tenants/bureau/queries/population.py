"""Reads of how many people live where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from tenants.accounts.models import User
from tenants.bureau.models import Population
from tenants.bureau.queries.rights import granted_paths, under_paths


@dataclass(frozen=True, slots=True)
class Census:
    """One source's numbers of one day: residents by unit id. Empty where nothing was entered."""

    counted_on: date | None
    source: str
    residents: dict[int, int]


def populations_visible_to(user: User) -> QuerySet[Population]:
    """The numbers of the units one may see, newest count first within a unit."""
    allowed = under_paths(granted_paths(user, "org.view"), "unit__path")
    return Population.objects.filter(allowed).select_related("unit").order_by("id")


def census_on(on: date) -> Census:
    """The latest count on or before a day, whole: of two sources of one day the one that names more units. Rule: J20"""
    latest = (
        Population.objects.filter(counted_on__lte=on)
        .values("counted_on", "source")
        .annotate(units=Count("id"))
        .order_by("-counted_on", "-units", "source")
        .first()
    )
    if latest is None:
        return Census(None, "", {})
    rows = Population.objects.filter(counted_on=latest["counted_on"], source=latest["source"])
    return Census(latest["counted_on"], latest["source"], dict(rows.values_list("unit_id", "residents")))
