"""A paid session never adds to the volunteer service. Rule: J12"""

from __future__ import annotations

from datetime import date

from instructors.people.rules.grades import ServiceKind
from instructors.people.rules.service_totals import (
    ServiceGiven,
    ServiceTotal,
    service_totals,
    totals_said,
    totals_since,
)

DAY = date(2026, 3, 1)


def test_J12_kinds_are_counted_apart_within_the_days() -> None:
    given = [
        ServiceGiven(DAY, 60, ServiceKind.VOLUNTEER, True),
        ServiceGiven(DAY, 30, ServiceKind.VOLUNTEER, False),
        ServiceGiven(DAY, 90, ServiceKind.PAID, True),
        ServiceGiven(date(2025, 1, 1), 500, ServiceKind.VOLUNTEER, True),
    ]
    totals = service_totals(given, DAY, DAY)
    assert totals == {
        ServiceKind.VOLUNTEER: ServiceTotal(2, 90, 1, 60),
        ServiceKind.PAID: ServiceTotal(1, 90, 1, 90),
    }
    assert service_totals([], DAY, DAY) == dict.fromkeys(ServiceKind, ServiceTotal())


def test_J12_totals_begin_with_the_year_of_their_last_day_and_say_their_days() -> None:
    until = date(2025, 3, 9)
    assert totals_since(until) == date(2025, 1, 1)
    assert totals_said(date(2025, 1, 1), until)[0] == "2025年度：2025-01-01至2025-03-09（含首尾两日）"
    assert totals_said(date(2024, 5, 1), until) == (
        "2024-05-01至2025-03-09（含首尾两日）",
        "2024-05-01 to 2025-03-09, both days counted",
    )
