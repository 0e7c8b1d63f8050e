"""Entering how many people live where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import OrgUnit, Population
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.permissions import require


@transaction.atomic
def record_populations(
    *, residents: Mapping[int, int], counted_on: date, source: str, acting_user: User | None
) -> int:
    """Enter one source's count of a day, residents by unit id; numbers entered before for them are replaced.

    403 without `org.edit` at the city, 422 POPULATION_IN_FUTURE, POPULATION_UNIT for units the city does not have.
    """
    root = root_unit()
    if acting_user is not None:
        require(acting_user, "org.edit", root.path)
    known = set(OrgUnit.objects.filter(pk__in=residents).values_list("pk", flat=True))
    refuse_all([*_in_future(counted_on), *_unknown(sorted(set(residents) - known))])
    rows = [
        Population(
            unit_id=unit,
            residents=people,
            counted_on=counted_on,
            source=source.strip(),
            entered_by=acting_user,
        )
        for unit, people in sorted(residents.items())
    ]
    Population.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["unit", "counted_on", "source"],
        update_fields=["residents", "entered_by"],
    )
    record_audit(
        acting_user=acting_user,
        action="population.record",
        subject=root,
        after={"counted_on": counted_on.isoformat(), "source": source, "units": len(rows)},
    )
    return len(rows)


def _in_future(counted_on: date) -> list[RuleBroken]:
    today = local_date(timezone.now())
    if counted_on <= today:
        return []
    return [
        RuleBroken(
            "POPULATION_IN_FUTURE",
            zh=f"人口统计日{counted_on.isoformat()}尚未到来",
            rule="J20",
            field="counted_on",
            en=f"the day of the count, {counted_on}, has not come yet",
            facts={"today": today.isoformat()},
            how_to_fix_zh="请核对统计日期",
            how_to_fix_en="check the day of the count",
        )
    ]


def _unknown(units: list[int]) -> list[RuleBroken]:
    if not units:
        return []
    return [
        RuleBroken(
            "POPULATION_UNIT",
            zh=f"{len(units)}个单位不存在：{units[:10]}",
            rule="J20",
            field="residents",
            en=f"{len(units)} units do not exist: {units[:10]}",
            facts={"units": units[:100]},
            how_to_fix_zh="请按本市组织机构填写",
            how_to_fix_en="use the ids of this city's units",
        )
    ]
