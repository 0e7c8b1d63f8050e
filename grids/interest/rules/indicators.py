"""The indicators of a place on a day, in the three families of the document: organised, served, active.

A number of people is a number of different people. At the level of a base grid an interest grid counts in every base
grid it serves; from the community upwards it counts once, at its home. So grids do not add up to their community where
an interest grid serves several, and everything else adds up.

Rules: J01, J11, J12, J14, J19
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from grids.interest.rules.coverage_rate import CoverageRate

GRID, COMMUNITY, TOWN, COUNTY, CITY = "grid", "community", "town", "county", "city"
LEVELS = (GRID, COMMUNITY, TOWN, COUNTY, CITY)


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which what happened is counted, both included."""

    first: date
    last: date


@dataclass(slots=True)
class Organised:
    """Whether the network stands. `members`: different people, `posts`: what they hold.

    `federations` and `fitness_organisations`: of the place and of all units below it.
    """

    base_grids: int = 0
    households: int = 0
    led_in_office: int = 0
    led_acting: int = 0
    fitness_groups: int = 0
    federations: int = 0
    fitness_organisations: int = 0
    interest_grids_active: int = 0
    interest_grids_dormant: int = 0
    members: int = 0
    posts: int = 0
    members_by_source: dict[str, int] = field(default_factory=dict)

    @property
    def without_leader(self) -> int:
        """Base grids that nobody leads."""
        return self.base_grids - self.led_in_office - self.led_acting


@dataclass(slots=True)
class Served:
    """Whom it reaches. `reached_households` of `measured_households`: within a walk of a fitness site or of a regular
    activity, by one coverage run; `reached_by_sites` and `reached_by_activities`: of each by itself. Rule: J11

    `joined`: participants of interest grids on the day; `participants`: different people who came in the period.
    """

    measured_households: int = 0
    reached_households: int = 0
    reached_by_sites: int = 0
    reached_by_activities: int = 0
    joined: int = 0
    participants: int = 0
    first_timers: int = 0
    visits_done: int = 0
    visits_refused: int = 0
    demands_open: int = 0
    demands_handed_up: int = 0

    @property
    def reached_share(self) -> float | None:
        """Of the households that the run measured, to four places; None where it measured none."""
        if not self.measured_households:
            return None
        return round(self.reached_households / self.measured_households, 4)


@dataclass(slots=True)
class Active:
    """What happens. `attendances` are by name, `headcount` are people present whose names nobody took."""

    regular_activities: int = 0
    regular_interest_grids: int = 0
    occurrences: int = 0
    cancelled: int = 0
    attendances: int = 0
    headcount: int = 0
    ratings: int = 0
    satisfied: int = 0
    work_logs: int = 0
    logs_by_role: dict[str, int] = field(default_factory=dict)
    issues_handed_over: int = 0


@dataclass(slots=True)
class Instruction:
    """Instructors and what sites ask of them every week. `asked_places` − `filled_places` is the gap. Rule: J12"""

    certified: int = 0
    active: int = 0
    sites: int = 0
    asked_places: int = 0
    filled_places: int = 0

    @property
    def gap(self) -> int:
        """Weekly places that nobody fills."""
        return max(0, self.asked_places - self.filled_places)


@dataclass(slots=True)
class Indicators:
    """All of one place."""

    organised: Organised = field(default_factory=Organised)
    served: Served = field(default_factory=Served)
    active: Active = field(default_factory=Active)
    instruction: Instruction = field(default_factory=Instruction)
    coverage: CoverageRate = field(default_factory=CoverageRate)
    lacks: tuple[str, ...] = ()


def shown_share(count: int, satisfied: int, smallest: int) -> float | None:
    """The satisfied of those who rated, to four places; hidden where fewer than `smallest` did. Rule: J01"""
    return round(satisfied / count, 4) if count >= max(1, smallest) else None
