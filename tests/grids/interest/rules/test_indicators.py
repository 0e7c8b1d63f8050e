"""Numbers that follow from others, and shares that are hidden or unknown. Rules: J01, J12"""

from __future__ import annotations

import pytest

from grids.interest.rules.indicators import Instruction, Organised, Served, shown_share


def test_j01_who_is_led_by_nobody_is_what_is_left() -> None:
    assert Organised(base_grids=9, led_in_office=6, led_acting=2).without_leader == 1
    assert Organised().without_leader == 0


@pytest.mark.parametrize(("asked", "filled", "gap"), [(5, 3, 2), (5, 5, 0), (3, 5, 0), (0, 0, 0)], ids=str)
def test_j12_the_gap_is_never_below_nothing(asked: int, filled: int, gap: int) -> None:
    assert Instruction(asked_places=asked, filled_places=filled).gap == gap


def test_j01_without_measured_households_the_share_is_unknown() -> None:
    assert Served().reached_share is None
    assert Served(measured_households=3, reached_households=1).reached_share == 0.3333
    assert Served(measured_households=3, reached_households=0).reached_share == 0.0


@pytest.mark.parametrize(
    ("ratings", "satisfied", "smallest", "share"),
    [(4, 4, 5, None), (5, 4, 5, 0.8), (6, 6, 5, 1.0), (0, 0, 5, None), (0, 0, 0, None), (1, 0, 1, 0.0)],
)
def test_j01_a_share_is_shown_from_so_many_ratings_on(
    ratings: int, satisfied: int, smallest: int, share: float | None
) -> None:
    assert shown_share(ratings, satisfied, smallest) == share
