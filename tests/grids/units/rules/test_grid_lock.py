"""What a lock forbids, and what is refused before anything is locked or assigned."""

from __future__ import annotations

import pytest

from grids.units.rules.grid_lock import (
    MOST_AT_ONCE,
    changed_meanwhile,
    check_how_many,
    check_open,
    check_urban,
    nothing_to_undo,
)
from wangge.errors import RuleBroken


def test_only_the_town_is_locked_and_assigned_by_hand() -> None:
    check_urban("urban")
    with pytest.raises(RuleBroken) as refused:
        check_urban("rural")
    assert (refused.value.code, refused.value.status, refused.value.rule) == ("RURAL_UNIT", 422, "J04")


def test_a_locked_grid_gives_and_takes_nobody() -> None:
    check_open("手工指定建筑", "no building is assigned", [])
    with pytest.raises(RuleBroken) as refused:
        check_open("手工指定建筑", "no building is assigned", ["003", "007"])
    assert (refused.value.code, refused.value.status) == ("GRID_LOCKED", 409)
    assert refused.value.zh == "网格003、007已锁定，不能手工指定建筑"
    assert refused.value.facts == {"grids": ["003", "007"]}


@pytest.mark.parametrize(("given", "refused"), [(MOST_AT_ONCE, False), (MOST_AT_ONCE + 1, True)])
def test_a_request_is_bounded(given: int, refused: bool) -> None:
    if not refused:
        check_how_many(range(given), "buildings")
        return
    with pytest.raises(RuleBroken) as broken:
        check_how_many(range(given), "buildings")
    assert broken.value.facts == {"most": MOST_AT_ONCE, "given": given}


def test_the_other_refusals_say_what_to_do() -> None:
    for broken in (nothing_to_undo(), changed_meanwhile("胜利社区")):
        assert broken.status == 409 and broken.how_to_fix_zh and broken.how_to_fix_en
