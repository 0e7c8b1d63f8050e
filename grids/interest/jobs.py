"""Regular and long work of interest grids; each body is one service call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procrastinate.contrib.django import app

from grids.interest.services.dormancy import begin_and_end_posts, let_silent_sleep
from grids.interest.services.hotline_channel import resend_issues
from grids.interest.services.keeping import keep_activities
from grids.interest.services.member_imports import JOB_KIND, carry_out_member_import
from grids.interest.services.retention import erase_past_people
from grids.interest.services.visits import erase_visits
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.days import today
from tenants.bureau.services.jobs import JobProgress, run_job


@app.task(name="interest.erase_visits")
def erase_visits_job(city: str) -> None:
    """Erase the household visits whose time of keeping has passed."""
    erase_visits(on=today())


@app.task(name="interest.erase_past_people")
def erase_past_people_job(city: str) -> None:
    """Take names and phones out of records of people that policy keeps no longer."""
    erase_past_people(on=today())


@app.task(name="interest.resend_issues")
def resend_issues_job(city: str) -> None:
    """Let issues leave that waited for a hotline channel."""
    resend_issues()


@app.task(name="interest.let_silent_sleep")
def let_silent_sleep_job(city: str) -> None:
    """Let interest grids without activities fall asleep."""
    let_silent_sleep()


@app.task(name="interest.begin_and_end_posts")
def begin_and_end_posts_job(city: str) -> None:
    """Let members' posts begin and end by their days."""
    begin_and_end_posts()


@app.task(name=JOB_KIND)
def import_members_job(city: str, job_id: int) -> None:
    """Check and apply one uploaded file of members; the runner stands in the city already."""
    run_job(job_id=job_id, body=_run_import)


def _run_import(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    return carry_out_member_import(int(job.arguments["member_import_id"]), progress)


@app.task(name="interest.keep_activities")
def keep_activities_job(city: str) -> None:
    """Finish what was left open, and let series of activities stand ahead."""
    keep_activities()
