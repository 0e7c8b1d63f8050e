"""What waits for the signed-in leader, from this app and from the apps above that tell of their own.

An app above calls `register_task_source` once, at its start, with a function that takes the ids of base grids the
person leads and the day, and gives tasks; it must use a fixed number of statements, however many grids there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from grids.units.models import FitnessGroupMember, Grid, GridFitnessGroup, GridLeader
from grids.units.queries.grids import valid_on
from grids.units.queries.leaders import active_on, grids_led_by
from grids.units.queries.policy import acting_alert_days
from grids.units.rules.leader_tasks import (
    LeaderTask,
    acting_days_left,
    acting_term_ending,
    fitness_group_leaderless,
    fitness_group_missing,
    in_order,
    is_acting_alert,
)
from tenants.accounts.models import User

TaskSource = Callable[[User, Sequence[int], date], Iterable[LeaderTask]]
"""Takes the leader, the ids of the base grids led and the day; gives what waits there."""

_sources: list[TaskSource] = []


def register_task_source(source: TaskSource) -> None:
    """Let an app above tell what waits for a leader; called once, at its start."""
    _sources.append(source)


def leader_tasks(user: User, on: date) -> list[LeaderTask]:
    """Everything that waits in the grids the person leads that day, alerts first. Rule: J06"""
    led = led_grids(user, on)
    grid_ids = [grid.pk for grid in led]
    if not grid_ids:
        return []
    found = [*_own_terms(user, grid_ids, on), *_fitness_groups(user, grid_ids, on)]
    for source in _sources:
        found.extend(source(user, grid_ids, on))
    return in_order(found)


def led_grids(user: User, on: date) -> list[Grid]:
    """The base grids the person leads that day and that stand then, by code."""
    rows = Grid.objects.filter(valid_on(on), pk__in=grids_led_by(user, on))
    return list(rows.select_related("community__unit").order_by("code"))


def _own_terms(user: User, grid_ids: Sequence[int], on: date) -> Iterable[LeaderTask]:
    alert_days = acting_alert_days(on)
    rows = GridLeader.objects.filter(active_on(on), user=user, is_acting=True, grid_id__in=grid_ids)
    soon = rows.filter(ends_on__lte=on + timedelta(days=alert_days))
    for term, grid, ends_on in soon.values_list("pk", "grid_id", "ends_on"):
        assert ends_on is not None  # an acting term has an end
        left = acting_days_left(ends_on, on)
        yield acting_term_ending(grid, term, ends_on, left, is_alert=is_acting_alert(ends_on, on, alert_days))


def _fitness_groups(user: User, grid_ids: Sequence[int], on: date) -> Iterable[LeaderTask]:
    standing = GridFitnessGroup.objects.filter(grid_id__in=grid_ids, founded_on__lte=on)
    standing = standing.exclude(dissolved_on__lt=on)
    groups = dict(standing.values_list("grid_id", "pk"))
    listed = set(
        FitnessGroupMember.objects.filter(group_id__in=groups.values(), user=user, left_on=None).values_list(
            "group_id", flat=True
        )
    )
    for grid in grid_ids:
        if grid not in groups:
            yield fitness_group_missing(grid)
        elif groups[grid] not in listed:
            yield fitness_group_leaderless(grid, groups[grid])
