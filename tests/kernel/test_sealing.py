"""Sealed values open under their own key, purpose and holder only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.kernel.sealing import NotOpened, Sealer, new_key, unwrap_key, wrap_key


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again_and_never_looks_the_same(plain):
    sealer = Sealer(new_key())
    one, two = sealer.seal(plain, purpose="phone"), sealer.seal(plain, purpose="phone")
    assert one != two
    assert sealer.open(one, purpose="phone") == sealer.open(two, purpose="phone") == plain


@pytest.mark.parametrize("spoil", ["purpose", "key", "bytes", "cut", "empty"])
def test_anything_else_does_not_open(spoil):
    sealer = Sealer(new_key())
    sealed = sealer.seal(b"13800000000", purpose="phone")
    if spoil == "bytes":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    sealed = {"cut": sealed[:9], "empty": b""}.get(spoil, sealed)
    opener = Sealer(new_key()) if spoil == "key" else sealer
    with pytest.raises(NotOpened):
        opener.open(sealed, purpose="id_number" if spoil == "purpose" else "phone")


def test_a_wrapped_key_belongs_to_its_holder_and_its_environment(settings):
    key = new_key()
    wrapped = wrap_key(key, holder="city_a")
    assert unwrap_key(wrapped, holder="city_a") == key
    with pytest.raises(NotOpened):
        unwrap_key(wrapped, holder="city_b")
    settings.WANGGE_DATA_KEY = bytes(32)
    with pytest.raises(NotOpened):
        unwrap_key(wrapped, holder="city_a")


def test_digests_find_equals_and_tell_purposes_and_keys_apart():
    one, other = Sealer(bytes(32)), Sealer(bytes(31) + b"\x01")
    assert one.digest("a", purpose="p") == one.digest("a", purpose="p")
    assert (
        len({one.digest("a", purpose="p"), one.digest("a", purpose="q"), other.digest("a", purpose="p")}) == 3
    )
