"""J11: which places of activities count for coverage: regular on the day, of an interest grid that is active on it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from grids.interest.models import Activity, InterestGridSpan, Occurrence
from grids.interest.queries.walkable_places import walkable_places
from grids.units.models import CommunityCoverage
from grids.units.queries.activity_places import ActivityPlace, activity_places
from grids.units.services.coverage import compute_coverage
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_moment
from tests.grids.interest.conftest import city_point

pytestmark = pytest.mark.django_db


@pytest.fixture
def met(neighbourhood: Any, in_city: Any) -> Activity:
    """An activity of the dance at a point in xinhua, held today, seven and fourteen days ago."""
    with in_city():
        found = Activity.objects.create(
            interest_grid=neighbourhood.dance, planned_by=neighbourhood.people["leader"], title="演示", minutes=60,
            starts_at=local_moment(today(), time(9)), place_name="广场", place=city_point(500, 148),
        )  # fmt: skip
        Occurrence.objects.bulk_create(
            Occurrence(
                activity=found, interest_grid_id=found.interest_grid_id, starts_at=each,
                ends_at=each + timedelta(hours=1), state="held",
            )
            for each in _days(0, 7, 14)
        )  # fmt: skip
        _active_since(neighbourhood.dance, today() - timedelta(days=60))
        return found


def _days(*ago: int) -> list[datetime]:
    return [local_moment(today() - timedelta(days=each), time(9)) for each in ago]


def _active_since(found: Any, day: date) -> None:
    InterestGridSpan.objects.filter(interest_grid=found, state="active").update(since=day)


def test_j11_a_regular_activity_is_told_with_its_point(met: Activity, in_city: Any) -> None:
    with in_city():
        assert list(walkable_places(today())) == [ActivityPlace(met.pk, met.place.x, met.place.y)]
        assert len(activity_places(today())) == 1


def test_j11_an_activity_that_is_regular_no_more_is_not_told(met: Activity, in_city: Any) -> None:
    with in_city():
        assert list(walkable_places(today() + timedelta(days=13)))
        assert list(walkable_places(today() + timedelta(days=14))) == []
        assert list(walkable_places(today() - timedelta(days=1))) == []


def test_j11_an_activity_that_was_called_off_has_no_place(met: Activity, in_city: Any) -> None:
    with in_city():
        Activity.objects.update(state="cancelled")
        assert list(walkable_places(today())) == []


@pytest.mark.parametrize("state", ["dormant", "closed"])
def test_j11_an_interest_grid_that_sleeps_or_is_closed_has_no_place(
    met: Activity, in_city: Any, neighbourhood: Any, state: str
) -> None:
    with in_city():
        spans = InterestGridSpan.objects.filter(interest_grid=neighbourhood.dance, state="active")
        spans.update(until=today() - timedelta(days=1))
        if state == "dormant":
            InterestGridSpan.objects.create(interest_grid=neighbourhood.dance, state="dormant", since=today())
        assert list(walkable_places(today())) == []


def test_j11_the_run_counts_who_can_walk_to_a_regular_activity(
    met: Activity, in_city: Any, neighbourhood: Any
) -> None:
    with in_city():
        run = compute_coverage(acting_user=neighbourhood.people["bureau"])
        assert run.activity_places == 1
        xinhua = CommunityCoverage.objects.get(run=run, community__name="xinhua")
        assert xinhua.activity_households == xinhua.households > 0
        InterestGridSpan.objects.filter(interest_grid=neighbourhood.dance).update(
            until=today() - timedelta(days=1)
        )
        again = compute_coverage(acting_user=neighbourhood.people["bureau"])
        assert (again.activity_places, again.activity_households) == (0, 0)
        assert again.site_households == run.site_households
