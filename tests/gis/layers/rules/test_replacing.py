"""A file with nothing usable is refused; what would go is told from just above a half, and what stands on it."""

from __future__ import annotations

import pytest

from gis.layers.rules.replacing import Loss, check_usable, kinds_zh, warn_of_loss


def test_a_file_of_which_nothing_is_left_is_an_error() -> None:
    assert check_usable(5, 1) == []
    (finding,) = check_usable(508, 0)
    assert (finding.code, finding.facts) == ("NO_USABLE_ROWS", {"rows": 508})
    assert "508" in finding.zh and finding.remedy_zh and finding.remedy_en


@pytest.mark.parametrize(
    ("present", "gone", "told"), [(14, 13, True), (14, 7, False), (15, 8, True), (0, 0, False)]
)
def test_a_loss_is_told_from_just_above_a_half(present: int, gone: int, told: bool) -> None:
    codes = [finding.code for finding in warn_of_loss(Loss("建筑", present, gone))]
    assert codes == (["REPLACES_MUCH"] if told else [])


def test_what_stands_on_the_lost_is_told_even_when_little_is_lost() -> None:
    (finding,) = warn_of_loss(Loss("社区", 14, 1, {"grid plan": 1, "culture sports officer": 1}))
    assert finding.code == "REPLACES_BORNE" and finding.facts["features"] == 1
    assert "社区分管文体负责人、网格方案" in finding.zh and "grid plan" in finding.en


def test_kinds_without_a_chinese_name_go_by_their_own() -> None:
    assert kinds_zh(["grid", "new thing"]) == "网格、new thing"
