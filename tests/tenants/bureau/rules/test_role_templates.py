"""Roles bundle known permissions, keep duties apart, and reach no higher than they are meant for."""

from __future__ import annotations

import pytest

from tenants.bureau.rules.org_levels import OrgLevel
from tenants.bureau.rules.rights import check_permissions_known
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES, check_role_level, role_template
from wangge.errors import RuleBroken


def test_every_template_holds_known_permissions_only() -> None:
    for template in ROLE_TEMPLATES.values():
        check_permissions_known(template.permissions)
        assert template.zh
        assert template.en


def test_who_draws_plans_does_not_approve_them() -> None:
    deciding = {"grid_plan.review", "grid_plan.approve", "grid_plan.publish"}
    drawing = {"grid_plan.draft", "grid_plan.submit"}
    for template in ROLE_TEMPLATES.values():
        assert not (template.permissions & deciding and template.permissions & drawing), template.name


def test_no_template_gives_away_full_values() -> None:
    assert not any("personal.full_value" in template.permissions for template in ROLE_TEMPLATES.values())


def test_only_the_administrators_bundle_administers() -> None:
    assert [name for name, role in ROLE_TEMPLATES.items() if "user.administer" in role.permissions] == [
        "bureau_admin"
    ]


def rank(level: OrgLevel) -> int:
    return list(OrgLevel).index(level)


@pytest.mark.parametrize("role", ROLE_TEMPLATES)
@pytest.mark.parametrize("level", list(OrgLevel))
def test_a_bundle_is_granted_at_its_level_and_below(role: str, level: OrgLevel) -> None:
    template = role_template(role)
    if rank(level) >= rank(template.highest_level):
        check_role_level(template, level)
        return
    with pytest.raises(RuleBroken, match="ROLE_ABOVE_LEVEL") as refused:
        check_role_level(template, level)
    assert (refused.value.status, refused.value.facts["unit_level"]) == (422, level.value)
    assert refused.value.how_to_fix_zh


def test_a_district_is_no_city_and_a_town_no_district() -> None:
    levels = {name: role.highest_level for name, role in ROLE_TEMPLATES.items()}
    assert (levels["bureau_admin"], levels["district_officer"], levels["town_staff"]) == (
        OrgLevel.CITY,
        OrgLevel.COUNTY,
        OrgLevel.TOWN,
    )


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(RuleBroken, match="ROLE_UNKNOWN") as refused:
        role_template("emperor")
    assert refused.value.facts["role"] == "emperor"


def test_who_tests_people_is_not_the_bureau() -> None:
    values = {"wellness.test", "wellness.prescribe"}
    assert {name for name, role in ROLE_TEMPLATES.items() if role.permissions & values} == {
        "fitness_tester",
        "exercise_prescriber",
    }
