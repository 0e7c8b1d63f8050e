"""Options that take a number: read, held against what is allowed, and refused by name, value and range."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gis.compute.parameters import MOST_HOUSEHOLDS_OF_A_GRID
from gis.compute.refusal import InputRefused


@dataclass(frozen=True)
class Allowed:
    """The finite numbers an option takes; `above` leaves out the least itself, `below` the most."""

    least: float
    most: float = math.inf
    is_whole: bool = False
    above: bool = False
    below: bool = False

    def holds(self, number: float) -> bool:
        """True for a finite number within."""
        low = self.least < number if self.above else self.least <= number
        high = number < self.most if self.below else number <= self.most
        return low and high and math.isfinite(number)

    @property
    def brief(self) -> str:
        """The range in signs."""
        if not math.isfinite(self.most):
            return f"{'>' if self.above else '≥'} {shown(self.least)}"
        low, high = "(" if self.above else "[", ")" if self.below else "]"
        return f"{low}{shown(self.least)}, {shown(self.most)}{high}"

    @property
    def zh(self) -> str:
        """The range in Chinese."""
        low = f"{'大于' if self.above else '不小于'}{shown(self.least)}"
        high = f"、{'小于' if self.below else '不大于'}{shown(self.most)}" if math.isfinite(self.most) else ""
        return f"{low}{high}的{'整数' if self.is_whole else '数'}"

    @property
    def en(self) -> str:
        """The range in English."""
        low = f"{'above' if self.above else 'from'} {shown(self.least)}"
        high = (
            f" {'and below' if self.below else 'to'} {shown(self.most)}"
            if math.isfinite(self.most)
            else " on"
        )
        return f"a {'whole ' if self.is_whole else ''}number {low}{high if high != ' on' or not self.above else ''}"


def shown(number: float) -> str:
    """A number as people write it."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


GRID_SIZE = Allowed(1, MOST_HOUSEHOLDS_OF_A_GRID, is_whole=True)
BAND = Allowed(0, 1, above=True, below=True)
PART = Allowed(0, 1, above=True)
SHARE = Allowed(0, 1)
NOT_NEGATIVE = Allowed(0)
ABOVE_ZERO = Allowed(0, above=True)
SEED = Allowed(0, 2**63 - 1, is_whole=True)
COUNT = Allowed(1, is_whole=True)
PROCESSES = Allowed(1, 1024, is_whole=True)
CITY_SIZE = Allowed(1, 20_000_000, is_whole=True)


class Number(argparse.Action):
    """Reads a number within `allowed`; raises InputRefused: OPTIONS (no number), PARAMETERS (not allowed)."""

    def __init__(self, option_strings: Sequence[str], dest: str, allowed: Allowed, **more: Any) -> None:
        super().__init__(option_strings, dest, **more)
        self.allowed = allowed

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Set the number that the text says."""
        setattr(namespace, self.dest, read_number(self.option_strings[0], str(values), self.allowed))


def read_number(option: str, text: str, allowed: Allowed) -> float:
    """The number an option's value says, whole where only whole ones are allowed; raises InputRefused."""
    try:
        number: float = int(text) if allowed.is_whole else float(text)
    except ValueError:
        raise _refused("OPTIONS", option, text, allowed) from None
    if not allowed.holds(number):
        raise _refused("PARAMETERS", option, text, allowed)
    return number


def _refused(code: str, option: str, text: str, allowed: Allowed) -> InputRefused:
    return InputRefused(
        code,
        zh=f"选项 {option} 的值“{text[:60]}”不可用，应为{allowed.zh}",
        en=f"{option} “{text[:60]}” cannot be used: it is {allowed.en}",
        remedy_zh=f"请更正 {option}",
        remedy_en=f"correct {option}",
        field=option,
        facts={
            "option": option, "value": text[:60], "least": allowed.least,
            "most": allowed.most if math.isfinite(allowed.most) else None,
        },
    )  # fmt: skip


def check_rising(limits: Sequence[tuple[str, int]]) -> None:
    """Raise InputRefused("PARAMETERS") for the first option that is above the one after it."""
    for (lower, low), (upper, high) in pairwise(limits):
        if low <= high:
            continue
        order = " ≤ ".join(option for option, _ in limits)
        raise InputRefused(
            "PARAMETERS",
            zh=f"{lower} {low} 大于 {upper} {high}",
            en=f"{lower} {low} is above {upper} {high}",
            remedy_zh=f"请使 {order}",
            remedy_en=f"make them rise: {order}",
            field=upper,
            facts={lower: low, upper: high},
        )
