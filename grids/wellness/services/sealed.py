"""What was measured and prescribed, sealed under the city's data key and bound to its row."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from tenants.accounts.queries import sealer
from wangge.kernel.sealing import Sealer

TEST, GRADE, PRESCRIPTION, SESSION = "test", "grade", "prescription", "session"


def sealed(kind: str, seal: UUID, content: Any, keys: Sealer | None = None) -> bytes:
    """The content as sealed JSON, bound to its kind and row."""
    plain = json.dumps(content, ensure_ascii=False).encode()
    return (keys or sealer()).seal(plain, purpose=_place(kind, seal))


def opened(kind: str, seal: UUID, kept: bytes | memoryview | None, keys: Sealer | None = None) -> Any:
    """The content again; None where it was deleted. Whoever calls it has logged the reading."""
    if kept is None:
        return None
    return json.loads((keys or sealer()).open(bytes(kept), purpose=_place(kind, seal)))


def _place(kind: str, seal: UUID) -> str:
    return f"wellness:{kind}:{seal}"
