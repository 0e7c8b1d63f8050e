"""A code counts within one step of now and only once; what people type is read kindly; recovery codes are strong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from tenants.accounts.rules.second_factor import (
    accepted_step,
    as_typed,
    in_groups,
    is_totp,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    step_at,
)

# The shared secret of RFC 6238's test vectors for SHA-1, and its last six digits at those times.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
NOW = datetime(2026, 11, 22, 9, 0, 10, tzinfo=UTC)


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(RFC_SECRET).at(moment)


def accepted(code: str, last_step: int = 0) -> int | None:
    return accepted_step(code, secret=RFC_SECRET, now=NOW, last_step=last_step)


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert accepted_step(code, secret=RFC_SECRET, now=now, last_step=0) == seconds // 30


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_counts_one_step_before_and_after_now(steps, counts):
    moment = NOW + timedelta(seconds=30 * steps)
    assert accepted(code_at(moment)) == (step_at(moment) if counts else None)


def test_a_code_counts_once_and_no_earlier_one_after_it():
    step = accepted(code_at(NOW))
    assert step == step_at(NOW)
    assert accepted(code_at(NOW), step) is None
    assert accepted(code_at(NOW - timedelta(seconds=30)), step) is None
    assert accepted(code_at(NOW + timedelta(seconds=30)), step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "²²²²²²", "------"])
def test_what_is_no_code_is_not_compared(code):
    assert accepted(code) is None


@pytest.mark.parametrize("typed", ["123 456", " 123456\n", "123-456", "１２３４５６", "123　456"])
def test_a_code_is_read_however_it_was_typed(typed):
    assert as_typed(typed) == "123456" and is_totp(as_typed(typed))


def test_a_recovery_code_is_read_in_capitals_and_without_its_dash():
    assert as_typed("ABCDE FGHJK") == as_typed("abcde-fghjk") == "abcdefghjk"


def test_recovery_codes_are_ten_different_ones_that_no_eye_mistakes():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(as_typed(code)) == 10 and not set(code) & set("01ilo") for code in codes)
    assert not any(is_totp(as_typed(code)) for code in codes)
    assert not set(codes) & set(new_recovery_codes())


def test_a_secret_has_160_bits_and_is_shown_in_groups_of_four():
    secret = new_secret()
    assert len(secret) * 5 == 160 and secret != new_secret()
    assert in_groups(secret).replace(" ", "") == secret
    assert {len(group) for group in in_groups(secret).split()} == {4}


def test_the_address_of_the_picture_names_city_and_person():
    address = urlsplit(provisioning_uri(RFC_SECRET, name="zhang", issuer="焦作市体育网格"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/焦作市体育网格:zhang"
    assert parse_qs(address.query)["secret"] == [RFC_SECRET]
    assert parse_qs(address.query)["issuer"] == ["焦作市体育网格"]
