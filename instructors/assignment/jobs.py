"""Long work of assignments; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from instructors.assignment.services.adopting import book_duties
from instructors.assignment.services.runs import run_assignment
from instructors.assignment.services.studies import study_gaps
from tenants.bureau.services.jobs import run_job


@app.task(name="assignment.run_assignment")
def run_assignment_job(city: str, job_id: int) -> None:
    """Compute who serves which site."""
    run_job(job_id=job_id, body=run_assignment)


@app.task(name="assignment.book_duties")
def book_duties_job(city: str, job_id: int) -> None:
    """Book the duties of the assignment in force."""
    run_job(job_id=job_id, body=book_duties)


@app.task(name="assignment.study_gaps")
def study_gaps_job(city: str, job_id: int) -> None:
    """Find out where sites are missing."""
    run_job(job_id=job_id, body=study_gaps)
