"""The whole chain of a schema is walked and everything that is wrong with it named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from tenants.accounts.models import AuditEvent, AuditLink
from tenants.accounts.rules.audit_chain import EventFacts, LinkFacts
from tenants.accounts.rules.audit_findings import (
    FINDINGS_KEPT,
    ChainLink,
    ChainWalk,
    Finding,
    FindingKind,
    Findings,
    KeptHead,
)
from tenants.accounts.services.chain_rows import (
    audit_key,
    event_facts,
    first_future_transaction,
    oldest_running_transaction,
    unsealed_audit_events,
)

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """A schema's chain at a glance; `rewound` is the highest kept head that a restored backup fell behind."""

    events: int
    sealed: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    eras: int
    last: ChainLink | None
    rewound: int
    ids_restarted: bool
    findings: list[Finding]
    total: int


def verify_audit(*, heads: Iterable[KeptHead] = ()) -> ChainReport:
    """Walk the chain of the schema this connection stands in; reads only, and writers and sealers may go on."""
    walk = ChainWalk(audit_key(), heads)
    for link in _links():
        walk.take(*link)
    findings = walk.finish()
    horizon = walk.last.facts.horizon if walk.last else 0
    _add_inserted(findings, horizon)
    waiting = unsealed_audit_events().aggregate(number=Count("id"), oldest=Min("at"))
    return ChainReport(
        events=AuditEvent.objects.count(),
        sealed=walk.sealed,
        unsealed=waiting["number"],
        oldest_unsealed_at=waiting["oldest"],
        eras=walk.last.facts.era if walk.last else 0,
        last=walk.last,
        rewound=walk.rewound,
        ids_restarted=oldest_running_transaction() < horizon,
        findings=findings.kept,
        total=findings.total,
    )


def _links() -> Iterator[tuple[ChainLink, EventFacts | None]]:
    """Every link with its event or None, in order; a bounded number in memory."""
    after: int | None = None
    while True:
        rows = AuditLink.objects.order_by("sequence")
        chunk = list((rows if after is None else rows.filter(sequence__gt=after))[:CHUNK])
        if not chunk:
            return
        wanted = AuditEvent.objects.filter(pk__in=[link.event_id for link in chunk])
        events = {event.id: event for event in event_facts(wanted)}
        for link in chunk:
            facts = LinkFacts(link.horizon, link.era, link.sealed_at)
            yield (
                ChainLink(link.sequence, link.event_id, bytes(link.digest), facts),
                events.get(link.event_id),
            )
        after = chunk[-1].sequence


def _add_inserted(findings: Findings, horizon: int) -> None:
    """Rows without a link that claim a sealed transaction, or one that has not happened."""
    unsealed = unsealed_audit_events()
    future = first_future_transaction()
    suspects = list(unsealed.filter(transaction_id__gte=future).values_list("id", "transaction_id"))
    # Written since the number was taken? Then the number has moved on.
    future = first_future_transaction()
    late = [event_id for event_id, number in suspects if number >= future]
    early = unsealed.filter(transaction_id__lt=horizon)
    ids = list(early.order_by("id").values_list("id", flat=True)[:FINDINGS_KEPT])
    for event_id in [*ids, *late]:
        findings.add(Finding(FindingKind.INSERTED, event_id))
    more = early.count() - len(ids)
    if more > 0:
        findings.add(Finding(FindingKind.INSERTED, count=more))
