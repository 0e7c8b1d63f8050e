"""A served city's network put to work: a leader with grids, an active interest grid that meets now, one only proposed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

DANCE, TEA = "晨光广场舞队", "夕阳健步走队"
PEOPLE = ("钱演示101", "孙演示102", "李演示103")


def set_to_work() -> None:
    """In the schema of the city that is set: accounts `leader` and `member`, interest grids DANCE and TEA, PEOPLE."""
    from grids.interest.rules.activity_plans import ActivityPlan
    from grids.interest.services.activities import plan_activity
    from grids.interest.services.demands import DemandOrder, ask_demand
    from grids.interest.services.interest_grid_states import confirm_interest_grid
    from grids.interest.services.interest_grids import InterestGridOrder, propose_interest_grid
    from grids.interest.services.members import MemberOrder, add_member
    from grids.interest.services.participants import JoinOrder, enrol_participant
    from grids.interest.services.posts import PostOrder, confirm_post
    from grids.interest.services.sources import SourceOrder
    from grids.units.models import Grid
    from grids.units.services.leaders import appoint_leader
    from grids.units.services.officers import record_officer
    from tenants.accounts.models import User
    from tenants.bureau.queries.days import today
    from tenants.bureau.rules.local_time import SHANGHAI
    from tests.web.conftest import _user

    users = {name: User.objects.get(username=name) for name in ("bureau", "leader")}
    bureau, leader, member = users["bureau"], users["leader"], _user("member", "演示网格员")
    grids = list(Grid.objects.filter(valid_to=None).order_by("id"))
    mine = [grid for grid in grids if grid.community_id == grids[0].community_id][:2]
    _under_a_town(mine[0].community)
    record_officer(
        community_id=mine[0].community_id, user_id=leader.pk, valid_from=today(), acting_user=bureau
    )
    for grid in mine:
        appoint_leader(grid_id=grid.pk, user_id=leader.pk, starts_on=today(), acting_user=bureau)

    def proposed(name: str, item: str) -> Any:
        order = InterestGridOrder(
            name=name, item_code=item, community_id=mine[0].community_id, base_grid_ids=[mine[0].pk],
            place_name="演示广场", recurrence="FREQ=DAILY", from_minute=390, minutes=60,
        )  # fmt: skip
        found = propose_interest_grid(order=order, acting_user=leader)
        backbone = SourceOrder(source="backbone", proof="带队三年（演示）")
        entry = MemberOrder(
            name="赵演示001", phone="13900000001", user_id=member.pk, post=PostOrder(found.pk, backbone)
        )
        person = add_member(order=entry, acting_user=leader)
        confirm_post(post_id=person.posts.get(interest_grid=found).pk, acting_user=leader)
        return found

    dance = proposed(DANCE, "square_dance")
    confirm_interest_grid(interest_grid_id=dance.pk, acting_user=leader)
    proposed(TEA, "walking")
    for name in PEOPLE:
        enrol_participant(
            interest_grid_id=dance.pk, order=JoinOrder(name, "", True, "2026-1"), acting_user=leader
        )
    now = datetime.now(SHANGHAI)
    plan = ActivityPlan(
        title="晨练（演示）", starts_at=now + timedelta(minutes=1), ends_at=now + timedelta(minutes=61),
        place_name="演示广场",
    )  # fmt: skip
    plan_activity(interest_grid_id=dance.pk, plan=plan, acting_user=leader)
    ask_demand(order=DemandOrder("square_dance", interest_grid_id=dance.pk, people=30), acting_user=leader)


def _under_a_town(community: Any) -> None:
    """Give a community an org unit below a street: demands are handed up to that."""
    from tenants.bureau.models import OrgUnit

    above = OrgUnit.objects.get(parent=None)
    for level, name in (("county", "演示区"), ("town", "演示街道"), ("village", community.name)):
        unit = OrgUnit.objects.create(level=level, name=name, parent=above, valid_from=date(2020, 1, 1))
        unit.path = f"{above.path}{unit.pk}/"
        unit.save(update_fields=["path"])
        above = unit
    community.unit = above
    community.save(update_fields=["unit"])
