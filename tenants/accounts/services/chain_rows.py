"""What sealing and verifying read: the chain's end, its key, rows exactly as they stand, transaction ids."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast

from tenants.accounts.models import AuditEvent, AuditLink
from tenants.accounts.queries import sealer
from tenants.accounts.rules.audit_chain import EventFacts


def last_audit_link() -> AuditLink | None:
    """The end of the schema's chain."""
    return AuditLink.objects.order_by("-sequence").first()


def unsealed_audit_events() -> QuerySet[AuditEvent]:
    """Audit rows without a link."""
    return AuditEvent.objects.filter(~Exists(AuditLink.objects.filter(event_id=OuterRef("pk"))))


def audit_key() -> bytes:
    """The key of the schema's chain, derived from its data key."""
    return sealer().derive("audit-chain")


def oldest_running_transaction() -> int:
    """The id below which every transaction has ended; nothing can be committed under it any more.

    A statement of its own, whose answer travels as a parameter: on a cluster the rows live on another node.
    """
    return _transaction_number("pg_snapshot_xmin(pg_current_snapshot())")


def first_future_transaction() -> int:
    """The id that no transaction has had yet."""
    return _transaction_number("pg_snapshot_xmax(pg_current_snapshot())")


def this_transaction() -> int:
    """The id of the transaction this connection is in."""
    return _transaction_number("pg_current_xact_id()")


def _transaction_number(expression: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({expression})::text::bigint")
        return int(cursor.fetchone()[0])


_PLAIN_COLUMNS = (
    "id", "at", "actor_id", "actor_label", "organisation", "action", "subject_type", "subject_id",
)  # fmt: skip
_LATER_COLUMNS = ("reason", "policy_version", "request_id", "transaction_id")


def event_facts(rows: QuerySet[AuditEvent]) -> Iterator[EventFacts]:
    """The rows as the chain's rule takes them; documents as text, so that no digit of a number is lost."""
    documents = {f"{name}_text": Cast(F(name), TextField()) for name in ("before", "after")}
    columns = (*_PLAIN_COLUMNS, *documents, *_LATER_COLUMNS)
    for values in rows.annotate(**documents).values_list(*columns).iterator(chunk_size=2000):
        yield EventFacts(*values)
