"""Who did what: rows written in the transaction of the act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenants.accounts.models import AuditEvent, User
from wangge.kernel.context import request_id


def record_audit(
    *,
    acting_user: User | None,
    action: str,
    subject: Any,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    organisation: str = "",
    policy_version: str = "",
) -> None:
    """Write one audit row in the caller's transaction; `subject` is a model row or a `(type, id)` pair.

    Personal fields must arrive masked. `acting_user` None is the system itself (a timer, the installation).
    """
    kind, key = subject if isinstance(subject, tuple) else (subject._meta.label_lower, subject.pk)
    AuditEvent.objects.create(
        actor_id=acting_user.pk if acting_user else None,
        actor_label=acting_user.username if acting_user else "system",
        organisation=organisation,
        action=action,
        subject_type=kind,
        subject_id=str(key),
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        reason=reason,
        policy_version=policy_version,
        request_id=request_id.get(),
    )
