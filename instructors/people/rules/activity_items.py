"""The catalogue of activity items that every city begins with, shipped as data.

Rule: S07
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CATALOGUE_FILE = Path(__file__).with_name("activity_items.toml")


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item as it is shipped: its lasting code, its name and other words for it."""

    code: str
    name: str
    other_names: tuple[str, ...]


@cache
def catalogue() -> tuple[CatalogueItem, ...]:
    """Every item the product knows, in the order of the file."""
    rows = tomllib.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))["item"]
    return tuple(CatalogueItem(row["code"], row["name"], tuple(row["other_names"])) for row in rows)
