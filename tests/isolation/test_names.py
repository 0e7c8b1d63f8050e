"""Roles are cluster-wide: two installations on one server, or a city and a login, never get one name."""

from __future__ import annotations

from itertools import product

import pytest
from django.core.exceptions import ImproperlyConfigured

from tenants.registry.rules.city_name import check_slug, schema_of
from wangge.errors import RuleBroken
from wangge.kernel.database.names import LOGINS, city_role, installation, login_role

INSTALLATIONS = ["a", "ab", "a1", "city", "b", "acity"]
SLUGS = ["x1", "bx1", "cityx", "web", "operator", "cities", "a1", "b1x"]
REFUSED = [
    "",
    "a_b",
    "A",
    "1a",
    "a-b",
    "a b",
    "a;b",
    'a"b',
    "网格",
    "pg",
    "_a",
    "a_",
    "abcdefghijklmn",
    "a\n",
    "a\0",
]


@pytest.mark.parametrize("name", REFUSED)
def test_an_installation_whose_roles_could_be_anothers_is_refused(settings, name):
    settings.WANGGE_INSTALLATION = name
    for call in (installation, lambda: city_role("city_x1"), lambda: login_role("web")):
        with pytest.raises(ImproperlyConfigured, match="WANGGE_INSTALLATION"):
            call()


def test_no_two_roles_of_any_two_installations_have_one_name(settings):
    """`a` + `b_city_x` is `a_b` + `city_x`; an installation without underscores cannot be that."""
    names = []
    for name, slug in product(INSTALLATIONS, SLUGS):
        settings.WANGGE_INSTALLATION = name
        names.append(city_role(schema_of(slug)))
    for name, login in product(INSTALLATIONS, [*LOGINS, "cities"]):
        settings.WANGGE_INSTALLATION = name
        names.append(login_role(login))
    assert len(set(names)) == len(names)


def test_the_longest_names_stay_within_postgresqls_63_bytes(settings):
    """A longer one would be cut, and two that differ at the end would be one."""
    settings.WANGGE_INSTALLATION = "abcdefghijklm"
    assert len(city_role("c" * 48)) <= 63
    with pytest.raises(ValueError, match="not a schema name"):
        city_role("c" * 49)
    longest = schema_of("s" * 30)
    check_slug("s" * 30)
    assert len(city_role(longest)) <= 63
    with pytest.raises(RuleBroken):
        check_slug("s" * 31)


@pytest.mark.parametrize("schema", ["web", "worker", "operator", "admin", "cities"])
def test_a_schema_never_has_the_role_of_a_login(schema):
    with pytest.raises(ValueError, match="login"):
        city_role(schema)


@pytest.mark.parametrize(
    "schema", ["city_x; RESET ROLE", 'city"x', "City_x", "", "城市", "city-x", "city_x\n", "pg\0"]
)
def test_only_a_plain_schema_name_gets_into_the_switch(schema):
    with pytest.raises(ValueError, match="not a schema name"):
        city_role(schema)
