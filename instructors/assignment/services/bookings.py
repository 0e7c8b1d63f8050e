"""Taking time of instructors and places, the only way to do so. Rule: S07"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django.db.models import F

from instructors.assignment.models import Booking
from instructors.assignment.queries.bookings import (
    EDIT,
    active_of,
    booking_in_reach,
    booking_locked,
    bookings_made,
    order_of,
    people_to_book,
    sites_to_book,
)
from instructors.assignment.rules.booking_orders import (
    NO_OTHER_AUTHORITY,
    Authority,
    BookingOrder,
    Change,
    booking_past,
    check_active,
    check_names,
    check_orders,
)
from instructors.assignment.services.judging import Judged, Parties, judge, present
from instructors.assignment.services.rivals import settled
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audit, record_audits
from tenants.bureau.queries.rights import organisation_of, organisations_of
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.etag import check_if_match
from wangge.kernel.permissions import require


@dataclass(frozen=True, slots=True)
class Skipped:
    """An occurrence that was not booked (1, 2, 3 … in the order asked), and why."""

    occurrence: int
    refusals: list[RuleBroken]


@dataclass(frozen=True, slots=True)
class SeriesOutcome:
    """What became of a series."""

    bookings: list[Booking]
    skipped: list[Skipped]


@transaction.atomic
def book(*, order: BookingOrder, acting_user: User, override_reason: str = "") -> Booking:
    """Take the time of an instructor, a place, or both.

    With a reason, a time outside the person's free times, or one that has begun, is booked all the same.
    Raises 404, 403, and together 409 INSTRUCTOR_TIME_CONFLICT, SITE_TIME_CONFLICT and BOOKING_TWICE, 422
    INSTRUCTOR_NOT_FREE, SITE_CLOSED, SITE_NOT_SHARED, TOWN_CONTRADICTS_SITE, CERT_EXPIRED,
    INSTRUCTOR_NOT_QUALIFIED, BOOKING_TIMES, BOOKING_INCOMPLETE, BOOKING_PAST and REFERENCE_RESERVED; 409 BOOKING_BUSY.
    """
    outcome = settled(lambda: _written([order], [0], acting_user, override_reason))
    return outcome.bookings[0]


@transaction.atomic
def book_series(
    *,
    orders: Sequence[BookingOrder],
    acting_user: User,
    skip_conflicts: bool = False,
    override_reason: str = "",
    are_duties: bool = False,
    authority: Authority = NO_OTHER_AUTHORITY,
) -> SeriesOutcome:
    """Book all the orders or none; with `skip_conflicts` those that can be, and the others with their refusals.

    The refusals are those of `book`, each with its `occurrence` from 1. Two of the orders may clash with each other
    too: the earlier in the list goes first. `are_duties`: of an adopted assignment, whose names nobody else may give.
    `authority`: whom and what the caller has decided on by a right of its own.
    """
    keys = [-occurrence for occurrence in range(1, len(orders) + 1)]
    return settled(
        lambda: _written(orders, keys, acting_user, override_reason, skip_conflicts, are_duties, authority)
    )


def _written(
    orders: Sequence[BookingOrder],
    keys: Sequence[int],
    acting_user: User,
    override_reason: str,
    skip: bool = False,
    are_duties: bool = False,
    authority: Authority = NO_OTHER_AUTHORITY,
) -> SeriesOutcome:
    parties = Parties(
        people_to_book(acting_user, _ids(each.instructor_id for each in orders), authority.people),
        sites_to_book(acting_user, _ids(each.site_id for each in orders), authority.sites),
    )
    check_orders(orders)
    if not are_duties:
        check_names(orders)
    judged = judge(orders, keys, parties, is_overridden=bool(override_reason.strip()))
    if not skip:
        refuse_all(refusal for each in judged for refusal in each.refusals)
    made = Booking.objects.bulk_create(_row(each, acting_user) for each in judged if not each.refusals)
    rows = bookings_made([row.pk for row in made])
    names = organisations_of(acting_user, EDIT, {row.unit_path for row in rows})
    record_audits(
        acting_user=acting_user, action="booking.book", reason=override_reason.strip(),
        subjects=[AuditSubject(row, after=told(row), organisation=names[row.unit_path]) for row in rows],
    )  # fmt: skip
    skipped = [Skipped(at, each.refusals) for at, each in enumerate(judged, 1) if each.refusals]
    return SeriesOutcome(rows, skipped)


def _ids(ids: Iterable[int | None]) -> set[int]:
    return {each for each in ids if each is not None}


def _row(judged: Judged, acting_user: User) -> Booking:
    order, taking = judged.order, judged.taking
    return Booking(
        kind=order.kind, reference=order.reference, instructor_id=taking.instructor, site_id=taking.site,
        hall=taking.hall, town_id=taking.town, busy=Range(*judged.busy), padded=Range(*judged.padded),
        is_exclusive=taking.is_exclusive, item_id=_item(judged), teaching_role=order.role.value, booked_by=acting_user,
    )  # fmt: skip


def _item(judged: Judged) -> int | None:
    """What is taught; without a person nobody looked whether there is such an item, and nobody asks for it."""
    return None if judged.taking.instructor is None else judged.order.item_id


@transaction.atomic
def move_booking(
    *, booking_id: int, change: Change, acting_user: User, if_match: str | None, override_reason: str = ""
) -> Booking:
    """Put a booking to another time or place; what the change leaves out stays.

    Raises 404, 403, 412, 428, 409 BOOKING_CANCELLED, and what `book` raises. Travel buffer and papers are those in
    force on the new day.
    """
    booking_in_reach(acting_user, booking_id)
    return settled(lambda: _moved(booking_id, change, acting_user, if_match, override_reason))


def _moved(
    booking_id: int, change: Change, acting_user: User, if_match: str | None, override_reason: str
) -> Booking:
    found = booking_in_reach(acting_user, booking_id)
    parties = Parties(
        people_to_book(acting_user, _ids([found.instructor_id])),
        sites_to_book(acting_user, _ids([found.site_id, change.site_id])),
    )
    row = booking_locked(booking_id)
    before = told(row)
    check_if_match(if_match, version=row.version, current=before, sent=change.told())
    check_active(row.is_active, row.end_reason)
    _check_begun(row, override_reason)
    order = change.applied_to(order_of(row))
    check_orders([order])
    [judged] = judge([order], [row.pk], parties, is_overridden=bool(override_reason.strip()))
    refuse_all(judged.refusals)
    row.busy, row.padded = Range(*judged.busy), Range(*judged.padded)
    row.site_id, row.hall, row.town_id = judged.taking.site, judged.taking.hall, judged.taking.town
    row.item_id, row.version = _item(judged), row.version + 1
    row.is_exclusive = judged.taking.is_exclusive
    row.save(update_fields=["busy", "padded", "site", "hall", "town", "is_exclusive", "item", "version"])
    _audit(row, "booking.move", acting_user, before=before, after=told(row), reason=override_reason)
    return row


@transaction.atomic
def cancel_booking(
    *, booking_id: int, reason: str, acting_user: User, if_match: str | None = None
) -> Booking:
    """Give the time back; the row stays and tells why. 404, 403, 412 where `if_match` is given, 409 BOOKING_CANCELLED."""
    booking_in_reach(acting_user, booking_id)
    row = booking_locked(booking_id)
    if if_match is not None:
        check_if_match(if_match, version=row.version, current=told(row), sent={"reason": reason})
    check_active(row.is_active, row.end_reason)
    _check_begun(row, reason)
    _end(row, reason, acting_user)
    return row


@transaction.atomic
def cancel_bookings(*, kind: str, references: Collection[str], reason: str, acting_user: User) -> int:
    """Give back all time that was taken for these references; how many bookings were ended. 403 for one out of reach.

    For what takes the time, when it is called off itself.
    """
    rows = list(active_of(kind, references))
    for path in {row.unit_path for row in rows}:
        require(acting_user, EDIT, path)
    return call_off(rows, reason, acting_user)


def call_off(rows: Collection[Booking], reason: str, acting_user: User, permission: str = EDIT) -> int:
    """Give back locked rows with what took their time; how many. For who may decide on that, whoever may book.

    `permission`: by which right they decide; the audit log tells in whose name.
    """
    ids = [row.pk for row in rows]
    Booking.objects.filter(pk__in=ids).update(
        is_active=False, is_called_off=True, end_reason=reason.strip(), version=F("version") + 1
    )
    names = organisations_of(acting_user, permission, {row.unit_path for row in rows})
    subjects = [
        AuditSubject(row, told(row), {**told(row), "is_active": False}, names[row.unit_path]) for row in rows
    ]
    record_audits(acting_user=acting_user, action="booking.cancel", subjects=subjects, reason=reason.strip())
    return len(rows)


def _check_begun(row: Booking, reason: str) -> None:
    if not reason.strip() and row.starts_at <= present():
        raise booking_past(row.starts_at)


def _end(row: Booking, reason: str, acting_user: User) -> None:
    before = told(row)
    row.is_active, row.end_reason = False, reason.strip()
    row.version += 1
    row.save(update_fields=["is_active", "end_reason", "version"])
    _audit(row, "booking.cancel", acting_user, before=before, after=told(row), reason=reason.strip())


def told(row: Booking) -> dict[str, object]:
    """A booking as audit rows and stale edits tell it, by ids."""
    return {
        "kind": row.kind,
        "reference": row.reference,
        "instructor": row.instructor_id,
        "site": row.site_id,
        "hall": row.hall,
        "town": row.town_id,
        "item": row.item_id,
        "teaching_role": row.teaching_role,
        "starts_at": row.starts_at.astimezone(SHANGHAI).isoformat(),
        "ends_at": row.ends_at.astimezone(SHANGHAI).isoformat(),
        "is_exclusive": row.is_exclusive,
        "is_active": row.is_active,
    }


def _audit(
    row: Booking,
    action: str,
    acting_user: User,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        acting_user=acting_user, action=action, subject=row, before=before, after=after, reason=reason.strip(),
        organisation=organisation_of(acting_user, EDIT, row.unit_path),
    )  # fmt: skip
