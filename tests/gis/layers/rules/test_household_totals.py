"""Totals are spread where somebody waits for a share; elsewhere the counts stand and the difference is
said.
"""

from __future__ import annotations

import pytest

from gis.layers.rules.household_totals import CommunityHomes, totals_to_spread, warn_of_guesses


@pytest.mark.parametrize(
    ("total", "counted", "open_dwellings", "spread", "error", "warning"),
    [
        (None, 10, 5, None, None, None),
        (100, 0, 5, 100, None, None),
        (100, 100, 5, 100, None, None),
        (100, 101, 5, None, "HOUSEHOLDS_EXCEED_TOTAL", None),
        (100, 100, 0, None, None, None),
        (100, 99, 0, None, None, "TOTAL_DIFFERS"),
        (100, 101, 0, None, None, "TOTAL_DIFFERS"),
        (100, 0, 0, None, None, "TOTAL_WITHOUT_HOMES"),
        (0, 0, 0, None, None, None),
        (0, 0, 3, 0, None, None),
    ],
)
def test_what_becomes_of_a_total(
    total: int | None,
    counted: int,
    open_dwellings: int,
    spread: int | None,
    error: str | None,
    warning: str | None,
) -> None:
    totals, errors, warnings = totals_to_spread(
        [CommunityHomes("7", "枫华园", total, counted, open_dwellings)]
    )
    assert totals == ({} if spread is None else {"7": spread})
    assert [finding.code for finding in errors] == ([error] if error else [])
    assert [finding.code for finding in warnings] == ([warning] if warning else [])


def test_lost_households_are_summed() -> None:
    homes = [CommunityHomes(str(number), f"{number}号", 50, 0, 0) for number in range(8)]
    _, _, (warning,) = totals_to_spread(homes)
    assert (warning.facts["count"], warning.facts["households"]) == (8, 400)


def test_numbers_that_the_file_itself_calls_guesses_are_told() -> None:
    assert warn_of_guesses(0) == []
    (warning,) = warn_of_guesses(7)
    assert (warning.code, warning.facts) == ("HOUSEHOLDS_NOT_GIVEN", {"count": 7})
