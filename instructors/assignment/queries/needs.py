"""What sites ask for, as far as a user may see it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from instructors.assignment.models import AssignmentPin, RunState, SiteAssignment, SiteNeed
from instructors.assignment.queries.sites import EDIT, VIEW, in_force
from instructors.assignment.rules.duty_notices import WeeklyDuty
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import require


def needs_visible_to(user: User) -> QuerySet[SiteNeed]:
    """Needs of the sites the user may see, ended ones too, with site and item, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "site__unit__path")
    return SiteNeed.objects.filter(allowed).select_related("site__unit", "site__town", "item").order_by("id")


def need_for_update(user: User, need_id: int) -> SiteNeed:
    """The need, locked: 404 out of sight, 403 without `site.edit` at its site."""
    found = needs_visible_to(user).filter(pk=need_id).first()
    if found is None:
        raise not_found("需求", "need")
    require(user, EDIT, found.unit_path)
    locked = SiteNeed.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("site__unit", "site__town", "item").get(pk=need_id)


def needs_in_force(on: date) -> QuerySet[SiteNeed]:
    """All that is asked for on a day at sites that stand, whoever asks; by id."""
    rows = SiteNeed.objects.filter(in_force(on), site__valid_to=None)
    return rows.select_related("site", "item").order_by("id")


def last_days_of(ids: Collection[int]) -> dict[int, date | None]:
    """The last day of each of these needs (None: without end), their rows locked in the order of ids."""
    rows = SiteNeed.objects.filter(pk__in=ids).order_by("id").select_for_update(no_key=True)
    return dict(rows.values_list("pk", "valid_to"))


def needs_told(ids: Collection[int]) -> QuerySet[SiteNeed]:
    """These needs with the names of site and item, and without the rest of the site, in one statement; none for none.

    Their rows are locked in the order of ids: who ends one of them waits, and then tells who serves it by then.
    """
    rows = SiteNeed.objects.filter(pk__in=ids).select_related("site", "item").order_by("id")
    rows = rows.select_for_update(of=("self",), no_key=True)
    told = ("weekday", "from_minute", "to_minute", "valid_to", "site__name", "item__name")
    return rows.only(*told) if ids else rows.none()


def servers_in_force(ids: Collection[int]) -> list[tuple[int, int]]:
    """Who (instructor) serves which of these needs in the run in force."""
    rows = SiteAssignment.objects.filter(need__in=ids, run__state=RunState.ADOPTED).order_by("id")
    return list(rows.values_list("instructor_id", "need_id"))


def weekly_duty(need: SiteNeed) -> WeeklyDuty:
    """The need as who serves it reads it."""
    return WeeklyDuty(
        need.site.name, need.item.name, need.weekday, need.from_minute, need.to_minute, need.valid_to
    )


def servers_of(need_id: int) -> int:
    """How many people are pinned to the need or serve it in the run in force."""
    pinned = AssignmentPin.objects.filter(need_id=need_id).values_list("instructor_id", flat=True)
    return len({*pinned, *(person for person, _ in servers_in_force([need_id]))})
