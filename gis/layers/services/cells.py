"""Cells of a read file as the database takes them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry

from gis.layers.models import STORAGE_SRID


def geos(shape: Any) -> GEOSGeometry:
    """A shape in storage degrees."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=STORAGE_SRID)


def texts(column: pd.Series, longest: int) -> list[str]:
    """Texts, cut at the longest that is kept."""
    return [str(value)[:longest] for value in column]


def numbers(column: pd.Series) -> list[int | None]:
    """Whole numbers, None where there is none."""
    return [number(value) for value in column]


def measures(column: pd.Series) -> list[float | None]:
    """Numbers with a unit, None where there is none."""
    return [None if pd.isna(value) else float(value) for value in column]


def number(value: Any) -> int | None:
    """A whole number, or None where there is none."""
    return None if value is None or pd.isna(value) else int(value)
