"""Who did what: rows written in the transaction of the act."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tenants.accounts.models import AuditEvent, User
from wangge.kernel.context import request_id
from wangge.kernel.database.current import city_connection

_LONGEST_LABEL = 80
_AT_ONCE = 5_000
# An act of several policies names them all in its own row; here stand as many as there is room for.
_LONGEST_POLICY = AuditEvent._meta.get_field("policy_version").max_length

# The rows of one act differ in their subject only: building each as a model and as text took most of a large import.
_MANY = f"""
INSERT INTO {AuditEvent._meta.db_table}
    (actor_id, actor_label, action, reason, request_id, policy_version, organisation, subject_type, subject_id, before, after)
SELECT %s::bigint, %s, %s, %s, %s, '', told.organisation, told.kind, told.key, told.before, told.after
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]::jsonb[], %s::text[]::jsonb[])
     WITH ORDINALITY AS told (organisation, kind, key, before, after, place)
ORDER BY told.place"""


def is_of_elsewhere(user: User) -> bool:
    """Whether the user is no row of the schema this connection stands in, such as an operator who acts in a city."""
    return bool(user.home_schema) and user.home_schema != city_connection().schema_name


def actor_label(acting_user: User | None) -> str:
    """The name that a log of this schema tells: `system`, a user's name, or `operator:name`, which no name here can be."""
    if acting_user is None:
        return "system"
    if not is_of_elsewhere(acting_user):
        return acting_user.username
    home = acting_user.home_schema
    kind = "operator" if home == settings.PUBLIC_SCHEMA_NAME else home
    return f"{kind}:{acting_user.username}"[:_LONGEST_LABEL]


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
    Who acts from another schema is a label without an id, for the id is another person's here.
    """
    about = {
        "reason": reason,
        "organisation": organisation,
        "policy_version": policy_version[:_LONGEST_POLICY],
    }
    _row(acting_user, action, AuditSubject(subject, before, after), about).save(force_insert=True)


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """What one of many rows is about: a model row or a `(type, id)` pair, as it was and as it is; in whose name."""

    subject: Any
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    organisation: str = ""


def record_audits(
    *, acting_user: User | None, action: str, subjects: Iterable[AuditSubject], reason: str = ""
) -> None:
    """Write one audit row for each of many subjects of one act, in that order, as `record_audit` does for one."""
    told = list(subjects)
    for start in range(0, len(told), _AT_ONCE):
        some = told[start : start + _AT_ONCE]
        kinds, keys = zip(*(_named(each.subject) for each in some), strict=True)
        with city_connection().cursor() as cursor:
            cursor.execute(
                _MANY,
                [
                    _actor_id(acting_user), actor_label(acting_user), action, reason, request_id.get(),
                    [each.organisation for each in some], list(kinds), list(keys),
                    [_json(each.before) for each in some], [_json(each.after) for each in some],
                ],
            )  # fmt: skip


def _json(facts: Mapping[str, Any] | None) -> str | None:
    return None if facts is None else json.dumps(dict(facts))


def _named(subject: Any) -> tuple[str, str]:
    kind, key = subject if isinstance(subject, tuple) else (subject._meta.label_lower, subject.pk)
    return kind, str(key)


def _actor_id(acting_user: User | None) -> int | None:
    return None if acting_user is None or is_of_elsewhere(acting_user) else acting_user.pk


def _row(acting_user: User | None, action: str, about: AuditSubject, more: Mapping[str, str]) -> AuditEvent:
    subject, before, after = about.subject, about.before, about.after
    kind, key = _named(subject)
    return AuditEvent(
        actor_id=_actor_id(acting_user),
        actor_label=actor_label(acting_user),
        action=action,
        subject_type=kind,
        subject_id=key,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        request_id=request_id.get(),
        **more,
    )
