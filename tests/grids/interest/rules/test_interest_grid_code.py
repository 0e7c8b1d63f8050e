"""J07: an interest grid's code: community, S, two digits of the activity, a number."""

from __future__ import annotations

from grids.interest.rules.interest_grid_code import interest_grid_code

COMMUNITY = "410802001001"


def test_j07_the_code_tells_community_activity_and_number() -> None:
    assert interest_grid_code(COMMUNITY, 2, 7) == "410802001001S0207"
    assert interest_grid_code(COMMUNITY, 99, 100) == "410802001001S99100"
    assert interest_grid_code(COMMUNITY, 100, 7) == "410802001001S0007"


def test_j07_no_two_numbers_of_a_community_share_a_code() -> None:
    codes = [
        interest_grid_code(COMMUNITY, item, number)
        for number in range(1, 1200)
        for item in (1, 11, 12, 99, 101)
    ]
    by_number = {code for code in codes}
    assert len(by_number) == len(codes) and max(len(code) for code in codes) <= 20
