"""A grid is led by the official of its own community who is in charge of culture and sports, one at a time.

Rule: J06
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from wangge.errors import RuleBroken

LEADER_CLAUSE = "由社区(行政村)分管文体工作负责人担任网格长"


@dataclass(frozen=True, slots=True)
class OfficeHeld:
    """A person's post as official in charge of culture and sports (分管文体工作负责人) of one community."""

    person: int
    community: int
    valid_from: date
    valid_to: date | None = None

    def is_valid(self, on: date) -> bool:
        """True on the first day, on the last, and between them."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Leadership:
    """One person leading one grid from a first to a last day, in office or acting for a vacancy."""

    person: int
    grid: int
    starts_on: date
    ends_on: date | None = None
    is_acting: bool = False


def check_leader_eligible(person: int, community: int, offices: Iterable[OfficeHeld], on: date) -> None:
    """422 LEADER_NOT_ELIGIBLE for who does not hold the office in the grid's own community that day.

    One person may lead several grids of the own community.

    Rule: J06
    """
    held = [office for office in offices if office.person == person and office.is_valid(on)]
    if any(office.community == community for office in held):
        return
    raise RuleBroken(
        "LEADER_NOT_ELIGIBLE",
        zh="网格长应由本社区（村）分管文体负责人担任",
        en="a grid is led by the official of its own community who is in charge of culture and sports",
        rule="J06",
        clause=LEADER_CLAUSE,
        facts={
            "person": person,
            "community": community,
            "on": on.isoformat(),
            "holds_office_elsewhere": bool(held),
        },
        how_to_fix_zh="请先登记该人员在本社区（村）的分管文体职务，或改选他人；空缺时可任命代理网格长",
        how_to_fix_en="record the person's office in this community first, or choose another; during a "
        "vacancy an acting leader may be named",
        field="person",
    )


def office_covers_until(
    person: int, community: int, offices: Iterable[OfficeHeld], on: date
) -> tuple[bool, date | None]:
    """Whether the office is held that day, and the last day of it without a gap; None where it has no end.

    Offices that follow one another from day to day are one.

    Rule: J06
    """
    held = sorted(
        (office for office in offices if office.person == person and office.community == community),
        key=lambda office: office.valid_from,
    )
    present = next((office for office in held if office.is_valid(on)), None)
    if present is None:
        return False, None
    until = present.valid_to
    for office in held:
        if until is not None and until != date.max and office.valid_from == until + timedelta(days=1):
            until = office.valid_to
    return True, until


def check_within_office(term: Leadership, covered_until: date | None) -> None:
    """Refuse a term by office that outlasts the office with 422 LEADER_OUTLASTS_OFFICE.

    Rule: J06
    """
    if covered_until is None or term.is_acting or term.ends_on is None or term.ends_on <= covered_until:
        return
    raise RuleBroken(
        "LEADER_OUTLASTS_OFFICE",
        zh=f"任期至{term.ends_on.isoformat()}，超过其分管文体职务的截止日期{covered_until.isoformat()}",
        en=f"the term until {term.ends_on} outlasts the office, which ends on {covered_until}",
        rule="J06",
        clause=LEADER_CLAUSE,
        facts={"ends_on": term.ends_on.isoformat(), "office_ends_on": covered_until.isoformat()},
        how_to_fix_zh=f"请将截止日期设为{covered_until.isoformat()}或之前，或先登记续任的职务",
        how_to_fix_en=f"end it on {covered_until} or before, or record the renewed office first",
        field="ends_on",
    )


def check_one_active_leader(new: Leadership, existing: Iterable[Leadership]) -> None:
    """Refuse a second leader of the same grid on any day with 409 LEADER_ALREADY_ACTIVE.

    An acting leader counts too: the acting time ends on the day before the new leader begins.

    Rule: J06
    """
    for other in existing:
        if other.grid == new.grid and _overlap(new, other):
            raise RuleBroken(
                "LEADER_ALREADY_ACTIVE",
                zh=f"该网格自{other.starts_on.isoformat()}起已有{'代理' if other.is_acting else ''}网格长",
                en=f"this grid has {'an acting' if other.is_acting else 'a'} leader since {other.starts_on}",
                status=409,
                rule="J06",
                clause=LEADER_CLAUSE,
                facts={"grid": new.grid, "since": other.starts_on.isoformat(), "acting": other.is_acting},
                how_to_fix_zh="请先结束原网格长的任期",
                how_to_fix_en="end the term of the present leader first",
                field="starts_on",
            )


def last_acting_day(starts_on: date, acting_days: int) -> date:
    """The last day of an acting leader's term; the first day counts as day one, and the calendar's end ends it."""
    days_left = (date.max - starts_on).days
    return starts_on + timedelta(days=min(acting_days - 1, days_left))


def check_acting_term(leadership: Leadership, acting_days: int) -> None:
    """Refuse an acting leader without an end, or for more than the policy's days: 422 ACTING_LEADER_TERM.

    Rule: J06
    """
    latest = last_acting_day(leadership.starts_on, acting_days)
    if not leadership.is_acting or (leadership.ends_on is not None and leadership.ends_on <= latest):
        return
    raise RuleBroken(
        "ACTING_LEADER_TERM",
        zh=f"代理网格长最长{acting_days}天，最迟至{latest.isoformat()}",
        en=f"an acting leader serves at most {acting_days} days, here until {latest.isoformat()}",
        rule="J06",
        clause=LEADER_CLAUSE,
        facts={
            "acting_days": acting_days,
            "latest_end": latest.isoformat(),
            "ends_on": None if leadership.ends_on is None else leadership.ends_on.isoformat(),
        },
        how_to_fix_zh=f"请将截止日期设为{latest.isoformat()}或之前，并尽快确定正式网格长",
        how_to_fix_en=f"end it on {latest.isoformat()} or before, and find a leader in office",
        field="ends_on",
    )


def _overlap(first: Leadership, second: Leadership) -> bool:
    begins_in_time = second.ends_on is None or first.starts_on <= second.ends_on
    ends_in_time = first.ends_on is None or second.starts_on <= first.ends_on
    return begins_in_time and ends_in_time
