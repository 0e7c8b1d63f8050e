"""What every act on a leader's term needs: the term under lock, the checks of its days and office, and its trace.

Rule: J06
"""

from __future__ import annotations

from collections.abc import Callable

from grids.units.models import CultureSportsOfficer, Grid, GridLeader
from grids.units.queries.leaders import leaders_visible_to, state_of, terms_of
from grids.units.queries.plans import organisation_of
from grids.units.queries.policy import PolicyInForce
from grids.units.rules.leader import (
    Leadership,
    OfficeHeld,
    check_acting_term,
    check_leader_eligible,
    check_one_active_leader,
    check_within_office,
    office_covers_until,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import require

APPOINT, NOMINATE = "leader.appoint", "leader.nominate"


def term_for_update(acting_user: User, leader_id: int, permission: str) -> GridLeader:
    """The term, locked together with its grid and the office it stands on; 404 outside the user's scope, then 403."""
    found = leaders_visible_to(acting_user).filter(pk=leader_id).first()
    if found is None:
        raise not_found("网格长任期", "leader's term")
    require(acting_user, permission, found.unit_path)
    # Grid before office before term: every act on a term locks in this order.
    Grid.objects.select_for_update(of=("self",), no_key=True).get(pk=found.grid_id)
    offices_for_update(found.user_id, found.grid.community_id)
    return (
        GridLeader.objects.select_for_update(of=("self",))
        .select_related("grid__community__unit", "user", "appointed_by", "confirmed_by")
        .get(pk=leader_id)
    )


def offices_for_update(person: int, community: int) -> list[OfficeHeld]:
    """The person's offices in all communities, those in this one locked: none ends while a term is put on it."""
    rows = CultureSportsOfficer.objects.filter(user_id=person).order_by("id")
    list(rows.filter(community_id=community).select_for_update(of=("self",)))
    return [OfficeHeld(row.user_id, row.community_id, row.valid_from, row.valid_to) for row in rows]


def until_office_ends(term: Leadership, grid: Grid, offices: list[OfficeHeld]) -> Leadership:
    """A term by office without a last day of its own ends with the office, where that has an end already."""
    held, until = office_covers_until(term.person, grid.community_id, offices, term.starts_on)
    if term.is_acting or term.ends_on is not None or not held:
        return term
    return Leadership(term.person, term.grid, term.starts_on, until, term.is_acting)


def term_refusals(
    grid: Grid, term: Leadership, policy: PolicyInForce, offices: list[OfficeHeld], *, alone: bool
) -> list[RuleBroken]:
    """Why the person cannot lead the grid on these days; `alone`: nobody else may lead it then."""
    checks: list[Callable[[], None]] = [
        lambda: check_days(grid, term),
        lambda: check_acting_term(term, int(policy.values["acting_days"])),
    ]
    if alone:
        existing = [
            Leadership(row.user_id, row.grid_id, row.starts_on, row.ends_on, row.is_acting)
            for row in terms_of(grid.pk)
            if row.confirmed_at is not None and row.withdrawn_at is None
        ]
        checks.append(lambda: check_one_active_leader(term, existing))
    if not term.is_acting:
        _, until = office_covers_until(term.person, grid.community_id, offices, term.starts_on)
        checks.append(lambda: check_leader_eligible(term.person, grid.community_id, offices, term.starts_on))
        checks.append(lambda: check_within_office(term, until))
    return [refused for check in checks if (refused := _refusal(check)) is not None]


def _refusal(check: Callable[[], None]) -> RuleBroken | None:
    try:
        check()
    except RuleBroken as refused:
        return refused
    return None


def check_days(grid: Grid, term: Leadership) -> None:
    """422 LEADER_PERIOD for a term that ends before it begins, 409 GRID_RETIRED for a grid that is no more."""
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


def told(leader: GridLeader) -> dict[str, object]:
    """The term as the audit log keeps it, the name masked."""
    return {
        "grid": leader.grid_id,
        "user": leader.user_id,
        "name": mask_name(leader.user.display_name),
        "state": state_of(leader, today()).value,
        "is_acting": leader.is_acting,
        "starts_on": leader.starts_on.isoformat(),
        "ends_on": None if leader.ends_on is None else leader.ends_on.isoformat(),
    }


def audit_term(
    leader: GridLeader,
    action: str,
    acting_user: User,
    *,
    permission: str = APPOINT,
    before: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    """Write what was done to the term into the audit log."""
    record_audit(
        acting_user=acting_user,
        action=action,
        subject=leader,
        before=before,
        after=told(leader),
        reason=reason,
        organisation=organisation_of(acting_user, permission, leader.unit_path),
        policy_version=leader.policy_version,
    )
