"""Threads, tasks, generators and contexts inside each other: whoever reads, reads the city it stands in.

Rule: X01
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.bureau.models import CityProfile

HOME, AWAY = "city_alpha", "city_beta"


def _stands() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        user, schema = cursor.fetchone()
    return str(user), str(schema)


@pytest.fixture
def people(alpha, beta, make_user):
    """One marked name in each city."""
    make_user(alpha, "mark-alpha")
    make_user(beta, "mark-beta")


def _names() -> set[str]:
    return {name for name in User.objects.values_list("username", flat=True) if name.startswith("mark-")}


# --- one thread ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lazy_read_is_answered_by_the_city_where_it_is_evaluated(people):
    """Made in alpha, evaluated in beta, it reads beta under beta's role: wrong perhaps, but never alpha's rows."""
    with schema_context(HOME):
        lazy = User.objects.filter(username__startswith="mark-").values_list("username", flat=True)
    with schema_context(AWAY):
        assert set(lazy) == {"mark-beta"}
    with schema_context("public"):
        assert set(lazy.all()) == set()


@pytest.mark.django_db
def test_a_row_of_one_city_is_not_saved_or_refreshed_into_another(people):
    with schema_context(HOME):
        row = User.objects.get(username="mark-alpha")
    with schema_context(AWAY):
        User.objects.filter(pk=row.pk).delete()
        with pytest.raises(User.DoesNotExist):
            row.refresh_from_db()
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(update_fields=["display_name"])
    with schema_context(HOME):
        assert User.objects.filter(username="mark-alpha").exists()


@pytest.mark.django_db
def test_a_reading_that_stands_open_is_not_continued_in_the_other_city(people):
    """Rows come whole from the city where the reading began; no cursor is left open on the server."""
    with schema_context(HOME):
        rows = (
            User.objects.filter(username__startswith="mark-").values_list("username", flat=True).iterator(1)
        )
        first = next(rows)
    with schema_context(AWAY):
        assert (first, list(rows)) == ("mark-alpha", [])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name <> ''")
            assert cursor.fetchone()[0] == 0
        assert _names() == {"mark-beta"}


@pytest.mark.django_db
def test_contexts_inside_each_other_lead_back_in_order(people):
    seen = []
    with schema_context(HOME):
        seen.append(_names())
        with schema_context(AWAY):
            seen.append(_names())
            with schema_context(HOME):
                seen.append(_names())
            with schema_context("public"):
                seen.append(_names())
            seen.append(_names())
        seen.append(_names())
    a, b = {"mark-alpha"}, {"mark-beta"}
    assert seen == [a, b, a, set(), b, a]


@pytest.mark.django_db
def test_an_exception_inside_leads_back_too(people):
    with schema_context(HOME):
        for failing in (ZeroDivisionError, DatabaseError, KeyboardInterrupt, GeneratorExit):
            with pytest.raises(failing), schema_context(AWAY), transaction.atomic():
                assert _names() == {"mark-beta"}
                raise failing
            assert _stands() == ("wanggetest_city_alpha", HOME)


@pytest.mark.django_db
def test_a_switch_within_a_transaction_that_fails_is_done_again(people):
    """PostgreSQL takes back the role with the transaction; the next statement must not run under the old one."""
    with schema_context(HOME):
        with pytest.raises(DatabaseError), transaction.atomic():
            _names()
            with schema_context(AWAY), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        assert _stands() == ("wanggetest_city_alpha", HOME)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            with pytest.raises(DatabaseError):
                cursor.execute("SELECT 1/0")
            with schema_context(AWAY):  # the switch itself is refused: the transaction has failed
                assert not _reads_anything()
            cursor.execute("SELECT 1")
        assert _stands() == ("wanggetest_city_alpha", HOME)


def _reads_anything() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK; SELECT 1")
            return True
    except DatabaseError:
        return False


@pytest.mark.django_db
def test_savepoints_across_cities(people):
    with schema_context(HOME), transaction.atomic():
        outer = transaction.savepoint()
        with schema_context(AWAY):
            inner = transaction.savepoint()
            assert _names() == {"mark-beta"}
            transaction.savepoint_rollback(inner)
            assert _names() == {"mark-beta"}
        transaction.savepoint_rollback(outer)
        assert _names() == {"mark-alpha"}


@pytest.mark.django_db
@pytest.mark.parametrize("prepare", [True, None], ids=["asked for", "as set"])
def test_a_prepared_statement_of_one_city_reads_the_city_it_is_run_in(people, prepare):
    """PostgreSQL plans again when search path or role change; the tables of the old plan are not read."""
    connection.ensure_connection()
    raw = connection.connection
    assert raw.prepare_threshold is None  # the product prepares nothing by itself
    statement = "SELECT username FROM accounts_user WHERE username LIKE 'mark-%%' AND id <> %s"
    for _ in range(8):  # beyond the fifth a plan may become generic
        for schema in (HOME, AWAY):
            with schema_context(schema), connection.cursor() as cursor:
                cursor.cursor.execute(statement, [0], prepare=prepare)
                assert {row[0] for row in cursor.fetchall()} == {f"mark-{schema.removeprefix('city_')}"}
    with psycopg.Cursor(raw) as cursor:
        cursor.execute("DEALLOCATE ALL")
    raw._prepared.clear()


@pytest.mark.django_db
def test_copy_and_streams_are_fenced_like_statements(in_alpha):
    """psycopg sends them by other ways than a plain execute."""
    connection.ensure_connection()
    for send in (
        lambda cursor: cursor.copy("COPY city_beta.accounts_user TO STDOUT").__enter__(),
        lambda cursor: list(cursor.stream("SET ROLE wanggetest_city_beta")),
        lambda cursor: cursor.executemany("SET ROLE wanggetest_city_beta", [[]]),
        lambda cursor: cursor.execute("SET ROLE wanggetest_city_beta", prepare=True),
        lambda cursor: cursor.execute(b"SET ROLE wanggetest_city_beta"),
        lambda cursor: cursor.execute("SET ROLE wanggetest_city_beta", binary=True),
    ):
        _sends(send)
    assert _stands() == ("wanggetest_city_alpha", HOME)


def _sends(send: Callable[[Any], Any]) -> None:
    with connection.cursor() as cursor, pytest.raises((psycopg.Error, DatabaseError)) as refusal:
        send(cursor.cursor)
    assert "may not send" in str(refusal.value)


# --- several threads and tasks: they read what was committed when the cities were made --------------------------


def _city_name() -> str:
    return str(CityProfile.objects.values_list("name", flat=True).get())


CITY_NAMES = {HOME: "alpha市", AWAY: "beta市"}


@pytest.mark.django_db
def test_a_plain_thread_stands_in_public_and_sees_no_city(alpha):
    found = {}

    def look() -> None:
        try:
            found["stands"] = connection.schema_name
            found["names"] = User.objects.count()
            _city_name()
        except DatabaseError as refused:
            found["refused"] = "does not exist" in str(refused)
        finally:
            connection.close()

    with schema_context(HOME):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert _city_name() == CITY_NAMES[HOME]
    assert found == {"stands": "public", "names": 0, "refused": True}


@pytest.mark.django_db
def test_threads_in_two_cities_do_not_move_each_other(alpha):
    def look(number: int) -> bool:
        schema = (HOME, AWAY)[number % 2]
        try:
            for _ in range(5):
                with schema_context(schema):
                    if _city_name() != CITY_NAMES[schema]:
                        return False
            return connection.schema_name == "public"
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(look, range(60)))


@pytest.mark.django_db
def test_tasks_of_an_event_loop_in_two_cities(alpha):
    """Sync code called from a loop: whatever thread it gets, it stands where its own context says."""

    def look(schema: str) -> str:
        try:
            with schema_context(schema):
                return _city_name()
        finally:
            connection.close()

    async def many() -> list[tuple[str, str]]:
        async def one(number: int) -> tuple[str, str]:
            schema = (HOME, AWAY)[number % 2]
            return schema, await sync_to_async(look, thread_sensitive=False)(schema)

        return list(await asyncio.gather(*(one(number) for number in range(30))))

    for schema, name in asyncio.run(many()):
        assert name == CITY_NAMES[schema]


def test_a_job_runs_in_the_role_of_the_city_it_names(committed_database, alpha, beta):
    """Whatever its body asks for: the runner puts it into the city before the body begins."""
    from wangge.shell.runner import run_here

    seen: list[Any] = []

    def body() -> None:
        seen.append(_stands())
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_schema_privilege('city_alpha', 'USAGE')")
            seen.append(cursor.fetchone()[0])

    run_here(body, AWAY, "default")
    assert seen == [("wanggetest_city_beta", AWAY), False]
    assert connection.schema_name == "public"


@pytest.mark.django_db
def test_locks_by_name_are_each_citys_own(alpha, beta):
    from wangge.kernel.database.locks import hold_lock

    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    for city in (alpha, beta):
        connection.set_tenant(city)
        hold_lock("storage")
        hold_lock("storage")
    with connection.cursor() as cursor:
        cursor.execute(held)
        assert cursor.fetchone()[0] == 2
