"""How an account is named to a reader."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tenants.accounts.models import User
from tenants.bureau.queries.users import account_name
from tenants.bureau.rules.masking import mask_name


class AccountNameField(serializers.CharField):
    """An account's name: in full for the person and for who manages the account, masked for the others.

    The reader stands in the serializer's context as `reader`; without one the name is masked.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: User) -> str:  # type: ignore[override]
        """The name as the reader sees it."""
        reader = self.context.get("reader")
        return mask_name(value.display_name) if reader is None else account_name(reader, value)
