"""People and sessions by the names that a reader may read. Rules: S07, S11, X07"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from gis.layers.queries.naming import Row
from instructors.assignment.models import SiteNeed
from instructors.assignment.queries.needs import needs_visible_to
from instructors.assignment.rules.known_names import Known, SessionKnown
from instructors.assignment.rules.named_findings import instructors_in, named
from instructors.people.queries.instructors import instructors_visible_to, name_for, names_in_full
from tenants.accounts.models import User


def known_to(reader: User, people: Collection[int], needs: Collection[SiteNeed]) -> Known:
    """Who is in the reader's sight by the name the lists show, a session with its place where the site may be seen."""
    rows = instructors_visible_to(reader).filter(pk__in=list(people))
    seen = set(
        needs_visible_to(reader).filter(pk__in=[need.pk for need in needs]).values_list("pk", flat=True)
    )
    return Known(
        {row.pk: name_for(reader, row) for row in rows},
        {need.pk: session_of(need, is_seen=need.pk in seen) for need in needs},
    )


def session_of(need: SiteNeed, *, is_seen: bool = True) -> SessionKnown:
    """The session of a need, its place named only where it may be seen."""
    place = need.site.name if is_seen else ""
    return SessionKnown(place, need.weekday, need.from_minute, need.to_minute)


def findings_for(reader: User, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What an import said of people, with the names that the reader reads in full; the others stay masked. Rule: X07"""
    ids = {each for row in rows for each in instructors_in(row)}
    names = names_in_full(reader, ids) if ids else {}
    return [named(row, names) for row in rows]
