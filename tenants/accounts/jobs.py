"""Sealing of audit rows, every minute; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from tenants.accounts.services.seal import seal_audit


@app.task(name="accounts.seal_audit")
def seal_audit_job(city: str) -> None:
    """Seal the city's audit rows, under its role."""
    seal_audit()
