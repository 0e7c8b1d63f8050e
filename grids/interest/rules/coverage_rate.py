"""In how many communities the sports grid is complete: an approved plan in force, a leader, active interest grids.

The denominator is every community and village of the division codes that stands on the day, mapped or not, so that a
city that has drawn one district does not read as covered. A community has a leader when each of its grids is led, in
office or by somebody acting for a vacancy.

Rule: J21
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Lack(StrEnum):
    """What stands between a community and its being covered. Rule: J21"""

    PLAN = "plan"  # no plan is in force that day
    LEADER = "leader"  # at least one grid is led by nobody
    INTEREST_GRIDS = "interest_grids"  # fewer active ones than policy asks for


LACK_WORDS: dict[Lack, tuple[str, str]] = {
    Lack.PLAN: ("无生效的网格方案", "no grid plan in force"),
    Lack.LEADER: ("有网格缺网格长", "a grid without a leader"),
    Lack.INTEREST_GRIDS: ("活跃兴趣网格不足", "too few active interest grids"),
}


@dataclass(frozen=True, slots=True)
class CommunityStanding:
    """A community on a day: its base grids in force (none: no plan), those of them that are led, active interest grids."""

    unit_id: int
    base_grids: int
    led_grids: int
    active_interest_grids: int


@dataclass(frozen=True, slots=True)
class CoverageRate:
    """Communities in all and covered, and how many have each part; `share` None where there is no community."""

    communities: int = 0
    with_plan: int = 0
    with_leader: int = 0
    with_interest_grids: int = 0
    covered: int = 0

    @property
    def share(self) -> float | None:
        """Covered of all, to four places."""
        return round(self.covered / self.communities, 4) if self.communities else None


def lacks_of(community: CommunityStanding, interest_grids_wanted: int) -> tuple[Lack, ...]:
    """What the community lacks, in the order in which it is put right; empty: it is covered. Rule: J21"""
    lacks = {
        Lack.PLAN: community.base_grids == 0,
        Lack.LEADER: community.base_grids == 0 or community.led_grids < community.base_grids,
        Lack.INTEREST_GRIDS: community.active_interest_grids < interest_grids_wanted,
    }
    return tuple(lack for lack, is_lacking in lacks.items() if is_lacking)


def coverage_rate(communities: Iterable[CommunityStanding], interest_grids_wanted: int) -> CoverageRate:
    """How many of the communities are covered, and how many have each part of it. Rule: J21"""
    lacks = [lacks_of(community, interest_grids_wanted) for community in communities]
    return CoverageRate(
        communities=len(lacks),
        with_plan=sum(Lack.PLAN not in each for each in lacks),
        with_leader=sum(Lack.LEADER not in each for each in lacks),
        with_interest_grids=sum(Lack.INTEREST_GRIDS not in each for each in lacks),
        covered=sum(not each for each in lacks),
    )
