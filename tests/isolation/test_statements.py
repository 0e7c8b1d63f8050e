"""Which beginnings of a statement a city may send; told without a database."""

from __future__ import annotations

import pytest

from wangge.kernel.database.statements import is_permitted


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "select(1)",
        "((SELECT 1)) UNION SELECT 2",
        "INSERT INTO t VALUES (1)",
        "\n\t UPDATE t SET a = 1",
        "-- why\nDELETE FROM t",
        "/* a /* b */ c */ WITH x AS (SELECT 1) TABLE x",
        "VALUES (1)",
        'SAVEPOINT "s1_x1"',
        'RELEASE SAVEPOINT "s1_x1"',
        'ROLLBACK TO SAVEPOINT "s1_x1"',
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET LOCAL enable_nestloop = off",
        "SET LOCAL lock_timeout = '2s'",
        "LOCK TABLE t",
        "EXPLAIN SELECT 1",
    ],
)
def test_the_products_own_statements_pass(statement):
    assert is_permitted(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE x",
        "SET LOCAL role = x",
        "SET LOCAL enable_nestloop TO off; SET ROLE x",
        "SET enable_nestloop = off",
        "SET LOCAL statement_timeout = 0",
        "/**/SET/**/ROLE/**/x",
        "-- SELECT\rSET ROLE x",
        "--SELECT\n--\n/*SELECT*/RESET ROLE",
        "/* SELECT 1",
        "/* /* */ SELECT 1",
        "ROLLBACK",
        "ROLLBACK TO s",
        "ROLLBACK WORK",
        "RELEASE s",
        "SELECTED",
        "selectx",
        "\x00SELECT 1",
        "\u00a0SELECT 1",
        "\ufeffSELECT 1",
        "\u3000SET ROLE x",
        ";SELECT 1",
        "()SET ROLE x",
        "",
        "   ",
        "--",
        "\\copy",
        "EXECUTE p",
        "DO $$x$$",
    ],
)
def test_everything_else_is_refused(statement):
    assert not is_permitted(statement.encode())
