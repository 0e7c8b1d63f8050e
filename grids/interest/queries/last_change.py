"""Who changed a row last, and when: what a stale edit is told of the other one. Rule: X06"""

from __future__ import annotations

from django.db.models import Model

from tenants.accounts.models import AuditEvent, User
from tenants.bureau.rules.local_time import SHANGHAI


def last_change(row: Model) -> dict[str, str]:
    """`changed_by`, as colleagues see the person, and `changed_at` in Shanghai; empty where nobody is known."""
    rows = AuditEvent.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk))
    found = rows.order_by("-id").values("actor_id", "actor_label", "at").first()
    if found is None:
        return {}
    actor = found["actor_id"]
    person = None if actor is None else User.objects.filter(pk=actor).first()
    at = found["at"].astimezone(SHANGHAI).isoformat(timespec="seconds")
    return {"changed_by": (person and person.display_name) or found["actor_label"], "changed_at": at}
