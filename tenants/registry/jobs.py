"""What the installation does for itself; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from tenants.registry.services.audit_heads import keep_audit_heads


@app.periodic(cron="*/10 * * * *")
@app.task(name="registry.keep_audit_heads", queue="system", queueing_lock="keep_audit_heads")
def keep_audit_heads_job(timestamp: int) -> None:
    """Keep the ends of the cities' audit chains in public."""
    keep_audit_heads()
