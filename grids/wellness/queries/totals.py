"""Totals as they were published; nobody reads tests for them a second time. Rule: J17"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from grids.wellness.models import FitnessTotals
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths
from wangge.errors import not_found

AGGREGATE = "wellness.aggregate"


def published_quarters() -> QuerySet[FitnessTotals]:
    """What was published, without the figures, by id."""
    return FitnessTotals.objects.select_related("standard").defer("rows", "standard__text").order_by("id")


def published_totals(standard_id: int, period: str) -> FitnessTotals:
    """The totals of a standard and a quarter; 404 before they are made."""
    rows = FitnessTotals.objects.select_related("standard")
    found = rows.filter(standard_id=standard_id, period=period).first()
    if found is None:
        raise not_found("体质统计", "total")
    return found


def rows_for(user: User, totals: FitnessTotals) -> list[dict[str, Any]]:
    """The rows of the units for which the user holds `wellness.aggregate`."""
    paths = granted_paths(user, AGGREGATE)
    return [row for row in totals.rows if any(row["path"].startswith(path) for path in paths)]
