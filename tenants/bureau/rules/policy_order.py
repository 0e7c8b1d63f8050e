"""Parameters that bound one another stand in order on every day: no lower bound lies above an upper one.

Rule: S03
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal

from tenants.bureau.rules.policy import PolicyValue, PolicyVersion, value_at
from tenants.bureau.rules.policy_defaults import definition
from wangge.errors import RuleBroken

# Each row from the lowest to the highest; neighbours may be equal.
ASCENDING: Sequence[tuple[str, ...]] = (
    (
        "grid.hard_minimum",
        "grid.soft_minimum",
        "grid.target_households",
        "grid.soft_maximum",
        "grid.hard_maximum",
    ),
    ("session.shortest_minutes", "session.longest_minutes"),
    (
        "weekly_bulletin.freeze_time",
        "weekly_bulletin.publish_target",
        "weekly_bulletin.late_after",
        "weekly_bulletin.missed_after",
    ),
    ("youth_summer.from_day", "youth_summer.to_day"),
    ("cycle.first_half_submit_from", "cycle.first_half_submit_to"),
    ("cycle.first_half_deliver_from", "cycle.first_half_deliver_to"),
    ("cycle.second_half_submit_from", "cycle.second_half_submit_to"),
    ("cycle.second_half_deliver_from", "cycle.second_half_deliver_to"),
    ("feedback.from_day", "feedback.to_day"),
    ("payslip.from_day", "payslip.to_day"),
    ("reconcile.from_day", "reconcile.to_day"),
    ("pay.from_day", "pay.to_day"),
    ("roster.second_warning_workdays", "roster.first_warning_workdays"),
    ("check_in.early_minutes", "check_in.far_too_early_minutes"),
    ("activity.regular_weeks", "activity.regular_of_weeks"),
    ("wellness.retest_from_weeks", "wellness.retest_to_weeks"),
    ("tax.labour_fixed_deduction", "tax.labour_fixed_deduction_up_to"),
)


def related_keys(key: str) -> tuple[str, ...]:
    """The parameters that a parameter bounds or is bounded by, itself among them, lowest first; none for most."""
    return next((row for row in ASCENDING if key in row), ())


def check_policy_order(
    key: str, versions: Collection[PolicyVersion], first_day: date, last_day: date | None
) -> None:
    """Refuse a parameter that contradicts a related one on any day of the span with 422 POLICY_CONTRADICTION.

    `versions` are those of all related parameters as they would stand afterwards; where none is in force the
    product's default counts. A contradiction among the others is not held against this one.

    Rule: S03
    """
    row = related_keys(key)
    for day in _days_of_change(versions, first_day, last_day):
        values = {name: value_at(definition(name), versions, day) for name in row}
        for other in row:
            low, high = sorted((key, other), key=row.index)
            if values[low] > values[high]:  # type: ignore[operator]  # one row holds values of one type
                raise _contradiction(low, high, values[low], values[high], day)


def _days_of_change(versions: Iterable[PolicyVersion], first_day: date, last_day: date | None) -> list[date]:
    """The days of the span on which some value may differ from the day before: its first, beginnings, days after ends."""
    days = {first_day}
    for version in versions:
        days.add(version.effective_from)
        if version.effective_to is not None and version.effective_to < date.max:
            days.add(version.effective_to + timedelta(days=1))
    return sorted(day for day in days if first_day <= day and (last_day is None or day <= last_day))


def _contradiction(
    low: str, high: str, low_value: PolicyValue, high_value: PolicyValue, day: date
) -> RuleBroken:
    low_text, high_text = _shown(low_value), _shown(high_value)
    return RuleBroken(
        "POLICY_CONTRADICTION",
        zh=f"参数相互矛盾：{day.isoformat()}起“{definition(low).zh}”（{low}）为{low_text}，"
        f"大于“{definition(high).zh}”（{high}）的{high_text}",
        en=f"from {day.isoformat()} “{definition(low).en}” ({low}) would be {low_text}, "
        f"above “{definition(high).en}” ({high}) with {high_text}",
        rule="S03",
        facts={
            "lower": low,
            "lower_value": low_text,
            "upper": high,
            "upper_value": high_text,
            "day": day.isoformat(),
        },
        how_to_fix_zh="请更正取值或生效期；如两者都要调整，请先调整另一参数",
        how_to_fix_en="correct the value or its days; to change both, set the other parameter first",
        field="value",
    )


def _shown(value: PolicyValue) -> str:
    match value:
        case time():
            return value.strftime("%H:%M")
        case (int(month), int(day)):
            return f"{month:02}-{day:02}"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
