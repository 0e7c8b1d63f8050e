"""A migration's statement is brought into forms that a schema distributed by Citus takes, or refused with the reason.

Plain PostgreSQL gets the same forms, so that a schema does not depend on where it stands: one statement at a time, no
constraint inside ADD COLUMN, no RENAME CONSTRAINT, one ADD CONSTRAINT per ALTER TABLE, no ALTER SEQUENCE RESTART.
Constraints get the names PostgreSQL itself would give.

Rule: X01
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tenants.registry.rules.sql_text import (
    Token,
    identifier,
    quoted,
    split_at_commas,
    split_statements,
    tokens_of,
)

# The text of a constraint as it is kept, asked for by table and name.
Definition = Callable[[str, str], str]

_LONGEST_NAME = 63  # NAMEDATALEN - 1, in bytes
_VOLATILE = frozenset({"random", "clock_timestamp", "gen_random_uuid", "nextval", "timeofday", "uuidv7"})
_SERIAL = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})
_CONSTRAINTS = frozenset({"CHECK", "UNIQUE", "PRIMARY", "REFERENCES"})
_NO_COLUMN = _CONSTRAINTS | {"CONSTRAINT", "FOREIGN", "EXCLUDE"}
_BEGINNINGS = _CONSTRAINTS | {"CONSTRAINT", "NOT", "NULL", "DEFAULT", "GENERATED", "COLLATE"}
_IN_EXPRESSIONS = frozenset(
    {"CHECK", "AND", "OR", "NOT", "IS", "NULL", "IN", "ANY", "ALL", "ARRAY", "BETWEEN", "LIKE", "ILIKE", "SIMILAR",
     "TO", "TRUE", "FALSE", "DISTINCT", "FROM", "CASE", "WHEN", "THEN", "ELSE", "END", "COLLATE", "NO", "INHERIT"}
)  # fmt: skip


class NoCitusForm(Exception):
    """There is no form of this statement that a distributed schema takes; the text says why."""

    def __init__(self, statement: str, reason: str) -> None:
        super().__init__(f"{reason}: {statement}")
        self.statement = statement
        self.reason = reason


def citus_forms(text: str, definition: Definition) -> list[str]:
    """The statements to send instead of this text, in order; most texts come back as they are.

    `definition` is asked only for RENAME CONSTRAINT. Raises NoCitusForm.
    """
    return [form for statement in split_statements(text) for form in _forms(statement, definition)]


def _forms(statement: str, definition: Definition) -> list[str]:
    tokens = tokens_of(statement)
    leading = tuple(token.upper for token in tokens[:2])
    if leading == ("ALTER", "TABLE"):
        return _alter_table(statement, tokens, definition)
    if leading == ("ALTER", "SEQUENCE"):
        return [_alter_sequence(statement, tokens)]
    if leading[0] == "UPDATE" and _is_volatile(tokens):
        raise NoCitusForm(statement, "an UPDATE may not call a volatile function")
    return [statement]


def _is_volatile(tokens: list[Token]) -> bool:
    return any(
        token.kind == "word" and token.text.lower() in _VOLATILE and following.text == "("
        for token, following in pairwise(tokens)
    )


def _after_name(tokens: list[Token], position: int) -> int:
    """The place after a name of one or two parts (`schema.table`)."""
    position += 1
    return position + 2 if position < len(tokens) and tokens[position].text == "." else position


def _alter_table(statement: str, tokens: list[Token], definition: Definition) -> list[str]:
    position = 2
    while tokens[position].upper in {"IF", "EXISTS", "ONLY"}:
        position += 1
    after = _after_name(tokens, position)
    table = identifier(tokens[after - 1])
    parts = split_at_commas(statement[tokens[after].start :])
    formed = [form for part in parts for form in _Action(statement, table, part).forms(definition)]
    if formed == parts and not (len(parts) > 1 and any(map(_adds_constraint, parts))):
        return [statement]
    return [f"{statement[: tokens[after - 1].end]} {action}" for action in formed]


def _adds_constraint(action: str) -> bool:
    words = [token.upper for token in tokens_of(action)[:2]]
    return words[0] == "ADD" and words[1] in _NO_COLUMN


def _alter_sequence(statement: str, tokens: list[Token]) -> str:
    words = [token.upper for token in tokens]
    if "RESTART" not in words:
        return statement
    position = 2 + 2 * (words[2] == "IF")
    after = _after_name(tokens, position)
    value = [token for token in tokens[after + 1 :] if token.upper != "WITH"]
    if words[after] != "RESTART" or len(value) != 1 or not value[0].text.isdigit():
        raise NoCitusForm(statement, "only ALTER SEQUENCE … RESTART WITH a number can be brought into form")
    name = statement[tokens[position].start : tokens[after - 1].end].replace("'", "''")
    return f"SELECT setval('{name}', {value[0].text}, false)"


@dataclass(frozen=True)
class _Action:
    """One action of an ALTER TABLE, with what it belongs to."""

    statement: str
    table: str
    text: str

    def forms(self, definition: Definition) -> list[str]:
        tokens = tokens_of(self.text)
        words = [token.upper for token in tokens]
        if words[:2] == ["RENAME", "CONSTRAINT"]:
            kept = definition(self.table, identifier(tokens[2]))
            return [f"DROP CONSTRAINT {tokens[2].text}", f"ADD CONSTRAINT {tokens[4].text} {kept}"]
        if words[0] == "ALTER" and "ADD" in words and "GENERATED" in words:
            raise NoCitusForm(self.statement, "a column of a distributed table cannot become an identity")
        if words[0] == "ADD" and words[1] not in _NO_COLUMN:
            return self._add_column(tokens)
        return [self.text]

    def _add_column(self, tokens: list[Token]) -> list[str]:
        position = 2 if tokens[1].upper == "COLUMN" else 1
        conditional = tokens[position].upper == "IF"
        column = tokens[position + 3 * conditional]
        clauses = _clauses(tokens[tokens.index(column) + 1 :])
        self._refuse(clauses)
        inside = [clause for clause in clauses if not _is_constraint(clause)]
        outside = [clause for clause in clauses if _is_constraint(clause)]
        if not outside:
            return [self.text]
        if conditional:
            raise NoCitusForm(self.statement, "ADD COLUMN IF NOT EXISTS cannot be parted from its constraint")
        kept = " ".join([self.text[: column.end], *map(self._text, inside)])
        return [kept, *(self._constraint(column, clause) for clause in outside)]

    def _text(self, clause: list[Token]) -> str:
        return self.text[clause[0].start : clause[-1].end]

    def _refuse(self, clauses: list[list[Token]]) -> None:
        if clauses[0][0].text.lower() in _SERIAL:
            raise NoCitusForm(self.statement, "a serial column cannot be added to a distributed table")
        for clause in clauses:
            words = [token.upper for token in clause]
            if words[0] == "GENERATED" and "IDENTITY" in words:
                raise NoCitusForm(self.statement, "an identity column cannot be added to a distributed table")
            if words[0] == "DEFAULT" and _is_volatile(clause):
                raise NoCitusForm(self.statement, "a column with a volatile default cannot be added")

    def _constraint(self, column: Token, clause: list[Token]) -> str:
        name = ""
        if clause[0].upper == "CONSTRAINT":
            name, clause = clause[1].text, clause[2:]
        kind, body = clause[0].upper, self._text(clause)
        if kind == "CHECK" and _columns_of(clause) != {identifier(column)}:
            raise NoCitusForm(self.statement, "a column's CHECK may speak of that column alone")
        label = {"CHECK": "check", "UNIQUE": "key", "PRIMARY": "pkey", "REFERENCES": "fkey"}[kind]
        given = made_name(self.table, "" if kind == "PRIMARY" else identifier(column), label)
        # What a column's constraint leaves unsaid is its column.
        said = {"UNIQUE": 1, "PRIMARY": 2}.get(kind, 0)
        if said:
            rest = self.text[clause[said - 1].end : clause[-1].end]
            body = f"{self._text(clause[:said])} ({column.text}){rest}"
        elif kind == "REFERENCES":
            body = f"FOREIGN KEY ({column.text}) {body}"
        return f"ADD CONSTRAINT {name or quoted(given)} {body}"


def _is_constraint(clause: list[Token]) -> bool:
    kind = clause[2].upper if clause[0].upper == "CONSTRAINT" else clause[0].upper
    return kind in _CONSTRAINTS


def _columns_of(clause: list[Token]) -> set[str]:
    """The names in an expression that are neither functions nor types after `::` nor keywords."""
    found = set()
    for before, token, following in zip(clause, clause[1:], [*clause[2:], clause[-1]], strict=False):
        if token.kind not in {"name", "word"} or following.text == "(" or before.text == "::":
            continue
        if token.upper not in _IN_EXPRESSIONS:
            found.add(identifier(token))
    return found


def _clauses(tokens: list[Token]) -> list[list[Token]]:
    """The type first, then each clause of a column's definition with all that belongs to it."""
    clauses: list[list[Token]] = [[]]
    position = 0
    while position < len(tokens):
        piece = tokens[position : position + _together(tokens, position)]
        if clauses[-1] and _begins(tokens, position) and not _is_bare_name(clauses[-1]):
            clauses.append([])
        clauses[-1] += piece
        position += len(piece)
    return clauses


def _is_bare_name(clause: list[Token]) -> bool:
    return clause[0].upper == "CONSTRAINT" and len(clause) == 2


def _begins(tokens: list[Token], position: int) -> bool:
    """Whether a new clause begins here, and not a tail of the one before (`NOT DEFERRABLE`, `ON DELETE SET NULL`)."""
    token = tokens[position]
    following = tokens[position + 1].upper if position + 1 < len(tokens) else ""
    before = tokens[position - 1].upper if position else ""
    tail = (token.upper == "NOT" and following == "DEFERRABLE") or before == "SET"
    return token.upper in _BEGINNINGS and token.depth == 0 and not tail


def _together(tokens: list[Token], position: int) -> int:
    """How many tokens go together from here, so that a keyword inside a clause begins no other."""
    word = tokens[position].upper
    if word == "GENERATED":  # … ALWAYS AS (…) STORED, … BY DEFAULT AS IDENTITY
        return [token.upper for token in tokens[position:]].index("AS") + 1
    return 2 if word in {"NOT", "PRIMARY", "CONSTRAINT", "DEFAULT"} else 1


# --- names --------------------------------------------------------------------------------------------------------


def made_name(table: str, column: str, label: str) -> str:
    """The name PostgreSQL gives to a constraint or index: `table_column_label`, the longer name cut to 63 bytes in all.

    (`makeObjectName` in its source.) Where the name is taken it would add a number: then the statement is refused.
    """
    first, second = table.encode(), column.encode()
    room = _LONGEST_NAME - len(label) - 1 - (1 if column else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [piece.decode(errors="ignore") for piece in (first, second)]
    return "_".join(part for part in [parts[0], parts[1] if column else "", label] if part)
