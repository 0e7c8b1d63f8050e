"""The ends of the cities' audit chains are kept in public, out of the cities' reach."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.rules.audit_findings import KeptHead
from tenants.accounts.services.chain_rows import last_audit_link
from tenants.accounts.services.seal import seal_audit
from tenants.registry.models import AuditHead, City


def keep_audit_heads() -> int:
    """Keep the present end of every city's chain that has grown since; returns how many were kept.

    Call it in public, signed in as worker, operator or admin. A city's chain is read under that city's role.
    """
    kept = 0
    for schema in City.objects.order_by("id").values_list("schema_name", flat=True):
        kept += keep_head_of(schema)
    return kept


def keep_head_of(schema: str) -> bool:
    """Keep the end of one schema's chain; False when it has no chain or its end is kept already."""
    with schema_context(schema):
        link = last_audit_link()
    if link is None:
        return False
    with schema_context(settings.PUBLIC_SCHEMA_NAME):
        if AuditHead.objects.filter(schema_name=schema, sequence=link.sequence).exists():
            return False
        head = AuditHead(
            schema_name=schema, sequence=link.sequence, digest=bytes(link.digest), kept_at=timezone.now()
        )
        # Two workers at the same moment keep one row.
        AuditHead.objects.bulk_create([head], ignore_conflicts=True)
    return True


def seal_public_audit() -> int:
    """Seal the operators' audit rows in public and keep the end of their chain; returns how many were sealed."""
    sealed = seal_audit()
    keep_head_of(settings.PUBLIC_SCHEMA_NAME)
    return sealed


def kept_heads(schema: str) -> list[KeptHead]:
    """The heads kept for the schema since its city was made; read in public.

    A city of the same name that was dropped before has left heads, too: they speak of another chain.
    """
    rows = AuditHead.objects.filter(schema_name=schema)
    born = City.objects.filter(schema_name=schema).values_list("created_at", flat=True).first()
    if born is not None:
        rows = rows.filter(kept_at__gte=born)
    return [KeptHead(row.sequence, bytes(row.digest), row.kept_at) for row in rows.order_by("sequence")]
