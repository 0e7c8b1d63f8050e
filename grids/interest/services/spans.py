"""The days of an interest grid's states, written with each change of state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from grids.interest.models import InterestGridSpan
from grids.interest.rules.people_states import InterestGridState


def begin_state(interest_grid_ids: Collection[int], state: InterestGridState, on: date) -> None:
    """From that day these interest grids are in the state; a state left on the day it was entered has no span."""
    ids = list(interest_grid_ids)
    present = InterestGridSpan.objects.filter(interest_grid__in=ids, until=None)
    present.filter(since__gte=on).delete()
    present.update(until=on - timedelta(days=1))
    InterestGridSpan.objects.bulk_create(
        InterestGridSpan(interest_grid_id=key, state=state.value, since=on) for key in ids
    )
