"""A text that begins like a formula stays text."""

from __future__ import annotations

import pytest

from instructors.people.rules.spreadsheet import harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_X08_formulas_are_kept_from_running(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_other_values_stay() -> None:
    assert [harmless(value) for value in ("测试", 5, None, "")] == ["测试", 5, "", ""]
