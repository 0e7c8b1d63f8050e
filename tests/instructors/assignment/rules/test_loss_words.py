"""S07: a loss is told between bounds that hold: at least is rounded down, at most upwards, nothing is not told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.loss_words import is_no_loss, tell_loss
from instructors.assignment.rules.site_assignment import PlanLoss


@pytest.mark.parametrize(
    ("low", "high", "zh", "en"),
    [
        ((0, 204), (0, 204), "路程与变动多约200米", "travel and changes grow by about 200 m"),
        ((0, 52), (0, 52), "路程与变动多不到100米", "travel and changes grow by less than 100 m"),
        ((0, 0), (0, 1055), "路程与变动至多多1100米", "travel and changes grow by at most 1100 m"),
        ((0, 52), (0, 300), "路程与变动至多多300米", "travel and changes grow by at most 300 m"),
        ((0, 1238), (0, 2603), "路程与变动多1200至2700米", "travel and changes grow by 1200 to 2700 m"),
        ((0, 1238), None, "路程与变动至少多1200米", "travel and changes grow by at least 1200 m"),
        ((120, 0), None, "至少少覆盖120户", "at least 120 households fewer are served"),
        ((120, 0), (120, -300), "少覆盖120户", "120 households fewer are served"),
        ((20, 0), (120, 0), "少覆盖20至120户", "20 to 120 households fewer are served"),
        ((0, 900), (120, 0), "至多少覆盖120户", "at most 120 households fewer are served"),
    ],
)
def test_s07_a_loss_is_told_between_its_bounds(
    low: tuple[int, int], high: tuple[int, int] | None, zh: str, en: str
) -> None:
    told = tell_loss(PlanLoss(*low), None if high is None else PlanLoss(*high))
    assert told is not None
    assert (told.zh, told.en) == (zh, en)


@pytest.mark.parametrize(
    ("low", "high"), [((0, 0), None), ((0, 52), None), ((0, 0), (0, 0)), ((0, 0), (0, -5))]
)
def test_s07_a_bound_of_nothing_is_not_told(low: tuple[int, int], high: tuple[int, int] | None) -> None:
    assert tell_loss(PlanLoss(*low), None if high is None else PlanLoss(*high)) is None
    assert tell_loss(None, None) is None


def test_s07_no_loss_is_known_only_where_a_plan_as_good_was_found() -> None:
    assert is_no_loss(PlanLoss(0, 0)) and not is_no_loss(PlanLoss(0, 1)) and not is_no_loss(None)


@given(st.integers(0, 5_000), st.integers(1, 5_000))
def test_s07_the_bounds_told_hold_the_bounds_known(low: int, more: int) -> None:
    told = tell_loss(PlanLoss(0, low), PlanLoss(0, low + more))
    assert told is not None
    assert told.facts["travel_m"] <= low
    assert told.facts["at_most_travel_m"] >= low + more
