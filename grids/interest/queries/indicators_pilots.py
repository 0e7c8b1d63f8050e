"""Counties that are pilots beside those that are not. Rule: J10"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from grids.interest.queries.indicators import Terms, indicators_of, units_on
from grids.interest.queries.indicators_places import Places, held_on
from grids.interest.rules.indicators import COUNTY, Indicators
from grids.units.models import Pilot

_NAMES = {"pilots": "试点县（市、区）", "others": "其他县（市、区）"}


@dataclass(frozen=True, slots=True)
class PilotSide:
    """Some counties by name, and the indicators of all of them together."""

    name: str
    counties: list[str]
    indicators: Indicators


def pilot_counties(on: date) -> frozenset[int]:
    """The ids of the counties that were pilots on the day, for whatever feature."""
    rows = Pilot.objects.filter(held_on(on, "starts_on", "ends_on"))
    return frozenset(rows.values_list("unit_id", flat=True))


def pilots_compared(paths: tuple[str, ...], terms: Terms) -> dict[str, PilotSide]:
    """`pilots` and `others` of the counties below the paths, each counted as one place: a person counts once a side."""
    counties = list(units_on(COUNTY, paths, terms.on))
    pilots = pilot_counties(terms.on)
    found = indicators_of(Places(COUNTY, paths=paths, parted=pilots), terms)
    return {
        side: PilotSide(
            _NAMES[side],
            [county.name_then for county in counties if (county.pk in pilots) == bool(key)],  # type: ignore[attr-defined]
            found[key],
        )
        for key, side in ((1, "pilots"), (0, "others"))
    }
