"""An invitation to a fitness test is work of the leader or member who made it; its role is derived. Rules: J14, J17

Heard from `grids.wellness` through the floor below both. The log names the invitation's number and nothing else: neither
who was invited nor how the test went. An invitation to an exercise case is no log, because it would speak of health.
"""

from __future__ import annotations

from grids.interest.queries.base_grid_standing import grids_at_post
from grids.interest.rules.duty_role import WorkKind
from grids.interest.services.work_logs import WorkDone, record_work
from grids.units.models import Grid
from grids.units.services.work_done import InvitedToTest
from tenants.bureau.queries.days import today


def log_test_invited(told: InvitedToTest) -> None:
    """One log in the first base grid of the community that the inviter leads or serves; an office's has none."""
    own = grids_at_post(told.invited_by, today())
    grid = Grid.objects.filter(pk__in=own, community=told.community_id).order_by("id").first()
    if grid is None:
        return
    record_work(work=WorkDone(WorkKind.TEST_INVITED, told.reference), acting_user=told.invited_by, grid=grid)
