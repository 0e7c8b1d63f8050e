"""Putting a computed assignment into force, taking it back, and booking its duties. Rule: S07"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from instructors.assignment.models import (
    AssignmentRun,
    Booking,
    BookingKind,
    RunState,
    SiteAssignment,
)
from instructors.assignment.queries.gathering import gather, unqualified_pairs
from instructors.assignment.queries.needs import last_days_of
from instructors.assignment.queries.neighbourhood import options_of
from instructors.assignment.queries.runs import ADOPT, pairs_of, run_for_update, standing_run
from instructors.assignment.rules.booking_orders import BookingOrder
from instructors.assignment.rules.duties import (
    duty_days,
    duty_moments,
    duty_reference,
    need_of_reference,
)
from instructors.assignment.rules.duty_notices import Cause
from instructors.assignment.rules.qualifications import breaking_changes, changes_since, role_asked_at
from instructors.assignment.rules.run_states import (
    RunAction,
    check_day,
    check_papers,
    check_same_base,
    check_same_inputs,
    next_state,
    standing_state,
    withdrawn_before,
)
from instructors.assignment.services.bookings import Skipped, book_series
from instructors.assignment.services.runs import lock_runs
from instructors.assignment.services.turning import Change, change_duties
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, start_job
from wangge.kernel.permissions import require

DUTIES_JOB = "assignment.book_duties"
BOOK = "booking.edit"
AT_ONCE = 200
MOST_TOLD = 200
DutyName = tuple[str, str, int]
Changes = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class DutyOrder:
    """Duties are to be booked for so many weeks from a day on (None: tomorrow)."""

    weeks: int
    from_day: date | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The run in force, the job that books its duties, if that was asked for, and what changed since the computation.

    `missed`: those whose weekly duties change and whom no message reaches.
    """

    run: AssignmentRun
    job: BackgroundJob | None
    changes: Changes
    missed: list[Instructor]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The run that is in force again, if there was one before; `missed` as of an adopted one."""

    standing: AssignmentRun | None
    missed: list[Instructor]


@transaction.atomic
def adopt_run(*, run_id: int, acting_user: User, duties: DutyOrder | None = None) -> Adopted:
    """Put a ready run into force; duties booked ahead for pairs it no longer has are given back.

    Whose weekly duties begin or end is told, once; nobody else. With `duties`, which ask for `booking.edit` too, a job
    is started that books them. Raises 404, 403, 409 INVALID_TRANSITION, ANOTHER_RUN_ADOPTED, RUN_TOO_OLD,
    ASSIGNMENT_NOT_QUALIFIED and, where people or needs of its pairs or pins are no longer what they were,
    ASSIGNMENT_INPUTS_CHANGED; other changes are told only.
    """
    lock_runs()
    run = run_for_update(acting_user, run_id, ADOPT)
    after = next_state(_state_of(run), RunAction.ADOPT)
    standing = standing_run()
    check_same_base(None if standing is None else standing.pk, run.figures["before_run"])
    now = timezone.now()
    today = local_date(now)
    check_day(run.as_of, today)
    changes = _checked_changes(run)
    day = max(today, run.as_of)
    check_papers(unqualified_pairs(run.pk, day), day)
    if standing is not None:
        _put(standing, RunState.REPLACED)
    run.replaces, run.adopted_at, run.adopted_by = standing, now, acting_user
    _put(run, RunState(after), "replaces", "adopted_at", "adopted_by")
    begins = max(_tomorrow(now), run.as_of) if duties is None else _first_day(duties, now)
    change = Change(Cause.ADOPTED, run.pk, standing, run, begins, is_booked=duties is not None)
    changed = change_duties(change, now, acting_user)
    record_audit(
        acting_user=acting_user, action="assignment.adopt", subject=run, policy_version=run.policy_version,
        before={"standing": None if standing is None else standing.pk}, after={"duties_given_back": changed.given_back},
    )  # fmt: skip
    job = None if duties is None else _start_booking(run, duties, now, acting_user)
    return Adopted(run, job, changes, changed.missed)


def _checked_changes(run: AssignmentRun) -> Changes:
    """What changed since the computation without touching its pairs; refuses what touches them."""
    inputs: dict[str, dict[str, str]] = run.inputs
    now = gather(options_of(run)).seen()
    changes = changes_since(inputs, now)
    if breaking_changes(inputs, now, pairs_of(run.pk)):
        check_same_inputs(changes)
    return changes


def _tomorrow(now: datetime) -> date:
    return local_date(now) + timedelta(days=1)


def _first_day(duties: DutyOrder, now: datetime) -> date:
    return duties.from_day or _tomorrow(now)


def _start_booking(run: AssignmentRun, duties: DutyOrder, now: datetime, acting_user: User) -> BackgroundJob:
    require(acting_user, BOOK, run.unit_path)
    return start_job(
        kind=DUTIES_JOB,
        arguments={"run_id": run.pk, "weeks": duties.weeks, "from_day": _first_day(duties, now).isoformat()},
        unit_path=run.unit_path,
        acting_user=acting_user,
    )


@transaction.atomic
def withdraw_run(*, run_id: int, reason: str, acting_user: User) -> Withdrawn:
    """Take the run in force back; the one before it is in force again, if there was one.

    404, 403, 409 INVALID_TRANSITION and NO_RUN_BEFORE. Duties booked ahead for pairs that end are given back, and whose
    weekly duties begin or end is told; what was written down as the reason is for the record only.
    """
    lock_runs()
    run = run_for_update(acting_user, run_id, ADOPT)
    after = next_state(_state_of(run), RunAction.WITHDRAW)
    before, now = run.replaces, timezone.now()
    if before is not None and before.state != RunState.REPLACED:
        raise withdrawn_before(run.pk)
    _put(run, RunState(after))
    if before is not None:
        before.adopted_at, before.adopted_by = now, acting_user
        _put(before, RunState.ADOPTED, "adopted_at", "adopted_by")
    change = Change(Cause.WITHDRAWN, run.pk, run, before, _tomorrow(now))
    changed = change_duties(change, now, acting_user)
    record_audit(
        acting_user=acting_user, action="assignment.withdraw", subject=run, reason=reason,
        after={"standing": None if before is None else before.pk, "duties_given_back": changed.given_back},
    )  # fmt: skip
    return Withdrawn(before, changed.missed)


def _state_of(run: AssignmentRun) -> str:
    return standing_state(run.state, run.job.state if run.job is not None else "")


def _put(run: AssignmentRun, state: RunState, *columns: str) -> None:
    run.state = state
    run.save(update_fields=["state", *columns])


def book_duties(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of that job; what was booked before is left, what clashes is told with its reasons and left out.

    A duty that somebody cancelled stays cancelled: it is left out and counted (`cancelled_by_hand`), and so is what
    a need no longer asks for that was ended meanwhile (`no_longer_asked`).
    Once the run is no longer in force no more is booked: the result says so (`is_in_force`), and how many are left.
    """
    first = date.fromisoformat(job.arguments["from_day"])
    run = AssignmentRun.objects.get(pk=job.arguments["run_id"])
    orders = list(_orders(run, first, job.arguments["weeks"]))
    kept, cancelled = _stand_already(orders), _cancelled_by_hand(orders)
    missing = [order for order in orders if order.name not in kept and order.name not in cancelled]
    told: list[dict[str, Any]] = []
    done, conflicts, ended, is_in_force, waiting = len(orders) - len(missing), 0, 0, True, iter(missing)
    while some := list(islice(waiting, AT_ONCE)):
        progress(done, len(orders), "登记值班 / booking duties")
        with transaction.atomic():
            is_in_force = _holds_in_force(run.pk)
            if not is_in_force:
                break
            asked = _still_asked(some)
            skipped = _book(asked, job)
            progress.hold()
        done += len(some)
        ended += len(some) - len(asked)
        conflicts += len(skipped)
        told += [
            _conflict(asked[each.occurrence - 1], each.refusals) for each in skipped[: MOST_TOLD - len(told)]
        ]
    return {
        "assignment_run_id": run.pk,
        "duties": len(orders),
        "booked": done - conflicts - ended - len(cancelled),
        "conflicts": conflicts,
        "cancelled_by_hand": len(cancelled),
        "no_longer_asked": ended,
        "is_in_force": is_in_force,
        "left": len(orders) - done,
        "first_conflicts": told,
    }


def _book(orders: list[BookingOrder], job: BackgroundJob) -> list[Skipped]:
    if not orders:
        return []
    return book_series(
        orders=orders, acting_user=job.started_by, skip_conflicts=True, are_duties=True
    ).skipped


def _holds_in_force(run_id: int) -> bool:
    """Whether the run is in force, to the end of the transaction: who withdraws it waits, and gives back what is booked."""
    locked = AssignmentRun.objects.select_for_update(no_key=True)
    return locked.filter(pk=run_id, state=RunState.ADOPTED).values_list("pk").first() is not None


def _still_asked(orders: Collection[BookingOrder]) -> list[BookingOrder]:
    """Those whose need asks for their day; who ends one of the needs waits, and gives back what is booked by then."""
    needs = {order: need_of_reference(order.reference) or 0 for order in orders}
    last = last_days_of(set(needs.values()))
    return [order for order in orders if local_date(order.starts_at) <= (last.get(needs[order]) or date.max)]


def _orders(run: AssignmentRun, first: date, weeks: int) -> Iterator[BookingOrder]:
    pairs = SiteAssignment.objects.filter(run=run).select_related("need__site").order_by("id")
    for pair in pairs:
        need = pair.need
        for day in duty_days(need.weekday, first, weeks):
            if need.valid_to is not None and day > need.valid_to:
                continue
            starts_at, ends_at = duty_moments(day, need.from_minute, need.to_minute)
            yield BookingOrder(
                kind=BookingKind.SITE_DUTY.value, reference=duty_reference(need.pk, pair.instructor_id, day),
                starts_at=starts_at, ends_at=ends_at, instructor_id=pair.instructor_id, site_id=need.site_id,
                is_exclusive=False, item_id=need.item_id, role=role_asked_at(need.site.site_kind),
                assumes_free=run.parameters["assume_free"],
            )  # fmt: skip


def _stand_already(orders: Collection[BookingOrder]) -> set[DutyName]:
    """Names of those that are booked, by reference and person, at the same site."""
    rows = _of_these(orders).filter(is_active=True)
    sites = {(order.name, order.site_id) for order in orders}
    return {name for name, site in _names(rows) if (name, site) in sites}


def _cancelled_by_hand(orders: Collection[BookingOrder]) -> set[DutyName]:
    """Names of those that somebody cancelled for their own sake, and that nobody booked again."""
    given_up = {name for name, _ in _names(_of_these(orders).filter(is_active=False, is_called_off=False))}
    standing = {name for name, _ in _names(_of_these(orders).filter(is_active=True))}
    return (given_up - standing) & {order.name for order in orders}


def _of_these(orders: Collection[BookingOrder]) -> QuerySet[Booking]:
    references = [order.reference for order in orders]
    return Booking.objects.filter(kind=BookingKind.SITE_DUTY, reference__in=references)


def _names(rows: QuerySet[Booking]) -> Iterator[tuple[DutyName, int | None]]:
    for kind, reference, person, site in rows.values_list("kind", "reference", "instructor_id", "site_id"):
        yield (kind, reference, person or 0), site


def _conflict(order: BookingOrder, refusals: list[Any]) -> dict[str, Any]:
    return {
        "instructor": order.instructor_id,
        "site": order.site_id,
        "starts_at": order.starts_at.isoformat(),
        "reasons": [{"code": each.code, "zh": each.zh, "en": each.en} for each in refusals],
    }
