"""Whom findings of an import name: kept masked, read in full by who may, as the app above that knows the people says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tenants.accounts.models import User

Row = Mapping[str, Any]
"""A finding as it is kept (`rules.findings.report_rows`)."""
Namer = Callable[[User, Sequence[Row]], list[dict[str, Any]]]
"""The same findings, in their order, with the names that the reader reads in full; one statement for all of them."""

_namers: list[Namer] = []


def register_namer(namer: Namer) -> None:
    """Let an app above name the people in its findings; called once, at its start."""
    _namers.append(namer)


def findings_named(reader: User, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Kept findings as the reader reads them. Rule: X07"""
    shown = [dict(row) for row in rows]
    for namer in _namers:
        shown = namer(reader, shown)
    return shown
