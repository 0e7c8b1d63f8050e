"""Fifteen digits: read, checked against communities, given out once and never again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.units.rules.grid_code import (
    GridCode,
    check_grid_code,
    duplicate_code_refusals,
    first_sequences,
    next_codes,
    parse_grid_code,
)
from wangge.errors import RuleBroken

COMMUNITY = "410802001001"


@pytest.mark.parametrize("sequence", [1, 999])
def test_a_code_is_its_community_and_a_number(sequence: int) -> None:
    code = parse_grid_code(f"{COMMUNITY}{sequence:03d}")
    assert code == GridCode(COMMUNITY, sequence)
    assert code.text == f"{COMMUNITY}{sequence:03d}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        COMMUNITY,
        COMMUNITY + "000",
        COMMUNITY + "0001",
        COMMUNITY + "S01",
        COMMUNITY + "０01",
        COMMUNITY + "01\n",
    ],
)
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_grid_code(text)
    assert (refused.value.code, refused.value.status) == ("GRID_CODE", 422)


def test_the_community_must_be_valid_on_the_day() -> None:
    assert check_grid_code(COMMUNITY + "001", {COMMUNITY}).sequence == 1
    with pytest.raises(RuleBroken, match="no valid community"):
        check_grid_code(COMMUNITY + "001", {"410802001002"})


def test_numbers_run_west_to_east_then_north_to_south() -> None:
    points = {"east": (113.3, 35.2), "west": (113.1, 35.2), "south": (113.2, 35.1), "north": (113.2, 35.3)}
    assert first_sequences(points) == {"west": 1, "north": 2, "south": 3, "east": 4}


def test_a_number_once_used_is_never_given_again() -> None:
    assert [code.sequence for code in next_codes(COMMUNITY, [1, 2, 3], 2)] == [4, 5]
    assert [code.sequence for code in next_codes(COMMUNITY, [1, 3], 2)] == [2, 4]


def test_all_nine_hundred_and_ninety_nine_may_be_given_and_no_more() -> None:
    assert len(next_codes(COMMUNITY, [], 999)) == 999
    with pytest.raises(RuleBroken, match="GRID_CODE_EXHAUSTED") as refused:
        next_codes(COMMUNITY, range(1, 999), 2)
    assert refused.value.facts["free"] == 1


def test_a_short_community_code_gets_no_grids() -> None:
    with pytest.raises(RuleBroken, match="GRID_CODE"):
        next_codes("410802001", [], 1)


@given(st.sets(st.integers(1, 999), max_size=900), st.integers(0, 90))
def test_new_codes_are_new_distinct_and_readable(used: set[int], count: int) -> None:
    codes = next_codes(COMMUNITY, used, count)
    assert len({code.sequence for code in codes}) == count
    assert not {code.sequence for code in codes} & used
    assert [parse_grid_code(code.text) for code in codes] == codes


def test_a_code_borne_twice_is_named_once() -> None:
    refusals = duplicate_code_refusals(["a", "b", "a", "a"])
    assert [(refusal.code, refusal.status, refusal.facts["times"]) for refusal in refusals] == [
        ("GRID_CODE_DUPLICATE", 409, 3)
    ]
