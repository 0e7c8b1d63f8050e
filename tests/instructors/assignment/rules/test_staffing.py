"""Shares per head to two places, half up; unknown without residents; how many are short of the target."""

from __future__ import annotations

from decimal import Decimal

import pytest

from instructors.assignment.rules.staffing import StaffingCounts, per_head, shares_of

TARGET = Decimal("2.16")


@pytest.mark.parametrize(("count", "residents", "share"), [
    (30_000, 3_521_078, "8.52"), (1, 8_000, "0.13"), (1, 200_000, "0.01"), (1, 200_001, "0.00"), (0, 5, "0.00"),
])  # fmt: skip
def test_j20_per_1000_is_rounded_half_up(count: int, residents: int, share: str) -> None:
    assert per_head(count, residents, 1000) == Decimal(share)


@pytest.mark.parametrize("residents", [None, 0])
def test_j20_without_residents_nothing_is_guessed(residents: int | None) -> None:
    shares = shares_of(StaffingCounts(1, "某街道", 9, 8, 7, 6, residents), TARGET)
    assert (shares.certified, shares.registered, shares.active, shares.sites, shares.short_of_target) == (
        None,
    ) * 5


@pytest.mark.parametrize(("certified", "short"), [(216, 0), (215, 1), (0, 216), (500, 0)])
def test_j20_what_is_short_of_the_target_is_whole_people(certified: int, short: int) -> None:
    assert shares_of(StaffingCounts(1, "某区", certified, 0, 0, 0, 100_000), TARGET).short_of_target == short
    assert shares_of(StaffingCounts(1, "某区", 216, 0, 0, 0, 100_001), TARGET).short_of_target == 1


def test_j20_the_citys_own_figures() -> None:
    shares = shares_of(StaffingCounts(1, "焦作市", 30_000, 20_000, 10_000, 2_050, 3_521_078), TARGET)
    assert (shares.certified, shares.registered, shares.active) == (
        Decimal("8.52"),
        Decimal("5.68"),
        Decimal("2.84"),
    )
    assert (shares.sites, shares.short_of_target) == (Decimal("5.82"), 0)
