"""The demo's invented people: one for each of the first screens, with the rights of their work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenants.accounts.models import User
from tenants.bureau.models import OrgCode, OrgUnit
from tenants.bureau.queries.contacts import FULL_VALUE
from tenants.bureau.rules.org_levels import OrgLevel
from tenants.bureau.services.users import create_city_user, grant_permissions

PASSWORD = "wangge-demo-2026"
ADMIN = "bureau"
# No role bundles the full values of personal data: whoever answers for the people of a place is given them by name.
SEES_FULL_VALUES = "district"


@dataclass(frozen=True)
class DemoPerson:
    """An invented account: sign-in name, role template, and the level of the unit for which the rights are held."""

    username: str
    display_name: str
    role_name: str
    held_for: OrgLevel = OrgLevel.CITY


PEOPLE = (
    DemoPerson("gis", "演示·地理信息员", "gis_staff"),
    DemoPerson("district", "演示·区县审核员", "district_officer", OrgLevel.COUNTY),
    DemoPerson("county", "演示·区县查看员", "auditor", OrgLevel.COUNTY),
    DemoPerson("town", "演示·街道文体干事", "town_staff", OrgLevel.TOWN),
    DemoPerson("leader", "演示·网格长", "grid_leader", OrgLevel.COUNTY),
    DemoPerson("member", "演示·网格员", "grid_member", OrgLevel.COUNTY),
    DemoPerson("tester", "演示·体质测试员", "fitness_tester", OrgLevel.COUNTY),
    DemoPerson("prescriber", "演示·运动处方师", "exercise_prescriber", OrgLevel.COUNTY),
    DemoPerson("citizen", "演示·市民", "citizen"),
    DemoPerson("dispatcher", "演示·师资调度员", "dispatcher"),
    DemoPerson("instructor", "演示·社会体育指导员", "instructor"),
)


def make_people(*, county_codes: Sequence[str], admin: User) -> dict[str, User]:
    """Create the demo's accounts with the demo password; by sign-in name, the administrator among them.

    The people of a county belong to the first of the counties, those of a street to its first street; every further
    county has an officer of its own, `district` with the county's code behind it.
    """
    root = OrgUnit.objects.get(parent=None)
    counties = {code: OrgCode.objects.get(code=code, valid_to=None).unit for code in county_codes}
    first = counties[county_codes[0]]
    units = {OrgLevel.CITY: root, OrgLevel.COUNTY: first, OrgLevel.TOWN: _first_town(first)}
    places = [(person, units[person.held_for]) for person in PEOPLE]
    officer = next(person for person in PEOPLE if person.username == "district")
    for code in county_codes[1:]:
        places.append((replace(officer, username=f"{officer.username}{code}"), counties[code]))
    made = {ADMIN: admin}
    for person, unit in places:
        made[person.username] = create_city_user(
            username=person.username,
            display_name=person.display_name,
            password=PASSWORD,
            role_name=person.role_name,
            unit_id=unit.pk,
            acting_user=admin,
        )
    grant_permissions(
        user_id=made[SEES_FULL_VALUES].pk, permissions=[FULL_VALUE], unit_id=first.pk, acting_user=admin
    )
    return made


def _first_town(county: OrgUnit) -> OrgUnit:
    """The street or town with the lowest code, in whose first community the demo's leader leads."""
    codes = OrgCode.objects.filter(
        unit__path__startswith=county.path, unit__level=OrgLevel.TOWN, valid_to=None
    )
    return codes.order_by("code").select_related("unit")[0].unit
