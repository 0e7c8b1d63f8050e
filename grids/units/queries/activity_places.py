"""Where people meet regularly, as far as the apps above that keep activities tell of it. Rule: J11

An app above calls `register_place_teller` once, at its start, with a function that takes the day and gives the places
of activities that are regular on it; coverage counts the households within a walk of them beside those of sites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np

from gis.layers.models import STORAGE_SRID


@dataclass(frozen=True, slots=True)
class ActivityPlace:
    """Where a regular activity takes place: longitude and latitude as stored (EPSG:4490)."""

    activity: int
    longitude: float
    latitude: float


PlaceTeller = Callable[[date], Iterable[ActivityPlace]]
"""Takes the day; gives the places of the activities that are regular on it, in a fixed number of statements."""

_tellers: list[PlaceTeller] = []


def register_place_teller(teller: PlaceTeller) -> None:
    """Let an app above tell where activities are regular; called once, at its start."""
    _tellers.append(teller)


def activity_places(on: date) -> gpd.GeoDataFrame:
    """One row a point, however many activities meet there: `site_id` from 0 on; geometry in EPSG:4490."""
    told = [place for teller in _tellers for place in teller(on)]
    points = np.array([(place.longitude, place.latitude) for place in told], dtype=float).reshape(-1, 2)
    points = np.unique(points, axis=0)
    shapes = gpd.points_from_xy(points[:, 0], points[:, 1])
    return gpd.GeoDataFrame({"site_id": np.arange(len(points))}, geometry=shapes, crs=STORAGE_SRID)
