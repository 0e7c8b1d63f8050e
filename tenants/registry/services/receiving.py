"""The installation's key for receiving cities: what an exporting installation seals a city's data key for.

The pair is derived from the environment's data key, so it needs no keeping of its own. Sealing is HPKE (RFC 9180).
"""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from django.conf import settings

from wangge.errors import RuleBroken
from wangge.kernel.sealing import Sealer

_PREFIX = "wgr1"
_CHECK_BYTES = 4
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _private_key() -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(Sealer(settings.WANGGE_DATA_KEY).derive("receiving-key:1"))


def own_receiving_key() -> str:
    """This installation's public receiving key as text with a checksum; it may be told to anybody."""
    public = _private_key().public_key().public_bytes_raw()
    check = hashlib.sha256(public).digest()[:_CHECK_BYTES]
    return f"{_PREFIX}-{base64.b32encode(public + check).decode().rstrip('=').lower()}"


def check_receiving_key(text: str) -> str:
    """The key without blanks; raises 422 RECEIVING_KEY when its checksum does not fit."""
    plain = re.sub(r"\s", "", text).lower()
    _public_key(plain)
    return plain


def _public_key(text: str) -> X25519PublicKey:
    prefix, _, body = text.partition("-")
    try:
        raw = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except ValueError:
        raw = b""
    public, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if prefix == _PREFIX and len(public) == 32 and hashlib.sha256(public).digest()[:_CHECK_BYTES] == check:
        return X25519PublicKey.from_public_bytes(public)
    raise RuleBroken(
        "RECEIVING_KEY",
        zh="接收密钥有误：请核对是否完整复制",
        en="this is no receiving key; was it copied whole?",
        field="receiver",
        how_to_fix_zh="在接收方运行 ./dev manage receiving_key，并完整复制其输出",
        how_to_fix_en="run ./dev manage receiving_key at the receiver and copy what it prints",
    )


def seal_for(receiver: str, data_key: bytes, *, context: str) -> str:
    """The data key, sealed so that only the receiver opens it, in base64; `context` is bound to it."""
    sealed = _SUITE.encrypt(data_key, _public_key(receiver), info=context.encode())
    return base64.b64encode(sealed).decode()


def open_received(sealed: str, *, receiver: str, context: str) -> bytes:
    """The data key again; raises 409 EXPORT_OTHER_RECEIVER when it was sealed for somebody else."""
    refusal = RuleBroken(
        "EXPORT_OTHER_RECEIVER",
        zh="该导出文件是为其他系统封存的，本系统打不开其中的城市密钥",
        en="the export was sealed for another installation; the city's key does not open here",
        status=409,
        facts={"sealed_for": receiver[:80], "own_key": own_receiving_key()},
        how_to_fix_zh="请向导出方提供本系统的接收密钥，由其重新导出；恢复自己的备份须使用当时的 WANGGE_DATA_KEY",
        how_to_fix_en="give the exporting side this installation's receiving key; an own backup needs the "
        "WANGGE_DATA_KEY it was made under",
    )
    if receiver != own_receiving_key():
        raise refusal
    try:
        key = _SUITE.decrypt(base64.b64decode(sealed, validate=True), _private_key(), info=context.encode())
    except (InvalidTag, ValueError) as exc:
        raise refusal from exc
    if len(key) != 32:
        raise refusal
    return key
