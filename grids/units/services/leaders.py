"""Grid leaders: the office they hold, their appointment and its end. Rule: J06"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import IntegrityError, transaction

from grids.units.models import CultureSportsOfficer, Grid, GridLeader
from grids.units.queries.grids import grid_for_update
from grids.units.queries.leaders import leaders_visible_to, officers_visible_to, offices_of, terms_of
from grids.units.queries.plans import community_in_reach, organisation_of
from grids.units.queries.policy import leader_policy
from grids.units.rules.leader import (
    Leadership,
    OfficeHeld,
    check_acting_term,
    check_leader_eligible,
    check_one_active_leader,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.masking import mask_name
from wangge.errors import RuleBroken, not_found, refuse_all
from wangge.kernel.permissions import require

APPOINT = "leader.appoint"


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
    """Appoint the official in charge of culture and sports of the grid's own community, or an acting leader.

    An acting leader fills a vacancy: no office is asked for, and the term is limited by policy.
    Raises 404, 403, 409 GRID_RETIRED and LEADER_ALREADY_ACTIVE, 422 LEADER_NOT_ELIGIBLE and ACTING_LEADER_TERM.
    """
    grid = grid_for_update(acting_user, grid_id, APPOINT)
    person = User.objects.filter(pk=user_id, is_active=True).first()
    if person is None:
        raise not_found("人员", "person")
    policy = leader_policy(starts_on)
    term = Leadership(person.pk, grid.pk, starts_on, ends_on, is_acting)
    refuse_all(_refusals(grid, term, int(policy.values["acting_days"])))
    leader = GridLeader.objects.create(
        grid=grid, user=person, is_acting=is_acting, starts_on=starts_on, ends_on=ends_on,
        appointed_by=acting_user, policy_version=policy.version,
    )  # fmt: skip
    _audit(leader, "leader.appoint", acting_user, after=_told(leader), reason=reason)
    return leader


def _refusals(grid: Grid, term: Leadership, acting_days: int) -> list[RuleBroken]:
    existing = [
        Leadership(row.user_id, row.grid_id, row.starts_on, row.ends_on, row.is_acting)
        for row in terms_of(grid.pk)
    ]
    offices = [
        OfficeHeld(row.user_id, row.community_id, row.valid_from, row.valid_to)
        for row in offices_of(term.person)
    ]
    checks: list[Callable[[], None]] = [
        lambda: _check_days(grid, term),
        lambda: check_one_active_leader(term, existing),
        lambda: check_acting_term(term, acting_days),
    ]
    if not term.is_acting:
        checks.append(lambda: check_leader_eligible(term.person, grid.community_id, offices, term.starts_on))
    refusals: list[RuleBroken] = []
    for check in checks:
        try:
            check()
        except RuleBroken as refused:
            refusals.append(refused)
    return refusals


def _check_days(grid: Grid, term: Leadership) -> None:
    if term.ends_on is not None and term.ends_on < term.starts_on:
        raise RuleBroken(
            "LEADER_PERIOD", zh="任期截止日期早于开始日期", en="the term ends before it begins", rule="J06",
            field="ends_on", how_to_fix_zh="请更正日期", how_to_fix_en="correct the dates",
        )  # fmt: skip
    if grid.valid_to is not None and grid.valid_to < term.starts_on:
        raise RuleBroken(
            "GRID_RETIRED", zh=f"网格{grid.code}已于{grid.valid_to.isoformat()}停用", status=409, rule="J06",
            en=f"grid {grid.code} was retired on {grid.valid_to}", facts={"valid_to": grid.valid_to.isoformat()},
            how_to_fix_zh="请选择现行网格", how_to_fix_en="choose a grid that is in force",
        )  # fmt: skip


@transaction.atomic
def end_leader(*, leader_id: int, ends_on: date, reason: str, acting_user: User) -> GridLeader:
    """End a term on that day, its last. 404, 403, 422 LEADER_PERIOD, 409 LEADER_ALREADY_ENDED."""
    found = leaders_visible_to(acting_user).filter(pk=leader_id).first()
    if found is None:
        raise not_found("网格长任期", "leader's term")
    require(acting_user, APPOINT, found.unit_path)
    leader = (
        GridLeader.objects.select_for_update(of=("self",))
        .select_related("grid__community__unit", "user")
        .get(pk=leader_id)
    )
    if leader.ends_on is not None and leader.ends_on <= ends_on:
        raise RuleBroken(
            "LEADER_ALREADY_ENDED", zh=f"该任期已于{leader.ends_on.isoformat()}结束", status=409, rule="J06",
            en=f"this term ends on {leader.ends_on} already", facts={"ends_on": leader.ends_on.isoformat()},
        )  # fmt: skip
    _check_days(
        leader.grid, Leadership(leader.user_id, leader.grid_id, leader.starts_on, ends_on, leader.is_acting)
    )
    before = _told(leader)
    leader.ends_on, leader.end_reason = ends_on, reason
    leader.save(update_fields=["ends_on", "end_reason"])
    _audit(leader, "leader.end", acting_user, before=before, after=_told(leader), reason=reason)
    return leader


@transaction.atomic
def record_officer(
    *, community_id: int, user_id: int, valid_from: date, acting_user: User, valid_to: date | None = None
) -> CultureSportsOfficer:
    """Record that a person is in charge of culture and sports in a community. 404, 403, 409 OFFICER_TWICE."""
    community = community_in_reach(acting_user, community_id, "leader.view")
    require(acting_user, APPOINT, community.unit_path)
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise not_found("人员", "person")
    if valid_to is not None and valid_to < valid_from:
        raise RuleBroken(
            "OFFICER_PERIOD", zh="任职截止日期早于开始日期", en="the post ends before it begins", rule="J06",
            field="valid_to", how_to_fix_zh="请更正日期", how_to_fix_en="correct the dates",
        )  # fmt: skip
    try:
        with transaction.atomic():
            officer = CultureSportsOfficer.objects.create(
                user_id=user_id, community=community, valid_from=valid_from, valid_to=valid_to
            )
    except IntegrityError as clash:
        raise RuleBroken(
            "OFFICER_TWICE", zh="该人员在本社区的任职时间重叠", status=409, rule="J06", field="valid_from",
            en="the person's posts in this community overlap in time",
            how_to_fix_zh="请先结束原任职", how_to_fix_en="end the earlier post first",
        ) from clash  # fmt: skip
    record_audit(
        acting_user=acting_user,
        action="officer.record",
        subject=officer,
        after={"user": user_id, "community": community_id, "valid_from": valid_from.isoformat()},
        organisation=organisation_of(acting_user, APPOINT, community.unit_path),
    )
    return officer


@transaction.atomic
def end_officer(*, officer_id: int, valid_to: date, acting_user: User) -> CultureSportsOfficer:
    """End a post on that day, its last. 404, 403, 422 OFFICER_PERIOD."""
    found = officers_visible_to(acting_user).filter(pk=officer_id).first()
    if found is None:
        raise not_found("任职记录", "post")
    require(acting_user, APPOINT, found.unit_path)
    officer = CultureSportsOfficer.objects.select_for_update(of=("self",)).get(pk=officer_id)
    if valid_to < officer.valid_from:
        raise RuleBroken(
            "OFFICER_PERIOD", zh="任职截止日期早于开始日期", en="the post ends before it begins", rule="J06",
            field="valid_to", how_to_fix_zh="请更正日期", how_to_fix_en="correct the dates",
        )  # fmt: skip
    officer.valid_to = valid_to
    officer.save(update_fields=["valid_to"])
    record_audit(
        acting_user=acting_user,
        action="officer.end",
        subject=officer,
        after={"valid_to": valid_to.isoformat()},
    )
    return officer


def _told(leader: GridLeader) -> dict[str, object]:
    return {
        "grid": leader.grid_id,
        "user": leader.user_id,
        "name": mask_name(leader.user.display_name),
        "is_acting": leader.is_acting,
        "starts_on": leader.starts_on.isoformat(),
        "ends_on": None if leader.ends_on is None else leader.ends_on.isoformat(),
    }


def _audit(
    leader: GridLeader,
    action: str,
    acting_user: User,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        acting_user=acting_user,
        action=action,
        subject=leader,
        before=before,
        after=after,
        reason=reason,
        organisation=organisation_of(acting_user, APPOINT, leader.unit_path),
        policy_version=leader.policy_version,
    )
