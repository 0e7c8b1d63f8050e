"""Where residents find something on every week, told to the coverage of base grids. Rules: J09, J11"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from grids.interest.models import Activity
from grids.interest.queries.indicators_organised import spans_on
from grids.interest.queries.regularity import regular_places
from grids.interest.rules.activity_states import ActivityState
from grids.interest.rules.people_states import InterestGridState
from grids.units.queries.activity_places import ActivityPlace


def walkable_places(on: date) -> Iterator[ActivityPlace]:
    """Places of activities that are regular on the day, of interest grids that are active on it. Rule: J11

    An interest grid that sleeps or is closed has no place to walk to, nor has an activity that was called off, whatever
    was held there in the weeks before.
    """
    active = set(spans_on(on, InterestGridState.ACTIVE).order_by().values_list("interest_grid_id", flat=True))
    places = [place for place in regular_places(on) if place.interest_grid in active]
    named = Activity.objects.filter(pk__in=[place.activity for place in places])
    called_off = set(named.filter(state=ActivityState.CANCELLED).values_list("pk", flat=True))
    for place in places:
        if place.activity not in called_off:
            yield ActivityPlace(place.activity, place.longitude, place.latitude)
