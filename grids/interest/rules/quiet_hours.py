"""Whether music in the open would be heard when people rest: a warning to whoever plans, never a refusal.

The night is the law's (噪声污染防治法 §88: 22:00–06:00, which a city may set otherwise); hours at noon are a city's own.

Rule: J09
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tenants.bureau.rules.local_time import local_date, local_moment

LAW = "《中华人民共和国噪声污染防治法》第64、88条"


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """From a time on the clock in Shanghai to another, past midnight where that is not later; equal: none."""

    starts: time
    ends: time

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The span that begins on a day, half-open."""
        if self.starts == self.ends:
            return None
        last = day if self.ends > self.starts else day + timedelta(days=1)
        return local_moment(day, self.starts), local_moment(last, self.ends)


@dataclass(frozen=True, slots=True)
class Warned:
    """What is worth a second thought but stands, in both languages."""

    code: str
    zh: str
    en: str
    facts: dict[str, object]


def quiet_warnings(
    starts_at: datetime, minutes: int, is_outdoors: bool, spans: Iterable[QuietSpan]
) -> list[Warned]:
    """A QUIET_HOURS warning for each span that the time outdoors reaches into; touching it does not count."""
    if not is_outdoors:
        return []
    ends_at = starts_at + timedelta(minutes=minutes)
    return [_warned(span) for span in spans if _meets(span, starts_at, ends_at)]


def _meets(span: QuietSpan, starts_at: datetime, ends_at: datetime) -> bool:
    day, last = local_date(starts_at) - timedelta(days=1), local_date(ends_at)
    while day <= last:
        quiet = span.on(day)
        if quiet is not None and starts_at < quiet[1] and quiet[0] < ends_at:
            return True
        day += timedelta(days=1)
    return False


def _warned(span: QuietSpan) -> Warned:
    hours = f"{span.starts:%H:%M}–{span.ends:%H:%M}"
    return Warned(
        "QUIET_HOURS",
        zh=f"户外活动时间进入安静时段（{hours}），请避免使用音响，或改到其他时间",
        en=f"this time outdoors reaches into quiet hours ({hours}): use no loudspeaker, or choose another time",
        facts={"from": f"{span.starts:%H:%M}", "to": f"{span.ends:%H:%M}", "clause": LAW},
    )
