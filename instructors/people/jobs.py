"""Background work on the register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from instructors.people.services.imports import JOB_KIND, carry_out_register_import
from instructors.people.services.retention import erase_numbers_of_left
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, run_job


@app.task(name=JOB_KIND)
def import_register(city: str, job_id: int) -> None:
    """Check and apply one uploaded file; the runner stands in the city already."""
    run_job(job_id=job_id, body=_run_import)


def _run_import(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    return carry_out_register_import(int(job.arguments["register_import_id"]), progress)


@app.task(name="people.keep_register")
def keep_register_job(city: str) -> None:
    """Erase what the register no longer keeps of who has left."""
    erase_numbers_of_left(today=local_date(timezone.now()))
