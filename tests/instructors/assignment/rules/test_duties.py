"""Names of duties are read back to who serves what. Rule: S07"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from instructors.assignment.rules.duties import (
    duty_days,
    duty_moments,
    duty_reference,
    next_duty_day,
    pair_of_reference,
)

WEDNESDAY = date(2026, 3, 4)


def test_s07_duties_fall_on_the_weekday_from_the_first_day_on() -> None:
    assert duty_days(3, WEDNESDAY, 2) == [date(2026, 3, 4), date(2026, 3, 11)]
    assert duty_days(1, WEDNESDAY, 1) == [date(2026, 3, 9)]


def test_s07_the_next_duty_is_the_first_that_has_not_begun() -> None:
    six, [begin, _] = 360, duty_moments(WEDNESDAY, 360, 450)
    second = timedelta(seconds=1)
    assert next_duty_day(3, six, date.min, begin - second) == WEDNESDAY
    assert next_duty_day(3, six, date.min, begin) == date(2026, 3, 11), (
        "who is on the way already is not called off"
    )
    assert next_duty_day(3, six, date(2026, 3, 12), begin) == date(2026, 3, 18)
    assert next_duty_day(1, six, WEDNESDAY, begin - timedelta(days=30)) == date(2026, 3, 9)


def test_s07_a_duty_to_the_end_of_its_day_ends_at_midnight() -> None:
    begin, end = duty_moments(WEDNESDAY, 1380, 1440)
    assert (begin.isoformat(), end.isoformat()) == ("2026-03-04T23:00:00+08:00", "2026-03-05T00:00:00+08:00")


def test_s07_a_name_fits_its_column_and_begins_as_that_of_every_day() -> None:
    assert duty_reference(2**40, 2**40, WEDNESDAY).startswith(duty_reference(2**40, 2**40))
    assert len(duty_reference(2**62, 2**62, WEDNESDAY)) <= 80


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
