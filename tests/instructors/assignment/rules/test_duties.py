"""Names of duties are read back to who serves what. Rule: S07"""

from __future__ import annotations

from datetime import date

import pytest

from instructors.assignment.rules.duties import duty_reference, pair_of_reference


def test_a_name_tells_instructor_and_need_on_every_day() -> None:
    names = {duty_reference(12, 345, date(2026, 3, day)) for day in (2, 9)}
    assert {pair_of_reference(name) for name in names} == {(345, 12)}
    assert pair_of_reference(duty_reference(1, 23)) == (23, 1)
    assert pair_of_reference(duty_reference(12, 3)) == (3, 12)


@pytest.mark.parametrize(
    "name", ["", "class:17", "need-1", "need-1-2", "need-x-2-2026-03-02", "course-1-2-3"]
)
def test_the_name_of_anything_else_is_no_pair(name: str) -> None:
    assert pair_of_reference(name) is None
