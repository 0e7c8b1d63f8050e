"""Opening a city: everything it needs to be signed in to, all of it or nothing."""

from __future__ import annotations

from django.db import transaction
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.accounts.services import create_user, record_audit
from tenants.bureau.models import CityProfile, OrgCode, OrgLevel, OrgUnit
from tenants.bureau.queries.org_units import STAT_SCHEME
from tenants.bureau.rules.division_codes import parse_city_code
from tenants.bureau.rules.role_templates import role_template
from tenants.bureau.services.calendar import fill_calendar_from_library
from tenants.bureau.services.policy import FIRST_VERSIONS_FROM, write_default_policy
from tenants.bureau.services.users import write_grants
from tenants.registry.models import City
from tenants.registry.services import create_city, distribute_city

FIRST_ADMIN_ROLE = "bureau_admin"


@transaction.atomic
def open_city(
    *,
    slug: str,
    name: str,
    division_code: str,
    gauss_kruger_epsg: int,
    hosts: list[str],
    centre: tuple[float, float] | None,
    admin_username: str,
    admin_display_name: str,
    admin_password: str,
    acting_user: User | None,
    data_label: str = "",
) -> City:
    """Stamp a city and give it its profile, the root of its tree, a first administrator, policy and calendar.

    `centre` is lon, lat in EPSG:4490. The operator acts on the city's tables as a label only. Raises what
    `create_city` and `create_user` raise, and 422 DIVISION_CODE for what is no city; nothing remains of a city that was refused.
    """
    code = parse_city_code(division_code)
    city = create_city(
        slug=slug,
        name=name,
        division_code=division_code,
        gauss_kruger_epsg=gauss_kruger_epsg,
        hosts=hosts,
        acting_user=acting_user,
        data_label=data_label,
    )
    profile = CityProfile(
        id=1,
        name=name,
        division_code=division_code,
        gauss_kruger_epsg=gauss_kruger_epsg,
        data_label=data_label,
        centre_lon=centre[0] if centre else None,
        centre_lat=centre[1] if centre else None,
    )
    with schema_context(city.schema_name):
        profile.save(force_insert=True)
        root = _plant_root(name, code.text)
        admin = create_user(
            username=admin_username,
            display_name=admin_display_name,
            password=admin_password,
            acting_user=acting_user,
        )
        write_grants(
            user=admin,
            permissions=role_template(FIRST_ADMIN_ROLE).permissions,
            unit=root,
            role_name=FIRST_ADMIN_ROLE,
            acting_user=acting_user,
        )
        write_default_policy(acting_user=acting_user)
        fill_calendar_from_library(acting_user=acting_user)
        record_audit(acting_user=acting_user, action="city.open", subject=profile, after={"name": name})
    distribute_city(city.schema_name)
    return city


def _plant_root(name: str, code: str) -> OrgUnit:
    root = OrgUnit.objects.create(level=OrgLevel.CITY, name=name, valid_from=FIRST_VERSIONS_FROM)
    root.path = f"/{root.pk}/"
    root.save(update_fields=["path"])
    OrgCode.objects.create(unit=root, scheme=STAT_SCHEME, code=code, valid_from=FIRST_VERSIONS_FROM)
    return root
