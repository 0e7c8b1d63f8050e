"""Two phones at once: one demand, one handing up, one visit, one post. Rules: J13, J22, X05"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_tenants.utils import schema_context

from grids.interest.models import ChannelPost, Demand, DemandAsk, HotlineIssue, HouseholdVisit, WorkLog
from grids.interest.rules.channel_post import Channel
from grids.interest.rules.hotline_issue import IssueKind
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.interest.services.channel_posts import PostOrder, record_channel_post
from grids.interest.services.demand_steps import hand_up_demand
from grids.interest.services.demands import DemandOrder, ask_demand, change_demand
from grids.interest.services.hotline import IssueOrder, hand_over_issue, note_issue
from grids.interest.services.visits import NeedTold, VisitOrder, record_visit
from tenants.bureau.models import OutboxMessage
from tests.racing import ends_of_race


def test_rivals_wait_for_one_another(committed_database: str, alpha: Any, street: Any) -> None:
    """One copy of the database for all races: copying it costs more than racing."""
    _ask_at_once(alpha, street)
    _change_at_once(alpha, street)
    _hand_up_at_once(alpha, street)
    _send_a_visit_twice(alpha, street)
    _post_twice(alpha, street)
    _hand_over_twice(alpha, street)


def _ask_at_once(alpha: Any, street: Any) -> None:
    def ask(who: str, askers: int) -> Callable[[], Any]:
        order = DemandOrder(item="square-dance-t", interest_grid_id=street.dances.pk, askers=askers)
        return lambda: ask_demand(order=order, acting_user=street.people[who])

    people = [("member", 1), ("leader", 2), ("town", 4), ("bureau", 8)]
    assert ends_of_race(alpha, *(ask(*each) for each in people)) == ["done"] * 4
    with schema_context(alpha.schema_name):
        assert Demand.objects.get().askers == 15
        assert DemandAsk.objects.count() == 4


def _change_at_once(alpha: Any, street: Any) -> None:
    """Two who read the same version: the second one's words overwrite nothing."""
    with schema_context(alpha.schema_name):
        demand = Demand.objects.get()

    def change(who: str, people: int) -> Callable[[], Any]:
        return lambda: change_demand(
            demand_id=demand.pk, changes={"people": people}, if_match=f'"{demand.version}"',
            acting_user=street.people[who],
        )  # fmt: skip

    assert ends_of_race(alpha, change("member", 20), change("leader", 30)) == ["STALE_VERSION", "done"]


def _hand_up_at_once(alpha: Any, street: Any) -> None:
    with schema_context(alpha.schema_name):
        key = Demand.objects.get().pk

    def hand_up(who: str) -> Callable[[], Any]:
        return lambda: hand_up_demand(demand_id=key, acting_user=street.people[who])

    assert ends_of_race(alpha, hand_up("leader"), hand_up("town")) == ["DEMAND_STATE", "done"]
    with schema_context(alpha.schema_name):
        assert WorkLog.objects.filter(kind="demand_handed_up").count() == 1


def _send_a_visit_twice(alpha: Any, street: Any) -> None:
    """The phone's own key holds where the two requests bear no Idempotency-Key; its need is asked for once."""
    order = VisitOrder(
        street.grids["east_1"].pk, VisitPurpose.TELL, VisitOutcome.TALKED, consented=True,
        needs=(NeedTold("board-games-t"),), key="phone-1:0001",
    )  # fmt: skip

    def send() -> None:
        record_visit(order=order, acting_user=street.people["member"])

    assert ends_of_race(alpha, send, send, send) == ["done"] * 3
    with schema_context(alpha.schema_name):
        assert HouseholdVisit.objects.count() == 1
        assert Demand.objects.get(item__code="board-games-t").askers == 1
        assert WorkLog.objects.filter(kind="visit_made").count() == 1


def _post_twice(alpha: Any, street: Any) -> None:
    order = PostOrder(street.dances.pk, Channel.WECHAT, "演示", url="https://example.org/1")

    def post(who: str) -> Callable[[], Any]:
        return lambda: record_channel_post(order=order, acting_user=street.people[who])

    assert ends_of_race(alpha, post("member"), post("leader")) == ["CHANNEL_POST_TWICE", "done"]
    with schema_context(alpha.schema_name):
        assert ChannelPost.objects.count() == 1


def _hand_over_twice(alpha: Any, street: Any) -> None:
    with schema_context(alpha.schema_name):
        order = IssueOrder(street.grids["east_1"].pk, IssueKind.NOISE, "演示广场")
        key = note_issue(order=order, acting_user=street.people["member"]).issue.pk

    def hand_over(who: str) -> Callable[[], Any]:
        return lambda: hand_over_issue(issue_id=key, acting_user=street.people[who])

    assert ends_of_race(alpha, hand_over("leader"), hand_over("town")) == ["ISSUE_STATE", "done"]
    with schema_context(alpha.schema_name):
        assert OutboxMessage.objects.filter(channel="hotline").count() == 1
        assert HotlineIssue.objects.get().version == 2
