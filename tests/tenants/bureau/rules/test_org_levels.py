"""The tree of four levels, on the day one asks about."""

from __future__ import annotations

from datetime import date

import pytest

from tenants.bureau.rules.org_levels import DatedNode, OrgLevel, check_level, check_no_cycle, check_tree
from wangge.errors import RuleBroken

GOOD = {
    (OrgLevel.CITY, None),
    (OrgLevel.COUNTY, OrgLevel.CITY),
    (OrgLevel.TOWN, OrgLevel.COUNTY),
    (OrgLevel.VILLAGE, OrgLevel.TOWN),
}


@pytest.mark.parametrize("level", list(OrgLevel))
@pytest.mark.parametrize("parent", [None, *OrgLevel])
def test_only_the_next_higher_level_is_a_parent(level: OrgLevel, parent: OrgLevel | None) -> None:
    if (level, parent) in GOOD:
        check_level(level, parent)
        return
    with pytest.raises(RuleBroken, match="ORG_LEVEL") as refused:
        check_level(level, parent)
    assert (refused.value.status, refused.value.rule) == (422, "J19")
    assert refused.value.zh.startswith("组织层级不正确")


def nodes(*, second_town_until: date | None = None) -> list[DatedNode]:
    start = date(2020, 1, 1)
    return [
        DatedNode(1, OrgLevel.CITY, None, start),
        DatedNode(2, OrgLevel.COUNTY, 1, start),
        DatedNode(3, OrgLevel.TOWN, 2, start, second_town_until),
        DatedNode(4, OrgLevel.VILLAGE, 3, start),
    ]


def test_a_whole_tree_holds() -> None:
    check_tree(nodes(), date(2026, 1, 1))


def test_a_child_outlives_its_parent_only_until_somebody_looks() -> None:
    tree = nodes(second_town_until=date(2025, 12, 31))
    check_tree(tree, date(2025, 12, 31))
    with pytest.raises(RuleBroken, match="ORG_LEVEL"):
        check_tree(tree, date(2026, 1, 1))


def test_before_the_first_day_there_is_nothing_to_check() -> None:
    check_tree(nodes(), date(2019, 12, 31))


@pytest.mark.parametrize("new_parent", [1, 2, 3])
def test_a_unit_never_hangs_under_itself_or_its_own(new_parent: int) -> None:
    with pytest.raises(RuleBroken, match="ORG_LEVEL"):
        check_no_cycle(1, new_parent, {1: None, 2: 1, 3: 2})


def test_moving_to_another_branch_is_no_cycle() -> None:
    check_no_cycle(3, 4, {1: None, 2: 1, 3: 2, 4: 1})


def test_a_circle_above_the_unit_does_not_hang_the_check() -> None:
    check_no_cycle(9, 1, {1: 2, 2: 1, 9: None})
