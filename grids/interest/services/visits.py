"""Household visits: recorded once however often a phone sends them, and erased after their time.

Rules: J13, X05
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from grids.interest.models import HouseholdVisit
from grids.interest.queries.base_grid_standing import base_grid_in_reach
from grids.interest.queries.noting import RECORD_DAYS
from grids.interest.rules.demand_states import DemandSource
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.household_visit import (
    VisitOutcome,
    VisitPurpose,
    VisitTold,
    check_keeps_nothing,
    check_visit_consent,
    erased_on,
)
from grids.interest.rules.noted_at import check_noted_at
from grids.interest.rules.personal_numbers import check_no_personal_numbers
from grids.interest.rules.standing import Act
from grids.interest.services.demands import DemandOrder, ask_demand
from grids.interest.services.work_logs import WorkDone, record_work
from grids.units.models import Grid
from grids.units.queries.policy import PolicyInForce
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.policy import policy_label, policy_values
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, RulesBroken, refuse_all
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.idempotency import StoredAnswer, check_replay

YEARS = "retention.visit_years"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NeedTold:
    """Something a household asks for: an item, and the interest grid it fits, where there is one."""

    item: str
    interest_grid_id: int | None = None
    askers: int = 1


@dataclass(frozen=True, slots=True)
class VisitOrder:
    """A visit as the phone noted it; `key` is the phone's own name for it."""

    grid_id: int
    purpose: VisitPurpose | None
    outcome: VisitOutcome
    consented: bool = False
    note: str = ""
    needs: tuple[NeedTold, ...] = ()
    noted_at: datetime | None = None
    key: str | None = None

    def digest(self) -> str:
        """The same for the same visit sent again; another for another visit under the same key."""
        told = json.dumps(asdict(self), default=str, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class VisitRecorded:
    """The visit, and whether it had been recorded before."""

    visit: HouseholdVisit
    is_repeated: bool


def record_visit(*, order: VisitOrder, acting_user: User) -> VisitRecorded:
    """Record a visit to a household of a base grid; its needs become demands, its work is logged.

    The same key with the same content again is the first visit. Raises 404, 403 POST_REQUIRED, 409 GRID_RETIRED and
    IDEMPOTENCY_CONFLICT, 422 VISIT_CONSENT, VISIT_KEEPS_NOTHING, NOTED_AT, PERSONAL_NUMBER.
    """
    before = _recorded_before(order, acting_user)
    if before is not None:
        return before
    try:
        return _record(order, acting_user)
    except IntegrityError:
        # The same phone sent it over two connections at once: the other one has recorded it.
        before = _recorded_before(order, acting_user)
        if before is None:
            raise
        return before


def record_visits(
    *, orders: Sequence[VisitOrder], acting_user: User
) -> list[VisitRecorded | RuleBroken | RulesBroken]:
    """Record visits noted offline, each for itself: what is refused stops no other. The outcomes, in their order."""
    outcomes: list[VisitRecorded | RuleBroken | RulesBroken] = []
    hold_lock(f"visits of {acting_user.pk}")  # the same visits from two phones, in another order
    for order in orders:
        try:
            with transaction.atomic():
                outcomes.append(record_visit(order=order, acting_user=acting_user))
        except (RuleBroken, RulesBroken) as refused:
            outcomes.append(refused)
    return outcomes


def _recorded_before(order: VisitOrder, user: User) -> VisitRecorded | None:
    if order.key is None:
        return None
    rows = HouseholdVisit.objects.select_related("grid__community__unit", "visited_by")
    found = rows.filter(visited_by=user, key=order.key).first()
    if found is None:
        return None
    check_replay(StoredAnswer(found.key_digest, 200, "", {}), order.digest())
    return VisitRecorded(found, is_repeated=True)


@transaction.atomic
def _record(order: VisitOrder, acting_user: User) -> VisitRecorded:
    now = timezone.now()
    noted_at = order.noted_at or now
    grid = base_grid_in_reach(acting_user, order.grid_id, Act.LOG, local_date(noted_at))
    policy = _policy(today())
    _check(order, noted_at, now, policy)
    assert order.purpose is not None
    visit = HouseholdVisit.objects.create(
        grid=grid, visited_by=acting_user, purpose=order.purpose.value, outcome=order.outcome.value,
        consented=order.outcome is VisitOutcome.TALKED, note=order.note.strip(), noted_at=noted_at, key=order.key,
        key_digest="" if order.key is None else order.digest(),
        erase_on=erased_on(noted_at, int(policy.values[YEARS])), policy_version=policy.version,
    )  # fmt: skip
    _ask_needs(visit, order, acting_user)
    record_work(
        work=WorkDone(WorkKind.VISIT_MADE, f"visit:{visit.pk}", noted_at, order.purpose),
        acting_user=acting_user,
        grid=grid,
    )
    _audit(visit, grid, acting_user)
    return VisitRecorded(visit, is_repeated=False)


def _check(order: VisitOrder, noted_at: datetime, now: datetime, policy: PolicyInForce) -> None:
    told = VisitTold(order.purpose, order.outcome, order.consented, order.note, len(order.needs))
    check_visit_consent(told)  # first, and alone: without it nothing else is looked at
    refuse_all(
        _refusals(
            lambda: check_keeps_nothing(told),
            lambda: check_noted_at(noted_at, now, int(policy.values[RECORD_DAYS])),
            lambda: check_no_personal_numbers(order.note, "note"),
        )
    )


def _refusals(*checks: Callable[[], None]) -> Iterator[RuleBroken]:
    for check in checks:
        try:
            check()
        except RuleBroken as refused:
            yield refused


def _policy(on: date) -> PolicyInForce:
    keys = [RECORD_DAYS, YEARS]
    return PolicyInForce(dict(policy_values(keys, on)), policy_label(keys, on))


def _ask_needs(visit: HouseholdVisit, order: VisitOrder, acting_user: User) -> None:
    if order.needs:
        # One visit, or one upload of many, takes several demands in the order they were told: such wait for one another.
        hold_lock("needs of visits")
    for (item, interest_grid_id), askers in _added_up(order.needs).items():
        asked = DemandOrder(
            item=item,
            interest_grid_id=interest_grid_id,
            grid_id=None if interest_grid_id is not None else order.grid_id,
            askers=askers,
            source=DemandSource.VISIT,
        )
        ask_demand(order=asked, acting_user=acting_user, visit=visit)


def _added_up(needs: Sequence[NeedTold]) -> Counter[tuple[str, int | None]]:
    """How many ask for each item in each interest grid: two people of one household may ask for the same."""
    added: Counter[tuple[str, int | None]] = Counter()
    for need in needs:
        added[need.item, need.interest_grid_id] += need.askers
    return added


def _audit(visit: HouseholdVisit, grid: Grid, acting_user: User) -> None:
    after = {
        "grid": grid.code, "purpose": visit.purpose, "outcome": visit.outcome, "consented": visit.consented,
        "noted_at": visit.noted_at.isoformat(), "erase_on": visit.erase_on.isoformat(),
    }  # fmt: skip
    record_audit(
        acting_user=acting_user,
        action="household_visit.record",
        subject=visit,
        after=after,
        policy_version=visit.policy_version,
    )


def erase_visits(*, on: date) -> int:
    """Delete the visits whose time of keeping has passed; returns how many. What was asked for and done stays.

    Rule: J13
    """
    erased = 0
    while True:
        with transaction.atomic():
            due = HouseholdVisit.objects.filter(erase_on__lte=on).order_by("id")
            ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_AT_ONCE])
            if not ids:
                return erased
            HouseholdVisit.objects.filter(pk__in=ids).delete()
            erased += len(ids)
            record_audit(
                acting_user=None,
                action="household_visit.erase",
                subject=("interest.householdvisit", f"{ids[0]}-{ids[-1]}"),
                after={"erased": len(ids), "on": on.isoformat()},
            )
