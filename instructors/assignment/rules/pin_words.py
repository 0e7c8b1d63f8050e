"""A pin that no longer holds, in words: who, where and when, and the true reason. Rule: S07"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from instructors.assignment.rules.known_names import SessionKnown
from instructors.assignment.rules.why_words import Told, said
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class PinSaid:
    """A pin: the person by name as the reader may read it, the session, and what is taught."""

    pin: int
    instructor: int
    need: int
    name: str
    session: SessionKnown
    item: str

    def facts(self, reasons: Sequence[Told]) -> dict[str, Any]:
        """Which pin, and what stands against it."""
        return {
            "pin": self.pin,
            "instructor": self.instructor,
            "need": self.need,
            "name": self.name,
            "site": self.session.site,
            "weekday": self.session.weekday,
            "from_minute": self.session.from_minute,
            "to_minute": self.session.to_minute,
            "item": self.item,
            "obstacles": [{"code": each.code, **each.facts} for each in reasons],
        }


def pin_broken(pin: PinSaid, reasons: Sequence[Told]) -> RuleBroken:
    """422 ASSIGNMENT_PIN: a computation keeps what somebody decided, and stops where that cannot be."""
    return RuleBroken(
        "ASSIGNMENT_PIN",
        zh=f"{pin.name}固定在{pin.session.zh()}（{pin.item}），已不成立：{said(reasons, 'zh')}",
        en=f"{pin.name} is pinned to {pin.session.en()} ({pin.item}), which no longer holds: {said(reasons, 'en')}",
        rule="S07",
        facts=pin.facts(reasons),
        how_to_fix_zh="请在分配页“固定名单”取消该固定，或恢复其资格、空闲时间、次数后重新计算",
        how_to_fix_en="release the pin on the assignment page, or mend papers, times or limits; then compute anew",
        field="pins",
    )


def pin_contradicted(pin: PinSaid, reasons: Sequence[Told]) -> Told:
    """The warning PIN_CONTRADICTED: the change is taken, and the next computation will stop at this pin."""
    return Told(
        "PIN_CONTRADICTED",
        f"{pin.name}固定在{pin.session.zh()}（{pin.item}）的安排已不成立：{said(reasons, 'zh')}；"
        "请调度员取消该固定，否则下次分配无法计算",
        f"{pin.name} is pinned to {pin.session.en()} ({pin.item}), which no longer holds: {said(reasons, 'en')}; "
        "the dispatcher must release the pin before the next computation",
        pin.facts(reasons),
    )


def tell_left(left_on: date) -> Told:
    """Who has left the register."""
    return Told(
        "left", f"已于{left_on.isoformat()}离册", f"left the register on {left_on}", {"left_on": left_on.isoformat()}
    )  # fmt: skip
