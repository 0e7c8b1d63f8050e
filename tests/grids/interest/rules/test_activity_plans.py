"""J09: all that is wrong with a plan is told together, with its facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from grids.interest.rules.activity_plans import ActivityPlan, check_may_plan, no_times, plan_refusals
from grids.interest.rules.people_states import InterestGridState
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

NOW = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
PLAN = ActivityPlan("晨练", NOW + timedelta(hours=1), NOW + timedelta(hours=2), place_name="广场")


def _codes(plan: ActivityPlan) -> list[str]:
    return [each.code for each in plan_refusals(plan, NOW, 7)]


def test_a_good_plan_is_not_refused() -> None:
    assert _codes(PLAN) == [] and PLAN.minutes == 60


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"ends_at": PLAN.starts_at}, ["ACTIVITY_TIMES"]),
        ({"ends_at": PLAN.starts_at - timedelta(hours=1)}, ["ACTIVITY_TIMES"]),
        ({"ends_at": PLAN.starts_at + timedelta(seconds=30)}, ["ACTIVITY_TIMES"]),
        ({"ends_at": PLAN.starts_at + timedelta(hours=24)}, []),
        ({"ends_at": PLAN.starts_at + timedelta(hours=24, minutes=1)}, ["ACTIVITY_TIMES"]),
        ({"until": date(2026, 3, 1)}, ["ACTIVITY_UNTIL"]),
        ({"until": date(2026, 3, 2)}, []),
        ({"place_name": " "}, ["ACTIVITY_PLACE"]),
        ({"place_name": "", "site_id": 3}, []),
        ({"hall": "二楼"}, ["ACTIVITY_PLACE"]),
        ({"hall": "二楼", "site_id": 3}, []),
        ({"ends_at": PLAN.starts_at, "place_name": ""}, ["ACTIVITY_TIMES", "ACTIVITY_PLACE"]),
    ],
)
def test_j09_what_is_wrong_is_told(changes: dict[str, object], codes: list[str]) -> None:
    assert _codes(replace(PLAN, **changes)) == codes  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "codes"), [(7, []), (8, ["ACTIVITY_PAST"])])
def test_j09_what_took_place_long_ago_is_not_recorded(days: int, codes: list[str]) -> None:
    past = timedelta(days=days)
    moved = replace(PLAN, starts_at=PLAN.starts_at - past, ends_at=PLAN.ends_at - past)
    assert _codes(moved) == codes
    assert _codes(replace(moved, recurrence="FREQ=DAILY")) == []


@pytest.mark.parametrize("state", InterestGridState)
def test_j07_only_a_confirmed_interest_grid_plans(state: InterestGridState) -> None:
    if state in (InterestGridState.ACTIVE, InterestGridState.DORMANT):
        check_may_plan(state)
        return
    with pytest.raises(RuleBroken) as refused:
        check_may_plan(state)
    assert (refused.value.code, refused.value.status) == ("INTEREST_GRID_NOT_ACTIVE", 409)


def test_j09_a_rule_without_times_is_named() -> None:
    assert no_times("FREQ=YEARLY").facts == {"recurrence": "FREQ=YEARLY"}
