"""People and sessions by the names their reader may know; a row's number means nothing to a dispatcher.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from instructors.people.rules.free_times import WEEKDAYS_EN, WEEKDAYS_ZH, clock


def when_zh(weekday: int, begin: int, end: int) -> str:
    """`周一 06:00–07:30`."""
    return f"{WEEKDAYS_ZH[weekday]} {clock(begin)}–{clock(end)}"


def when_en(weekday: int, begin: int, end: int) -> str:
    """`Monday 06:00–07:30`."""
    return f"{WEEKDAYS_EN[weekday]} {clock(begin)}–{clock(end)}"


@dataclass(frozen=True, slots=True)
class SessionKnown:
    """A weekly session; `site` is empty where the reader may not know the place."""

    site: str
    weekday: int
    from_minute: int
    to_minute: int

    def zh(self) -> str:
        """`“人民公园”周一 06:00–07:30`."""
        place = f"“{self.site}”" if self.site else "另一处站点"
        return f"{place}{when_zh(self.weekday, self.from_minute, self.to_minute)}"

    def en(self) -> str:
        """`人民公园 on Monday 06:00–07:30`."""
        place = self.site or "another site"
        return f"{place} on {when_en(self.weekday, self.from_minute, self.to_minute)}"


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader may know: names of people and sessions by key; who is not in it is told without a name."""

    people: Mapping[int, str] = field(default_factory=dict)
    sessions: Mapping[int, SessionKnown] = field(default_factory=dict)

    def person_zh(self, key: int) -> str:
        """The name, or that it is somebody else."""
        return self.people.get(key, "另一位指导员")

    def person_en(self, key: int) -> str:
        """The name, or that it is somebody else."""
        return self.people.get(key, "another instructor")

    def session_zh(self, key: int) -> str:
        """Place and time, or that it is another place."""
        return self.sessions[key].zh() if key in self.sessions else "另一处站点"

    def session_en(self, key: int) -> str:
        """Place and time, or that it is another place."""
        return self.sessions[key].en() if key in self.sessions else "another site"


NOBODY_KNOWN = Known()
