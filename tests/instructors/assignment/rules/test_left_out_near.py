"""S07: an empty place counts who in reach teaches what it asks for and was left out, by the reason."""

from __future__ import annotations

from instructors.assignment.rules.left_out_near import LeftOutNear, LeftOutTeacher
from instructors.assignment.rules.site_assignment import WeeklyNeed, WeeklySpan

NEED = WeeklyNeed(1, 1, 0.0, 0.0, 1, 4, WeeklySpan(1, 360, 420), 1, 100)


def left_out(reason: str, x_m: float = 0.0, item: int = 4) -> LeftOutTeacher:
    return LeftOutTeacher(reason, x_m, 0.0, frozenset({item}))


def test_s07_who_teaches_it_in_reach_is_counted_by_the_reason() -> None:
    people = [
        left_out("no_free_times"), left_out("no_free_times", 5_000.0), left_out("not_qualified"), left_out("no_sessions"),
        left_out("no_free_times", 5_001.0), left_out("no_free_times", item=5),
    ]  # fmt: skip
    assert LeftOutNear(people, 5_000).counts(NEED) == {
        "no_free_times_in_reach": 2, "no_papers_in_reach": 1, "no_sessions_in_reach": 1,
    }  # fmt: skip


def test_s07_nobody_left_out_is_not_told() -> None:
    assert LeftOutNear([], 5_000).counts(NEED) == {}
    assert LeftOutNear([left_out("no_home")], 5_000).counts(NEED) == {}
