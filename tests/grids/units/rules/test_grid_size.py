"""Household limits exactly at, and one past, each of them."""

from __future__ import annotations

import pytest

from grids.units.rules.grid_size import (
    SizedGrid,
    SizeLimits,
    check_grid_size,
    check_limits_rise,
    deviation_share,
    is_one_grid_community,
)
from wangge.errors import RuleBroken

LIMITS = SizeLimits(400, 300, 500, 100, 800, 300)


@pytest.mark.parametrize("households", [300, 400, 500])
def test_inside_the_soft_limits_nothing_is_said(households: int) -> None:
    assert check_grid_size(SizedGrid("A1", households), LIMITS) is None


@pytest.mark.parametrize("households", [100, 299, 501, 800])
def test_between_soft_and_hard_there_is_a_hint(households: int) -> None:
    hint = check_grid_size(SizedGrid("A1", households), LIMITS)
    assert hint is not None
    assert (hint.code, hint.rule, hint.facts["households"]) == ("GRID_SIZE_HINT", "J03", households)


@pytest.mark.parametrize("households", [0, 99, 801])
def test_beyond_the_hard_limits_a_reason_is_needed(households: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_grid_size(SizedGrid("A1", households), LIMITS)
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("GRID_SIZE", 422, "J03")
    assert refused.value.zh == f"城市网格约400户，当前{households}户，请说明理由"


@pytest.mark.parametrize("households", [0, 99, 801])
def test_a_reason_or_being_the_only_grid_lifts_the_refusal_but_not_the_hint(households: int) -> None:
    for grid in (
        SizedGrid("A1", households, has_reason=True),
        SizedGrid("A1", households, is_sole_grid=True),
    ):
        hint = check_grid_size(grid, LIMITS)
        assert hint is not None
        assert hint.code == "GRID_SIZE_HINT"


def test_a_community_below_three_hundred_is_one_grid() -> None:
    assert is_one_grid_community(299, LIMITS)
    assert not is_one_grid_community(300, LIMITS)


def test_deviation_is_a_share_of_the_target() -> None:
    assert deviation_share(300, LIMITS) == pytest.approx(-0.25)
    assert deviation_share(500, LIMITS) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "limits",
    [
        SizeLimits(400, 450, 500, 100, 800, 300),
        SizeLimits(400, 300, 390, 100, 800, 300),
        SizeLimits(400, 300, 500, 301, 800, 300),
        SizeLimits(400, 300, 500, 100, 499, 300),
        SizeLimits(0, 0, 500, 0, 800, 300),
    ],
)
def test_limits_that_contradict_each_other_are_refused(limits: SizeLimits) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_limits_rise(limits)
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("POLICY_LIMITS", 422, "J03")


@pytest.mark.parametrize(
    "limits",
    [
        SizeLimits(1_000_001, 300, 1_000_001, 100, 1_000_001, 300),
        SizeLimits(400, 300, 500, 100, 1_000_001, 300),
    ],
)
def test_limits_that_the_engine_does_not_count_are_refused_with_the_most_there_may_be(
    limits: SizeLimits,
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_limits_rise(limits)
    assert (refused.value.code, refused.value.status) == ("POLICY_LIMITS", 422)
    assert refused.value.facts["most"] == 1_000_000
    check_limits_rise(SizeLimits(1_000_000, 300, 1_000_000, 100, 1_000_000, 300))


def test_limits_may_be_one_and_the_same() -> None:
    check_limits_rise(LIMITS)
    check_limits_rise(SizeLimits(1, 1, 1, 1, 1, 1))
