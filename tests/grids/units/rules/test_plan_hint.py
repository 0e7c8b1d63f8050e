"""A hint reads like an error of a problem document, so that one list can show both."""

from __future__ import annotations

from grids.units.rules.contiguity import contiguity_hint
from wangge.errors import RuleBroken
from wangge.kernel.problems import problem_entry


def test_a_hint_has_the_shape_of_a_problem_entry() -> None:
    hint = contiguity_hint("A1", 2)
    assert hint is not None
    entry = problem_entry(
        RuleBroken(hint.code, zh=hint.zh, en=hint.en, rule="J05", facts=hint.facts), english=False
    )
    entry.pop("detail")
    assert hint.document() == entry
