"""Who may do what in the database: action × login, as the roles really stand, each signed in by itself.

Rule: X01
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tenants.registry.services.fences import database_grants
from tenants.registry.services.installation import prepare_installation
from wangge.kernel.database.names import login_role


@contextmanager
def _signed_in(database: str, login: str) -> Iterator[psycopg.Connection[Any]]:
    settled = connection.settings_dict
    with psycopg.connect(
        host=settled["HOST"],
        port=settled["PORT"],
        user=login_role(login),
        password=settings.WANGGE_LOGIN_PASSWORDS[login],
        dbname=database,
        autocommit=True,
    ) as signed_in:
        yield signed_in


# Every action alone in a transaction that is rolled back. Several statements, where one needs another before it.
ACTIONS = {
    "SELECT id FROM public.registry_city": "web worker operator",
    "SELECT id FROM public.registry_domain": "web worker operator",
    "UPDATE public.registry_city SET name = name": "operator",
    "UPDATE public.registry_domain SET domain = domain": "operator",
    "DELETE FROM public.registry_city WHERE false": "operator",
    "SELECT wrapped FROM public.accounts_datakey": "operator",
    "SELECT id FROM public.accounts_user": "operator",
    "SELECT id FROM public.accounts_accesstoken": "operator",
    "SELECT session_key FROM public.django_session": "operator",
    "SELECT id FROM public.accounts_auditevent": "operator",
    "UPDATE public.accounts_auditevent SET reason = ''": "",
    "DELETE FROM public.accounts_auditevent": "",
    "TRUNCATE public.accounts_auditevent": "",
    "DELETE FROM public.registry_audithead": "",
    "SELECT sql FROM public.registry_citystamp": "operator",
    "SELECT id FROM public.procrastinate_jobs": "worker operator",
    "SELECT id FROM city_alpha.accounts_user": "operator",  # the owner of every city's tables
    "SET ROLE wanggetest_city_alpha; SELECT id FROM accounts_user": "",
    "SET ROLE wanggetest_city_alpha; SELECT id FROM city_alpha.accounts_user": "web worker operator",
    "SET ROLE wanggetest_city_alpha; SELECT id FROM city_beta.accounts_user": "",
    "SET ROLE wanggetest_city_alpha; DELETE FROM city_alpha.accounts_auditevent": "",
    "SET ROLE wanggetest_operator": "operator",
    "SET ROLE wanggetest_web": "web",
    "SET ROLE wangge_admin": "",
    "SET SESSION AUTHORIZATION wanggetest_city_alpha": "",
    "CREATE ROLE wanggetest_made": "operator",
    "CREATE ROLE wanggetest_made SUPERUSER": "",
    "ALTER ROLE wanggetest_city_alpha PASSWORD 'invented-Pass-2026'": "operator",
    "CREATE SCHEMA made": "operator",
    "CREATE TABLE public.made (id int)": "",
    "CREATE TEMPORARY TABLE made (id int)": "",
    "CREATE EXTENSION dblink": "",
    "DROP SCHEMA city_alpha CASCADE": "operator",
    "DROP TABLE public.registry_city": "",
    "DO $$ BEGIN END $$": "operator",
    "SELECT pg_read_file('PG_VERSION')": "",
    "COPY (SELECT 1) TO PROGRAM 'true'": "",
    "SELECT lo_create(0)": "",
    "SELECT set_config('timezone', 'UTC', true)": "web worker operator",
    "SELECT pg_advisory_xact_lock(1)": "web worker operator",
    "SELECT public.wangge_lock('x')": "web worker operator",
    "SELECT query_to_xml('select 1', true, true, '')": "",
}


def test_action_by_login(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        allowed = {action: "" for action in ACTIONS}
        for login in ("web", "worker", "operator"):
            with _signed_in(connection.settings_dict["NAME"], login) as signed_in:
                for action in ACTIONS:
                    allowed[action] += f"{login} " if _may(signed_in, action) else ""
    assert {action: who.strip() for action, who in allowed.items()} == ACTIONS


def _may(signed_in: psycopg.Connection[Any], action: str) -> bool:
    try:
        with signed_in.transaction(force_rollback=True):
            for statement in action.split("; "):
                signed_in.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    except (psycopg.errors.UndefinedTable, psycopg.errors.FeatureNotSupported) as refused:
        # Without USAGE on a schema its tables do not exist for the search path.
        assert "accounts_user" in str(refused), refused
        return False
    return True


ATTRIBUTES = """
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
       coalesce(left(rolpassword, 14), '')
FROM pg_authid WHERE rolname = ANY(%s)"""


@pytest.mark.django_db
def test_the_roles_are_what_they_should_be(alpha):
    with connection.cursor() as cursor:
        names = [login_role(name) for name in ("web", "worker", "operator", "cities")]
        cursor.execute(ATTRIBUTES, [[*names, "wanggetest_city_alpha"]])
        found = {row[0].removeprefix("wanggetest_"): row[1:] for row in cursor.fetchall()}
    scram = "SCRAM-SHA-256$"
    assert found == {
        # super, inherits, creates roles, creates databases, signs in, replicates, bypasses, password
        "web": (False, False, False, False, True, False, False, scram),
        "worker": (False, False, False, False, True, False, False, scram),
        "operator": (False, False, True, False, True, False, False, scram),
        "cities": (False, True, False, False, False, False, False, ""),
        "city_alpha": (False, True, False, False, True, False, False, ""),
    }


MEMBERSHIPS = """
SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members
WHERE member::regrole::text LIKE 'wanggetest%%'
  AND (roleid::regrole::text ~ '_(alpha|beta|cities|web|worker|operator)$' OR roleid::regrole::text LIKE 'pg%%')
  AND member::regrole::text ~ '_(alpha|beta|cities|web|worker|operator)$'"""


@pytest.mark.django_db
def test_who_is_a_member_of_whom(alpha):
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS)
        found = {tuple(name.removeprefix("wanggetest_") for name in row) for row in cursor.fetchall()}
    cities = ("city_alpha", "city_beta")
    switching = {(login, city) for login in ("web", "worker", "operator") for city in cities}
    assert found == switching | {(city, "cities") for city in cities} | {("operator", "cities")}


OPEN = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE has_function_privilege('wanggetest_city_alpha', p.oid, 'EXECUTE') AND (
    p.proname ~ '^(set_config|pg_notify|lo_|loread|lowrite|pg_(try_)?advisory|ts_stat|pg_export_snapshot)'
    OR p.proname ~ '_to_xml' AND p.proname !~ '^xml'
    OR p.prosecdef AND p.oid::regprocedure::text !~ '^(public[.])?(wangge_lock|procrastinate_defer_jobs_v1)[(]')"""
RIGHTS = """
SELECT has_database_privilege('wanggetest_city_alpha', current_database(), 'CONNECT'),
       has_database_privilege('wanggetest_city_alpha', current_database(), 'TEMP'),
       has_database_privilege('wanggetest_web', current_database(), 'CONNECT'),
       has_database_privilege('wanggetest_web', current_database(), 'TEMP, CREATE'),
       has_schema_privilege('wanggetest_city_alpha', 'public', 'CREATE'),
       has_language_privilege('wanggetest_city_alpha', 'plpgsql', 'USAGE'),
       has_table_privilege('wanggetest_city_alpha', 'pg_settings', 'UPDATE')"""


def _open_to_cities() -> tuple[list[Any], tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        functions = cursor.fetchall()
        cursor.execute(RIGHTS)
        return functions, cursor.fetchone()


FENCED = ([], (False, False, True, False, False, False, False))


@pytest.mark.django_db
def test_no_dangerous_function_is_open_to_a_city():
    assert _open_to_cities() == FENCED


def test_preparing_again_heals_what_was_opened(committed_database):
    """As after a restored database, a new version of an extension, or a mistaken hand."""
    opened = [
        "GRANT EXECUTE ON FUNCTION set_config(text, text, boolean), lo_create(oid), pg_notify(text, text) TO PUBLIC",
        "GRANT EXECUTE ON FUNCTION st_estimatedextent(text, text) TO PUBLIC",
        "GRANT UPDATE ON pg_settings TO PUBLIC",
        "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{committed_database}" TO PUBLIC',
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
    ]
    with connection.cursor() as cursor:
        for statement in opened:
            cursor.execute(statement)
    functions, rights = _open_to_cities()
    assert len(functions) == 4
    assert all(rights[:3])
    for _ in range(2):
        prepare_installation()
    assert _open_to_cities() == FENCED


def test_a_restored_database_is_fenced_but_for_its_door(committed_database, tmp_path):
    """pg_dump carries what was revoked of functions, languages and views; rights on the database itself it does not."""
    settled = connection.settings_dict
    restored = f"{committed_database}_restored"
    place = ["-h", settled["HOST"], "-p", str(settled["PORT"]), "-U", settled["USER"]]
    environment = os.environ | {"PGPASSWORD": settled["PASSWORD"]}
    dump = str(tmp_path / "whole.dump")
    # Rows are beside the point: the schema alone carries every right.
    subprocess.run(
        ["pg_dump", *place, "-Fc", "--schema-only", "-f", dump, committed_database],
        env=environment,
        check=True,
    )
    connection.cursor().execute(f'CREATE DATABASE "{restored}" TEMPLATE template0')
    try:
        subprocess.run(
            ["pg_restore", *place, "-d", restored, dump], env=environment, check=True, capture_output=True
        )
        with psycopg.connect(
            host=settled["HOST"], port=settled["PORT"], user=settled["USER"], password=settled["PASSWORD"],
            dbname=restored, autocommit=True,
        ) as other:  # fmt: skip
            assert other.execute(OPEN).fetchall() == []
            assert other.execute(RIGHTS).fetchone() == (True, True, True, True, False, False, False)
            for statement in database_grants(restored):
                other.execute(statement)
            assert other.execute(RIGHTS).fetchone() == FENCED[1]
    finally:
        connection.cursor().execute(f'DROP DATABASE "{restored}" WITH (FORCE)')


@pytest.mark.django_db
def test_a_runaway_statement_of_the_web_ends_by_itself(django_db_blocker):
    with _signed_in(connection.settings_dict["NAME"], "web") as web:
        assert web.execute("SHOW statement_timeout").fetchone() == ("1min",)
        assert web.execute("SHOW timezone").fetchone() == ("UTC",)
        web.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            web.execute("SELECT pg_sleep(5)")
