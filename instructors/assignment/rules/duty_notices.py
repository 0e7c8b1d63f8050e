"""What instructors read when weekly duties of theirs begin or end.

Rules: J12, S07
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from instructors.assignment.rules.duties import next_duty_day
from instructors.assignment.rules.site_notices import Words, text_of
from instructors.people.rules.free_times import WEEKDAYS_ZH, clock


class Cause(Enum):
    """Why another assignment is in force."""

    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class WeeklyDuty:
    """Every week, on a weekday (1 Monday … 7 Sunday), an item at a place; `last_day`: of what is asked for, None: none."""

    place: str
    item: str
    weekday: int
    from_minute: int
    to_minute: int
    last_day: date | None = None

    def turns_on(self, first: date, now: datetime) -> date | None:
        """From the first day on, the day of the first duty that is still to come; None where it is asked for no longer."""
        day = next_duty_day(self.weekday, self.from_minute, first, now)
        return day if self.last_day is None or day <= self.last_day else None

    @property
    def zh(self) -> str:
        """`每周一06:00–07:30 新华苑（太极拳）`."""
        hours = f"{clock(self.from_minute)}–{clock(self.to_minute)}"
        return f"每{WEEKDAYS_ZH[self.weekday]}{hours} {self.place}（{self.item}）"


Turned = tuple[date, WeeklyDuty]


@dataclass
class DutiesTurned:
    """What of one person's weekly duties changes, each with the day from which; and how many booked ones were given back."""

    begun: list[Turned] = field(default_factory=list)
    ended: list[Turned] = field(default_factory=list)
    given_back: int = 0


_TITLES = {Cause.ADOPTED: "站点值守调整", Cause.WITHDRAWN: "站点值守调整撤回"}
_REASONS = {
    Cause.ADOPTED: "原因：采用了新的站点指导员分配。",
    Cause.WITHDRAWN: "原因：站点指导员分配已撤回。",
}


def words_of_turned(mine: DutiesTurned, cause: Cause, most: int, *, is_booked: bool) -> Words:
    """Weekly duties that begin and that end, from which day, and why. `is_booked`: the single ones are being booked.

    Rules: J12, S07
    """
    counts = ((len(mine.begun), "新增"), (len(mine.ended), "取消"))
    told = "、".join(f"{what}{number}项" for number, what in counts if number)
    dates = "具体日期以登记的值守为准" if is_booked else "具体日期另行登记"
    back = f"，已登记的{mine.given_back}次随之取消" if mine.given_back else ""
    parts = text_of(
        (f"以下每周值守由您担任，{dates}", _lines(mine.begun)),
        (f"以下每周值守不再由您担任，不用到岗{back}", _lines(mine.ended)),
        most=most, unit="项",
    )  # fmt: skip
    return Words(f"{_TITLES[cause]}：您的每周值守{told}", f"{_REASONS[cause]}\n{parts}")


def words_of_ended(duty: WeeklyDuty, ends: date | None, booked: Sequence[str], most: int) -> Words:
    """A site asks for a duty no longer after its last day, which is set; `ends`: the day from which the person's own does.

    None for who served it no more; `booked`: single duties of the person that were given back. Rule: J12
    """
    assert duty.last_day is not None
    last = duty.last_day.isoformat()
    reason = f"原因：{duty.place}的每周需求（{duty.item}）到{last}为止，当天仍照常，之后不再安排。"
    weekly = [] if ends is None else [(ends, duty)]
    parts = text_of(
        ("以下每周值守结束，不用到岗", _lines(weekly)), ("以下已登记的值守取消", booked), most=most
    )
    return Words(f"站点值守结束：{duty.place}", f"{reason}\n{parts}")


def _lines(turned: Sequence[Turned]) -> list[str]:
    ordered = sorted(turned, key=lambda each: (each[0], each[1].from_minute, each[1].place))
    return [f"自{day.isoformat()}起 {duty.zh}" for day, duty in ordered]
