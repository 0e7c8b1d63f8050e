"""Every audit row is bound to the one before it, so that a later change of any of them shows.

A link's digest is a keyed hash over the previous digest and the canonical bytes of the event and of the link's own
columns. Canonical means: the same row gives the same bytes whatever the time zone it is shown in, the order of its
JSON keys, or the way a number is written (1.10 and 1.1 are one number to the database as well); text is taken
character by character and never brought into another Unicode form.

Rule: X07
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

DIGEST_BYTES = 32
# What the first link of a chain takes for the digest before it.
BEGINNING = bytes(DIGEST_BYTES)
# Changes with the canonical form, so that digests of two forms are never taken for one another.
_FORM = b"wangge-audit-1\n"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """All columns of an audit row; `before` and `after` as JSON text, because a float would lose digits."""

    id: int
    at: datetime
    actor_id: int | None
    actor_label: str
    organisation: str
    action: str
    subject_type: str
    subject_id: str
    before: str | None
    after: str | None
    reason: str
    policy_version: str
    request_id: str
    transaction_id: int


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """The columns of a link beside its digest; its sequence is proved by the chain itself."""

    horizon: int
    era: int
    sealed_at: datetime


def link_digest(key: bytes, previous: bytes, event: EventFacts, link: LinkFacts) -> bytes:
    """HMAC-SHA-256 over the digest before, the event and the link; 32 bytes."""
    text = _FORM + previous + canonical_event(event) + b"\n" + canonical_link(link)
    return hmac.new(key, text, sha256).digest()


def canonical_event(event: EventFacts) -> bytes:
    """The bytes that stand for an event: a JSON list of its columns in their fixed order."""
    values = [_column(getattr(event, name), name) for name in _COLUMNS]
    return f"[{','.join(values)}]".encode()


def canonical_link(link: LinkFacts) -> bytes:
    """The bytes that stand for a link."""
    return f"[{link.horizon},{link.era},{_moment(link.sealed_at)}]".encode()


def canonical_json(value: object) -> str:
    """JSON with sorted keys and exact numbers; equal values of a database's jsonb give equal text."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key)}:{canonical_json(value[key])}" for key in sorted(value))
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical_json, value))}]"
    raise TypeError(f"{type(value).__name__} is no JSON value")


_COLUMNS = tuple(field.name for field in fields(EventFacts))


def _column(value: object, name: str) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    if name in ("before", "after") and isinstance(value, str):
        # The text of a JSON null is not the absence of a value.
        return f"[{canonical_json(json.loads(value, parse_float=Decimal, parse_int=Decimal))}]"
    return json.dumps(value)


def _moment(value: datetime) -> str:
    if value.utcoffset() is None:
        raise ValueError("an audit row's time has an offset")
    return json.dumps(value.astimezone(UTC).isoformat(timespec="microseconds"))


def _number(value: int | float | Decimal) -> str:
    """Digits without trailing zeros and the power of ten, exact at any length."""
    sign, digits, exponent = Decimal(repr(value) if isinstance(value, float) else value).as_tuple()
    if not isinstance(exponent, int):
        raise TypeError("not a number of JSON")
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    if not stripped:
        return "0"
    return f"{'-' if sign else ''}{stripped}e{exponent + len(text) - len(stripped)}"
