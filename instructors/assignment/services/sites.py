"""Keeping sites: they follow the layer and outlive its imports; people add what no layer says. Rules: J13, J20"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from gis.compute.intake import Finding
from gis.compute.intake.opening_hours import parse_opening_hours
from gis.compute.refusal import InputRefused
from gis.layers.services.following import Followed, LayerChange
from instructors.assignment.models import BookingKind, Site, SiteNeed
from instructors.assignment.models.sites import STORAGE_SRID
from instructors.assignment.queries.bookings import bookings_at
from instructors.assignment.queries.retired import needs_going_on, needs_let_go_at
from instructors.assignment.queries.sites import LayerSite, in_force, layer_sites, site_for_update
from instructors.assignment.rules.needs import check_hours, check_needs_stay_open
from instructors.assignment.rules.retiring import back_without_needs, kept_not_told
from instructors.assignment.rules.sites import kind_of_site, news, ref_of_site
from instructors.assignment.services.retiring import retire_uses
from instructors.assignment.services.returning import Returned, bring_back, hold_let_go
from instructors.assignment.services.site_messages import RETURNED, SiteNews, tell_instructors
from instructors.assignment.services.site_users import tell_users_back
from instructors.people.models import Instructor
from instructors.people.queries.instructors import instructors_visible_to
from instructors.people.rules.free_times import Span
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found
from wangge.kernel.etag import check_if_match

BULK = 1000
_FROM_LAYER = ("name", "site_kind", "address", "capacity", "opening_hours", "is_step_free")
_SETTLED = (*_FROM_LAYER, "geometry", "unit_id", "town_id", "valid_to", "as_imported")
_EDITED = (
    "name", "site_kind", "address", "capacity", "opening_hours", "is_shared", "is_step_free", "has_accessible_toilet",
    "access_note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SettledSites:
    """What following the layer changed; `gone`: retired, `back`: they had been and stand again."""

    counts: dict[str, int]
    gone: list[Site]
    back: list[Site]


@transaction.atomic
def follow_layer(change: LayerChange) -> Followed:
    """Settle the sites; what stands on those that are gone, and what comes back with an import that is undone.

    See `retire_uses` and `bring_back`. Whoever hangs on sites that stand again is told.
    """
    let_go = hold_let_go(change.layer_import) if change.is_undone else None
    done = _settled()
    retired = retire_uses(done.gone, change)
    if retired.refusals:
        return retired
    returned = Returned() if let_go is None else bring_back(let_go, change)
    missed = _tell_of_return(done.back, returned, change)
    return Followed(told=[*retired.told, *returned.findings, *missed])


def _tell_of_return(back: Sequence[Site], returned: Returned, change: LayerChange) -> list[Finding]:
    if not back:
        return []
    others = [
        row
        for row in bookings_at([site.pk for site in back], timezone.now())
        if row.kind != BookingKind.SITE_DUTY
    ]
    news = SiteNews(
        RETURNED, change.layer_import.pk, back, returned.duties, returned.duties_away, others, returned.needs
    )
    tell_users_back(back, change.layer_import.pk)
    return [*_bare(back, change), *kept_not_told(tell_instructors(news))]


def _bare(back: Sequence[Site], change: LayerChange) -> list[Finding]:
    """What a later file does not bring back with its sites, as an undo would have."""
    if change.is_undone:
        return []
    needs = needs_let_go_at([site.pk for site in back])
    return back_without_needs([site.name for site in back if site.pk in needs], sum(needs.values()))


def settle_sites() -> dict[str, int]:
    """Let the sites be those of the current layer: found again by reference, retired when gone; counts what changed.

    Edits by hand stay until the layer says something else of the same. A fixed number of statements. Rule: J20
    """
    return _settled().counts


@transaction.atomic
def _settled() -> SettledSites:
    told = _told_by_ref()
    leaving = Site.objects.filter(valid_to=None).exclude(ref__in=list(told))
    list(
        needs_going_on(list(leaving.values_list("pk", flat=True)))
    )  # needs before sites, as every change locks
    held = {site.ref: site for site in Site.objects.order_by("id").select_for_update(no_key=True)}
    root = root_unit().pk if told else 0
    new: list[Site] = []
    changed: list[Site] = []
    back: list[Site] = []
    for ref, each in told.items():
        site = held.get(ref) or Site(ref=ref)
        was_gone = site.valid_to is not None
        is_changed = _settle(site, each, root)
        if site.pk is None:
            new.append(site)
        elif is_changed:
            changed.append(site)
        if was_gone:
            back.append(site)
    gone = [site for ref, site in held.items() if ref not in told and site.valid_to is None]
    for site in gone:
        site.valid_to = today()
    for site in (*changed, *gone):
        site.version += 1
    Site.objects.bulk_create(new, batch_size=BULK)
    columns = [name.removesuffix("_id") for name in _SETTLED]
    Site.objects.bulk_update([*changed, *gone], [*columns, "version"], batch_size=BULK)
    return SettledSites({"added": len(new), "changed": len(changed), "retired": len(gone)}, gone, back)


def _told_by_ref() -> dict[str, LayerSite]:
    """The layer's sites by what each is found again by; the very same row twice is one."""
    told: dict[str, LayerSite] = {}
    for each in layer_sites():
        ref = ref_of_site(each.ref, each.name, (each.lon, each.lat), told)
        told.setdefault(ref, each)
    return told


def _settle(site: Site, told: LayerSite, root: int) -> bool:
    """Bring one site up to the layer; whether anything changed."""
    before = [getattr(site, name) for name in _SETTLED]
    said = _said(told)
    for name, value in news(said, site.as_imported).items():
        setattr(site, name, value)
    site.as_imported = said
    place = Point(told.lon, told.lat, srid=STORAGE_SRID)
    if site.geometry is None or not site.geometry.equals(place):
        site.geometry = place
    site.unit_id = told.unit_id or root
    site.town_id = told.town_id or told.unit_id or root
    site.valid_to = None
    return before != [getattr(site, name) for name in _SETTLED]


def _said(told: LayerSite) -> dict[str, Any]:
    return {
        "name": told.name,
        "site_kind": kind_of_site(told.layer_kind, told.name),
        "address": told.address,
        "capacity": told.capacity,
        "opening_hours": _hours(told.opening_hours),
        "is_step_free": told.is_accessible,
    }


def _hours(text: str) -> list[dict[str, int]]:
    """As the import checked them; a row that was written before it did says nothing."""
    try:
        spans = parse_opening_hours(text)
    except InputRefused:
        return []
    return [
        {"weekday": span.weekday, "from_minute": span.from_minute, "to_minute": span.to_minute}
        for span in spans
    ]


@transaction.atomic
def edit_site(*, site_id: int, changes: Mapping[str, Any], acting_user: User, if_match: str | None) -> Site:
    """Change what people know of a site: kind, capacity, opening hours, head (`head_id`), accessibility.

    404 out of sight (the head too), 403, 412, 428; 422 for hours that are wrong or shut out what the site asks for.
    """
    site = site_for_update(acting_user, site_id)
    wanted = {name: value for name, value in changes.items() if name in (*_EDITED, "head_id")}
    current = {name: getattr(site, name) for name in wanted}
    check_if_match(if_match, version=site.version, current=current, sent=wanted)
    if current == wanted:
        return site
    if "opening_hours" in wanted:
        check_hours(wanted["opening_hours"])
        check_needs_stay_open(wanted["opening_hours"], _asked(site, local_date(timezone.now())))
    if wanted.get("head_id") is not None:
        site.head = _head(acting_user, wanted["head_id"])
    for name, value in wanted.items():
        setattr(site, name, value)
    site.version += 1
    site.save(update_fields=[*(name.removesuffix("_id") for name in wanted), "version"])
    record_audit(acting_user=acting_user, action="site.edit", subject=site, before=current, after=wanted)
    return site


def _head(acting_user: User, head_id: int) -> Instructor:
    head = instructors_visible_to(acting_user).filter(pk=head_id).first()
    if head is None:
        raise not_found("指导员", "instructor")
    return head


def _asked(site: Site, on: date) -> list[tuple[int, int, Span]]:
    rows = SiteNeed.objects.filter(in_force(on), site=site).order_by("id")
    return [(row.pk, row.weekday, Span(row.from_minute, row.to_minute)) for row in rows]
