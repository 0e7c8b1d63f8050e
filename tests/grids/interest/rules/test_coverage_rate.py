"""A community is covered by plan, leader and interest grids together. Rule: J21"""

from __future__ import annotations

import pytest

from grids.interest.rules.coverage_rate import CommunityStanding, CoverageRate, Lack, coverage_rate, lacks_of


@pytest.mark.parametrize(
    ("base_grids", "led", "interest_grids", "wanted", "lacks"),
    [
        (3, 3, 1, 1, ()),
        (3, 2, 1, 1, (Lack.LEADER,)),
        (3, 3, 0, 1, (Lack.INTEREST_GRIDS,)),
        (3, 3, 1, 2, (Lack.INTEREST_GRIDS,)),
        (3, 3, 2, 2, ()),
        (3, 0, 0, 1, (Lack.LEADER, Lack.INTEREST_GRIDS)),
        (0, 0, 5, 1, (Lack.PLAN, Lack.LEADER)),
        (0, 0, 0, 1, (Lack.PLAN, Lack.LEADER, Lack.INTEREST_GRIDS)),
        (1, 1, 0, 0, ()),
    ],
)
def test_j21_a_community_lacks_what_it_lacks(
    base_grids: int, led: int, interest_grids: int, wanted: int, lacks: tuple[Lack, ...]
) -> None:
    assert lacks_of(CommunityStanding(1, base_grids, led, interest_grids), wanted) == lacks


def test_j21_the_rate_counts_every_community_and_each_part() -> None:
    rows = [
        CommunityStanding(1, 3, 3, 1),  # covered
        CommunityStanding(2, 3, 1, 4),  # two grids without a leader
        CommunityStanding(3, 2, 2, 0),  # no interest grid
        CommunityStanding(4, 0, 0, 1),  # no plan
    ]
    rate = coverage_rate(rows, 1)
    assert rate == CoverageRate(communities=4, with_plan=3, with_leader=2, with_interest_grids=3, covered=1)
    assert rate.share == 0.25


def test_j21_without_communities_there_is_no_share() -> None:
    assert coverage_rate([], 1).share is None
