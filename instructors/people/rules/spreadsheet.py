"""A spreadsheet takes a text that begins like a formula for one: in CSV a leading apostrophe keeps it text.

Rule: X08
"""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def begins_as_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return text.startswith(_FORMULA_STARTS)


def harmless(value: object) -> object:
    """The value as it may stand in a CSV cell; numbers stay numbers, None becomes empty."""
    if isinstance(value, str) and begins_as_formula(value):
        return f"'{value}"
    return "" if value is None else value
