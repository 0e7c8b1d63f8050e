"""Idempotency-Key: a phone that retries gets the first answer again, and the work is done once.

Rule: X05
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from wangge.errors import RuleBroken


@dataclass(frozen=True)
class StoredAnswer:
    """The answer given to the first request that bore a key."""

    fingerprint: str
    status: int
    body: str
    headers: dict[str, str]


class IdempotencyPort(Protocol):
    """Keeps keys and answers in the schema of the city that was asked."""

    def claim(self, user_id: int, key: str, fingerprint: str) -> StoredAnswer | None:
        """Claim the key (None) or return what an earlier request left; waits for a rival that holds the claim."""
        ...

    def keep(self, user_id: int, key: str, answer: StoredAnswer) -> None:
        """Store the answer of a claimed key."""
        ...


_port: IdempotencyPort | None = None


def register_idempotency(port: IdempotencyPort) -> None:
    """Install the store; called once by the app that owns its table."""
    global _port
    _port = port


def idempotency() -> IdempotencyPort:
    """The installed store."""
    if _port is None:
        raise RuntimeError("no idempotency store is registered")
    return _port


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    """Hash of what was asked: the same key with another fingerprint is a conflict."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).hexdigest()


def check_key(key: str) -> None:
    """Raise 400 for a key that is empty, longer than 200 characters or not printable ASCII."""
    if not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise RuleBroken(
            "IDEMPOTENCY_KEY_FORMAT",
            zh="Idempotency-Key 须为 1–200 个可打印 ASCII 字符",
            en="Idempotency-Key must be 1–200 printable ASCII characters",
            status=400,
            rule="X05",
        )


def check_replay(stored: StoredAnswer, fingerprint: str) -> None:
    """Raise 409 when the key was used for another request."""
    if stored.fingerprint != fingerprint:
        raise RuleBroken(
            "IDEMPOTENCY_CONFLICT",
            zh="同一 Idempotency-Key 已用于内容不同的请求",
            en="this Idempotency-Key was used for a different request",
            status=409,
            rule="X05",
            how_to_fix_zh="新的请求请使用新的键",
            how_to_fix_en="use a new key for a new request",
        )


def body_fingerprint(request: Any) -> str:
    """Fingerprint of a request with the content of what it uploads."""
    underlying = request._request
    if not (underlying.content_type or "").startswith("multipart/"):
        return fingerprint_of(underlying.method, underlying.get_full_path(), underlying.body)
    parts = [f"{name}={value}" for name, value in sorted(request.data.items()) if not hasattr(value, "read")]
    parts += [f"{name}:{upload.name}:{_digest(upload)}" for name, upload in sorted(request.FILES.items())]
    return fingerprint_of(underlying.method, underlying.get_full_path(), "\n".join(parts).encode())


def _digest(upload: Any) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
