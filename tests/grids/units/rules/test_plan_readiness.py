"""Everything wrong with a plan is said at once, and what must hold grows from submission to publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from grids.units.rules.grid_overlap import GridOverlap, StrayLand
from grids.units.rules.grid_size import SizeLimits
from grids.units.rules.plan_readiness import (
    PlanFacts,
    PlannedGrid,
    PlanReadiness,
    readiness_to_approve,
    readiness_to_publish,
    readiness_to_submit,
)

LIMITS = SizeLimits(400, 300, 500, 100, 800, 300)
COMMUNITY_CODE = "410802001001"
TODAY = date(2026, 11, 22)
FIRST = PlannedGrid("A1", 400, code=COMMUNITY_CODE + "001", has_leader=True)
SECOND = PlannedGrid("A2", 390, code=COMMUNITY_CODE + "002", has_leader=True)


def plan(*grids: PlannedGrid) -> PlanFacts:
    return PlanFacts("枫华园社区", grids)


def publish(facts: PlanFacts, effective_on: date = TODAY) -> PlanReadiness:
    return readiness_to_publish(facts, LIMITS, {COMMUNITY_CODE}, effective_on=effective_on, today=TODAY)


def codes(ready: PlanReadiness) -> list[str]:
    return [refusal.code for refusal in ready.refusals]


def hints(ready: PlanReadiness) -> list[str]:
    return [hint.code for hint in ready.hints]


def test_a_good_plan_goes_all_the_way() -> None:
    good = plan(FIRST, SECOND)
    for ready in (readiness_to_submit(good, LIMITS), readiness_to_approve(good, LIMITS), publish(good)):
        assert ready.is_ready
        assert hints(ready) == []


def test_a_stated_reason_is_enough_to_submit_and_not_to_approve() -> None:
    odd = plan(replace(FIRST, households=900, size_reason="一栋大楼"), SECOND)
    assert readiness_to_submit(odd, LIMITS).is_ready
    assert codes(readiness_to_approve(odd, LIMITS)) == ["GRID_SIZE"]
    accepted = plan(replace(odd.grids[0], size_reason_approved=True), SECOND)
    assert readiness_to_approve(accepted, LIMITS).is_ready


def test_the_sole_grid_of_a_community_needs_no_reason() -> None:
    assert hints(readiness_to_approve(plan(replace(FIRST, households=50)), LIMITS)) == ["GRID_SIZE_HINT"]
    assert codes(readiness_to_approve(plan(replace(FIRST, households=50), SECOND), LIMITS)) == ["GRID_SIZE"]


def test_rural_grids_are_measured_by_their_groups_not_by_households() -> None:
    rural = plan(
        replace(FIRST, households=38, villager_groups=frozenset({"一组"})),
        replace(SECOND, households=1200, villager_groups=frozenset({"二组"})),
    )
    assert readiness_to_submit(rural, LIMITS).is_ready
    split = plan(*(replace(grid, villager_groups=frozenset({"一组"})) for grid in rural.grids))
    assert codes(readiness_to_submit(split, LIMITS)) == ["RURAL_UNIT"]


def test_all_faults_are_collected() -> None:
    place = (113.2, 35.2)
    bad = PlanFacts(
        "枫华园社区",
        (replace(FIRST, households=99, parts=2), replace(SECOND, households=801, code=FIRST.code)),
        overlaps=(GridOverlap("A1", "A2", 3.0, place),),
        gaps=(StrayLand("枫华园社区", 2.0, place),),
        outside=(StrayLand("A2", 1.0, place),),
    )
    ready = readiness_to_submit(bad, LIMITS)
    assert codes(ready) == [
        "GRID_OVERLAP",
        "GRID_GAP",
        "GRID_OUTSIDE_COMMUNITY",
        "GRID_SIZE",
        "GRID_SIZE",
        "GRID_CODE_DUPLICATE",
    ]
    assert hints(ready) == ["NOT_CONTIGUOUS"]


def test_an_empty_plan_goes_nowhere() -> None:
    assert codes(readiness_to_submit(plan(), LIMITS)) == ["GRID_PLAN_EMPTY"]


def test_publication_needs_codes_of_the_community_and_a_day_from_today() -> None:
    uncoded = plan(replace(FIRST, code=""), replace(SECOND, code="410802001002001"))
    assert readiness_to_submit(uncoded, LIMITS).is_ready
    assert codes(publish(uncoded)) == ["GRID_CODE", "GRID_CODE"]
    assert codes(publish(plan(FIRST, SECOND), TODAY - timedelta(1))) == ["EFFECTIVE_DATE_PAST"]


@pytest.mark.parametrize(("days", "refused"), [(365, []), (366, []), (367, ["EFFECTIVE_TOO_FAR"])])
def test_a_plan_waits_a_year_at_most(days: int, refused: list[str]) -> None:
    assert codes(publish(plan(FIRST, SECOND), TODAY + timedelta(days))) == refused


def test_the_last_day_of_the_calendar_is_too_far_and_says_the_latest() -> None:
    (refusal,) = publish(plan(FIRST, SECOND), date.max).refusals
    assert (refusal.code, refusal.status, refusal.facts["latest"]) == ("EFFECTIVE_TOO_FAR", 422, "2027-11-23")


def test_a_missing_leader_is_pointed_out_at_publication() -> None:
    leaderless = plan(replace(FIRST, has_leader=False), SECOND)
    ready = publish(leaderless)
    assert ready.is_ready
    assert hints(ready) == ["LEADER_MISSING"]
