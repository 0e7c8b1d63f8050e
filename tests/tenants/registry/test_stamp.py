"""A stamped city is a migrated one, whoever stamps it; a creation that fails anywhere leaves nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from tenants.bureau.services.cities import open_city
from tenants.registry.models import City, CityStamp, Domain
from tenants.registry.rules.sql_text import split_statements
from tenants.registry.rules.stamp_forms import schemas_referenced, strange_statements
from tenants.registry.services import as_owner, create_city, drop_city, dump_stamp
from wangge.errors import RuleBroken
from wangge.kernel.database.current import city_connection

ROOT = Path(__file__).resolve().parents[3]


def _create(slug: str) -> City:
    return create_city(
        slug=slug, name="测试市", division_code="999900", gauss_kruger_epsg=4547, hosts=[f"{slug}.test"], acting_user=None
    )  # fmt: skip


def _rows(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def _restore(name: str, text: str) -> None:
    """What a schema reads like after pg_dump: PostgreSQL prints `IN (…)` in two ways that mean the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            text.replace("SCHEMA.", f"{name}.").replace("CREATE SCHEMA SCHEMA", f"CREATE SCHEMA {name}")
        )
        cursor.execute("SET search_path = public")


def test_a_stamped_schema_is_identical_to_a_migrated_one(committed_database, dump):
    """Migrated from nothing by the stock executor, and taken once through dump and restore: not one line differs."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA city_stampa AUTHORIZATION wanggetest_operator")
    with as_owner():
        call_command("migrate_schemas", schema_name="city_stampa", verbosity=0, interactive=False)
    city_connection().set_schema_to_public()
    _restore("city_stampb", dump("city_stampa", "--schema-only"))
    _create("stampc")
    assert dump("city_stampc", "--schema-only") == dump("city_stampb", "--schema-only")


def test_its_rows_are_those_that_migrating_leaves(committed_database, dump):
    """Content types, permissions, applied migrations, and where every sequence stands."""
    _create("stampc")
    own = "--exclude-table-data=*.accounts_datakey"
    template = dump(settings.WANGGE_TEMPLATE_SCHEMA, own)
    _restore("city_stampb", template)
    assert dump("city_stampc", own) == dump("city_stampb", own)
    assert "INSERT INTO SCHEMA.auth_permission" in template
    assert template.count("INSERT INTO SCHEMA.django_migrations") == len(
        _rows("SELECT 1 FROM wangge_stamp_source.django_migrations")
    )


def _traces() -> list[Any]:
    return [
        _rows("SELECT nspname FROM pg_namespace UNION SELECT rolname FROM pg_roles ORDER BY 1"),
        _rows("SELECT count(*) FROM public.accounts_auditevent"),
        City.objects.count(),
        Domain.objects.count(),
        sorted(default_storage.listdir("")[0]) if default_storage.exists("") else [],
    ]


def _open() -> City:
    return open_city(
        slug="stampfail",
        name="测试市",
        division_code="410800",
        gauss_kruger_epsg=4547,
        hosts=["stampfail.test"],
        centre=None,
        admin_username="root",
        admin_display_name="测试",
        admin_password="invented-Pass-2026",
        acting_user=None,
    )


class _Failing:
    """An execute wrapper that breaks the statement of that number, as the database would."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0

    def __call__(
        self, execute: Callable[..., Any], text: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        self.count += 1
        if self.count == self.number:
            return execute("SELECT 1/0", None, False, context)
        return execute(text, parameters, many, context)


def test_a_creation_that_fails_at_any_step_leaves_nothing(committed_database):
    counting = _Failing(0)
    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.execute_wrapper(counting):
        _open()
        raise ZeroDivisionError
    before = _traces()
    # Counted inside another block, the outermost one began and ended with a savepoint: two statements that it has not
    # by itself.
    own = counting.count - 2
    steps = range(1, own + 1, max(1, own // 7))
    for number in steps:
        with pytest.raises((DatabaseError, RuleBroken)), connection.execute_wrapper(_Failing(number)):
            _open()
        connection.set_schema_to_public()
        assert _traces() == before, f"statement {number} of {own}"
    _open()


def test_a_stamp_that_breaks_off_leaves_nothing(committed_database):
    statements = split_statements(CityStamp.objects.get().sql)
    before = _traces()
    for place in (1, len(statements) // 2, len(statements)):
        broken = [*statements[:place], "SELECT 1/0", *statements[place:]]
        CityStamp.objects.update(sql=";\n".join(broken))
        with pytest.raises(DatabaseError):
            _create("stampfail")
        assert _traces() == before


def test_a_connection_that_dies_while_creating_leaves_nothing(committed_database):
    before = _traces()
    with pytest.raises(DatabaseError), transaction.atomic():
        _create("stampfail")
        _rows("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert _traces() == before


def test_cities_of_different_names_are_made_at_the_same_time(committed_database):
    problems: list[BaseException] = []
    together = threading.Barrier(4)

    def create(slug: str) -> None:
        try:
            together.wait(20)
            _create(slug)
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=create, args=[f"stamp{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    made = list(City.objects.filter(slug__startswith="stamp"))
    assert len(made) == 4
    for city in made:
        drop_city(city=city, acting_user=None)


_AS_OPERATOR = """
import django
django.setup()
from django.db import connection
from tenants.registry.models import City
from tenants.registry.services import create_city, drop_city, migrate_cities
made = [create_city(slug=slug, name="测试市", division_code="999900", gauss_kruger_epsg=4547, hosts=[slug + ".test"],
                    acting_user=None) for slug in ("stampop", "stampgone")]
drop_city(city=made[1], acting_user=None)
outcome = migrate_cities()
assert not outcome.failures, outcome
print(connection.settings_dict["USER"], len(outcome.up_to_date))
"""


def test_the_operator_login_makes_and_drops_cities_by_itself(committed_database):
    database = settings.DATABASES["default"]
    place = urlencode({"host": database["HOST"], "port": database["PORT"]})
    url = f"postgresql://{quote(database['USER'])}:x@/{committed_database}?{place}"
    done = subprocess.run(
        [sys.executable, "-c", _AS_OPERATOR],
        env=os.environ
        | {"DATABASE_URL": url, "WANGGE_LOGIN": "operator", "WANGGE_INSTALLATION": "wanggetest"}
        | {"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "DJANGO_SETTINGS_MODULE": "wangge.shell.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["wanggetest_operator", "3"]
    owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'city_stampop'::regnamespace"
    assert _rows(owners) == [("wanggetest_operator",)]
    drop_city(city=City.objects.get(slug="stampop"), acting_user=None)


# --- what a Citus cluster asks of every city ------------------------------------------------------------------------

CITIES = "n.nspname ~ '^city_|^wangge_stamp_source$'"


@pytest.mark.django_db
def test_no_user_trigger_stands_in_a_city():
    found = _rows(
        "SELECT n.nspname, c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {CITIES}"
    )
    assert found == []


@pytest.mark.django_db
def test_no_foreign_key_leaves_a_city():
    keys = (
        "SELECT n.nspname, k.conname, k.confrelid::regclass::text FROM pg_constraint k"
        " JOIN pg_namespace n ON n.oid = k.connamespace JOIN pg_class f ON f.oid = k.confrelid"
        f" WHERE k.contype = 'f' AND {CITIES}"
    )
    assert len(_rows(keys)) > 50
    assert _rows(f"{keys} AND f.relnamespace <> n.oid") == []


@pytest.mark.django_db
def test_roles_of_cities_may_log_in_and_have_no_password():
    found = _rows(
        "SELECT rolname, rolcanlogin, rolpassword IS NULL, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls"
        " FROM pg_authid WHERE rolname IN ('wanggetest_city_alpha', 'wanggetest_city_beta') ORDER BY 1"
    )
    assert [row[1:] for row in found] == [(True, True, False)] * 2


@pytest.mark.django_db
def test_the_stamp_has_only_known_forms_and_its_keys_stay_inside():
    statements = split_statements(CityStamp.objects.get().sql)
    assert len(statements) > 300
    assert strange_statements(statements) == []
    assert schemas_referenced(statements) == {settings.WANGGE_TEMPLATE_SCHEMA}


def test_a_template_that_citus_could_not_take_is_not_made_a_stamp(committed_database):
    before = CityStamp.objects.get().fingerprint
    table = f"{settings.WANGGE_TEMPLATE_SCHEMA}.bureau_cityprofile"
    strangers = {
        f"CREATE TRIGGER t BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()": (
            f"DROP TRIGGER t ON {table}"
        ),
        f"ALTER TABLE {table} ADD n bigint REFERENCES public.registry_city": f"ALTER TABLE {table} DROP n",
    }
    for stranger, away in strangers.items():
        with connection.cursor() as cursor:
            cursor.execute(stranger)
        with pytest.raises(ValueError, match=r"cannot be stamped|leaves the city"):
            dump_stamp()
        assert CityStamp.objects.get().fingerprint == before
        with connection.cursor() as cursor:
            cursor.execute(away)
    dump_stamp()


def test_a_database_made_under_another_key_is_refused_before_any_city_is_touched(
    committed_database: Any, settings: Any
) -> None:
    settings.WANGGE_DATA_KEY = bytes(32)
    with pytest.raises(CommandError, match=r"另一把 WANGGE_DATA_KEY.*\./dev clean"):
        call_command("prepare_database", stderr=io.StringIO(), stdout=io.StringIO())
