"""The job runner: every job's statements run in its city's schema and under its city's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app

from wangge.kernel.context import request_id

RESCUE_AFTER_S = 20


def in_city(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Run one job in the city its arguments name; jobs of the installation itself run in public."""
    schema = context.job.task_kwargs.get("city")
    token = request_id.set(f"job-{context.job.id}")
    close_old_connections()
    try:
        if schema is None:
            connection.set_schema_to_public()
            return call_next()
        with schema_context(schema):
            return call_next()
    finally:
        request_id.reset(token)
        close_old_connections()


@app.periodic(cron="*/1 * * * * */10")
@app.task(name="shell.rescue_stalled", queue="system", queueing_lock="rescue_stalled", pass_context=True)
async def rescue_stalled(context: Any, timestamp: int) -> None:
    """Give a job whose worker has died to a living one."""
    stalled = await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=RESCUE_AFTER_S)
    for job in stalled:
        await context.app.job_manager.retry_job(job)
