"""What the pool lends to the next borrower: a connection that has forgotten its last one, and not too fat a backend.

Rule: X01
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connections

from wangge.kernel.database.base import DatabaseWrapper
from wangge.kernel.database.names import login_role

HOME, AWAY = "city_alpha", "city_beta"


@pytest.fixture
def pooled(db: None) -> Iterator[DatabaseWrapper]:
    """A wrapper like the city server's: signed in as the web, one connection in its pool."""
    settled = copy.deepcopy(connections["default"].settings_dict)
    settled |= {
        "USER": login_role("web"),
        "PASSWORD": settings.WANGGE_LOGIN_PASSWORDS["web"],
        "CONN_MAX_AGE": 0,
    }
    settled["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    wrapper = DatabaseWrapper(settled, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def _ask(wrapper: DatabaseWrapper, statement: str) -> Any:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def _city_name(wrapper: DatabaseWrapper) -> str:
    """Whose rows are read: `alpha市` or `beta市`."""
    return str(_ask(wrapper, "SELECT name FROM bureau_cityprofile"))


def _raw(wrapper: DatabaseWrapper, statement: str) -> None:
    """As if the product itself had said it, without any fence."""
    wrapper.ensure_connection()
    with psycopg.Cursor(wrapper.connection) as cursor:
        cursor.execute(statement)


LEFT_BEHIND = [
    "SET work_mem = '99MB'",
    "SET search_path = city_alpha",
    "SET statement_timeout = 0",
    "SET ROLE NONE; SET ROLE wanggetest_city_alpha",
    "LISTEN something",
    "SET ROLE NONE; SELECT pg_advisory_lock(5)",
    "SET timezone = 'Asia/Shanghai'",
    "BEGIN; SET ROLE NONE; SELECT 1",
    "BEGIN; SELECT 1/0",
    "BEGIN; DECLARE left_open CURSOR FOR SELECT 1; SET LOCAL work_mem = '98MB'",
    "DECLARE left_open CURSOR WITH HOLD FOR SELECT username FROM accounts_user",
]
STATE = """
SELECT concat_ws(' ', current_user, current_schema(), current_setting('work_mem') <> '99MB',
    current_setting('work_mem') <> '98MB', current_setting('statement_timeout'), current_setting('timezone'),
    (SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM pg_cursors WHERE name <> ''),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()))"""


@pytest.mark.parametrize("statement", LEFT_BEHIND)
def test_the_next_city_finds_nothing_of_the_last_one(pooled, statement):
    pooled.set_schema(HOME)
    assert _city_name(pooled) == "alpha市"
    backend = pooled.connection.info.backend_pid
    try:
        _raw(pooled, statement)
    except psycopg.Error:
        assert "1/0" in statement
    pooled.close()
    pooled.set_schema(AWAY)
    assert _ask(pooled, STATE) == "wanggetest_city_beta city_beta t t 1min UTC 0 0 0"
    assert _city_name(pooled) == "beta市"
    assert pooled.connection.info.backend_pid == backend


def test_a_request_that_died_in_a_transaction_leaves_nothing(pooled):
    """Killed between BEGIN and COMMIT, with a switch inside the transaction: the pool rolls it back, role and all."""
    pooled.set_schema("public")
    _ask(pooled, "SELECT 1")
    pooled.set_autocommit(False)
    pooled.set_schema(HOME)
    assert _city_name(pooled) == "alpha市"
    assert pooled.connection.wangge_stands == (HOME, False)
    pooled.close()
    for schema, names in ((HOME, "alpha市"), (AWAY, "beta市")):
        pooled.set_schema(schema)
        pooled.set_autocommit(True)
        assert _ask(pooled, "SELECT current_user") == f"wanggetest_{schema}"
        assert _city_name(pooled) == names
        pooled.close()


def _switches(wrapper: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    plain = DatabaseWrapper._switch

    def watched(self: DatabaseWrapper) -> Any:
        seen.append(self.schema_name)
        return plain(self)

    monkeypatch.setattr(DatabaseWrapper, "_switch", watched)
    return seen


def test_the_same_city_again_needs_no_switch(pooled, monkeypatch):
    seen = _switches(pooled, monkeypatch)
    for schema in (HOME, HOME, HOME, AWAY, AWAY, HOME):
        pooled.set_schema(schema)
        assert _city_name(pooled) == f"{schema.removeprefix('city_')}市"
        pooled.set_schema_to_public()
        pooled.close()
    assert seen == [HOME, AWAY, HOME]


def test_after_a_rollback_the_place_is_not_trusted(pooled, monkeypatch):
    seen = _switches(pooled, monkeypatch)
    pooled.set_schema(HOME)
    _ask(pooled, "SELECT 1")
    pooled.set_autocommit(False)
    _ask(pooled, "SELECT 1")
    pooled.rollback()
    pooled.set_autocommit(True)
    pooled.close()
    assert _city_name(pooled) == "alpha市"
    assert seen == [HOME, HOME]


def test_a_switch_that_fails_is_not_remembered(pooled):
    pooled.set_schema(HOME)
    assert _city_name(pooled) == "alpha市"
    pooled.set_schema("city_nowhere")
    with pytest.raises(psycopg.Error):
        _ask(pooled, "SELECT 1")
    assert pooled.search_path_set_schemas is None
    assert pooled.connection.wangge_fenced
    pooled.close()
    pooled.set_schema(AWAY)
    assert _city_name(pooled) == "beta市"


def test_a_connection_that_has_touched_too_many_cities_is_replaced(pooled, settings):
    settings.WANGGE_CITIES_PER_CONNECTION = 1
    backends = []
    for schema in (HOME, HOME, AWAY, AWAY, HOME):
        pooled.set_schema(schema)
        assert _city_name(pooled) == f"{schema.removeprefix('city_')}市"
        backends.append(pooled.connection.info.backend_pid)
        pooled.close()
    first, second, third, fourth, fifth = backends
    assert first == second == third  # the third borrower brought the second city in
    assert fourth != third
    assert fifth == fourth


def test_a_borrowed_connection_is_fenced_in_public_too(pooled, settings):
    """The web's login says nothing in public but what the product says."""
    pooled.set_schema("public")
    assert _ask(pooled, "SELECT current_user") == login_role("web")
    settings.WANGGE_LOGIN = "web"
    pooled.set_schema("public")
    with pytest.raises(DatabaseError, match="may not send"):
        _ask(pooled, "SET ROLE wanggetest_city_alpha")
