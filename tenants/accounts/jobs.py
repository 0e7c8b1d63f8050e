"""Sealing of audit rows every minute, and a daily sweep; each body is one service call."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from tenants.accounts.services.house import keep_house
from tenants.accounts.services.seal import seal_audit


@app.task(name="accounts.seal_audit")
def seal_audit_job(city: str) -> None:
    """Seal the city's audit rows, under its role."""
    seal_audit()


@app.task(name="accounts.keep_house")
def keep_house_job(city: str) -> None:
    """Delete the city's expired sessions, kept answers, wrong passwords and tokens."""
    keep_house(now=timezone.now())


@app.task(name="accounts.keep_public_house")
def keep_public_house_job() -> None:
    """Delete those of the operators; only their login may."""
    keep_house(now=timezone.now())
