"""The demo's invented people: one for each of the first screens, with the rights of their work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenants.accounts.models import User
from tenants.bureau.models import OrgCode, OrgUnit
from tenants.bureau.services.users import create_city_user

PASSWORD = "wangge-demo-2026"
ADMIN = "bureau"


@dataclass(frozen=True)
class DemoPerson:
    """An invented account: sign-in name, role template, and whether the rights are held for the county only."""

    username: str
    display_name: str
    role_name: str
    in_county: bool = False


PEOPLE = (
    DemoPerson("gis", "演示·地理信息员", "gis_staff"),
    DemoPerson("district", "演示·区县审核员", "district_officer", in_county=True),
    DemoPerson("county", "演示·区县查看员", "auditor", in_county=True),
    DemoPerson("leader", "演示·网格长", "grid_leader", in_county=True),
    DemoPerson("citizen", "演示·市民", "citizen"),
    DemoPerson("dispatcher", "演示·师资调度员", "dispatcher"),
    DemoPerson("instructor", "演示·社会体育指导员", "instructor"),
)


def make_people(*, county_codes: Sequence[str], admin: User) -> dict[str, User]:
    """Create the demo's accounts with the demo password; by sign-in name, the administrator among them.

    The people of a county belong to the first of the counties; every further county has an officer of its own,
    `district` with the county's code behind it.
    """
    root = OrgUnit.objects.get(parent=None)
    counties = {code: OrgCode.objects.get(code=code, valid_to=None).unit for code in county_codes}
    first = counties[county_codes[0]]
    places = [(person, first if person.in_county else root) for person in PEOPLE]
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
    return made
