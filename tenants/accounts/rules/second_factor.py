"""A code of the authenticator app counts within one step of now and only once; a recovery code counts once.

Codes are those of RFC 6238 with SHA-1, six digits and steps of 30 seconds, which every authenticator app speaks.

Rule: X07
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp

STEP_S = 30
WINDOW_STEPS = 1
DIGITS = 6
RECOVERY_CODES = 10
# No letter or digit that is taken for another one when read from paper.
_RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LENGTH, _GROUP = 10, 5
_SECRET_GROUP = 4


def step_at(now: datetime) -> int:
    """The 30-second step that moment lies in, counted from 1970."""
    return int(now.timestamp()) // STEP_S


def acceptable_steps(now: datetime, last_step: int) -> range:
    """The steps whose codes count: one before now to one after it, and later than the last that was accepted."""
    present = step_at(now)
    return range(max(present - WINDOW_STEPS, last_step + 1), present + WINDOW_STEPS + 1)


def as_typed(code: str) -> str:
    """The code without spaces and dashes, small and half-width: people copy it in groups and type full-width digits."""
    plain = unicodedata.normalize("NFKC", code)
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "-‐–—").lower()


def is_totp(code: str) -> bool:
    """Whether this looks like a code of the app and not like a recovery code."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def accepted_step(code: str, *, secret: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, to be remembered as the last one; None for a wrong, old or used code."""
    if not is_totp(code):
        return None
    app = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    found = None
    for step in acceptable_steps(now, last_step):
        if hmac.compare_digest(app.generate_otp(step), code):
            found = step
    return found


def new_secret() -> str:
    """A fresh 160-bit secret in base 32, as authenticator apps take it."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, *, name: str, issuer: str) -> str:
    """The otpauth address that an app reads from the picture."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=name, issuer_name=issuer)


def in_groups(secret: str) -> str:
    """The secret in groups of four, to be typed by hand."""
    return " ".join(secret[at : at + _SECRET_GROUP] for at in range(0, len(secret), _SECRET_GROUP))


def new_recovery_codes() -> list[str]:
    """Ten fresh one-time codes of about 50 bits each, written in two groups."""
    drawn = [
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    return [f"{code[:_GROUP]}-{code[_GROUP:]}" for code in drawn]
