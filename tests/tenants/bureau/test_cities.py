"""A city is opened whole or not at all."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, User
from tenants.bureau.models import CalendarNotice, Grant, OrgCode, OrgUnit, PolicyParameterVersion
from tenants.bureau.queries.calendar import work_calendar
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.policy import policy_number, policy_values
from tenants.bureau.rules.policy_defaults import definitions
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from tenants.bureau.services.cities import open_city
from tenants.registry.models import City
from tenants.registry.services import as_owner
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"


def opened(**changes):
    given = {
        "slug": "gamma",
        "name": "伽马市",
        "division_code": "410800",
        "gauss_kruger_epsg": 4547,
        "hosts": ["gamma.test"],
        "centre": (113.24, 35.24),
        "data_label": "几何为生成",
        "admin_username": "first",
        "admin_display_name": "测试管理员",
        "admin_password": PASSWORD,
        "acting_user": None,
    }
    return open_city(**(given | changes))


def test_an_opened_city_has_all_it_needs():
    city = opened()
    assert connection.schema_name == "public"
    with schema_context(city.schema_name):
        profile = city_profile()
        assert (profile.name, profile.centre, profile.gauss_kruger_epsg) == ("伽马市", (113.24, 35.24), 4547)
        root = OrgUnit.objects.get()
        assert (root.level, root.path, OrgCode.objects.get().code) == ("city", f"/{root.pk}/", "4108")
        held = set(
            Grant.objects.filter(user__username="first", unit=root).values_list("permission", flat=True)
        )
        assert held == ROLE_TEMPLATES["bureau_admin"].permissions
        assert set(PolicyParameterVersion.objects.values_list("key", flat=True)) == set(definitions())
        assert policy_number("order.lead_workdays", date(2026, 3, 2)) == 10
        assert work_calendar().is_official(2026)
        assert not work_calendar().is_official(2027)
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
            "city.open",
            "user.create",
            "grant.give",
        }


def test_the_first_administrator_signs_in(api):
    opened()
    answer = api("gamma.test").post("sessions", {"username": "first", "password": PASSWORD})
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admin_password": "short"}, "PASSWORD_TOO_WEAK"),
        ({"division_code": "41080X"}, "DIVISION_CODE"),
        ({"division_code": "410802"}, "DIVISION_CODE"),
        ({"slug": "Alpha!"}, "CITY_SLUG"),
        ({"hosts": ["alpha.test"]}, "CITY_EXISTS"),
    ],
)
def test_a_refused_city_leaves_nothing(alpha, changes, code):
    before = City.objects.count()
    with pytest.raises(RuleBroken, match=code):
        opened(**changes)
    assert City.objects.count() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'city_gamma'")
        assert cursor.fetchone()[0] == 0


def test_a_city_opened_by_an_operator_bears_the_name_and_no_foreign_key(db):
    operator = User.objects.create(username="operator", display_name="测试运维")
    with schema_context(opened(acting_user=operator).schema_name):
        assert AuditEvent.objects.get(action="city.open").actor_label == "operator:operator"
        assert not AuditEvent.objects.exclude(actor_id=None).exists(), "the id is another person's here"
        assert PolicyParameterVersion.objects.first().author_label == "operator:operator"
        assert CalendarNotice.objects.first().entered_by_label == "operator:operator"
        assert not User.objects.filter(username="operator").exists()


def test_a_city_that_nobody_opened_says_so(in_alpha):
    with as_owner():
        city_profile().delete()
    with pytest.raises(RuleBroken, match="CITY_NOT_OPENED"):
        city_profile()


def test_a_parameter_without_a_version_falls_back_to_the_product(in_alpha):
    PolicyParameterVersion.objects.filter(key="grid.target_households").delete()
    values = policy_values(["grid.target_households", "grid.hard_minimum"], date(2026, 1, 1))
    assert values == {"grid.target_households": 400, "grid.hard_minimum": 100}


COMMAND = (
    "open_city",
    "delta",
    "德尔塔市",
    "--division-code",
    "410800",
    "--epsg",
    "4547",
    "--host",
    "delta.test",
)


def test_by_command(monkeypatch, capsys, db):
    monkeypatch.setenv("WANGGE_FIRST_ADMIN_PASSWORD", PASSWORD)
    call_command(*COMMAND)
    assert "已开通" in capsys.readouterr().out
    assert City.objects.filter(slug="delta").exists()
    with pytest.raises(CommandError, match="CITY_EXISTS"):
        call_command(*COMMAND)
