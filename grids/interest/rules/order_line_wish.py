"""What an interest grid's demand asks of the street or town: the plain value a delivery order line is made of.

Rule: J22
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from icalendar import vRecur

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NOON, EVENING = 12 * 60, 18 * 60


class CourseType(StrEnum):
    """What kind of course is asked for."""

    SKILL_CLASS = "skill_class"  # 体育技能课
    LECTURE = "lecture"  # 科学健身讲座


class ContactRole(StrEnum):
    """Who answers for the order at the street or town."""

    APPLICANT = "applicant"  # 申报人
    EXECUTOR = "executor"  # 执行负责人


class TimeOfDay(StrEnum):
    """Which part of a day suits the people who ask."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Crowd(StrEnum):
    """Who asks."""

    EVERYBODY = "everybody"
    CHILDREN = "children"
    ADULTS = "adults"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class OrderLineWish:
    """One line that a street or town may order, as a demand hands it up; ids are of the city's own rows.

    `weekdays`: 1 Monday to 7 Sunday; empty where any day suits. `people`: how many want to take part.
    """

    demand_id: int
    town_id: int
    town_path: str
    town_name: str
    community_id: int
    community_name: str
    interest_grid_id: int | None
    interest_grid_code: str
    base_grid_code: str
    item_code: str
    item_name: str
    course_type: CourseType
    people: int
    has_basis: bool | None
    crowd: Crowd
    weekdays: tuple[int, ...]
    time_of_day: TimeOfDay | None
    place: str
    site_id: int | None
    contact_role: ContactRole


def time_of_day_at(minute: int | None) -> TimeOfDay | None:
    """The part of the day in which that minute after midnight lies; None of None."""
    if minute is None:
        return None
    if minute < NOON:
        return TimeOfDay.MORNING
    return TimeOfDay.AFTERNOON if minute < EVENING else TimeOfDay.EVENING


def usual_weekdays(recurrence: str) -> tuple[int, ...]:
    """The weekdays that an RFC 5545 rule names, 1 Monday to 7 Sunday; empty where it names none.

    Rule: J22
    """
    try:
        named = vRecur.from_ical(recurrence).get("BYDAY", [])
    except ValueError:
        return ()
    return tuple(sorted({_WEEKDAYS.index(day.weekday) + 1 for day in named}))
