"""Masked values show what they may and nothing more; every value here is invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.masking import (
    mask_address,
    mask_bank_account,
    mask_id_number,
    mask_name,
    mask_phone,
    mask_recipient,
)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13800001234", "138****1234"), (" 13800001234 ", "138****1234"), ("1234567", "*******"), ("", "")],
)
def test_phone(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("41000019000101001x", "410***********001X"),
        ("410000000101001", "410********1001"),
        ("410000", "******"),
    ],
)
def test_id_number(number: str, masked: str) -> None:
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳小明", "欧*"), ("李", "李*"), ("  ", "")]
)
def test_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("account", "masked"),
    [("6200 0000 0000 0001234", "****1234"), ("1234567", "*******"), ("12345678", "****5678")],
)
def test_bank_account(account: str, masked: str) -> None:
    assert mask_bank_account(account) == masked


@pytest.mark.parametrize(
    ("address", "community", "masked"),
    [
        ("某市某区幸福社区3号楼2单元501室", "", "某市某区幸福社区*"),
        ("某县某镇李家村委会东头7号", "", "某县某镇李家村委会*"),
        ("人民路1号", "枫华园社区", "枫华园社区*"),
        ("人民路1号", "", "*"),
        ("曹杨新村路3弄8号", "某社区", "某社区*"),
    ],
)
def test_address(address: str, community: str, masked: str) -> None:
    assert mask_address(address, community) == masked


@given(st.text(st.sampled_from("0123456789"), min_size=11, max_size=20))
def test_a_phone_shows_seven_digits_at_most(phone: str) -> None:
    masked = mask_phone(phone)
    assert len(masked) == len(phone)
    assert sum(char.isdigit() for char in masked) == 7


@given(st.text(min_size=1, max_size=30))
def test_a_name_shows_one_character_at_most(name: str) -> None:
    assert mask_name(name) in ("", name.strip()[:1] + "*")


@pytest.mark.parametrize(
    ("recipient", "masked"),
    [
        ("li.invented@example.org", "l***@example.org"),
        ("@example.org", "***@example.org"),
        ("13800001234", "138****1234"),
        ("accounts.user:7", "accounts.user:7"),
        ("short", "*****"),
        ("", ""),
    ],
)
def test_recipient(recipient: str, masked: str) -> None:
    assert mask_recipient(recipient) == masked
