"""Every schema's audit chain is walked, against the heads kept in public and any kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.accounts.rules.audit_findings import KeptHead
from tenants.accounts.services.chain_rows import last_audit_link
from tenants.accounts.services.seal import seal_audit, seal_imported
from tenants.accounts.services.verify import ChainReport, verify_audit
from tenants.registry.models import City
from tenants.registry.services.audit_heads import kept_heads
from wangge.errors import not_found


def audited_schemas(slug: str | None = None) -> list[str]:
    """Public and every city's schema, or the one city's; 404 NOT_FOUND for a slug that no city has."""
    rows = City.objects.order_by("id")
    if slug is None:
        return [settings.PUBLIC_SCHEMA_NAME, *rows.values_list("schema_name", flat=True)]
    found = list(rows.filter(slug=slug).values_list("schema_name", flat=True))
    if not found:
        raise not_found("城市", "city")
    return found


def verify_schemas(
    schemas: Iterable[str], kept_elsewhere: Mapping[str, KeptHead] | None = None
) -> Iterator[tuple[str, ChainReport]]:
    """Each schema with its report, one after the other; a city is read under its own role."""
    for schema in schemas:
        heads = kept_heads(schema)
        elsewhere = (kept_elsewhere or {}).get(schema)
        with schema_context(schema):
            report = verify_audit(heads=[*heads, elsewhere] if elsewhere else heads)
        yield schema, report


def seal_schemas(schemas: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Seal each schema now instead of within the minute; with how many rows were sealed."""
    for schema in schemas:
        with schema_context(schema):
            yield schema, seal_audit()


def begin_eras(schemas: Iterable[str], *, acting_user: User | None = None) -> Iterator[tuple[str, int]]:
    """After the whole database was moved to another server: a new era of transaction ids for every chain there is.

    Servers and workers must be stopped. With the sequence each chain has reached.
    """
    for schema in schemas:
        with schema_context(schema):
            if last_audit_link() is not None:
                yield schema, seal_imported(origin="move", acting_user=acting_user, written_here=True)
