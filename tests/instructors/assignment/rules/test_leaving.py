"""J12: nobody leaves the register with time booked ahead that nobody was told of."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from instructors.assignment.rules.leaving import MOST_TOLD, Ahead, check_nothing_ahead
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

LAST = date(2026, 2, 28)
MONDAY = datetime(2026, 3, 2, 6, 30, tzinfo=SHANGHAI)


def ahead(kind: str = "site_duty", week: int = 0) -> Ahead:
    begins = MONDAY + timedelta(weeks=week)
    return Ahead(week + 1, kind, "测试公园", begins, begins + timedelta(hours=1))


def test_j12_nothing_ahead_lets_anybody_go() -> None:
    check_nothing_ahead(LAST, [], is_given_back=False)


def test_j12_what_is_booked_ahead_is_refused_by_place_and_date() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_nothing_ahead(LAST, [ahead(), ahead("course", 1)], is_given_back=False)
    assert (refused.value.code, refused.value.status, refused.value.rule) == (
        "INSTRUCTOR_HAS_DUTIES",
        409,
        "J12",
    )
    assert "2026-02-28之后还有2次安排" in refused.value.zh
    assert "2026-03-02 06:30" in refused.value.zh
    assert "测试公园（站点值守）" in refused.value.zh
    assert "测试公园（课程）" in refused.value.zh
    assert [each["kind"] for each in refused.value.facts["bookings"]] == ["site_duty", "course"]  # type: ignore[attr-defined]


def test_j12_site_duties_may_go_with_the_leaving_and_classes_and_activities_may_not() -> None:
    check_nothing_ahead(LAST, [ahead(), ahead(week=1)], is_given_back=True)
    with pytest.raises(RuleBroken) as refused:
        check_nothing_ahead(LAST, [ahead(), ahead("course", 1), ahead("activity", 2)], is_given_back=True)
    assert refused.value.facts["count"] == 2
    assert "课程和活动请先改派" in refused.value.how_to_fix_zh


def test_j12_so_many_are_told_and_the_others_counted() -> None:
    many = [ahead(week=week) for week in range(MOST_TOLD + 3)]
    with pytest.raises(RuleBroken) as refused:
        check_nothing_ahead(LAST, many, is_given_back=False)
    assert "另有3次" in refused.value.zh
    assert len(refused.value.facts["bookings"]) == MOST_TOLD  # type: ignore[arg-type]
    with pytest.raises(RuleBroken) as exact:
        check_nothing_ahead(LAST, many[:MOST_TOLD], is_given_back=False)
    assert "另有" not in exact.value.zh
