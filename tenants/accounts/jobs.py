"""Sealing of audit rows, every minute; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from tenants.accounts.services.seal import seal_audit


@app.task(name="accounts.seal_audit")
def seal_audit_job(city: str) -> None:
    """Seal the city's audit rows, under its role."""
    seal_audit()


# Public's audit rows are the operators': only their login writes there.
@app.periodic(cron="* * * * *")
@app.task(name="accounts.seal_public_audit", queue="operator", queueing_lock="seal_public_audit")
def seal_public_audit_job(timestamp: int) -> None:
    """Seal the operators' audit rows."""
    seal_audit()
