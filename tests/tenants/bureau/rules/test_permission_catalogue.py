"""Every permission is known once and says what it means."""

from __future__ import annotations

from tenants.bureau.rules.permission_catalogue import PERMISSIONS


def test_every_permission_says_what_it_means_in_both_languages() -> None:
    for name, permission in PERMISSIONS.items():
        assert name == permission.name
        assert permission.zh
        assert permission.en
        assert "." in name
