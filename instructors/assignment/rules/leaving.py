"""Who leaves the register leaves no booked time behind: what is booked ahead is named, given back, or handed on first.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from instructors.assignment.rules.bookings import KINDS_EN, KINDS_ZH, time_told
from wangge.errors import RuleBroken

REGISTER_CLAUSE = "社会体育指导员是实施体育网格化服务的基础"
SITE_DUTY = "site_duty"
MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Ahead:
    """Time booked after somebody's last day: what for, and at which place or in which street or town."""

    booking: int
    kind: str
    place: str
    starts_at: datetime
    ends_at: datetime


def check_nothing_ahead(left_on: date, ahead: Sequence[Ahead], *, is_given_back: bool) -> None:
    """Refuse to let somebody go whose time is booked after the last day: 409 INSTRUCTOR_HAS_DUTIES names it.

    Duties at sites may be given back with the leaving (`is_given_back`): their places become gaps that the next
    assignment fills. Classes and activities belong to others, who must find somebody else first.

    Rule: J12
    """
    standing = [each for each in ahead if not (is_given_back and each.kind == SITE_DUTY)]
    if not standing:
        return
    told = standing[:MOST_TOLD]
    more = len(standing) - len(told)
    zh = "、".join(
        f"{time_told(one.starts_at, one.ends_at)} {one.place}（{KINDS_ZH[one.kind]}）" for one in told
    )
    en = "; ".join(
        f"{KINDS_EN[one.kind]} {time_told(one.starts_at, one.ends_at)} at {one.place}" for one in told
    )
    raise RuleBroken(
        "INSTRUCTOR_HAS_DUTIES",
        zh=f"该指导员在{left_on.isoformat()}之后还有{len(standing)}次安排：{zh}{f' 等，另有{more}次' if more else ''}",
        en=f"after {left_on} there are {len(standing)} bookings of this person: {en}{f'; and {more} more' if more else ''}",
        status=409,
        rule="J12",
        clause=REGISTER_CLAUSE,
        facts={"left_on": left_on.isoformat(), "count": len(standing), "bookings": [_facts(one) for one in told]},
        how_to_fix_zh="站点值守可随离册一并退回（give_back_duties），空出的岗位由下次分配补上；课程和活动请先改派他人或取消",
        how_to_fix_en="site duties may be given back with the leaving (give_back_duties), the next assignment fills them; "
        "hand on or cancel classes and activities first",
        field="left_on",
    )  # fmt: skip


def _facts(one: Ahead) -> dict[str, object]:
    return {
        "booking": one.booking,
        "kind": one.kind,
        "place": one.place,
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
    }
