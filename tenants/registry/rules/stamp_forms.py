"""The stamp is the dump of an empty city, cut into statements; each of them has a form that every city may be made by.

A trigger or function of its own in a city's schema, or a key that leaves it, would not survive distribution by Citus.

Rule: X01
"""

from __future__ import annotations

import re

from tenants.registry.rules.sql_text import split_statements, tokens_of

_LEFT_OUT = re.compile(r"SET\s|SELECT\s+pg_catalog\.set_config|COMMENT\s+ON\s+SCHEMA", re.IGNORECASE)
_KNOWN = (
    r"CREATE SCHEMA \S+$",
    r"CREATE TABLE \S+ \(",
    r"CREATE (?:UNIQUE )?INDEX \S+ ON (?:ONLY )?\S+ USING",
    r"CREATE SEQUENCE \S+",
    r"ALTER SEQUENCE \S+ OWNED BY",
    r"ALTER TABLE (?:ONLY )?\S+ ALTER COLUMN \S+ (?:ADD GENERATED|SET DEFAULT|SET STATISTICS|SET STORAGE)",
    r"ALTER TABLE ONLY \S+ ADD CONSTRAINT",
    r"COMMENT ON (?:TABLE|COLUMN|INDEX|CONSTRAINT)",
    r"INSERT INTO \S+ VALUES",
    r"SELECT pg_catalog\.setval\(",
)


def stamp_statements(dump: str) -> list[str]:
    """The statements of a dump that make the schema; those that set up psql's session are left out."""
    return [statement for statement in split_statements(dump) if not _LEFT_OUT.match(statement)]


def strange_statements(statements: list[str]) -> list[str]:
    """The statements that are in none of the known forms."""
    return [statement for statement in statements if not _is_known(statement)]


def _is_known(statement: str) -> bool:
    flat = " ".join(statement.split())
    return any(re.match(pattern, flat) for pattern in _KNOWN)


def schemas_referenced(statements: list[str]) -> set[str]:
    """The schemas that the foreign keys of these statements point into."""
    found = set()
    for statement in statements:
        tokens = tokens_of(statement)
        for word, schema, dot in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if word.upper == "REFERENCES" and dot.text == ".":
                found.add(schema.text)
    return found
