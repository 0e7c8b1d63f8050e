"""What waits for a grid leader in the own base grids: demands to hand up, issues to hand over.

Rules: J15, J22
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Min, Q

from grids.interest.models import Demand, HotlineIssue
from grids.interest.queries.standing import served_in_fact
from grids.interest.rules.demand_states import DemandState
from grids.interest.rules.hotline_issue import IssueState
from grids.interest.rules.waiting import demands_to_hand_up, issues_to_hand_over
from grids.units.rules.leader_tasks import LeaderTask
from tenants.accounts.models import User


def work_waiting(user: User, grid_ids: Sequence[int], on: date) -> Iterable[LeaderTask]:
    """Open demands and issues not handed over, by base grid; three statements however many grids there are.

    A demand of an interest grid that serves several of these grids stands in the first of them.
    """
    for grid, found in _by_grid(_demands(grid_ids)):
        yield demands_to_hand_up(grid, found)
    waiting = Q(state=IssueState.NOTED.value) | Q(
        state=IssueState.HANDED_OVER.value, message__given_up_at__isnull=False
    )
    issues = HotlineIssue.objects.filter(waiting, grid_id__in=grid_ids).order_by("id")
    for grid, found in _by_grid(issues.values_list("grid_id", "pk")):
        yield issues_to_hand_over(grid, found)


def _demands(grid_ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    still_open = Demand.objects.filter(state=DemandState.OPEN.value).order_by("id")
    yield from still_open.filter(interest_grid=None, grid_id__in=grid_ids).values_list("grid_id", "pk")
    of_interest_grids = still_open.filter(
        served_in_fact("interest_grid__"), interest_grid__base_grids__in=grid_ids
    )
    with_first = of_interest_grids.annotate(first_grid=Min("interest_grid__base_grids"))
    yield from with_first.values_list("first_grid", "pk")


def _by_grid(pairs: Iterable[tuple[int, int]]) -> Iterable[tuple[int, list[int]]]:
    found: dict[int, list[int]] = defaultdict(list)
    for grid, key in pairs:
        found[grid].append(key)
    return found.items()
