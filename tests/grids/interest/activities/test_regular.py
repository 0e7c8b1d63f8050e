"""J09, J11: what is regular for a whole city in one statement agrees with the rule, and where it takes place."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from grids.interest.models import Activity, Occurrence
from grids.interest.queries.regularity import (
    ACTIVITY,
    regular,
    regular_activities,
    regular_interest_grids,
    regular_places,
)
from grids.interest.rules.regularity import Regularity, is_regular
from tenants.bureau.rules.local_time import local_moment

pytestmark = pytest.mark.django_db

ON = date(2026, 3, 29)
USUAL = Regularity(per_week=1, weeks=3, of_weeks=4)


def _activity(neighbourhood: Any, found: Any, **fields: Any) -> Activity:
    given = {"title": "演示", "starts_at": local_moment(ON, time(9)), "minutes": 60, "place_name": "广场"}
    return Activity.objects.create(
        interest_grid=found, planned_by=neighbourhood.people["leader"], **{**given, **fields}
    )


def _held(activity: Activity, moments: list[datetime], state: str = "held") -> None:
    Occurrence.objects.bulk_create(
        Occurrence(
            activity=activity, interest_grid_id=activity.interest_grid_id, starts_at=each,
            ends_at=each + timedelta(hours=1), state=state,
            cancel_category="weather" if state == "cancelled" else "",
        )
        for each in moments
    )  # fmt: skip


def _ago(*days: int, at: time = time(9)) -> list[datetime]:
    return [local_moment(ON - timedelta(days=each), at) for each in days]


@pytest.mark.parametrize(
    ("days", "regular"), [((0, 7, 27), True), ((0, 7, 28), False), ((0, 7), False), ((-1, 7, 14), False)]
)
def test_j09_the_statement_keeps_the_edges(
    neighbourhood: Any, in_city: Any, days: tuple[int, ...], regular: bool
) -> None:
    with in_city():
        _held(_activity(neighbourhood, neighbourhood.dance), _ago(*days))
        assert regular_interest_grids(ON) == ({neighbourhood.dance.pk} if regular else set())


@pytest.mark.parametrize("at", [time(0), time(7, 59), time(23, 59)])
def test_j09_a_day_is_a_day_of_shanghai(neighbourhood: Any, in_city: Any, at: time) -> None:
    with in_city():
        _held(_activity(neighbourhood, neighbourhood.dance), _ago(0, 7, 27, at=at))
        assert regular_interest_grids(ON) == {neighbourhood.dance.pk}
        assert regular_interest_grids(ON - timedelta(days=1)) == set()


def test_j09_what_was_not_held_does_not_count(neighbourhood: Any, in_city: Any) -> None:
    with in_city():
        activity = _activity(neighbourhood, neighbourhood.dance)
        _held(activity, _ago(0, 7))
        _held(activity, _ago(14), state="planned")
        _held(activity, _ago(15), state="cancelled")
        assert regular_interest_grids(ON) == set()


def test_j09_the_statement_agrees_with_the_rule(neighbourhood: Any, in_city: Any) -> None:
    chance = random.Random(7)
    with in_city():
        for found in (neighbourhood.dance, neighbourhood.ball):
            for _ in range(6):
                days = sorted(chance.sample(range(-3, 35), chance.randint(0, 6)))
                _held(_activity(neighbourhood, found), _ago(*days, at=time(chance.randint(0, 23))))
        rows = list(Occurrence.objects.all())
        for shift in range(10):
            on = ON - timedelta(days=shift)
            for name, asked in (
                ("interest_grid_id", regular_interest_grids),
                ("activity_id", regular_activities),
            ):
                held: dict[int, list[date]] = {}
                for row in rows:
                    day = (row.starts_at + timedelta(hours=8)).date()
                    held.setdefault(getattr(row, name), []).append(day)
                expected = {key for key, days in held.items() if is_regular(days, on, USUAL)}
                assert asked(on) == expected


def test_j09_database_and_rule_agree_on_any_calendar_and_any_policy(neighbourhood: Any, in_city: Any) -> None:
    """Days and minutes at the edges of weeks and nights, and policies up to their limits; every activity is judged."""
    chance = random.Random(20260329)
    edges = [0, 6, 7, 13, 14, 20, 21, 27, 28, 34, 35]
    with in_city():
        held: dict[int, list[date]] = {}
        for number in range(40):
            activity = _activity(neighbourhood, (neighbourhood.dance, neighbourhood.ball)[number % 2])
            days = sorted({chance.choice([*edges, chance.randint(-2, 40)]) for _ in range(number % 13)})
            clock = chance.choice([time(0, 0), time(7, 59), time(8, 0), time(23, 59)])
            _held(activity, _ago(*days, at=clock))
            held[activity.pk] = [ON - timedelta(days=day) for day in days]
        judged = set()
        for _ in range(40):
            of_weeks = chance.randint(1, 6)
            policy = Regularity(
                per_week=chance.randint(1, 4), weeks=chance.randint(1, of_weeks), of_weeks=of_weeks
            )
            on = ON - timedelta(days=chance.randint(-1, 15))
            found = set(regular(on, policy, ACTIVITY).values_list(ACTIVITY, flat=True))
            assert found == {key for key, days in held.items() if is_regular(days, on, policy)}, (on, policy)
            judged |= found
    assert 5 < len(judged) < len(held), "a comparison of nothing proves nothing"


def test_j11_places_of_regular_activities_are_points(
    neighbourhood: Any, in_city: Any, django_assert_num_queries: Any
) -> None:
    from tests.grids.interest.conftest import city_point

    with in_city():
        at_site = _activity(neighbourhood, neighbourhood.dance, site=neighbourhood.site)
        at_place = _activity(neighbourhood, neighbourhood.ball, place=city_point(500, 100))
        nowhere = _activity(neighbourhood, neighbourhood.ball)
        seldom = _activity(neighbourhood, neighbourhood.ball, site=neighbourhood.site)
        for each in (at_site, at_place, nowhere):
            _held(each, _ago(0, 7, 14))
        _held(seldom, _ago(0, 7))
        with django_assert_num_queries(2):
            found = regular_places(ON)
        assert [(each.activity, each.interest_grid) for each in found] == [
            (at_site.pk, neighbourhood.dance.pk), (at_place.pk, neighbourhood.ball.pk),
        ]  # fmt: skip
        assert (found[0].longitude, found[0].latitude) == neighbourhood.site.geometry.coords
        assert (found[1].longitude, found[1].latitude) == at_place.place.coords
