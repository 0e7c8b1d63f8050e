"""How long after the act a phone may still send what it noted offline. Rules: J13, X05"""

from __future__ import annotations

from datetime import date

from tenants.bureau.queries.policy import policy_number

RECORD_DAYS = "visit.record_days"


def record_days(on: date) -> int:
    """Within how many days what was noted offline is taken."""
    return policy_number(RECORD_DAYS, on)
