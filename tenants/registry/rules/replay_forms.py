"""A migration's statement may be replayed in the other cities when it means the same in each of them.

Rule: X01
"""

from __future__ import annotations

import re
from enum import Enum

from tenants.registry.rules.sql_text import split_statements, tokens_of

_RELATIONS = frozenset({"TABLE", "INDEX", "SEQUENCE", "VIEW"})
_SETTERS = frozenset({"setval", "nextval"})


class Part(Enum):
    """What a statement does while a migration runs on the canary."""

    LOOK = "reads; its answer is verified in every other city, because it may have decided what follows"
    SESSION = "is the connection's own business and is left out"
    DEFINE = "defines tables, columns, constraints or indexes: replayed"
    FILL = "gives rows a constant or a sequence its value, as a definition needs it: replayed"
    TAKE_BACK = "undoes a part of the migration: that it went on afterwards may hang on the city's data"
    FOREIGN = "anything else: the stock executor must run the migration in every city"


def part_of(statement: str) -> Part:
    """The part that one statement plays; unknown ones are FOREIGN."""
    tokens = tokens_of(statement)
    words = [token.upper for token in tokens]
    first = words[0] if words else ""
    if first == "SELECT":
        called = {token.text.lower() for token in tokens if token.kind == "word"}
        return Part.FILL if called & _SETTERS else Part.LOOK
    if first == "SHOW" or words[:2] == ["SET", "SEARCH_PATH"] or first in {"SAVEPOINT", "RELEASE"}:
        return Part.SESSION
    if first in {"UPDATE", "ROLLBACK"}:
        return Part.FILL if first == "UPDATE" else Part.TAKE_BACK
    return Part.DEFINE if _defines(words) else Part.FOREIGN


def _defines(words: list[str]) -> bool:
    if words[:2] in (["SET", "CONSTRAINTS"], ["COMMENT", "ON"]):
        return True
    if len(words) < 3 or words[0] not in {"CREATE", "ALTER", "DROP"} or "CONCURRENTLY" in words[:4]:
        return False
    kind = words[2] if words[1] in {"UNIQUE", "MATERIALIZED"} else words[1]
    return kind in _RELATIONS


def is_definition(text: str) -> bool:
    """Whether all statements of a RunSQL only define: such a text is replayed, one that moves data is not."""
    statements = split_statements(text)
    return bool(statements) and all(part_of(statement) is Part.DEFINE for statement in statements)


def names_schema(statement: str, schema_name: str) -> bool:
    """Whether the statement speaks of that schema by name, as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(schema_name)}(?!\w)", statement) is not None


def settled_answer(rows: list[tuple[object, ...]], schema_name: str) -> list[str]:
    """The rows of a look-up in a form that two cities can be compared by: sorted, their own name left out."""
    return sorted(re.sub(rf"(?<!\w){re.escape(schema_name)}(?!\w)", "{city}", repr(row)) for row in rows)
