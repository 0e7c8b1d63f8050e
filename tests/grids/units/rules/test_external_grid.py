"""One governance grid, one sports grid."""

from __future__ import annotations

import pytest

from grids.units.rules.external_grid import (
    ExternalLink,
    PersonLink,
    check_not_linked,
    external_code,
    grid_twice_refusals,
    link_refusals,
    person_refusals,
)
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


def test_one_sports_grid_has_one_code_in_a_file() -> None:
    links = [
        ExternalLink("A1", 1, 2),
        ExternalLink("A1", 1, 3),
        ExternalLink("B2", 1, 4),
        ExternalLink("C3", 2, 5),
    ]
    (refused,) = grid_twice_refusals(links)
    assert (refused.code, refused.status, refused.facts["row"]) == ("GRID_ROW_TWICE", 409, 4)
    assert refused.zh == "第4行：同一体育网格在第2行已填写另一综治网格编码A1"


def test_one_person_has_one_account_and_one_account_one_person() -> None:
    held = [PersonLink("P1", 7)]
    same = [PersonLink("P1", 7, 2), PersonLink("P2", 8, 3), PersonLink("P2", 8, 4)]
    assert person_refusals(same, held) == []
    other = [PersonLink("P1", 8, 2), PersonLink("P3", 7, 3)]
    refusals = person_refusals(other, held)
    assert [(refused.code, refused.status, refused.facts["row"]) for refused in refusals] == [
        ("PERSON_ALREADY_LINKED", 409, 2), ("PERSON_ALREADY_LINKED", 409, 3),
    ]  # fmt: skip
    assert refusals[1].zh == "第3行：综治网格人员P3不能重复对应，该账号已对应人员P1"
