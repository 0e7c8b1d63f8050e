"""Grid leaders: nominated, confirmed or appointed in one act, kept on as acting, ended. Rule: J06"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from grids.units.models import Grid, GridLeader
from grids.units.queries.grids import grid_for_update
from grids.units.queries.leaders import in_state, state_of
from grids.units.queries.policy import leader_policy
from grids.units.rules.leader import Leadership, last_acting_day
from grids.units.rules.leader_states import (
    LeaderState,
    check_next,
    check_not_nominated_twice,
    check_other_than_nominee,
)
from grids.units.services.leader_terms import (
    APPOINT,
    NOMINATE,
    audit_term,
    check_days,
    offices_for_update,
    term_for_update,
    term_refusals,
    told,
    until_office_ends,
)
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found, refuse_all

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A person for a grid, and the days the term would have."""

    grid: Grid
    person: User
    term: Leadership
    policy_version: str


@transaction.atomic
def appoint_leader(
    *,
    grid_id: int,
    user_id: int,
    starts_on: date,
    acting_user: User,
    is_acting: bool = False,
    ends_on: date | None = None,
    reason: str = "",
) -> GridLeader:
    """Nominate and confirm in one act the official in charge of culture and sports, or an acting leader.

    An acting leader fills a vacancy: no office is asked for, and the term is limited by policy. A term by office ends
    with the office where that has an end already. Raises 404, 403 (also LEADER_SELF_CONFIRM), 409 GRID_RETIRED and
    LEADER_ALREADY_ACTIVE, 422 LEADER_NOT_ELIGIBLE, LEADER_OUTLASTS_OFFICE and ACTING_LEADER_TERM.
    """
    grid = grid_for_update(acting_user, grid_id, APPOINT)
    check_other_than_nominee(user_id, acting_user.pk)
    proposed = _proposed(grid, Leadership(user_id, grid.pk, starts_on, ends_on, is_acting), alone=True)
    leader = _entered(proposed, acting_user, confirmed=True)
    audit_term(leader, "leader.appoint", acting_user, reason=reason)
    return leader


@transaction.atomic
def nominate_leader(
    *,
    grid_id: int,
    user_id: int,
    starts_on: date,
    acting_user: User,
    is_acting: bool = False,
    ends_on: date | None = None,
    reason: str = "",
) -> GridLeader:
    """Nominate a leader for others to confirm; several may be nominated, also while another leads.

    Raises 404, 403, 409 GRID_RETIRED and LEADER_ALREADY_NOMINATED, 422 as for an appointment.
    """
    grid = grid_for_update(acting_user, grid_id, NOMINATE)
    waiting = in_state(LeaderState.NOMINATED, today())
    check_not_nominated_twice(
        grid.code, GridLeader.objects.filter(waiting, grid=grid, user_id=user_id).exists()
    )
    proposed = _proposed(grid, Leadership(user_id, grid.pk, starts_on, ends_on, is_acting), alone=False)
    leader = _entered(proposed, acting_user, confirmed=False)
    audit_term(leader, "leader.nominate", acting_user, permission=NOMINATE, reason=reason)
    return leader


def _proposed(grid: Grid, term: Leadership, *, alone: bool) -> _Proposed:
    person = User.objects.filter(pk=term.person, is_active=True).first()
    if person is None:
        raise not_found("人员", "person")
    policy = leader_policy(term.starts_on)
    offices = offices_for_update(person.pk, grid.community_id)
    refuse_all(term_refusals(grid, term, policy, offices, alone=alone))
    return _Proposed(grid, person, until_office_ends(term, grid, offices), policy.version)


def _entered(proposed: _Proposed, acting_user: User, *, confirmed: bool) -> GridLeader:
    term = proposed.term
    return GridLeader.objects.create(
        grid=proposed.grid, user=proposed.person, is_acting=term.is_acting, starts_on=term.starts_on,
        ends_on=term.ends_on, appointed_by=acting_user, policy_version=proposed.policy_version,
        confirmed_by=acting_user if confirmed else None, confirmed_at=timezone.now() if confirmed else None,
    )  # fmt: skip


@transaction.atomic
def confirm_leader(
    *, leader_id: int, acting_user: User, starts_on: date | None = None, reason: str = ""
) -> GridLeader:
    """Confirm a nomination; the term begins on the day nominated or given, never before today.

    Raises 404, 403 (also LEADER_SELF_CONFIRM), 409 INVALID_TRANSITION and LEADER_ALREADY_ACTIVE, 422 as for an
    appointment: the office is looked at again.
    """
    leader = term_for_update(acting_user, leader_id, APPOINT)
    check_other_than_nominee(leader.user_id, acting_user.pk)
    check_next(state_of(leader, today()), LeaderState.CONFIRMED)
    if not leader.user.is_active:
        raise not_found("人员", "person")
    before = told(leader)
    first = max(starts_on or leader.starts_on, today())
    term = Leadership(leader.user_id, leader.grid_id, first, leader.ends_on, leader.is_acting)
    policy = leader_policy(first)
    offices = offices_for_update(leader.user_id, leader.grid.community_id)
    refuse_all(term_refusals(leader.grid, term, policy, offices, alone=True))
    leader.starts_on, leader.ends_on = first, until_office_ends(term, leader.grid, offices).ends_on
    leader.confirmed_by, leader.confirmed_at = acting_user, timezone.now()
    leader.policy_version = policy.version
    leader.save(update_fields=["starts_on", "ends_on", "confirmed_by", "confirmed_at", "policy_version"])
    audit_term(leader, "leader.confirm", acting_user, before=before, reason=reason)
    return leader


@transaction.atomic
def end_leader(*, leader_id: int, reason: str, acting_user: User, ends_on: date | None = None) -> GridLeader:
    """End a term on that day, its last; without a day, today.

    A nomination is declined, and a term that has not begun is called off, by giving no day. 404, 403,
    422 LEADER_PERIOD, 409 LEADER_ALREADY_ENDED.
    """
    leader = term_for_update(acting_user, leader_id, APPOINT)
    before = told(leader)
    state = state_of(leader, today())
    if leader.withdrawn_at is not None:
        raise _already_ended(leader)
    if state is LeaderState.NOMINATED:
        _check_no_day(ends_on)
    if state in (LeaderState.NOMINATED, LeaderState.CONFIRMED) and ends_on is None:
        leader.withdrawn_at = timezone.now()
    else:
        _end_on(leader, ends_on or today())
    leader.end_reason = reason
    leader.save(update_fields=["ends_on", "withdrawn_at", "end_reason"])
    audit_term(leader, "leader.end", acting_user, before=before, reason=reason)
    return leader


def _end_on(leader: GridLeader, last_day: date) -> None:
    if leader.ends_on is not None and leader.ends_on <= last_day:
        raise _already_ended(leader)
    term = Leadership(leader.user_id, leader.grid_id, leader.starts_on, last_day, leader.is_acting)
    check_days(leader.grid, term)
    leader.ends_on = last_day


def _already_ended(leader: GridLeader) -> RuleBroken:
    day = _day_of_end(leader)
    return RuleBroken(
        "LEADER_ALREADY_ENDED", zh=f"该任期已于{day}结束", status=409, rule="J06",
        en=f"this term ends on {day} already", facts={"ends_on": day},
        how_to_fix_zh="无需再次结束；如需改期请先核对任期", how_to_fix_en="nothing is left to end",
    )  # fmt: skip


def _day_of_end(leader: GridLeader) -> str:
    """The day a term ended, or was called off, as text."""
    day = leader.ends_on if leader.withdrawn_at is None else local_date(leader.withdrawn_at)
    return "" if day is None else day.isoformat()


def _check_no_day(ends_on: date | None) -> None:
    if ends_on is not None:
        raise RuleBroken(
            "LEADER_PERIOD", zh="提名尚未生效，撤回时不填截止日期", rule="J06", field="ends_on",
            en="a nomination is declined without a last day", how_to_fix_zh="请去掉截止日期",
            how_to_fix_en="leave the last day out",
        )  # fmt: skip


@transaction.atomic
def keep_as_acting(
    *, leader_id: int, starts_on: date, acting_user: User, ends_on: date | None = None, reason: str = ""
) -> GridLeader:
    """Turn a leader in office into an acting one from that day: the term ends the day before, an acting one follows.

    For who loses the office before a successor is found; to the last day policy allows unless an earlier one is
    given. Returns the new term. 404, 403, 409 INVALID_TRANSITION and LEADER_ALREADY_ACTIVE, 422 LEADER_PERIOD and
    ACTING_LEADER_TERM.
    """
    leader = term_for_update(acting_user, leader_id, APPOINT)
    check_other_than_nominee(leader.user_id, acting_user.pk)
    check_next(state_of(leader, starts_on - ONE_DAY), LeaderState.ACTING)
    before = told(leader)
    if leader.ends_on is None or leader.ends_on >= starts_on:
        _end_on(leader, starts_on - ONE_DAY)
        leader.end_reason = reason
        leader.save(update_fields=["ends_on", "end_reason"])
        audit_term(leader, "leader.end", acting_user, before=before, reason=reason)
    policy = leader_policy(starts_on)
    last = ends_on or last_acting_day(starts_on, int(policy.values["acting_days"]))
    term = Leadership(leader.user_id, leader.grid_id, starts_on, last, is_acting=True)
    acting = _entered(_proposed(leader.grid, term, alone=True), acting_user, confirmed=True)
    audit_term(acting, "leader.keep_acting", acting_user, before=before, reason=reason)
    return acting
