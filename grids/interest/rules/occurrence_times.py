"""When an activity takes place: its first time alone, or the times its recurrence gives, by the clock of Shanghai.

A normal recurrence (see `recurrence`) gives days; the hour is that of the first time. The walk ends with the window that
is asked for, so that no rule is followed for ever.

Rule: J09
"""

from __future__ import annotations

import re
from datetime import date, datetime

from dateutil.rrule import rrule, rrulestr

from tenants.bureau.rules.local_time import END_OF_DAY, SHANGHAI, local_date

_COUNT = re.compile(r"(?:^|;)COUNT=(\d+)")
_UNTIL = re.compile(r"(?:^|;)UNTIL=(\d{8}(?:T\d{6}Z?)?)")


def occurrence_times(
    recurrence: str, starts_at: datetime, until: date | None, first: date, last: date
) -> list[datetime]:
    """Every time of the activity on the local days from `first` to `last`, both counted, in order.

    `recurrence`: normal, or empty for one time only. `until`: the last local day of a series. The first time is the
    first that the recurrence gives on or after `starts_at`; COUNT counts from there. Times are aware, in Shanghai.
    """
    wall = starts_at.astimezone(SHANGHAI).replace(tzinfo=None)
    times = _walk(recurrence, wall, _last_moment(recurrence, until, last)) if recurrence else [wall]
    aware = (each.replace(tzinfo=SHANGHAI) for each in times)
    return [each for each in aware if first <= local_date(each) <= last]


def _last_moment(recurrence: str, until: date | None, last: date) -> datetime:
    """The earliest of the ends that are set, on the wall."""
    ends = [datetime.combine(day, END_OF_DAY) for day in (until, last) if day is not None]
    found = _UNTIL.search(recurrence)
    if found is not None:
        ends.append(_told_end(found[1]))
    return min(ends)


def _told_end(text: str) -> datetime:
    """UNTIL on the wall: a day lasts to its end, a moment of UTC is told in Shanghai."""
    if "T" not in text:
        return datetime.combine(date.fromisoformat(text), END_OF_DAY)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _walk(recurrence: str, wall: datetime, end: datetime) -> list[datetime]:
    """The rule's times up to `end`. COUNT is taken afterwards: the library would seek its last one beyond any end."""
    count = _COUNT.search(recurrence)
    bare = _UNTIL.sub("", _COUNT.sub("", recurrence)).lstrip(";")
    rule = rrulestr(bare, dtstart=wall)
    assert isinstance(rule, rrule)
    times = list(rule.replace(until=end))
    return times if count is None else times[: int(count[1])]
