"""Telling in time that an acting leader's term ends. Rule: J06"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction

from grids.units.models import GridLeader
from grids.units.queries.leaders import active_on
from grids.units.queries.policy import acting_alert_days
from grids.units.rules.leader_tasks import acting_days_left
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.services.outbox import queue_message

TEMPLATE = "leader.acting_ending"
Notice = tuple[str, int, GridLeader]


@transaction.atomic
def tell_of_acting_ends(*, on: date) -> int:
    """Queue a message to the acting leader and to who decided, once for a term and its last day; how many are new."""
    terms = GridLeader.objects.filter(
        active_on(on), is_acting=True, ends_on__lte=on + timedelta(days=acting_alert_days(on))
    ).select_related("grid__community", "user")
    notices = [notice for term in terms.order_by("id") for notice in _notices(term)]
    keys = [key for key, _, _ in notices]
    told = set(OutboxMessage.objects.filter(dedup_key__in=keys).values_list("dedup_key", flat=True))
    new = [notice for notice in notices if notice[0] not in told]
    for key, reader, term in new:
        queue_message(
            channel="in_app",
            recipient=f"accounts.user:{reader}",
            template=TEMPLATE,
            facts=_facts(term, on),
            dedup_key=key,
        )
    return len(new)


def _notices(term: GridLeader) -> Iterator[Notice]:
    readers = dict.fromkeys([term.user_id, term.confirmed_by_id or term.appointed_by_id])
    for reader in readers:
        yield f"{TEMPLATE}:{term.pk}:{term.ends_on}:{reader}", reader, term


def _facts(term: GridLeader, on: date) -> dict[str, object]:
    assert term.ends_on is not None
    left = acting_days_left(term.ends_on, on)
    return {
        "title": f"网格{term.grid.code}代理网格长任期还剩{left}天",
        "grid_id": term.grid_id,
        "grid_code": term.grid.code,
        "community": term.grid.community.name,
        "leader": mask_name(term.user.display_name),
        "term_id": term.pk,
        "ends_on": term.ends_on.isoformat(),
        "days_left": left,
        "rule": "J06",
    }
