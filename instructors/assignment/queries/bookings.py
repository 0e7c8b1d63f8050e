"""Bookings that a user may see, and what stands near a time that somebody wants."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from instructors.assignment.models import Booking, BookingKind, Site
from instructors.assignment.rules.booking_orders import BookingOrder
from instructors.assignment.rules.bookings import Taking, half_buffer
from instructors.assignment.rules.duties import DUTY_NAMES
from instructors.people.models import Instructor
from instructors.people.rules.grades import TeachingRole
from tenants.accounts.models import User
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.queries.policy import plain as plain_version
from tenants.bureau.queries.policy import policy_versions
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import local_moment
from tenants.bureau.rules.policy import value_at
from tenants.bureau.rules.policy_defaults import definition
from wangge.errors import not_found
from wangge.kernel.permissions import require

VIEW, EDIT = "booking.view", "booking.edit"
BUFFER = "assignment.travel_buffer_minutes"
SHOWN_WITH = ("instructor__unit", "site__unit", "town")


def bookings_visible_to(user: User) -> QuerySet[Booking]:
    """Bookings of people and places of the units with `booking.view`, and those of oneself; by id, cancelled ones too."""
    paths = granted_paths(user, VIEW)
    allowed = under_paths(paths, "instructor__unit__path") | under_paths(paths, "site__unit__path")
    allowed |= Q(instructor__user_id=user.pk)
    return Booking.objects.filter(allowed).select_related(*SHOWN_WITH).order_by("id")


def calendars_visible_to(user: User) -> QuerySet[Instructor]:
    """Instructors whose time the user may see: those of the units with `booking.view`, and oneself; by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path") | Q(user_id=user.pk)
    return Instructor.objects.filter(allowed).select_related("unit").order_by("id")


def site_calendars_visible_to(user: User) -> QuerySet[Site]:
    """Sites whose taken time the user may see, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path")
    return Site.objects.filter(allowed).select_related("unit", "town").order_by("id")


def between(bookings: QuerySet[Booking], from_day: date, to_day: date) -> QuerySet[Booking]:
    """Bookings that take time on one of the local days, both counted."""
    return bookings.filter(busy__overlap=days_as_range(from_day, to_day))


def days_as_range(from_day: date, to_day: date) -> tuple[datetime, datetime]:
    """From the first moment of one local day to the last of another."""
    return local_moment(from_day, time()), local_moment(to_day + timedelta(days=1), time())


def people_to_book(user: User, ids: Collection[int], decided: Collection[int] = ()) -> dict[int, Instructor]:
    """These people with their papers, locked in the order of ids; 404 out of sight, 403 without `booking.edit`.

    Neither is asked over those `decided` on already. Whoever books somebody waits here for a rival, always people
    before places, so that no two wait for each other.
    """
    if not ids:
        return {}
    seen = under_paths(granted_paths(user, VIEW), "unit__path") | Q(pk__in=decided)
    rows = Instructor.objects.filter(seen, pk__in=ids).select_related("unit").order_by("id")
    rows = rows.select_for_update(of=("self",), no_key=True).prefetch_related("grades", "items")
    found = {row.pk: row for row in rows}
    if len(found) != len(set(ids)):
        raise not_found("指导员", "instructor")
    for row in found.values():
        if row.pk not in decided:
            require(user, EDIT, row.unit_path)
    return found


def sites_to_book(user: User, ids: Collection[int], decided: Collection[int] = ()) -> dict[int, Site]:
    """These sites, locked in the order of ids; 404 out of sight, 403 without `booking.edit` unless `decided` on."""
    if not ids:
        return {}
    seen = under_paths(granted_paths(user, VIEW), "unit__path") | Q(pk__in=decided)
    rows = Site.objects.filter(seen, pk__in=ids).select_related("unit", "town").order_by("id")
    found = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
    if len(found) != len(set(ids)):
        raise not_found("健身站点", "fitness site")
    for row in found.values():
        if row.pk not in decided:
            require(user, EDIT, row.unit_path)
    return found


def check_towns(ids: Collection[int]) -> None:
    """Refuse ids that name no street or town with 404."""
    if ids and OrgUnit.objects.filter(pk__in=ids, level=OrgLevel.TOWN).count() != len(set(ids)):
        raise not_found("街镇", "street or town")


def margins_on(days: Collection[date]) -> dict[date, timedelta]:
    """What a booking gives of the way on each of these days, by the policy in force, in one statement."""
    versions = [plain_version(row) for row in policy_versions(BUFFER)]
    known = definition(BUFFER)
    return {day: half_buffer(int(str(value_at(known, versions, day)))) for day in set(days)}


def takings_near(takings: Collection[Taking]) -> list[Taking]:
    """Active bookings of the same people or places whose padded times reach into the span of all these, in one statement."""
    start = min(each.starts_at - each.margin for each in takings)
    end = max(each.ends_at + each.margin for each in takings)
    people = {each.instructor for each in takings if each.instructor is not None}
    places = {each.site for each in takings if each.site is not None}
    rows = Booking.objects.filter(
        Q(instructor__in=people) | Q(site__in=places), is_active=True, padded__overlap=(start, end)
    )
    return [plain(row) for row in rows]


def plain(row: Booking) -> Taking:
    """The row as the rules read it."""
    margin = max(row.busy.lower - row.padded.lower, row.padded.upper - row.busy.upper)
    return Taking(
        row.pk, row.kind, row.instructor_id, row.site_id, row.town_id, row.busy.lower, row.busy.upper, margin,
        row.hall, row.is_exclusive,
    )  # fmt: skip


def taken_references(orders: Iterable[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Those of these (kind, reference, instructor) that have an active booking, in one statement."""
    wanted = set(orders)
    rows = Booking.objects.filter(
        is_active=True,
        instructor__in={person for _, _, person in wanted},
        reference__in={reference for _, reference, _ in wanted},
    )
    return wanted & set(rows.values_list("kind", "reference", "instructor_id"))


def booking_in_reach(user: User, booking_id: int) -> Booking:
    """The booking, when the user may change it: 404 out of sight, 403 without `booking.edit` over its unit."""
    found = bookings_visible_to(user).filter(pk=booking_id).first()
    if found is None:
        raise not_found("时间登记", "booking")
    require(user, EDIT, found.unit_path)
    return found


def booking_locked(booking_id: int) -> Booking:
    """The booking's row as it stands now, locked."""
    return Booking.objects.select_for_update(of=("self",)).select_related(*SHOWN_WITH).get(pk=booking_id)


def active_of(kind: str, references: Collection[str]) -> QuerySet[Booking]:
    """Active bookings for these references, locked in the order of ids."""
    rows = Booking.objects.filter(kind=kind, reference__in=references, is_active=True).order_by("id")
    return rows.select_related(*SHOWN_WITH).select_for_update(of=("self",))


def duties_after(need_id: int, last: date, now: datetime) -> QuerySet[Booking]:
    """Active duties of a need that begin after the day and have not begun, locked in the order of ids."""
    first = max(now, local_moment(last + timedelta(days=1), time()))
    rows = Booking.objects.filter(
        kind=BookingKind.SITE_DUTY, is_active=True, reference__startswith=f"{DUTY_NAMES}{need_id}-",
        busy__startswith__gte=first,
    )  # fmt: skip
    return rows.order_by("id").select_related(*SHOWN_WITH).select_for_update(of=("self",))


def booked_after(instructor_id: int, last: date, now: datetime) -> QuerySet[Booking]:
    """Active bookings of a person that begin after the day and have not begun, locked in the order of ids."""
    first = max(now, local_moment(last + timedelta(days=1), time()))
    rows = Booking.objects.filter(instructor=instructor_id, is_active=True, busy__startswith__gte=first)
    return rows.order_by("id").select_related(*SHOWN_WITH).select_for_update(of=("self",))


def bookings_at(site_ids: Collection[int], first: datetime) -> QuerySet[Booking]:
    """Active bookings of these sites that begin at the moment or after it, locked in the order of ids."""
    rows = Booking.objects.filter(site__in=site_ids, is_active=True, busy__startswith__gte=first)
    return rows.order_by("id").select_related(*SHOWN_WITH).select_for_update(of=("self",))


def order_of(row: Booking) -> BookingOrder:
    """What would book the row as it is; of a site the town counts that it stands in, and who shares does as the site is used."""
    is_duty = row.reference.startswith(DUTY_NAMES)
    return BookingOrder(
        row.kind, row.reference, row.busy.lower, row.busy.upper, row.instructor_id, row.site_id,
        None if row.site_id else row.town_id, row.hall, row.is_exclusive if row.is_exclusive or is_duty else None,
        row.item_id, TeachingRole(row.teaching_role),
    )  # fmt: skip


def bookings_made(ids: Collection[int]) -> list[Booking]:
    """Bookings just made, with all that is shown of them, in one statement."""
    return list(Booking.objects.filter(pk__in=ids).select_related(*SHOWN_WITH).order_by("id"))
