"""Audit rows are sealed into a chain of digests, in the order of their transactions, while writers go on.

Within one era every row below the last link's horizon is sealed and none at or above it: a row that later shows up
below the horizon was put there by somebody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from tenants.accounts.models import AuditEvent, AuditLink, User
from tenants.accounts.rules.audit_chain import BEGINNING, EventFacts, LinkFacts, link_digest
from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.chain_rows import (
    audit_key,
    event_facts,
    last_audit_link,
    oldest_running_transaction,
    this_transaction,
    unsealed_audit_events,
)
from wangge.kernel.database.current import city_connection

log = logging.getLogger(__name__)

BATCH = 2000
_UNIQUE_VIOLATION = "23505"


def seal_audit(*, batch: int = BATCH) -> int:
    """Seal what can be sealed of the schema this connection stands in; returns how many rows.

    One transaction a batch: a crash loses nothing. Of two sealers at once one stops without a word. A batch is about
    `batch` rows and never parts a transaction's rows. Call it outside a transaction: the caller's own would hold the
    horizon back.
    """
    sealed = 0
    while True:
        try:
            with transaction.atomic():
                done = _seal_batch(batch)
        except IntegrityError as rival:
            if getattr(rival.__cause__, "sqlstate", None) != _UNIQUE_VIOLATION:
                raise
            return sealed
        if not done:
            return sealed
        sealed += done


def _seal_batch(batch: int) -> int:
    last = last_audit_link()
    # After the last link was read, so that it is never lower than the horizon of that link; and before the rows are.
    horizon = oldest_running_transaction()
    floor = last.horizon if last else 0
    if horizon < floor:
        log.error("transaction ids are below the sealed ones: the database was moved, begin a new era")
        return 0
    if settings.WANGGE_CITUS:
        horizon = _settled_horizon(horizon)
    if horizon <= floor:
        return 0
    waiting = AuditEvent.objects.filter(transaction_id__gte=floor, transaction_id__lt=horizon)
    # An era begins with a link to a row at its horizon, not below it: that row is sealed already.
    waiting = waiting.exclude(pk=last.event_id if last else 0).order_by("transaction_id", "id")
    until = _end_of_batch(waiting, batch, horizon)
    rows = waiting.filter(transaction_id__lt=until)
    era = last.era if last else 1
    return _Sealer(last).seal(event_facts(rows), horizon=until, era=era)


# On a cluster a transaction that wrote to two nodes ends on the coordinator a moment before its rows can be seen on
# the worker, or minutes before when the coordinator dies in between: only what ended that long ago is sealed there.
SETTLE_S = 180.0
_seen_horizons: dict[str, list[tuple[float, int]]] = {}


def _settled_horizon(horizon: int) -> int:
    """The horizon as this process has seen it at least SETTLE_S seconds ago; 0 when it has not looked so long."""
    now = time.monotonic()
    seen = _seen_horizons.setdefault(city_connection().schema_name, [])
    seen.append((now, horizon))
    settled = [number for moment, number in seen if moment <= now - SETTLE_S]
    del seen[: max(0, len(settled) - 1)]
    return settled[-1] if settled else 0


def _end_of_batch(waiting: QuerySet[AuditEvent], batch: int, horizon: int) -> int:
    """The transaction at which the batch ends: the one that does not fit in any more, at least one goes in."""
    first_out = waiting.values_list("transaction_id", flat=True)[batch : batch + 1]
    until = next(iter(first_out), None)
    if until is None:
        return horizon
    first = waiting.values_list("transaction_id", flat=True)[0]
    return until if until > first else first + 1


_APPEND = """
INSERT INTO accounts_auditlink (sequence, event_id, digest, horizon, era, sealed_at)
SELECT link.sequence, link.event_id, link.digest, %s, %s, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS link (sequence, event_id, digest)"""


class _Sealer:
    """Appends links behind the last one."""

    def __init__(self, last: AuditLink | None) -> None:
        self._key = audit_key()
        self._digest = bytes(last.digest) if last else BEGINNING
        self._now: datetime = timezone.now()
        self.sequence = last.sequence if last else 0

    def seal(self, events: Iterable[EventFacts], *, horizon: int, era: int) -> int:
        """Link the events in the order they come; returns how many."""
        facts = LinkFacts(horizon=horizon, era=era, sealed_at=self._now)
        before, waiting = self.sequence, iter(events)
        while chunk := list(islice(waiting, BATCH)):
            self._append(chunk, facts)
        return self.sequence - before

    def _append(self, events: list[EventFacts], facts: LinkFacts) -> None:
        digests = []
        for event in events:
            self._digest = link_digest(self._key, self._digest, event, facts)
            digests.append(self._digest)
        numbers = list(range(self.sequence + 1, self.sequence + 1 + len(events)))
        ids = [event.id for event in events]
        with connection.cursor() as cursor:
            # Three arrays in one statement: half the time of as many rows of parameters.
            cursor.execute(_APPEND, [facts.horizon, facts.era, facts.sealed_at, numbers, ids, digests])
        self.sequence += len(events)


@transaction.atomic
def seal_imported(*, origin: str, acting_user: User | None = None, written_here: bool = False) -> int:
    """Seal what came unsealed from another server and begin a new era of transaction ids; the last sequence.

    Nobody else may write in the schema meanwhile. `origin` (import, restore, move) goes into the marker row that opens
    the era. Rows below the horizon they came with are left out: they are findings here as they were there, and the
    marker counts them. With `written_here` (the whole database was moved and has worked since) rows of this server
    are taken over as well.
    """
    last = last_audit_link()
    sealer = _Sealer(last)
    era = last.era if last else 1
    floor = last.horizon if last else 0
    # What this transaction writes, before and after, is sealed in the new era by the next round.
    now_at = this_transaction()
    waiting = unsealed_audit_events().exclude(transaction_id=now_at).order_by("transaction_id", "id")
    foreign = waiting.filter(transaction_id__gte=floor)
    highest = foreign.aggregate(highest=Max("transaction_id"))["highest"]
    came = sealer.seal(event_facts(foreign), horizon=highest + 1, era=era) if highest is not None else 0
    here = waiting.filter(transaction_id__lt=now_at)
    taken = sealer.seal(event_facts(here), horizon=now_at, era=era + 1) if written_here else 0
    counts = {"origin": origin, "came": came, "taken_over": taken, "left_out": waiting.count()}
    subject = ("accounts.auditlink", sealer.sequence + 1)
    record_audit(acting_user=acting_user, action="audit.begin_era", subject=subject, after=counts)
    marker = AuditEvent.objects.filter(transaction_id=now_at, action="audit.begin_era").order_by("-id")[:1]
    sealer.seal(event_facts(marker), horizon=now_at, era=era + 1)
    return sealer.sequence
