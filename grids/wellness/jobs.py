"""Regular work of one city; each body is one service call."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from grids.wellness.services.erasing import keep_wellness
from grids.wellness.services.totals import publish_due_totals
from tenants.bureau.queries.days import today


@app.task(name="wellness.keep_house")
def keep_wellness_job(city: str) -> None:
    """Delete values that have served their time."""
    keep_wellness(now=timezone.now())


@app.task(name="wellness.publish_totals")
def publish_totals_job(city: str) -> None:
    """Publish the totals of the last quarter, once."""
    publish_due_totals(on=today())
