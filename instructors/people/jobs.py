"""Background work on the register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procrastinate.contrib.django import app

from instructors.people.services.imports import JOB_KIND, carry_out_register_import
from tenants.bureau.models import BackgroundJob
from tenants.bureau.services.jobs import JobProgress, run_job


@app.task(name=JOB_KIND)
def import_register(city: str, job_id: int) -> None:
    """Check and apply one uploaded file; the runner stands in the city already."""
    run_job(job_id=job_id, body=_run_import)


def _run_import(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    return carry_out_register_import(int(job.arguments["register_import_id"]), progress)
