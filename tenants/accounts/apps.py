"""Accounts: installs the idempotency store when Django starts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, tokens, sessions, TOTP, audit events, idempotency keys."""

    name = "tenants.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the kernel its idempotency store."""
        from tenants.accounts.services import IdempotencyTable
        from wangge.kernel.idempotency import register_idempotency

        register_idempotency(IdempotencyTable())
