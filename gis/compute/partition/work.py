"""What the steps of one community's partition hand on: the given, the plots of land, their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gis.compute.admission import Admitted
from gis.compute.lattice import IntArray
from gis.compute.locked import Land
from gis.compute.parameters import PartitionParameters
from gis.compute.tessellation import Tessellation
from gis.compute.ties import Tied, Wishes
from gis.compute.zones import Zone


class Stopped(Exception):
    """The caller's `should_stop` said to stop; nothing was written."""


def go_on(should_stop: Callable[[], bool] | None) -> None:
    """Raise Stopped if the caller wants no more."""
    if should_stop is not None and should_stop():
        raise Stopped


@dataclass(frozen=True)
class Work:
    """Everything that is the same for all lands of one community."""

    given: Admitted
    wanted: PartitionParameters
    wishes: Wishes
    key: str
    should_stop: Callable[[], bool] | None


@dataclass(frozen=True)
class Plot:
    """One land with its buildings (`rows` of the community's), cells, zones, loose units and wishes per unit.

    `before`: grid of the plan before per unit (-1 none); `cores`: named grid → the unit from which it goes on.
    """

    land: Land
    rows: IntArray
    tessellation: Tessellation
    zones: list[Zone]
    loose: IntArray
    wish: IntArray
    before: IntArray | None = None
    cores: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """Grid per unit of a plot, zone per grid, grid of each named grid, the tied zones, notes."""

    label: IntArray
    zone_of_grid: list[int]
    named: dict[int, int]
    tied: list[Tied]
    notes: list[str]
