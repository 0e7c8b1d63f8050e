"""How many instructors and sites a place has for the people who live there.

Three lines: certified (a grade in force, still in the register); of the certified, those registered this year; of the
certified, those active (a verified service in the policy's last months), registered or not: registrations begin anew
each January, and nobody ceases to be active by that. A person counts once in a line. Shares are per head of one count
of residents, named with its day and source; without it they are unknown, never guessed.

Rules: J12, J20
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

PER_1000, PER_10000 = 1_000, 10_000
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class StaffingCounts:
    """People and sites of a unit and all below it; `residents` None where the count does not name it."""

    unit_id: int
    name: str
    certified: int
    registered: int
    active: int
    sites: int
    residents: int | None


@dataclass(frozen=True, slots=True)
class StaffingShares:
    """Certified, registered and active instructors per 1,000 residents, sites per 10,000, and certified short of target."""

    certified: Decimal | None
    registered: Decimal | None
    active: Decimal | None
    sites: Decimal | None
    short_of_target: int | None


def per_head(count: int, residents: int | None, heads: int) -> Decimal | None:
    """`count` per so many residents to two places, half up; None without residents. Rule: J20"""
    if not residents:
        return None
    return (Decimal(count * heads) / residents).quantize(_CENT, ROUND_HALF_UP)


def shares_of(counts: StaffingCounts, target_per_1000: Decimal) -> StaffingShares:
    """The shares of a unit, and how many certified instructors it lacks to the target. Rule: J20"""
    residents = counts.residents
    lacking = None
    if residents:
        wanted = (target_per_1000 * residents / PER_1000).to_integral_value(ROUND_CEILING)
        lacking = max(0, int(wanted) - counts.certified)
    return StaffingShares(
        certified=per_head(counts.certified, residents, PER_1000),
        registered=per_head(counts.registered, residents, PER_1000),
        active=per_head(counts.active, residents, PER_1000),
        sites=per_head(counts.sites, residents, PER_10000),
        short_of_target=lacking,
    )
