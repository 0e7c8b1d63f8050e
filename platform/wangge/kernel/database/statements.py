"""Which statements may be sent in the name of a city, told by their first words.

The second fence behind the extended protocol: whoever controls a whole statement could say `SET ROLE` of a neighbour,
because the login is a member of every city's role; `ROLLBACK` would bring back the role from before the transaction.
Only what the product itself says passes; everything unknown is refused. It looks at the beginning only: what follows a
permitted beginning is one statement (the extended protocol takes no second) under the city's role.
"""

from __future__ import annotations

import re

_GAP = re.compile(rb"(?:[ \t\r\n\f]+|--[^\r\n]*(?:[\r\n]|\Z))*")
_PERMITTED = re.compile(
    rb"(?:\(\s*)*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|EXPLAIN|LOCK)\b"
    rb"|(?:RELEASE\s+)?SAVEPOINT\s"
    rb"|ROLLBACK\s+TO\s+SAVEPOINT\s"
    rb"|SET\s+CONSTRAINTS\s"
    rb"|SET\s+LOCAL\s+(?:enable_[a-z]+|lock_timeout)\s*=",
    re.IGNORECASE,
)


def _skip_comment(query: bytes, start: int) -> int:
    """The place behind the comment that begins at `start`; comments nest. Past the end when it never closes."""
    depth, place = 0, start
    for mark in re.compile(rb"/\*|\*/").finditer(query, start):
        depth += 1 if mark[0] == b"/*" else -1
        place = mark.end()
        if depth == 0:
            return place
    return len(query)


def is_permitted(query: bytes) -> bool:
    """Whether a city may send this statement."""
    place = 0
    while True:
        gap = _GAP.match(query, place)
        place = gap.end() if gap else place
        if not query.startswith(b"/*", place):
            return _PERMITTED.match(query, place) is not None
        place = _skip_comment(query, place)
