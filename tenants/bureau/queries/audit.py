"""Reads of the audit log: the whole of it for the city, one's own units' people for a district."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from tenants.accounts.models import AuditEvent, AuditLink, User
from tenants.bureau.models import Grant
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.rights import granted_paths, under_paths


def audit_events_visible_to(user: User) -> QuerySet[AuditEvent]:
    """Every row with the right for the whole city; otherwise what was done by or to people of the units it is held for.

    Each row with `sequence`, its place in the sealed chain; None while it waits for the seal.
    """
    paths = granted_paths(user, "audit.view")
    if not paths:
        return AuditEvent.objects.none()
    link = AuditLink.objects.filter(event_id=OuterRef("pk"))
    rows = AuditEvent.objects.annotate(sequence=Subquery(link.values("sequence")[:1])).order_by("id")
    if root_unit().path in paths:
        return rows
    people = Grant.objects.filter(under_paths(paths, field="unit__path"))
    did = Exists(people.filter(user_id=OuterRef("actor_id")))
    suffered = Q(subject_type="accounts.user", subject_id__in=_ids_of(people))
    return rows.filter(Q(did) | suffered | Q(actor_id=user.pk))


def _ids_of(people: QuerySet[Grant]) -> list[str]:
    """Ids of the people as the log writes them; a district has hundreds, not millions."""
    return [str(user_id) for user_id in people.values_list("user_id", flat=True).distinct()]
