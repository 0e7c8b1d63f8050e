"""The rest of a leader's week in the demo: visits, demands, an issue for the hotline, work, organisations and pilots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from grids.interest.models import InterestGrid
from grids.interest.rules.channel_post import Channel
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.hotline_issue import IssueKind
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.interest.services.channel_posts import PostOrder, record_channel_post
from grids.interest.services.demand_steps import hand_up_demand
from grids.interest.services.demands import DemandOrder, ask_demand
from grids.interest.services.hotline import IssueOrder, hand_over_issue, note_issue
from grids.interest.services.visits import NeedTold, VisitOrder, record_visit
from grids.interest.services.work_logs import TypedWork, log_work
from grids.units.rules.sports_bodies import SportsBodyKind
from grids.units.services.fitness_groups import found_fitness_group
from grids.units.services.pilots import set_pilot
from grids.units.services.sports_bodies import found_sports_body
from tenants.accounts.models import User
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.clock import FOUNDED_DAYS_AGO, days_ago
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.steps import Steps
from wangge.shell.demo.week import Neighbourhood

FOUNDED = date(2024, 5, 1)
PILOT_FROM = date(2024, 6, 1)
PILOTS = ("解放区", "沁阳市")  # named as pilots by the document itself
FEATURES = ("interest_grids", "member_posts", "fitness_tests")
VILLAGES_WITH_ONE = 3  # in four


def work_a_week(made: Neighbourhood, steps: Steps) -> None:
    """What a leader and a member did besides activities in the last days."""
    leader, member = made.leader, made.people["member"]
    dance, grid = made.interest_grids["square_dance"], made.grids[0]
    _found_groups(made)
    for days, order in _visits(grid.pk, dance):
        with days_ago(days):
            record_visit(order=order, acting_user=leader)
    handed = ask_demand(
        order=DemandOrder(item="square_dance", interest_grid_id=dance.pk, people=16), acting_user=leader
    )
    hand_up_demand(demand_id=handed.demand.pk, acting_user=leader)
    walking = made.interest_grids["walking"]
    ask_demand(order=DemandOrder(item="walking", interest_grid_id=walking.pk, people=12), acting_user=leader)
    with days_ago(2):
        noted = note_issue(
            order=IssueOrder(
                grid_id=grid.pk, kind=IssueKind.EQUIPMENT_FAULT, place_name="小广场（演示）", text="漫步机一侧踏板松动（演示）"
            ),
            acting_user=leader,
        )  # fmt: skip
        hand_over_issue(issue_id=noted.issue.pk, acting_user=leader)
        log_work(typed=TypedWork(WorkKind.NOTICE_HANDED_OUT, grid_id=grid.pk), acting_user=leader)
    for days, kind in (
        (5, WorkKind.EXERCISE_GUIDED),
        (3, WorkKind.PLACE_READIED),
        (1, WorkKind.NEIGHBOUR_HELPED),
    ):
        with days_ago(days):
            log_work(typed=TypedWork(kind, interest_grid_id=dance.pk), acting_user=member)
    post = PostOrder(dance.pk, Channel.WECHAT, "本周广场舞安排（演示）")
    record_channel_post(order=post, acting_user=member)
    steps.say("网格长的一周：走访、需求上报、热线转办、工作记录")


def _visits(grid_id: int, dance: InterestGrid) -> list[tuple[int, VisitOrder]]:
    """How many days ago: a talk with a wish, a refusal, nobody at home, an invitation."""
    need = NeedTold("square_dance", dance.pk, askers=2)
    return [
        (6, VisitOrder(grid_id, VisitPurpose.HEAR_DEMAND, VisitOutcome.TALKED, True, "希望增加晚间活动（演示）", (need,))),
        (5, VisitOrder(grid_id, VisitPurpose.TELL, VisitOutcome.REFUSED)),
        (4, VisitOrder(grid_id, VisitPurpose.TELL, VisitOutcome.NOBODY_HOME)),
        (1, VisitOrder(grid_id, VisitPurpose.INVITE_TEST, VisitOutcome.TALKED, True, "愿意参加体质测试（演示）")),
    ]  # fmt: skip


def _found_groups(made: Neighbourhood) -> None:
    """Every base grid of the leader but the last has its fitness organisation."""
    with days_ago(FOUNDED_DAYS_AGO - 1):
        founded = local_date(timezone.now())
        for number, grid in enumerate(made.grids[:-1] or made.grids):
            names = [f"{surname}演示{900 + number}" for surname in "陈褚卫"]
            found_fitness_group(
                grid_id=grid.pk, name=f"{made.community.name}第{number + 1}网格健身队", founded_on=founded,
                members=names, acting_user=made.leader,
            )  # fmt: skip


def found_organisations(people: Mapping[str, User], county_code: str, steps: Steps) -> None:
    """Federations and fitness organisations of every level, some villages still without one; the document's pilots."""
    admin = people[ADMIN]
    county = OrgUnit.objects.get(codes__code=county_code, codes__valid_to=None)
    upper = OrgUnit.objects.filter(level__in=(OrgLevel.CITY, OrgLevel.COUNTY), valid_to=None)
    below = OrgUnit.objects.filter(path__startswith=county.path, valid_to=None)
    founded = 0
    for unit in [*upper.order_by("id"), *below.filter(level=OrgLevel.TOWN).order_by("id")]:
        for kind, name in (
            (SportsBodyKind.FEDERATION, "体育总会"),
            (SportsBodyKind.FITNESS_ORGANISATION, "全民健身组织"),
        ):
            founded += _found_body(unit, kind, name, admin)
    for number, unit in enumerate(below.filter(level=OrgLevel.VILLAGE).order_by("id")):
        if number % (VILLAGES_WITH_ONE + 1) < VILLAGES_WITH_ONE:
            founded += _found_body(unit, SportsBodyKind.FITNESS_ORGANISATION, "全民健身组织", admin)
    for unit in OrgUnit.objects.filter(level=OrgLevel.COUNTY, name__in=PILOTS, valid_to=None).order_by("id"):
        set_pilot(
            unit_id=unit.pk,
            features=FEATURES,
            starts_on=PILOT_FROM,
            acting_user=admin,
            note="文件确定的试点（演示）",
        )
    steps.say(f"体育总会与全民健身组织 {founded} 个（演示）")


def _found_body(unit: OrgUnit, kind: SportsBodyKind, name: str, admin: User) -> int:
    found_sports_body(
        unit_id=unit.pk, kind=kind, name=f"{unit.name}{name}", founded_on=FOUNDED, acting_user=admin
    )
    return 1
