"""What waits for a grid leader about interest grids and members of the own base grids. Rules: J06, J07, J08"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from grids.interest.models import InterestGrid, MemberPost
from grids.interest.queries.closed_places import at_closed_places
from grids.interest.queries.standing import holding_post, served_in_fact
from grids.interest.rules.people_states import InterestGridState, PostState
from grids.interest.rules.people_tasks import (
    memberless,
    nominations_to_confirm,
    places_closed,
    proposals_to_confirm,
    sleepers_to_wake,
)
from grids.units.rules.leader_tasks import LeaderTask
from tenants.accounts.models import User


def people_waiting(user: User, grid_ids: Sequence[int], on: date) -> Iterable[LeaderTask]:
    """Proposals, sleepers, interest grids without a member or whose place was closed, and nominations.

    Five statements for any number of grids. What serves several of these grids stands in the first of them.
    """
    served = InterestGrid.objects.filter(served_in_fact(), base_grids__in=grid_ids)
    serving = MemberPost.objects.filter(holding_post(on), interest_grid=OuterRef("pk"))
    kinds = (
        (proposals_to_confirm, served.filter(state=InterestGridState.PROPOSED.value)),
        (sleepers_to_wake, served.filter(state=InterestGridState.DORMANT.value)),
        (places_closed, served.filter(at_closed_places(timezone.now()))),
        (memberless, served.filter(~Exists(serving), state=InterestGridState.ACTIVE.value)),
    )
    for task, rows in kinds:
        for grid, found in _by_grid(rows, "base_grids"):
            yield task(grid, found)
    nominated = MemberPost.objects.filter(
        served_in_fact("interest_grid__"),
        interest_grid__base_grids__in=grid_ids,
        state=PostState.NOMINATED.value,
    )
    for grid, found in _by_grid(nominated, "interest_grid__base_grids"):
        yield nominations_to_confirm(grid, found)


def _by_grid(rows: QuerySet[Any], grids: str) -> Iterable[tuple[int, list[int]]]:
    found: dict[int, list[int]] = defaultdict(list)
    for grid, key in rows.order_by("pk").annotate(first_grid=Min(grids)).values_list("first_grid", "pk"):
        found[grid].append(key)
    return found.items()
