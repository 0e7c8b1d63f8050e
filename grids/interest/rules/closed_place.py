"""A place that was closed: interest grids and planned meetings there stand, and everybody is told to choose another.

Nothing is cancelled behind people's backs: whoever runs it decides whether a meeting moves or is called off. What is new
at a closed place is refused.

Rules: J07, J09, J13
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from grids.interest.rules.quiet_hours import Warned
from instructors.assignment.rules.retiring import site_retired


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A fitness site as a place to meet; `closed_after`: its last day, None while it stands."""

    name: str
    closed_after: date | None


def usual_place_warnings(place: SitePlace | None) -> list[Warned]:
    """A PLACE_CLOSED warning for an interest grid whose usual place was closed. Rule: J07"""
    if place is None or place.closed_after is None:
        return []
    day = place.closed_after.isoformat()
    return [
        Warned(
            "PLACE_CLOSED",
            zh=f"活动地点“{place.name}”自{day}后不再使用，请另选地点",
            en=f"the usual place “{place.name}” is closed after {day}: choose another",
            facts={"place": place.name, "closed_after": day},
        )
    ]


def meeting_warnings(place: SitePlace | None, day: date, *, is_planned: bool) -> list[Warned]:
    """A PLACE_CLOSED warning for a meeting that is planned for a day after its place's last. Rule: J09"""
    if place is None or not is_planned or not is_closed_on(place.closed_after, day):
        return []
    assert place.closed_after is not None
    last = place.closed_after.isoformat()
    return [
        Warned(
            "PLACE_CLOSED",
            zh=f"场地“{place.name}”自{last}后不再使用；这次活动没有取消，请改地点或取消",
            en=f"the place “{place.name}” is closed after {last}; this meeting stands: move it, or cancel it",
            facts={"place": place.name, "closed_after": last},
        )
    ]


def is_closed_on(closed_after: date | None, day: date) -> bool:
    """Whether the place no longer stands on that day; on its last day it does. Rule: J13"""
    return closed_after is not None and day > closed_after


def check_place_stands(closed_after: date | None, last: date) -> None:
    """Refuse what is planned at a site up to a day after the site's last: 409 SITE_RETIRED. Rule: J13"""
    if closed_after is not None and is_closed_on(closed_after, last):
        raise site_retired(closed_after, "site_id")


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """A notice's title and text."""

    title: str
    text: str


def words_of_closed(name: str, sites: Sequence[str], last: date, meetings: int) -> PlaceWords:
    """What is told to whoever runs an interest grid of which a place was closed. Rule: J07"""
    where = "、".join(f"“{site}”" for site in sites)
    stand = f"已安排的{meetings}次活动没有取消，请改地点或逐次取消，参加的人会收到通知。" if meetings else ""
    return PlaceWords(
        f"兴趣网格“{name}”的活动地点已停用，请另选地点",
        f"{where}自{last.isoformat()}后不再使用。{stand}请在兴趣网格页面另选地点。",
    )


def words_of_opened(name: str, sites: Sequence[str]) -> PlaceWords:
    """The same once it stands again. Rule: J07"""
    where = "、".join(f"“{site}”" for site in sites)
    return PlaceWords(f"兴趣网格“{name}”的活动地点恢复使用", f"{where}恢复使用，仍在那里的活动照常。")
