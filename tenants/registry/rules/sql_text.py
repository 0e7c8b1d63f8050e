"""A text of several SQL statements is cut only where PostgreSQL would cut it: never inside quotes, bodies or brackets.

Rule: X01
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/|\\[^\n]*)  # a backslash begins a command of psql's own
  | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
  | (?P<name>"(?:[^"]|"")*")
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<sign>::|.)
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of SQL: its kind (`string`, `name` in double quotes, `word`, `number` or `sign`), place and bracket depth."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def upper(self) -> str:
        """The word in capitals; other tokens are no keyword and give an empty text."""
        return self.text.upper() if self.kind == "word" else ""


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text without blanks and comments; a bracket has the depth of what stands around it."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    depth = 0
    for match in _TOKEN.finditer(text):
        kind, piece = str(match.lastgroup), match.group()
        if kind == "blank":
            continue
        if piece in {")", "]"}:
            depth -= 1
        yield Token(kind, piece, match.start(), match.end(), depth)
        if piece in {"(", "["}:
            depth += 1


def split_statements(text: str) -> list[str]:
    """The statements of a text, without the semicolons between them; empty ones are left out."""
    return _split(text, tokens_of(text), ";")


def split_at_commas(text: str) -> list[str]:
    """The parts of a list, cut at the commas outside brackets."""
    return _split(text, tokens_of(text), ",")


def _split(text: str, tokens: list[Token], sign: str) -> list[str]:
    parts: list[str] = []
    first: Token | None = None
    last: Token | None = None
    for token in tokens:
        if token.text == sign and token.kind == "sign" and token.depth == 0:
            parts += [text[first.start : last.end]] if first and last else []
            first = last = None
            continue
        first, last = first or token, token
    return parts + ([text[first.start : last.end]] if first and last else [])


def identifier(token: Token) -> str:
    """The name that a token stands for: quoted as it is written, unquoted in small letters."""
    return token.text[1:-1].replace('""', '"') if token.kind == "name" else token.text.lower()


def quoted(name: str) -> str:
    """A name as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'
