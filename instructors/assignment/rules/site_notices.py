"""What instructors read when a site of theirs is retired, or comes back.

Rules: J12, J13
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

# A message is read on a phone; how many there are is told in any case.
MOST_IN_PRODUCT, MOST_IN_SMS = 40, 5


@dataclass
class Concerned:
    """What of one person hangs on the sites: each line a time and a place, a weekly duty, or the name of a site headed."""

    duties: list[str] = field(default_factory=list)
    duties_away: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    weekly: list[str] = field(default_factory=list)
    headed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Words:
    """A message's title and text."""

    title: str
    text: str


def words_of_retired(mine: Concerned, most: int) -> Words:
    """That sites were retired: duties that are off, work that waits for another place, sites headed. Rule: J12"""
    told = (
        (mine.duties, "：您有{}次值守取消"), (mine.weekly, "：您有{}项每周值守结束"), (mine.others, "：您有{}次安排须改地点"),
    )  # fmt: skip
    counted = next((words.format(len(lines)) for lines, words in told if lines), None)
    return Words(
        "您负责的站点已停用" if counted is None else f"站点停用{counted}",
        text_of(
            ("以下值守随站点停用取消", mine.duties), ("以下每周值守随站点停用结束", mine.weekly),
            ("以下安排的场地停用，尚未取消，请等候改期或改地点", mine.others), ("您负责的站点不再使用", mine.headed), most=most,
        ),
    )  # fmt: skip


def words_of_returned(mine: Concerned, most: int) -> Words:
    """That sites are in use again: duties that stand again, those that do not, other work there. Rule: J12"""
    title = "站点恢复使用" + (f"：您有{len(mine.duties)}次值守恢复" if mine.duties else "")
    return Words(
        title,
        text_of(
            ("以下值守恢复，请按时到岗", mine.duties), ("以下值守没有恢复，不用到岗", mine.duties_away),
            ("以下每周值守恢复", mine.weekly), ("以下安排仍在原场地", mine.others), ("您负责的站点恢复使用", mine.headed),
            most=most,
        ),
    )  # fmt: skip


def text_of(*parts: tuple[str, Sequence[str]], most: int, unit: str = "次") -> str:
    """A line for each part that has something, so many of it listed and the rest counted in that unit."""
    return "\n".join(f"{what}：{_listed(lines, most, unit)}。" for what, lines in parts if lines)


def _listed(lines: Sequence[str], most: int, unit: str) -> str:
    more = len(lines) - most
    return "；".join(lines[:most]) + (f"；另有{more}{unit}" if more > 0 else "")
