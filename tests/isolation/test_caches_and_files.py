"""What is kept outside the database: caches of ours, of browsers and of proxies, and files.

Rule: X01
"""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django_tenants.utils import schema_context

from tenants.bureau.rules.permission_catalogue import PERMISSIONS

pytestmark = pytest.mark.django_db
HOME, AWAY = "city_alpha", "city_beta"


def test_a_cached_value_is_its_citys(alpha, beta):
    with schema_context(HOME):
        cache.set("figure", "alpha")
        assert cache.get("figure") == "alpha"
    for other in (AWAY, "public"):
        with schema_context(other):
            assert cache.get("figure") is None
    with schema_context(AWAY):
        cache.set("figure", "beta")
        cache.delete("figure")
    with schema_context(HOME):
        assert cache.get("figure") == "alpha"
        cache.delete("figure")


def test_what_a_browser_kept_of_one_city_is_not_confirmed_by_another(alpha, beta, furnish, api):
    """An ETag of alpha at beta is 404 like the object itself, not 304."""
    made = furnish(alpha)
    here = api(alpha, made["user"]).get(f"org-units/{made['unit'].pk}")
    there = api(beta, furnish(beta, 8_340_001)["user"])
    answer = there.get(f"org-units/{made['unit'].pk}", if_none_match=here.get("ETag", '"1"'))
    assert answer.status_code == 404


def test_answers_of_a_city_are_kept_by_no_shared_cache(alpha, furnish, api):
    speaker = api(alpha, furnish(alpha)["user"])
    for path in (
        "me", "users", "org-units", "layers/buildings/features", "tiles/buildings/14/13380/6450.mvt", "grid-summary",
        "audit-events", "users/987654321",
    ):  # fmt: skip
        answer = speaker.get(path)
        told = answer.get("Cache-Control", "")
        assert "public" not in told, path
        assert "private" in told or "no-store" in told or "no-cache" in told, (path, told)


def test_a_known_host_is_forgotten_with_its_city(alpha, api, make_user):
    """The kept host belongs to the process; what it answers is asked of the city's own schema every time."""
    from tenants.registry.models import Domain
    from wangge.shell.middleware import forget_cities

    user = make_user(alpha, "zhang")
    assert api(alpha, user).get("me").status_code == 200
    connection.set_schema_to_public()
    Domain.objects.filter(domain="alpha.test").update(domain="alpha-renamed.test")
    forget_cities()
    assert api("alpha.test", user).get("me").status_code == 404
    assert api("alpha-renamed.test", user).get("me").status_code == 200


PATHS = [
    "/media/city_alpha/secret.txt",
    "/media/secret.txt",
    "/files/city_alpha/secret.txt",
    "/city_alpha/secret.txt",
    "/static/../city_alpha/secret.txt",
    "/static/%2e%2e/%2e%2e/city_alpha/secret.txt",
    "/static/..%2f..%2fcity_alpha%2fsecret.txt",
    "/static/....//....//city_alpha/secret.txt",
    "/static//etc/passwd",
    "/static/..\\..\\city_alpha\\secret.txt",
    "/.local/files/city_alpha/secret.txt",
    "/api/v1/files/1",
    "/../../etc/passwd",
]


@pytest.fixture
def secret(alpha):
    """A file in alpha's storage."""
    with schema_context(HOME):
        name = default_storage.save("secret.txt", ContentFile(b"Merkmal-alpha-file"))
    yield name
    with schema_context(HOME):
        default_storage.delete(name)


@pytest.mark.parametrize("path", PATHS)
def test_no_address_leads_to_a_stored_file(secret, alpha, beta, api, make_user, path):
    for city in (alpha, beta):
        answer = api(city, make_user(city, f"x{city.slug}", sorted(PERMISSIONS))).get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code in (301, 302, 400, 401, 403, 404)
        assert b"Merkmal-alpha-file" not in body
        assert b"root:" not in body


@pytest.mark.parametrize(
    "key",
    ["../city_alpha/secret.txt", "/etc/passwd", "x/../../city_alpha/secret.txt", "..", "../city_beta_2/x"],
)
def test_a_forged_storage_key_does_not_leave_the_citys_folder(secret, beta, key):
    """A hostile statement may write any key into its own city's table of files."""
    with schema_context(AWAY):
        with pytest.raises(SuspiciousFileOperation):
            default_storage.open(key).close()
        with pytest.raises(SuspiciousFileOperation):
            default_storage.path(key)


def test_each_city_has_its_own_folder(secret, beta):
    with schema_context(HOME):
        assert default_storage.path(secret).startswith(str(settings.WANGGE_FILES_DIR / HOME))
    with schema_context(AWAY):
        assert not default_storage.exists(secret)
