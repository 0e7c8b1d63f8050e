"""Long work of base grids; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from grids.units.services.coverage import run_coverage
from grids.units.services.drawing import draw_plans
from grids.units.services.leader_notices import tell_of_acting_ends
from tenants.bureau.queries.days import today
from tenants.bureau.services.jobs import run_job


@app.task(name="units.draw_plans")
def draw_plans_job(city: str, job_id: int) -> None:
    """Draw the plans of many communities."""
    run_job(job_id=job_id, body=draw_plans)


@app.task(name="units.run_coverage")
def run_coverage_job(city: str, job_id: int) -> None:
    """Compute the city's coverage."""
    run_job(job_id=job_id, body=run_coverage)


@app.task(name="units.tell_of_acting_ends")
def tell_of_acting_ends_job(city: str) -> None:
    """Tell of acting leaders whose term is about to end."""
    tell_of_acting_ends(on=today())
