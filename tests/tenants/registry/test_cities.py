"""Cities are stamped whole or not at all, and dropped without a trace."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from tenants.accounts.models import AuditEvent
from tenants.registry.models import City, Domain
from tenants.registry.queries import backups_of
from tenants.registry.services import create_city, drop_city, rename_domain
from wangge.errors import RuleBroken


def _create(slug: str, host: str | None = None) -> City:
    return create_city(
        slug=slug,
        name="测试市",
        division_code="999900",
        gauss_kruger_epsg=4547,
        hosts=[host or f"{slug}.test"],
        acting_user=None,
    )


def _schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace UNION SELECT rolname FROM pg_roles")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_creation_leaves_schema_role_domain_and_audit_row():
    city = _create("gamma")
    assert {"city_gamma", "wanggetest_city_gamma"} <= _schemas()
    assert AuditEvent.objects.filter(action="city.create", subject_id=str(city.pk)).count() == 1
    connection.set_tenant(city)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM accounts_user")
        assert cursor.fetchone() == ("wanggetest_city_gamma", 0)


@pytest.mark.django_db
def test_a_new_city_inherits_no_file_of_an_earlier_one_of_its_name(settings, tmp_path):
    """The folder is deleted after the drop has committed: a machine may die in between."""
    settings.WANGGE_FILES_DIR = tmp_path
    (tmp_path / "city_gamma").mkdir()
    (tmp_path / "city_gamma" / "secret.csv").write_text("of the city before")
    _create("gamma")
    assert not (tmp_path / "city_gamma").exists()
    assert [place.parent.name.startswith(".former-city_gamma") for place in tmp_path.rglob("secret.csv")] == [
        True
    ]


@pytest.mark.django_db
def test_a_new_city_is_not_restored_from_backups_of_an_earlier_one_of_its_name(
    settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.WANGGE_BACKUP_DIR = tmp_path
    (tmp_path / "gamma").mkdir()
    (tmp_path / "gamma" / "20260301T000000.000000Z.wangge").touch()
    assert len(backups_of("gamma")) == 1
    with django_capture_on_commit_callbacks(execute=True):
        _create("gamma")
    assert backups_of("gamma") == []
    assert [place.name.startswith("gamma-before-") for place in tmp_path.iterdir()] == [True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "host", "code"),
    [
        ("alpha", "x.test", "CITY_EXISTS"),
        ("delta", "alpha.test", "CITY_EXISTS"),
        ("De", None, "CITY_SLUG"),
        ("delta", "a b", "CITY_HOST"),
    ],
)
def test_refused_creation_leaves_nothing(slug, host, code):
    before = (_schemas(), City.objects.count(), Domain.objects.count())
    with pytest.raises(RuleBroken) as refused:
        _create(slug, host)
    assert refused.value.code == code
    assert (_schemas(), City.objects.count(), Domain.objects.count()) == before


def test_two_connections_creating_one_slug_make_one_city(committed_database):
    outcomes: list[str] = []

    def create() -> None:
        try:
            _create("racing")
            outcomes.append("made")
        except RuleBroken as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["CITY_EXISTS", "made"]
    drop_city(city=City.objects.get(slug="racing"), acting_user=None)
    assert not {"city_racing", "wanggetest_city_racing"} & _schemas()


@pytest.mark.django_db
def test_a_renamed_domain_answers_and_the_old_one_does_not(api):
    city = _create("epsilon")
    rename_domain(city=city, old_host="epsilon.test", new_host="new.test", acting_user=None)
    assert api("new.test").get("me").status_code == 401
    assert api("epsilon.test").get("me").status_code == 404


@pytest.mark.django_db
def test_a_suspended_city_is_read_only_with_its_message(api):
    city = _create("zeta")
    City.objects.filter(pk=city.pk).update(
        suspended_at="2026-11-01T00:00Z", suspension_message="系统升级，暂停写入"
    )
    refused = api(city).post("tokens", {"name": "a"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "系统升级，暂停写入")
    assert refused.json()["code"] == "CITY_SUSPENDED"
    assert api(city).get("me").status_code == 401
