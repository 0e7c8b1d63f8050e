"""All refusals of one submission, gathered from checks that raise one at a time."""

from __future__ import annotations

from collections.abc import Callable

from wangge.errors import RuleBroken


def caught(*checks: Callable[[], None]) -> list[RuleBroken]:
    """What the checks refuse, in their order."""
    refusals = []
    for check in checks:
        try:
            check()
        except RuleBroken as refused:
            refusals.append(refused)
    return refusals
