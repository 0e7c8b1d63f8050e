"""How a name is written for the reader."""

from __future__ import annotations

from tenants.bureau.rules.masking import mask_name


def shown_name(is_named: bool, name: str) -> str:
    """The name in full for who manages the person (`queries.names_shown`), else masked."""
    return name if is_named else mask_name(name)
