"""The catalogue of activity items that every city begins with, shipped as data.

Rules: S07, J07
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

CATALOGUE_FILE = Path(__file__).with_name("activity_items.toml")


class ActivityCategory(StrEnum):
    """The kind of an activity (活动类别), by which interest grids are grouped and items are chosen. Rule: J07"""

    DANCE_EXERCISE = "dance_exercise"  # 操舞
    MARTIAL_ARTS = "martial_arts"  # 武术
    BALL_GAMES = "ball_games"
    WALKING_RUNNING = "walking_running"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item as it is shipped: its lasting code, its name, its category and other words for it."""

    code: str
    name: str
    category: ActivityCategory
    other_names: tuple[str, ...]


@cache
def catalogue() -> tuple[CatalogueItem, ...]:
    """Every item the product knows, in the order of the file."""
    rows = tomllib.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))["item"]
    return tuple(
        CatalogueItem(row["code"], row["name"], ActivityCategory(row["category"]), tuple(row["other_names"]))
        for row in rows
    )
