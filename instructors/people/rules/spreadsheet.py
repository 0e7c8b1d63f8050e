"""A spreadsheet takes a text that begins like a formula for one: in CSV a leading apostrophe keeps it text.

Rule: X08
"""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: object) -> object:
    """The value as it may stand in a CSV cell; numbers stay numbers, None becomes empty."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
