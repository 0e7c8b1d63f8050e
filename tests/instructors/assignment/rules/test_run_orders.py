"""S07: a run keeps its parameters, figures and prices as JSON; ways in it are told to whole 100 m only."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.home_cells import CELL_M
from instructors.assignment.rules.run_orders import (
    LONGEST_REACH_M,
    REACH_STEP_M,
    RunOrder,
    figures_json,
    parameters_of,
    prices_json,
    prices_of,
)
from instructors.assignment.rules.site_assignment import (
    AssignmentFigures,
    AssignmentParameters,
    Prices,
)
from instructors.assignment.rules.site_assignment.values import SolveStep

FIGURES = AssignmentFigures(
    asked_weight=901, covered_weight=777, asked_places=9, covered_places=7, kept_pairs=3, total_travel_m=12_301,
    mean_travel_m=1_757.3, p95_travel_m=3_900.5, sessions={0: 2, 1: 3, 10: 1}, possible_pairs=44,
    pairs_looked_at=40, weight_bound=778, gap=0.00129, travel_gap_m=1, is_proven=False, is_reproducible=True,
    steps=(
        SolveStep("weight", 2, 44, 9, 777.5), SolveStep("travel", 1, 44, 9, 12_301.0),
        SolveStep("guide", 1, 44, 9, 0.5),
    ),
)  # fmt: skip
AMOUNTS = st.floats(-1e9, 1e9)
PRICE = st.tuples(AMOUNTS, AMOUNTS)
KEY = st.integers(1, 2**40)
PRICES = st.builds(
    Prices,
    st.dictionaries(KEY, PRICE, max_size=4),
    st.dictionaries(KEY, PRICE, max_size=4),
    st.lists(st.tuples(KEY, st.frozensets(KEY, max_size=4), PRICE), max_size=3).map(tuple),
    st.tuples(st.integers(0, 10**9), st.none() | st.integers(0, 10**9)),
)


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_s07_an_order_that_names_nothing_takes_the_usual_parameters() -> None:
    usual = AssignmentParameters()
    assert RunOrder().parameters(usual.travel_buffer_min) == {
        "reach_m": 5_000, "stability_m": 1_000, "travel_buffer_min": 60, "assume_free": False,
    }  # fmt: skip
    assert parameters_of(kept(RunOrder().parameters(60))) == usual


def test_s07_parameters_come_back_as_ordered_and_the_buffer_is_that_of_policy() -> None:
    order = RunOrder(as_of=date(2026, 3, 2), reach_m=3_000, stability_m=0, assume_free=True)
    told = order.parameters(45)
    assert told == {"reach_m": 3_000, "stability_m": 0, "travel_buffer_min": 45, "assume_free": True}
    assert parameters_of(kept(told)) == replace(
        AssignmentParameters(), reach_m=3_000, stability_m=0, travel_buffer_min=45
    )


def test_s07_what_a_run_did_not_keep_is_usual_and_what_is_no_parameter_changes_nothing() -> None:
    assert parameters_of({}) == AssignmentParameters()
    assert parameters_of({"assume_free": True, "search_nodes": 1}) == AssignmentParameters()
    assert parameters_of({"reach_m": 500}) == replace(AssignmentParameters(), reach_m=500)


def test_s07_a_reach_is_no_finer_than_the_squares_homes_stand_in() -> None:
    assert REACH_STEP_M == CELL_M == 500
    assert LONGEST_REACH_M % REACH_STEP_M == RunOrder().reach_m % REACH_STEP_M == 0
    assert RunOrder().reach_m <= LONGEST_REACH_M


def test_s07_figures_tell_ways_in_whole_hundred_metres_upwards_and_the_rest_as_it_is() -> None:
    told = figures_json(FIGURES)
    ways = {name: told[name] for name in ("total_travel_m", "mean_travel_m", "p95_travel_m", "travel_gap_m")}
    assert ways == {
        "total_travel_m": 12_400, "mean_travel_m": 1_800, "p95_travel_m": 4_000, "travel_gap_m": 100,
    }  # fmt: skip
    assert (told["covered_weight"], told["weight_bound"], told["gap"]) == (777, 778, 0.00129)
    assert (told["is_proven"], told["is_reproducible"]) == (False, True)


@pytest.mark.parametrize(
    ("metres", "told"), [(0, 0), (1, 100), (99, 100), (100, 100), (101, 200), (None, None)]
)
def test_s07_a_way_of_whole_hundreds_stays_and_a_metre_more_is_the_next(
    metres: int | None, told: int | None
) -> None:
    assert figures_json(replace(FIGURES, travel_gap_m=metres))["travel_gap_m"] == told


def test_s07_only_steps_whose_value_is_a_way_are_told_coarsely() -> None:
    steps = figures_json(FIGURES)["steps"]
    assert [(step["name"], step["value"]) for step in steps] == [
        ("weight", 777.5), ("travel", 12_400), ("guide", 100),
    ]  # fmt: skip
    assert steps[0] == {"name": "weight", "rounds": 2, "columns": 44, "rows": 9, "value": 777.5}


def test_s07_figures_are_the_same_before_and_after_json() -> None:
    told = figures_json(FIGURES)
    assert told["sessions"] == {"0": 2, "1": 3, "10": 1}
    assert kept(told) == told
    assert FIGURES.total_travel_m == 12_301


@given(PRICES)
def test_s07_prices_come_back_from_json_as_they_were(prices: Prices) -> None:
    assert prices_of(kept(prices_json(prices))) == prices


def test_s07_prices_are_kept_with_the_needs_of_a_set_in_order() -> None:
    prices = Prices({4: (1.5, 2.0)}, {2: (0.0, -3.0)}, ((2, frozenset({4, 8, 1}), (1.0, 0.0)),), (5, None))
    assert prices_json(prices) == {
        "needs": {"4": [1.5, 2.0]},
        "instructors": {"2": [0.0, -3.0]},
        "sets": [[2, [1, 4, 8], [1.0, 0.0]]],
        "gap": [5, None],
    }
