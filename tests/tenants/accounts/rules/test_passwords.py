"""A password is long and mixed enough; a privileged one is changed in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.accounts.rules.passwords import PasswordPolicy, classes_in, must_change, weaknesses

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "classes"),
    [("abc", 1), ("abC", 2), ("abC1", 3), ("abC1-", 4), ("山水", 1), ("山水a1", 3), ("", 0), ("１2", 1)],
)
def test_classes_are_capitals_small_letters_digits_and_all_else(password, classes):
    assert classes_in(password) == classes


@pytest.mark.parametrize(
    ("password", "policy", "wrong"),
    [
        ("shan-shui-2026", PasswordPolicy(), 0),
        ("shan-shui-2026", PasswordPolicy(shortest=14), 0),
        ("shan-shui-2026", PasswordPolicy(shortest=15), 1),
        ("shan-shui-2026", PasswordPolicy(character_classes=4), 1),
        ("shanshui", PasswordPolicy(), 2),
        ("a1-", PasswordPolicy(shortest=1), 0),
    ],
)
def test_the_numbers_of_the_policy_decide(password, policy, wrong):
    told = weaknesses(password, policy)
    assert len(told) == wrong
    assert all(zh and en for zh, en in told)


@pytest.mark.parametrize(
    ("days", "privileged", "must"), [(89.99, True, False), (90, True, True), (900, False, False)]
)
def test_only_a_privileged_password_grows_old(days, privileged, must):
    set_at = NOW - timedelta(days=days)
    assert must_change(set_at=set_at, now=NOW, is_privileged=privileged, policy=PasswordPolicy()) is must
