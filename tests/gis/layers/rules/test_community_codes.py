"""Codes by number, by name, by the unit above."""

from __future__ import annotations

import pytest

from gis.layers.rules.community_codes import UnitOfTree, bare_name, place_communities

TREE = [
    UnitOfTree(2, "410802", "解放区"),
    UnitOfTree(3, "410802001", "民生街道"),
    UnitOfTree(4, "410802001001", "枫华园社区居民委员会"),
    UnitOfTree(5, "410802001002", "和平社区居委会"),
    UnitOfTree(6, "410802002001", "和平社区居民委员会"),
]


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("枫华园社区居民委员会", "枫华园"),
        ("枫华园社区", "枫华园"),
        ("枫华园居委会", "枫华园"),
        ("王庄村民委员会", "王庄"),
        ("王庄村", "王庄"),
        ("社区", ""),
    ],
)
def test_a_name_without_its_office(name: str, bare: str) -> None:
    assert bare_name(name) == bare


def test_own_code_and_namesake_lead_to_the_own_unit() -> None:
    placed, errors, warnings = place_communities(
        [(1, "410802001001", "改名社区"), (2, "", "枫华园社区")], TREE[:4], 1
    )
    assert [(place.code, place.unit_id) for place in placed] == [("410802001001", 4), ("410802001001", 4)]
    assert [(finding.row, finding.code) for finding in errors] == [(2, "KEY_REPEATED")]
    assert warnings == []


@pytest.mark.parametrize(("code", "unit_id"), [("410802001999", 3), ("410802777001", 2), ("999999999999", 1)])
def test_a_code_the_tree_does_not_know_hangs_on_the_unit_above(code: str, unit_id: int) -> None:
    placed, errors, warnings = place_communities([(1, code, "新社区")], TREE, 1)
    assert (placed[0].unit_id, errors) == (unit_id, [])
    assert [finding.code for finding in warnings] == ["UNIT_NOT_FOUND"]


def test_no_namesake_or_two_is_an_error() -> None:
    placed, errors, _ = place_communities([(1, "", "无名社区"), (2, "", "和平社区")], TREE, 1)
    assert placed == []
    assert [(finding.row, finding.facts["namesakes"]) for finding in errors] == [(1, 0), (2, 2)]
