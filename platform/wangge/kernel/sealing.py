"""Sealing of personal data under a city's data key, which the environment's key wraps.

A wrapped key names its holder (a schema) in what is authenticated: copied into another city's schema it does not open.
"""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class NotOpened(ValueError):
    """The sealed bytes were made under another key, for another purpose, or were changed."""


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return secrets.token_bytes(KEY_BYTES)


def _seal(key: bytes, plain: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def _open(key: bytes, sealed: bytes, context: str) -> bytes:
    sealed = bytes(sealed)
    if not sealed.startswith(_FORMAT):
        raise NotOpened("not a sealed value of this product")
    nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, text, context.encode())
    except (InvalidTag, ValueError) as exc:
        raise NotOpened("another key, another purpose, or changed bytes") from exc


def wrap_key(key: bytes, *, holder: str) -> bytes:
    """The data key of `holder` (a schema name) sealed under the environment's key."""
    return _seal(settings.WANGGE_DATA_KEY, key, f"data-key:{holder}")


@lru_cache(maxsize=1024)
def _unwrapped(environment_key: bytes, wrapped: bytes, holder: str) -> bytes:
    return _open(environment_key, wrapped, f"data-key:{holder}")


def unwrap_key(wrapped: bytes, *, holder: str) -> bytes:
    """The data key; raises NotOpened when it was wrapped for another holder or under another environment key."""
    return _unwrapped(settings.WANGGE_DATA_KEY, bytes(wrapped), holder)


class Sealer:
    """Seals, opens and looks up values under one data key; every purpose is a context of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def derive(self, purpose: str) -> bytes:
        """A 256-bit key for one purpose only, the same each time."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self._key)

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        """AES-256-GCM of the value; two sealings of one value differ."""
        return _seal(self._key, plain, purpose)

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """The value again; raises NotOpened for another purpose, another key or changed bytes."""
        return _open(self._key, sealed, purpose)

    def digest(self, value: str, *, purpose: str) -> str:
        """HMAC-SHA-256 of the value in hex: for look-ups and duplicates, useless without the key."""
        return hmac.new(self.derive(f"digest:{purpose}"), value.encode(), sha256).hexdigest()
