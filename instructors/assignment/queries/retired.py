"""What stands on sites that leave the layer, and what an import let go of; locked in the order in which all lock:
needs, people, sites, bookings, each by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count, Q, QuerySet

from instructors.assignment.models import RetiredUse, SiteNeed
from instructors.assignment.queries.bookings import SHOWN_WITH
from instructors.assignment.queries.sites import in_force
from instructors.people.models import Instructor
from tenants.bureau.queries.days import today


def needs_locked(ids: Iterable[int]) -> QuerySet[SiteNeed]:
    """These needs as they stand now, locked."""
    rows = SiteNeed.objects.filter(pk__in=list(ids)).select_related("site__unit", "item").order_by("id")
    return rows.select_for_update(of=("self",), no_key=True)


def needs_going_on(site_ids: Collection[int]) -> QuerySet[SiteNeed]:
    """Needs of these sites that are asked for after today, locked."""
    on = today()
    rows = SiteNeed.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), site__in=site_ids)
    return (
        rows.select_related("site__unit", "item").order_by("id").select_for_update(of=("self",), no_key=True)
    )


def needs_standing(site_ids: Collection[int]) -> set[tuple[int, int, int, int]]:
    """Site, item, weekday and first minute of what these sites ask for without an end."""
    rows = SiteNeed.objects.filter(in_force(today()), site__in=site_ids, valid_to=None)
    return set(rows.values_list("site_id", "item_id", "weekday", "from_minute"))


def let_go_by(import_id: int) -> list[RetiredUse]:
    """What an import let go of, with its duties, by id."""
    shown = [f"duty__{name}" for name in SHOWN_WITH]
    return list(RetiredUse.objects.filter(layer_import=import_id).select_related(*shown).order_by("id"))


def needs_let_go_at(site_ids: Collection[int]) -> dict[int, int]:
    """How many needs of these sites ended with them by imports that were not undone, by site; without those that had none."""
    rows = RetiredUse.objects.filter(need__site__in=site_ids).order_by()
    return dict(rows.values_list("need__site").annotate(Count("need", distinct=True)))


def people_locked(ids: Collection[int]) -> dict[int, Instructor]:
    """Those of these people who are still known, with their papers, locked by id; whoever books them waits."""
    rows = Instructor.objects.filter(pk__in=ids).select_related("unit").order_by("id")
    locked = rows.select_for_update(of=("self",), no_key=True).prefetch_related("grades", "items")
    return {row.pk: row for row in locked}
