"""The demo's accounts: one of them may look up full personal data, for its own county and with a purpose. Rule: X07"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tenants.bureau.models import Grant, OrgCode, OrgUnit
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.shell.demo.people import PEOPLE, make_people

pytestmark = pytest.mark.django_db
COUNTIES = ("410802", "410803")


def _unit(level: str, parent: OrgUnit, code: str) -> OrgUnit:
    unit = OrgUnit.objects.create(level=level, name=f"测试{code}", parent=parent, valid_from=date(2020, 1, 1))
    unit.path = f"{parent.path}{unit.pk}/"
    unit.save(update_fields=["path"])
    OrgCode.objects.create(unit=unit, code=code, scheme="stat", valid_from=date(2020, 1, 1))
    return unit


def test_X07_the_demos_district_officer_alone_sees_full_values_and_in_its_county_only(
    in_alpha: Any, make_user: Any
) -> None:
    root = OrgUnit.objects.get(parent=None)
    county, _ = (_unit("county", root, code) for code in COUNTIES)
    _unit("town", county, "410802001")
    admin = make_user(in_alpha, "bureau", sorted(ROLE_TEMPLATES["bureau_admin"].permissions))
    made = make_people(county_codes=COUNTIES, admin=admin)
    assert set(made) == {"bureau", "district410803"} | {person.username for person in PEOPLE}
    seeing = Grant.objects.filter(permission="personal.full_value").values_list("user__username", "unit_id")
    assert list(seeing) == [("district", county.pk)]
