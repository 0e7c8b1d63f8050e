"""An interest grid is confirmed and woken, by hand or by an activity. Rule: J07"""

from __future__ import annotations

from datetime import date

from django.db import transaction

from grids.interest.models import InterestGrid
from grids.interest.queries.interest_grids import interest_grid_policy, served_by, serving_members
from grids.interest.queries.standing import interest_grid_for_update
from grids.interest.rules.dormancy import wakes
from grids.interest.rules.interest_grid_founding import check_crossing, check_members
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    check_interest_grid_action,
)
from grids.interest.rules.standing import Act
from grids.interest.services.crossing import approved_communities
from grids.interest.services.refusals import caught
from grids.interest.services.spans import begin_state
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import refuse_all


@transaction.atomic
def confirm_interest_grid(*, interest_grid_id: int, acting_user: User) -> InterestGrid:
    """Make a proposal active. 404, 403, 409 INVALID_TRANSITION, 422 MEMBER_REQUIRED and CROSSING_NOT_APPROVED."""
    on = today()
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.CONFIRM)
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.CONFIRM)
    policy = interest_grid_policy(on)
    serving = serving_members(found.pk, on)
    served = served_by(found.community, list(found.base_grids.select_related("community")))
    refuse_all(
        caught(
            lambda: check_members(serving, int(policy.values["members"])),
            lambda: check_crossing(served, approved_communities(found, served)),
        )
    )
    found.state, found.active_since = InterestGridState.ACTIVE.value, on
    found.version += 1
    found.save(update_fields=["state", "active_since", "version"])
    begin_state([found.pk], InterestGridState.ACTIVE, on)
    record_audit(
        acting_user=acting_user, action="interest_grid.confirm", subject=found, policy_version=policy.version,
        before={"state": "proposed"}, after={"state": found.state, "members": serving},
    )  # fmt: skip
    return found


@transaction.atomic
def wake_interest_grid(*, interest_grid_id: int, acting_user: User) -> InterestGrid:
    """Wake a sleeping interest grid by hand. 404, 403, 409 INVALID_TRANSITION, 422 MEMBER_REQUIRED."""
    on = today()
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.CONFIRM)
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.WAKE)
    policy = interest_grid_policy(on)
    check_members(serving_members(found.pk, on), int(policy.values["members"]))
    _wake(found, on, acting_user, policy.version)
    return found


@transaction.atomic
def note_activity_held(*, found: InterestGrid, on: date, acting_user: User | None) -> None:
    """Remember that an activity was held that day; one held lately wakes a sleeping interest grid.

    The caller has decided who may say so, and holds the interest grid's lock.
    """
    if found.last_activity_on is None or found.last_activity_on < on:
        found.last_activity_on = on
        found.save(update_fields=["last_activity_on"])
    policy = interest_grid_policy(today())
    if found.state == InterestGridState.DORMANT and wakes(on, today(), int(policy.values["dormant_days"])):
        _wake(found, today(), acting_user, policy.version)


def _wake(found: InterestGrid, on: date, acting_user: User | None, policy_version: str) -> None:
    before = {"state": found.state, "dormant_since": found.dormant_since and found.dormant_since.isoformat()}
    found.state, found.dormant_since, found.woken_on = InterestGridState.ACTIVE.value, None, on
    found.version += 1
    found.save(update_fields=["state", "dormant_since", "woken_on", "version"])
    begin_state([found.pk], InterestGridState.ACTIVE, on)
    record_audit(
        acting_user=acting_user, action="interest_grid.wake", subject=found, before=before,
        after={"state": found.state, "woken_on": on.isoformat()}, policy_version=policy_version,
    )  # fmt: skip
