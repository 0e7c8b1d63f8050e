"""Sites that leave the layer while somebody is expected there. Rules: J12, J13, J20"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from django.db import transaction

from gis.compute.intake import Finding
from gis.layers.services.following import Followed, LayerChange
from instructors.assignment.models import AssignmentPin, Booking, BookingKind, RetiredUse, Site, SiteNeed
from instructors.assignment.queries.bookings import bookings_at
from instructors.assignment.queries.retired import needs_going_on
from instructors.assignment.rules.retiring import InUse, Retiring, SiteUse, kept_not_told, sites_in_use
from instructors.assignment.services.bookings import call_off
from instructors.assignment.services.site_messages import RETIRED, SiteNews, tell_instructors
from instructors.assignment.services.site_users import tell_users_gone, uses_of
from tenants.accounts.services import AuditSubject, record_audits
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_moment

GIVEN_BACK = "站点已不在图层中"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on retired sites from the day after their last: needs, duties, other bookings, and who meets there."""

    needs: Sequence[SiteNeed]
    duties: Sequence[Booking]
    others: Sequence[Booking]
    users: Sequence[SiteUse]

    @property
    def sites(self) -> set[int]:
        """The sites that are in use."""
        used = {need.site_id for need in self.needs} | {use.site for use in self.users}
        return used | {row.site_id for row in (*self.duties, *self.others) if row.site_id is not None}


@transaction.atomic
def retire_uses(gone: Sequence[Site], change: LayerChange) -> Followed:
    """What stands on retired sites refuses the change, or is told of where its letting go was confirmed.

    With that, the needs end with the sites' last day and the duties after it are given back, which the import remembers
    so that its undo brings them back; classes and meetings stay, since they belong to others. Whoever is concerned is
    told: instructors, heads, and who meets there.
    """
    if not gone:
        return Followed()
    standing = _standing_at(gone)
    found = _found(gone, standing, change)
    if found and not change.lets_go:
        return Followed(refusals=found)
    _let_go(standing, change)
    news = SiteNews(
        RETIRED, change.layer_import.pk, gone, duties=standing.duties, others=standing.others, needs=standing.needs
    )  # fmt: skip
    missed = tell_instructors(news)
    tell_users_gone(gone, change.layer_import.pk)
    return Followed(told=[*found, *kept_not_told(missed)])


def _standing_at(gone: Sequence[Site]) -> Standing:
    ids = [site.pk for site in gone]
    first = local_moment(today() + timedelta(days=1), time())
    needs, bookings = list(needs_going_on(ids)), list(bookings_at(ids, first))
    duties = [row for row in bookings if row.kind == BookingKind.SITE_DUTY]
    others = [row for row in bookings if row.kind != BookingKind.SITE_DUTY]
    return Standing(needs, duties, others, uses_of(ids, first))


def _found(gone: Sequence[Site], standing: Standing, change: LayerChange) -> list[Finding]:
    used = standing.sites
    if not used:
        return []
    occasion = (
        Retiring.UNDO if change.is_undone else Retiring.CONFIRMED if change.lets_go else Retiring.IMPORT
    )
    met = {reference for use in standing.users for reference in use.meetings}
    others = sum(row.reference not in met for row in standing.others)
    uses = InUse(len(standing.needs), len(standing.duties), others, standing.users)
    return [sites_in_use([site.name for site in gone if site.pk in used], uses, occasion)]


def _let_go(standing: Standing, change: LayerChange) -> None:
    last, needs, duties = today(), standing.needs, standing.duties
    pinned = _pins_of(needs)
    RetiredUse.objects.bulk_create(
        [
            *(
                RetiredUse(
                    layer_import=change.layer_import, need=need, ended_on=last, valid_to=need.valid_to,
                    pins=pinned[need.pk],
                )
                for need in needs
            ),
            *(RetiredUse(layer_import=change.layer_import, duty=row, ended_on=last) for row in duties),
        ]
    )  # fmt: skip
    ids = [need.pk for need in needs]
    SiteNeed.objects.filter(pk__in=ids).update(valid_to=last)
    AssignmentPin.objects.filter(need__in=ids).delete()
    record_audits(
        acting_user=change.acting_user, action="site_need.end", reason=GIVEN_BACK,
        subjects=[AuditSubject(need, after={"ends_on": last.isoformat()}) for need in needs],
    )  # fmt: skip
    if duties:
        call_off(duties, GIVEN_BACK, change.acting_user)


def _pins_of(needs: Sequence[SiteNeed]) -> defaultdict[int, list[dict[str, object]]]:
    found: defaultdict[int, list[dict[str, object]]] = defaultdict(list)
    for pin in AssignmentPin.objects.filter(need__in=[need.pk for need in needs]).order_by("id"):
        found[pin.need_id].append(
            {"instructor": pin.instructor_id, "pinned_by": pin.pinned_by_id, "reason": pin.reason}
        )
    return found
