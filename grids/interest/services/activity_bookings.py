"""The time of places and instructors that occurrences take, through the one table that keeps it. Rules: J09, S07

Who runs an interest grid by post holds no `booking.edit` over units, and needs none for what the post is about: the
sites of the communities the interest grid serves, and instructors who serve in it themselves (or the person's own
time). For these the check of standing towards the interest grid is the decision; bookings are told so by an
`Authority` that names them one by one. Any other site or instructor asks for the right to book, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from grids.interest.models import Activity, MemberPost, Occurrence
from grids.interest.queries.standing import holding_post
from instructors.assignment.models import BookingKind
from instructors.assignment.queries.bookings import active_of, people_to_book, sites_to_book
from instructors.assignment.rules.booking_orders import MOST_IN_A_SERIES, Authority, BookingOrder
from instructors.assignment.services.bookings import book_series, call_off
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken

KIND = BookingKind.ACTIVITY.value


@dataclass(frozen=True, slots=True)
class NotBooked:
    """An occurrence whose place or instructor could not be taken, and why."""

    occurrence: Occurrence
    refusals: list[RuleBroken]


def reference_of(occurrence_id: int) -> str:
    """What bookings call an occurrence."""
    return f"occurrence:{occurrence_id}"


def take_time(
    activity: Activity, occurrences: Sequence[Occurrence], acting_user: User, *, skip_conflicts: bool
) -> list[NotBooked]:
    """Book place and instructor for these occurrences, all or, with `skip_conflicts`, those that can be.

    Raises what `book_series` raises, all conflicts together.
    """
    if (activity.site_id is None and activity.instructor_id is None) or not occurrences:
        return []
    authority = _authority(activity, acting_user)
    skipped: list[NotBooked] = []
    for start in range(0, len(occurrences), MOST_IN_A_SERIES):
        part = occurrences[start : start + MOST_IN_A_SERIES]
        done = book_series(
            orders=[_order(activity, each) for each in part], acting_user=acting_user,
            skip_conflicts=skip_conflicts, authority=authority,
        )  # fmt: skip
        skipped += [NotBooked(part[each.occurrence - 1], each.refusals) for each in done.skipped]
    return skipped


def check_may_take(activity: Activity, acting_user: User) -> None:
    """Raise 404 or 403 where the activity names a place or an instructor that the person may not take.

    Both are locked, and the activity's site is what it is under the lock: nobody retires it meanwhile.
    """
    authority = _authority(activity, acting_user)
    people_to_book(acting_user, _ids(activity.instructor_id), authority.people)
    held = sites_to_book(acting_user, _ids(activity.site_id), authority.sites)
    activity.site = held.get(activity.site_id or 0)


def _ids(one: int | None) -> list[int]:
    return [] if one is None else [one]


def give_back_time(occurrence_ids: Iterable[int], reason: str, acting_user: User) -> int:
    """Give back what these occurrences take; how many bookings ended. Who cancels them has decided on it."""
    rows = active_of(KIND, [reference_of(each) for each in occurrence_ids])
    return call_off(list(rows), reason, acting_user)


def _order(activity: Activity, occurrence: Occurrence) -> BookingOrder:
    return BookingOrder(
        KIND, reference_of(occurrence.pk), occurrence.starts_at, occurrence.ends_at,
        instructor_id=activity.instructor_id, site_id=activity.site_id, hall=activity.hall,
        town_id=None if activity.site_id else activity.interest_grid.community.unit.parent_id,
        is_exclusive=True if activity.is_exclusive else None, assumes_free=True,
    )  # fmt: skip


def _authority(activity: Activity, acting_user: User) -> Authority:
    return Authority(people=_people_decided(activity, acting_user), sites=_sites_decided(activity))


def _people_decided(activity: Activity, acting_user: User) -> frozenset[int]:
    person = activity.instructor
    if person is None:
        return frozenset()
    serving = MemberPost.objects.filter(
        holding_post(today()), interest_grid_id=activity.interest_grid_id, member__instructor_id=person.pk
    )
    is_own = person.user_id is not None and person.user_id == acting_user.pk
    return frozenset({person.pk}) if is_own or serving.exists() else frozenset()


def _sites_decided(activity: Activity) -> frozenset[int]:
    site, found = activity.site, activity.interest_grid
    if site is None:
        return frozenset()
    is_served = site.unit_id == found.community.unit_id or site.pk == found.site_id
    is_served = is_served or found.base_grids.filter(Q(community__unit_id=site.unit_id)).exists()
    return frozenset({site.pk}) if is_served else frozenset()
