"""One governance grid, one sports grid."""

from __future__ import annotations

import pytest

from grids.units.rules.external_grid import ExternalLink, check_not_linked, external_code, link_refusals
from wangge.errors import RuleBroken


def test_a_free_or_the_same_link_is_fine() -> None:
    check_not_linked(ExternalLink("ZZ-1", 5), {})
    check_not_linked(ExternalLink("ZZ-1", 5), {"ZZ-1": 5})


def test_a_taken_one_is_refused() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_not_linked(ExternalLink("ZZ-1", 6), {"ZZ-1": 5})
    assert (refused.value.code, refused.value.status, refused.value.rule) == (
        "GRID_ALREADY_LINKED",
        409,
        "J02",
    )


def test_two_rows_of_one_import_that_claim_the_same_are_refused_by_row() -> None:
    links = [ExternalLink("ZZ-1", 5, row=1), ExternalLink("ZZ-2", 6, row=2), ExternalLink("ZZ-1", 7, row=3)]
    refusals = link_refusals(links, {"ZZ-2": 9})
    assert [(refusal.code, refusal.facts["row"]) for refusal in refusals] == [
        ("GRID_ALREADY_LINKED", 2),
        ("GRID_ALREADY_LINKED", 3),
    ]
    assert refusals[0].zh.startswith("第2行：")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("wg-rv-1", "WG-RV-1"), (" WG-RV-1 ", "WG-RV-1"), ("wg - rv - 1", "WG-RV-1"), ("  ", ""), ("", "")],
)
def test_a_code_is_kept_in_capitals_without_spaces(written: str, kept: str) -> None:
    assert external_code(written) == kept
    assert external_code(kept) == kept
