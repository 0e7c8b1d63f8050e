"""A right reaches its unit and below, no further, and nobody hands out more than may be handed out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from tenants.bureau.rules.rights import (
    HeldRight,
    check_may_grant,
    check_may_manage,
    check_not_self,
    check_permissions_known,
    covers,
    may,
    root_path,
    top_paths,
)
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.errors import RuleBroken

CITY, DISTRICT, TOWN = "/1/", "/1/7/", "/1/7/9/"
OTHER_DISTRICT = "/1/70/"


@pytest.mark.parametrize(
    ("grant", "unit", "holds"),
    [
        (CITY, CITY, True),
        (CITY, TOWN, True),
        (DISTRICT, DISTRICT, True),
        (DISTRICT, TOWN, True),
        (DISTRICT, CITY, False),
        (DISTRICT, OTHER_DISTRICT, False),
        (TOWN, DISTRICT, False),
    ],
)
def test_a_right_holds_for_its_unit_and_below(grant: str, unit: str, holds: bool) -> None:
    assert covers(grant, unit) is holds


@pytest.mark.parametrize("path", ["", "/", "//", "1/7/", "/1/7"])
def test_what_is_no_path_is_a_programming_error(path: str) -> None:
    with pytest.raises(ValueError, match="unit path"):
        covers(path, CITY)


ids = st.lists(st.integers(1, 200), min_size=1, max_size=4)


@given(ids, ids)
def test_covering_is_being_a_beginning(first: list[int], second: list[int]) -> None:
    paths = ["/" + "/".join(map(str, chain)) + "/" for chain in (first, second)]
    assert covers(*paths) is (second[: len(first)] == first)


def test_may_asks_for_the_same_permission() -> None:
    held = [HeldRight("layer.view", DISTRICT)]
    assert may(held, "layer.view", TOWN)
    assert not may(held, "layer.import", TOWN)
    assert not may(held, "layer.view", OTHER_DISTRICT)


def test_top_paths_leave_out_what_lies_below_another() -> None:
    held = [HeldRight("layer.view", path) for path in (TOWN, DISTRICT, OTHER_DISTRICT, DISTRICT)]
    assert top_paths(held, "layer.view") == [DISTRICT, OTHER_DISTRICT]
    assert top_paths(held, "grid.view") == []


def test_the_root_of_a_path() -> None:
    assert root_path(TOWN) == CITY


def test_unknown_permissions_are_named() -> None:
    with pytest.raises(RuleBroken, match="PERMISSION_UNKNOWN") as refused:
        check_permissions_known(["layer.view", "layer.fly"])
    assert refused.value.facts["unknown"] == ["layer.fly"]


def test_a_district_passes_on_what_it_holds_and_no_more() -> None:
    district = [HeldRight("user.manage", DISTRICT), HeldRight("layer.view", DISTRICT)]
    check_may_grant(district, ["layer.view"], TOWN)
    for permissions, unit in ((["grid_plan.publish"], TOWN), (["layer.view"], OTHER_DISTRICT)):
        with pytest.raises(RuleBroken, match="GRANT_BEYOND_OWN") as refused:
            check_may_grant(district, permissions, unit)
        assert refused.value.status == 403


def test_managing_the_whole_citys_users_is_no_right_to_everything() -> None:
    district_at_the_root = [HeldRight(name, CITY) for name in ROLE_TEMPLATES["district_officer"].permissions]
    check_may_grant(district_at_the_root, ["grid_plan.approve"], TOWN)
    for permission in ("policy.edit", "user.administer", "grid_plan.publish"):
        with pytest.raises(RuleBroken, match="GRANT_BEYOND_OWN") as refused:
            check_may_grant(district_at_the_root, ["layer.view", permission], CITY)
        assert refused.value.facts["missing"] == [permission]


def test_the_administrator_grants_everything_but_city_wide_rights_only_at_the_root() -> None:
    city = [HeldRight("user.administer", CITY)]
    check_may_grant(city, ["grid_plan.draft", "personal.full_value"], TOWN)
    check_may_grant(city, ["policy.edit", "user.administer"], CITY)
    for permission in ("policy.edit", "user.administer"):
        with pytest.raises(RuleBroken, match="GRANT_CITY_WIDE") as refused:
            check_may_grant(city, [permission], DISTRICT)
        assert refused.value.facts["city_wide"] == [permission]


def test_the_right_to_administer_means_nothing_below_the_root() -> None:
    below = [HeldRight("user.administer", DISTRICT), HeldRight("user.manage", DISTRICT)]
    with pytest.raises(RuleBroken, match="GRANT_BEYOND_OWN"):
        check_may_grant(below, ["layer.view"], DISTRICT)
    with pytest.raises(RuleBroken, match="USER_HOLDS_MORE"):
        check_may_manage(below, [HeldRight("layer.view", DISTRICT)])


def test_nobody_manages_a_person_who_holds_more() -> None:
    manager = [
        HeldRight("user.manage", CITY),
        HeldRight("layer.view", CITY),
        HeldRight("grid.view", DISTRICT),
    ]
    check_may_manage(manager, [HeldRight("layer.view", TOWN), HeldRight("grid.view", DISTRICT)])
    for theirs in (
        HeldRight("policy.edit", CITY),
        HeldRight("grid.view", OTHER_DISTRICT),
        HeldRight("grid.view", CITY),
    ):
        with pytest.raises(RuleBroken, match="USER_HOLDS_MORE") as refused:
            check_may_manage(manager, [HeldRight("layer.view", TOWN), theirs])
        assert (refused.value.status, refused.value.facts["more"]) == (403, [theirs.permission])


def test_nobody_manages_beyond_the_own_units() -> None:
    manager = [HeldRight("user.manage", DISTRICT), HeldRight("layer.view", CITY)]
    check_may_manage(manager, [HeldRight("layer.view", DISTRICT)])
    for theirs in ([HeldRight("layer.view", CITY)], [HeldRight("layer.view", OTHER_DISTRICT)], []):
        with pytest.raises(RuleBroken, match="USER_BEYOND_OWN") as refused:
            check_may_manage(manager, theirs)
        assert refused.value.status == 403


def test_who_manages_nobody_manages_nobody() -> None:
    for theirs in ([], [HeldRight("layer.view", DISTRICT)]):
        with pytest.raises(RuleBroken, match="USER_BEYOND_OWN"):
            check_may_manage([HeldRight("layer.view", CITY)], theirs)


def test_the_administrator_manages_everybody_and_a_citys_manager_who_holds_nothing() -> None:
    everything = [HeldRight(name, CITY) for name in PERMISSIONS]
    check_may_manage([HeldRight("user.administer", CITY)], everything)
    check_may_manage([HeldRight("user.manage", CITY)], [])


def test_nobody_grants_to_himself() -> None:
    check_not_self(1, 2)
    with pytest.raises(RuleBroken, match="SELF_APPROVAL") as refused:
        check_not_self(1, 1)
    assert refused.value.status == 403
