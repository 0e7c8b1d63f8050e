"""Regular work of one city; each body is one service call."""

from __future__ import annotations

from procrastinate.contrib.django import app

from tenants.bureau.services.outbox import deliver_outbox


@app.task(name="bureau.deliver_outbox")
def deliver_outbox_job(city: str) -> None:
    """Deliver the messages that are due."""
    deliver_outbox()
